# SPDX-License-Identifier: AGPL-3.0-or-later
import socket
import struct
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.loopback import card_number, draw_card, loopback_camera, make_clip
from streams.loopback.clip import Clip, Picture, read_clip
from streams.loopback.login import Login
from streams.loopback.rtp import CLOCK, MTU, payloads, rtp_packet, sender_report, split_annexb


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return read_clip(make_clip(tmp_path_factory.mktemp("clips") / "a.mp4", fps=15, frames=30, gop=15, b_frames=2))


def rebuilt(parts: list[bytes], codec: str) -> bytes:
    """What a receiver makes of the payloads of one NAL unit."""
    if len(parts) == 1:
        return parts[0]
    header = 1 if codec == "h264" else 2
    kind = parts[0][header]
    assert kind & 0x80
    assert parts[-1][header] & 0x40
    first = parts[0]
    if codec == "h264":
        start = bytes([first[0] & 0xE0 | kind & 31])
    else:
        start = bytes([first[0] & 0x81 | (kind & 63) << 1, first[1]])
    return start + b"".join(part[header + 1 :] for part in parts)


@given(st.binary(min_size=2, max_size=5 * MTU), st.sampled_from(["h264", "hevc"]))
def test_a_nal_unit_survives_being_cut_into_payloads(nal: bytes, codec: str) -> None:
    parts = list(payloads(nal, codec))
    assert all(len(part) <= MTU + 3 for part in parts)
    assert rebuilt(parts, codec) == nal


def test_annexb_streams_are_split_at_both_start_codes() -> None:
    assert split_annexb(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65d\0") == [b"\x67ab", b"\x68c", b"\x65d"]


def test_counters_wrap_as_on_the_wire() -> None:
    packet = rtp_packet(b"x", last=True, sequence=2**16 + 5, stamp=2**32 + 7, ssrc=9)
    assert struct.unpack("!BBHII", packet[:12]) == (0x80, 0x80 | 96, 5, 7, 9)
    report = sender_report(unix_s=0.5, stamp=2**32 + 7, ssrc=9, packets=1, octets=2)
    assert struct.unpack("!BBHIIIIII", report) == (0x80, 200, 6, 9, 2_208_988_800, 2**31, 7, 1, 2)


def test_times_rise_over_loops_for_hours(clip: Clip) -> None:
    day = 15 * 86_400
    assert clip.due_s(day) == pytest.approx(86_400)
    assert clip.stamp(day) == 86_400 * CLOCK + clip.stamp(0)
    gaps = [clip.due_s(number + 1) - clip.due_s(number) for number in range(90)]
    assert gaps == pytest.approx([1 / 15] * 90, abs=1e-3)


@given(st.floats(0, 1e6))
def test_a_client_tunes_in_at_the_newest_keyframe(elapsed_s: float) -> None:
    clip = EVERY_SECOND
    number = clip.keyframe_at(elapsed_s)
    assert clip.pictures[number % len(clip.pictures)].key
    assert -1e-3 < elapsed_s - clip.due_s(number) < 1.0 + 1e-3


def _every_second() -> Clip:
    pictures = tuple(Picture((b"x",), number / 10, number * 9000, number % 10 == 0) for number in range(40))
    return Clip("h264", pictures, {}, 4 * CLOCK, 10.0)


EVERY_SECOND = _every_second()


def test_the_description_carries_the_parameter_sets(clip: Clip) -> None:
    assert "H264/90000" in clip.sdp()
    assert "sprop-parameter-sets=" in clip.sdp()


def test_a_clip_of_another_codec_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"encode it as H\.264 or H\.265"):
        read_clip(make_clip(tmp_path / "a.mkv", codec="mjpeg"))


def test_the_clip_played_next_must_be_of_the_same_codec(tmp_path: Path) -> None:
    other = make_clip(tmp_path / "hevc.mp4", codec="hevc", frames=5)
    with (
        loopback_camera(make_clip(tmp_path / "a.mp4", frames=5)) as camera,
        pytest.raises(ValueError, match="use a second camera"),
    ):
        camera.play_clip(other)


def test_a_taken_port_is_said_at_once(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=5)
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="address already in use"),
        loopback_camera(clip, port=taken.getsockname()[1]),
    ):
        pass


def test_a_camera_ends_with_its_block_whatever_its_clients_do(tmp_path: Path) -> None:
    before = threading.active_count()
    with loopback_camera(make_clip(tmp_path / "a.mp4", frames=5)) as camera:
        host, port = camera.address.split(":")
        with socket.create_connection((host, int(port))) as idle, socket.create_connection((host, int(port))) as rude:
            rude.sendall(b"\x00\xff nonsense\r\n\r\n" + b"x" * 100_000)
            idle.sendall(b"OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            assert idle.recv(1000).startswith(b"RTSP/1.0 200 OK\r\nCSeq: 1")
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("PLAY", "455"), ("RECORD", "501"), ("DESCRIBE", "200"), ("GET_PARAMETER", "200"), ("SETUP", "461")],
)
def test_requests_are_answered_as_rtsp_wants(tmp_path: Path, request_line: str, status: str) -> None:
    with loopback_camera(make_clip(tmp_path / "a.mp4", frames=5)) as camera:
        host, port = camera.address.split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(f"{request_line} {camera.url} RTSP/1.0\r\nCSeq: 7\r\n\r\n".encode())
            answer = client.recv(4000).decode()
    assert answer.startswith(f"RTSP/1.0 {status} ")
    assert "CSeq: 7" in answer


def test_digest_logins_are_checked() -> None:
    login = Login(
        "Mufasa", "Circle Of Life", qop=True, realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"
    )
    given = (  # the example of RFC 2617, section 3.5
        'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", '
        'response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert login.accepts("GET", given)
    assert not login.accepts("PLAY", given)
    assert not login.accepts("GET", given.replace("6629", "0000"))
    assert not login.accepts("GET", "")
    assert "Circle" not in repr(login)


@given(st.integers(0, 65_535), st.sampled_from([(160, 90), (320, 180), (1280, 720)]))
def test_a_test_card_carries_its_number(number: int, size: tuple[int, int]) -> None:
    assert card_number(draw_card(number, size)) == number
