# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from streams.coded import Coded, Track
from streams.connection import Connection
from streams.decoder import Chooser, Decoded, apart_s, decode_picture, make_decoder, to_bgr, to_pixels
from streams.frame import Pixels, Planes
from streams.keyframes import KeyframeDecoder, decode_keyframe, is_fine
from streams.loopback import card_number, make_clip
from streams.source import Source

START = datetime(2026, 11, 21, tzinfo=UTC)
FPS = 10


class CountingChooser(Chooser):
    """Counts what is decoded, and decodes at once what others would decode when they look."""

    decoded = 0

    def feed(self, coded: Coded) -> Decoded | None:
        found = super().feed(coded)
        if not isinstance(found, Coded):
            return found
        self.decoded += 1
        frame = decode_keyframe(found)
        assert frame is not None
        return Decoded(to_pixels(frame), found.at)

    def _decode(self, packets: list[Coded]) -> list[av.VideoFrame]:
        self.decoded += len(packets)
        return super()._decode(packets)


def packets(path: Path) -> Iterator[Coded]:
    """A recording as a camera would send it, ten pictures a second."""
    with Connection(Source("cam-1", str(path), loop=True)) as connection:
        connection._pacer = None
        with av.open(str(path)) as video:
            count = video.streams.video[0].frames
        for number, coded in zip(range(count), connection, strict=False):
            assert coded is not None
            at = START + timedelta(seconds=number / FPS)
            yield Coded(coded.data, coded.track, coded.key, coded.pts_s, coded.dts_s, at, number / FPS)


def looks(chooser: CountingChooser, path: Path) -> list[tuple[float, int]]:
    """When a look came (seconds from the start) and which picture it showed."""
    found: list[Decoded] = [look for look in map(chooser.feed, packets(path)) if look]
    return [((look.at - START).total_seconds(), card_number(picture_of(look))) for look in found]


def picture_of(look: Decoded) -> Pixels:
    return look.pixels.bgr() if isinstance(look.pixels, Planes) else look.pixels


def clip(folder: Path, *, gop: int, b_frames: int = 0, codec: Literal["h264", "hevc"] = "h264") -> Path:
    return make_clip(folder / "clip.mp4", codec=codec, fps=FPS, frames=100, gop=gop, b_frames=b_frames)


def test_of_frequent_keyframes_only_those_are_decoded(tmp_path: Path) -> None:
    chooser = CountingChooser(1.0, "keyframes")
    assert looks(chooser, clip(tmp_path, gop=10)) == [(n, 10 * n) for n in range(10)]
    assert chooser.decoded == 10


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_keyframe_is_shown_at_once_whatever_the_reordering(
    tmp_path: Path, b_frames: int, codec: Literal["h264", "hevc"]
) -> None:
    chooser = CountingChooser(2.0, "keyframes")
    assert looks(chooser, clip(tmp_path, gop=10, b_frames=b_frames, codec=codec))[:3] == [(0, 0), (2, 20), (4, 40)]


def test_keyframes_more_frequent_than_wanted_are_passed_over(tmp_path: Path) -> None:
    chooser = CountingChooser(2.0, "keyframes")
    assert [at for at, _ in looks(chooser, clip(tmp_path, gop=5))] == [0, 2, 4, 6, 8]
    assert chooser.decoded == 5


def test_of_rare_keyframes_every_picture_is_decoded_once_and_looks_are_fresh(tmp_path: Path) -> None:
    chooser = CountingChooser(2.0, "keyframes")
    seen = looks(chooser, clip(tmp_path, gop=50))
    assert all(at * FPS == pytest.approx(number) for at, number in seen)
    assert max(late - early for (early, _), (late, _) in pairwise(seen)) <= 3.1
    assert len(seen) >= 5
    assert chooser.decoded <= 101  # the first keyframe is decoded for the first look and once more to go on from it
    assert chooser.damaged == 0


