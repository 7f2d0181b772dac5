# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the load generator puts on the wire."""

from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.load import load
from benchmarks.load.packets import Broadcast, spoiled
from benchmarks.load.rtsp import answer, next_request
from benchmarks.load.streams import INTERVALS, MOVING, scene_s
from streams.loopback import card_number, make_clip
from streams.loopback.clip import read_clip

PLAY = b"PLAY rtsp://127.0.0.1/cam-3 RTSP/1.0\r\nCSeq: 7\r\n\r\n"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "card.mp4", frames=20, fps=10, gop=5)


def packets(wire: bytes) -> list[tuple[int, int, bytes]]:
    """Sequence number, stamp and payload of each packet."""
    out = []
    while wire:
        size = int.from_bytes(wire[2:4], "big")
        packet, wire = wire[4 : 4 + size], wire[4 + size :]
        out.append((int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[4:8], "big"), packet[12:]))
    return out


def test_packets_are_numbered_through_over_loops(clip: Path) -> None:
    broadcast = Broadcast(read_clip(clip))
    sent = [packets(bytes(broadcast.wire(number))) for number in range(45)]
    numbers = [sequence for picture in sent for sequence, _, _ in picture]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    stamps = [picture[0][1] for picture in sent]
    assert all(after - before == 9000 for before, after in pairwise(stamps))
    assert [body for _, _, body in sent[3]] == [body for _, _, body in sent[23]]


def test_a_viewer_begins_at_the_next_keyframe(clip: Path) -> None:
    broadcast = Broadcast(read_clip(clip))
    assert [broadcast.keyframe_after(elapsed_s) for elapsed_s in (0.0, 0.1, 0.5, 1.9, 2.1)] == [0, 5, 5, 20, 25]


def test_before_a_jump_a_packet_without_a_picture_is_sent(clip: Path) -> None:
    broadcast = Broadcast(read_clip(clip))
    ((sequence, stamp, body),) = packets(broadcast.herald(5))
    first = packets(bytes(broadcast.wire(5)))[0]
    assert (sequence + 1, stamp, body) == (first[0], first[1], b"\x09\xf0")


def test_damage_leaves_the_framing_whole(clip: Path) -> None:
    whole = bytes(Broadcast(read_clip(clip)).wire(0))
    damaged = spoiled(memoryview(whole), np.random.default_rng(1))
    assert [(a, b, len(c)) for a, b, c in packets(damaged)] == [(a, b, len(c)) for a, b, c in packets(whole)]
    assert damaged != whole


def test_requests_are_read_piece_by_piece_and_past_receiver_reports() -> None:
    buffer = bytearray(b"$\1\0\4RTCP" + PLAY[:20])
    assert next_request(buffer) is None
    buffer += PLAY[20:]
    request = next_request(buffer)
    assert request is not None
    assert (request.method, request.headers["cseq"], bytes(buffer)) == ("PLAY", "7", b"")
    assert answer(request, "").startswith(b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n")


def test_three_of_ten_keyframes_show_a_change() -> None:
    shown = [scene_s(number * 2.0, 2.0) for number in range(INTERVALS)] + [0.0]
    assert sum(before != after for before, after in pairwise(shown)) == len(MOVING)


def test_cameras_play_misbehave_and_come_back(clip: Path) -> None:
    with load(clip, cameras=2) as city:
        with av.open(city.urls()[1], options={"rtsp_transport": "tcp"}, timeout=(5, 3)) as stream:
            pictures = [frame.to_ndarray(format="bgr24") for frame in islice(stream.decode(video=0), 12)]
            seen = [card_number(np.asarray(picture, np.uint8)) for picture in pictures]
            assert all(after == (before + 1) % 20 for before, after in pairwise(seen))
            assert city.account()["watched"] == 1
        city.misbehave([0], "refuse")
        with pytest.raises(av.error.FFmpegError):
            av.open(city.urls()[0], options={"rtsp_transport": "tcp"}, timeout=(2, 2))
        city.misbehave([0], "none")
        with av.open(city.urls()[0], options={"rtsp_transport": "tcp"}, timeout=(5, 3)) as stream:
            assert next(stream.decode(video=0)).width == 320