def test_keyframes_that_come_in_bursts_are_not_taken_for_rare_ones(tmp_path: Path) -> None:
    chooser = CountingChooser(1.0, "keyframes")
    came = 0.0
    for number, coded in enumerate(packets(clip(tmp_path, gop=10))):
        came = max(came, (number // 25) * 2.5, number / FPS)  # nobody reads for 2.5 s, then all of it at once
        late = Coded(coded.data, coded.track, coded.key, number / FPS, number / FPS, coded.at, came)
        chooser.feed(late)
        assert chooser.gop_s in (None, pytest.approx(1.0))
    assert 3 <= chooser.decoded <= 10  # of a hundred


def test_a_stream_whose_clock_is_wild_is_timed_by_arrival(tmp_path: Path) -> None:
    whole = list(packets(clip(tmp_path, gop=10)))
    pairs = [(None, None), (5.0, 5.0), (9.0, 3.0), (0.0, 4000.0)]
    for first, second in pairs:
        a, b = (
            Coded(c.data, c.track, True, None, sent, c.at, c.mono)
            for c, sent in zip((whole[0], whole[10]), (first, second), strict=True)
        )
        assert apart_s(a, b) == pytest.approx(1.0)


@pytest.mark.parametrize("sent_every_s", [0.2, 0.1, 0.05])
def test_a_camera_that_stamps_at_the_wrong_rate_is_looked_at_as_often_as_wanted(
    tmp_path: Path, sent_every_s: float
) -> None:
    chooser, once = Chooser(1.0, "keyframes"), list(packets(clip(tmp_path, gop=10)))
    came: list[float] = []
    for number in range(16 * len(once)):
        stamp, mono = number / FPS, number * sent_every_s
        coded = replace(once[number % len(once)], pts_s=stamp, dts_s=stamp, mono=mono)
        if chooser.feed(coded):
            came.append(mono)
    late = [mono for mono in came if mono > came[-1] - 20.0]
    assert chooser.gop_s == pytest.approx(10 * sent_every_s)
    assert (len(late) - 1) / (late[-1] - late[0]) == pytest.approx(1.0, rel=0.1)
    assert chooser.damaged == 0


def test_everything_is_decoded_when_asked(tmp_path: Path) -> None:
    chooser = CountingChooser(0.5, "all")
    seen = looks(chooser, clip(tmp_path, gop=10))
    assert chooser.decoded == 100
    assert len(seen) == 20


def test_every_picture_is_a_look_at_interval_zero(tmp_path: Path) -> None:
    seen = looks(CountingChooser(0.0, "all"), clip(tmp_path, gop=10))
    assert [number for _, number in seen] == list(range(len(seen)))
    assert len(seen) >= 98


def test_a_damaged_keyframe_is_no_picture_and_harms_no_other(tmp_path: Path) -> None:
    decoder = KeyframeDecoder()
    whole = list(packets(clip(tmp_path, gop=10)))
    first = whole[0]
    torn = Coded(first.data[: len(first.data) // 3], first.track, True, 0, 0, first.at, first.mono)
    assert decoder.decode(torn) is None
    assert len(decoder) == 0
    assert shown(decoder, whole[10]) == 10
    assert decoder.decode(torn) is None
    assert shown(decoder, whole[20]) == 20


def test_cameras_of_all_kinds_take_turns_at_few_decoders(tmp_path: Path) -> None:
    decoder, made = KeyframeDecoder(keep=2), [tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "c.mp4"]
    make_clip(made[0], fps=FPS, frames=60, gop=10)
    make_clip(made[1], fps=FPS, frames=60, gop=10, size=(160, 90), b_frames=2)
    make_clip(made[2], fps=FPS, frames=60, gop=10, codec="hevc")
    cameras = [list(packets(path)) for path in made]
    for number in range(0, 60, 10):
        assert [shown(decoder, camera[number]) for camera in cameras] == [number] * 3
    assert len(decoder) == 2


def shown(decoder: KeyframeDecoder, coded: Coded) -> int:
    frame = decoder.decode(coded)
    assert frame is not None
    return card_number(to_bgr(frame))


@pytest.mark.parametrize(("crf", "fine"), [(12, True), (40, False)])
def test_a_large_fine_keyframe_looks_the_same_without_smoothing(crf: int, *, fine: bool) -> None:
    across, down = np.meshgrid(np.arange(1280), np.arange(720))
    planes = np.full((1080, 1280), 128, np.uint8)
    planes[:720] = 128 + 60 * np.sin(across / 9) * np.sin(down / 7) + np.random.default_rng(2).normal(0, 6, (720, 1280))
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 1280, 720, "yuv420p", Fraction(1, 25)
    encoder.options = {"crf": str(crf), "preset": "ultrafast", "tune": "zerolatency"}
    (packet,) = encoder.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p"))
    coded = Coded(bytes(packet), Track("h264", 1280, 720), True, None, None, datetime(2026, 1, 1, tzinfo=UTC), 0.0)
    assert is_fine(coded) is fine
    decoder, taken = make_decoder(coded.track), KeyframeDecoder().decode(coded)
    (smooth,) = [*decoder.decode(packet), *decoder.decode(None)]
    assert taken is not None
    assert np.abs(smooth.to_ndarray()[:720].astype(int) - taken.to_ndarray()[:720]).mean() < 1


def test_one_keyframe_decodes_alone(tmp_path: Path) -> None:
    first, second, *_ = packets(clip(tmp_path, gop=10))
    picture = decode_picture(first)
    assert picture is not None
    assert card_number(picture) == 0
    assert decode_picture(second) is None
