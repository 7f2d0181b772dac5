# SPDX-License-Identifier: AGPL-3.0-or-later
"""A reader on a healthy loopback camera."""

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from streams.clip import write_clip
from streams.connection import read_timeout_s
from streams.loopback import card_number, loopback_camera, make_clip
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import frames_of, next_frame, until

FPS = 25


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {
        "h264": make_clip(folder / "h264.mp4", fps=FPS, frames=250),
        "hevc": make_clip(folder / "hevc.mp4", codec="hevc", fps=FPS, frames=250),
        "reordered": make_clip(folder / "reordered.mp4", fps=FPS, frames=250, b_frames=2),
        "long": make_clip(folder / "long.mp4", fps=10, frames=300, gop=100),
    }


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("clip", ["h264", "hevc", "reordered"])
def test_gives_the_camera_s_keyframes_as_they_come(
    clips: dict[str, Path], clip: str, transport: Literal["tcp", "udp"]
) -> None:
    with (
        loopback_camera(clips[clip]) as camera,
        CameraReader(Source("cam-1", camera.url, transport=transport)) as reader,
    ):
        before = datetime.now(UTC)
        first, second = next_frame(reader), next_frame(reader)
        state = reader.state()
    numbers = [card_number(first.picture), card_number(second.picture)]
    assert numbers[0] < numbers[1]
    assert not any(number % FPS for number in numbers)  # keyframes, of which a busy machine may miss some
    assert (first.sequence, second.sequence) == tuple(number // FPS for number in numbers)
    assert before <= first.taken_at < second.taken_at <= datetime.now(UTC)
    assert first.picture.shape == (180, 320, 3)
    assert (state.status, state.error, state.reconnects) == ("live", None, 0)
    assert (state.codec, state.width, state.height) == (clip if clip != "reordered" else "h264", 320, 180)


@pytest.mark.parametrize("scheme", ["basic", "digest"])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_logs_in(clips: dict[str, Path], scheme: Literal["basic", "digest"], transport: Literal["tcp", "udp"]) -> None:
    with (
        loopback_camera(clips["h264"], user="admin", password="p@ss:w/ö rd?#%", scheme=scheme) as camera,
        CameraReader(Source("cam-1", camera.login_url, transport=transport)) as reader,
    ):
        assert card_number(next_frame(reader).picture) == 0


def test_the_first_picture_is_shown_without_waiting_for_another(clips: dict[str, Path]) -> None:
    with loopback_camera(clips["long"]) as camera, CameraReader(Source("cam-1", camera.url, every_s=9.0)) as reader:
        assert card_number(next_frame(reader, 5.0).picture) == 0


def test_looks_between_keyframes_when_they_are_rare(clips: dict[str, Path]) -> None:
    with loopback_camera(clips["long"]) as camera, CameraReader(Source("cam-1", camera.url, every_s=2.0)) as reader:
        frames = frames_of(reader, 8.5)
    numbers = [card_number(frame.picture) for frame in frames]
    assert numbers[0] == 0
    assert 3 <= len(numbers) <= 5
    ages_s = [
        (frame.taken_at - frames[0].taken_at).total_seconds() - number / 10
        for frame, number in zip(frames, numbers, strict=True)
    ]
    assert max(map(abs, ages_s)) < 1.5  # each look shows the camera as it is, not as it was at the keyframe


def test_looks_on_across_a_rare_keyframe(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "smart.mp4", fps=10, frames=120, gop=40)
    with loopback_camera(clip) as camera, CameraReader(Source("cam-1", camera.url, every_s=1.0)) as reader:
        frames = frames_of(reader, 9.5)
    gaps_s = [(b.taken_at - a.taken_at).total_seconds() for a, b in pairwise(frames)]
    assert len(frames) >= 6
    assert max(gaps_s) < 3.5  # keyframes are 4 s apart
    assert reader.state().damaged == 0


@pytest.mark.parametrize("clip", ["h264", "reordered", "hevc"])
def test_decodes_everything_when_asked(clips: dict[str, Path], clip: str) -> None:
    with (
        loopback_camera(clips[clip]) as camera,
        CameraReader(Source("cam-1", camera.url, every_s=0.2, decode="all")) as reader,
    ):
        numbers = [card_number(frame.picture) for frame in frames_of(reader, 2.0)]
    steps = [late - early for early, late in pairwise(numbers[1:])]  # the first is as old as the opening took
    assert len(numbers) >= 4
    assert min(steps) >= 1
    assert 3 <= sum(steps) / len(steps) <= 15  # five pictures in 0.2 s, on a machine that may be busy; keyframes: 25


def test_an_unread_frame_is_replaced_and_counted(clips: dict[str, Path]) -> None:
    with (
        loopback_camera(clips["h264"]) as camera,
        CameraReader(Source("cam-1", camera.url, every_s=0.1, decode="all")) as reader,
    ):
        assert until(lambda: reader.state().frames >= 5)
        frame = reader.take()
        state = reader.state()
        assert frame is not None
        assert reader.take() is None or reader.state().frames > state.frames
    assert frame.sequence >= 4
    assert state.drops >= 4


def test_an_unread_frame_can_be_given_up(clips: dict[str, Path]) -> None:
    with loopback_camera(clips["h264"]) as camera, CameraReader(Source("cam-1", camera.url, every_s=5.0)) as reader:
        assert until(lambda: reader.waiting_since is not None)
        assert (reader.waiting_since or 0.0) <= time.monotonic()
        reader.drop()
        assert reader.take() is None
        assert reader.waiting_since is None
        assert reader.state().drops == 1
        reader.drop()
        assert reader.state().drops == 1


def test_the_interval_can_be_changed_while_it_reads(clips: dict[str, Path]) -> None:
    with loopback_camera(clips["h264"]) as camera, CameraReader(Source("cam-1", camera.url, every_s=9.0)) as reader:
        first = next_frame(reader)
        reader.look_every(1.0)
        assert (next_frame(reader, 4.0).taken_at - first.taken_at).total_seconds() < 5.0


def test_calls_back_for_each_frame(clips: dict[str, Path]) -> None:
    rung: list[float] = []
    with loopback_camera(clips["h264"]) as camera:
        reader = CameraReader(Source("cam-1", camera.url), on_frame=lambda: rung.append(time.monotonic()))
        with reader:
            assert until(lambda: len(rung) >= 2)


def test_many_readers_share_one_camera_and_its_time(clips: dict[str, Path]) -> None:
    with loopback_camera(clips["h264"]) as camera, CameraReader(Source("cam-1", camera.url)) as early:
        next_frame(early)
        time.sleep(2.2)
        with CameraReader(Source("cam-2", camera.url)) as late:
            number = card_number(next_frame(late).picture)
            assert camera.watching == 2
    assert number >= 2 * FPS
    assert number % FPS == 0


def test_stopping_releases_the_connection(clips: dict[str, Path]) -> None:
    with loopback_camera(clips["h264"]) as camera:
        reader = CameraReader(Source("cam-1", camera.url))
        reader.start()
        next_frame(reader)
        assert reader.stop(read_timeout_s(reader.source))  # the next packet ends the read that blocks
        assert until(lambda: camera.watching == 0)
        assert reader.state().status == "stopped"


def test_stopping_before_starting_is_harmless(clips: dict[str, Path]) -> None:
    reader = CameraReader(Source("cam-1", "rtsp://127.0.0.1:1/cam"))
    assert reader.stop()
    assert reader.state().status == "stopped"


def test_rtp_time_may_wrap(clips: dict[str, Path], tmp_path: Path) -> None:
    with (
        loopback_camera(clips["h264"], first_stamp=2**32 - 90_000) as camera,
        CameraReader(Source("cam-1", camera.url)) as reader,
    ):
        frames = frames_of(reader, 3.6)
        packets = reader.packets(since=frames[0].taken_at, until=frames[-1].taken_at)
        info = write_clip(tmp_path / "clip.mp4", packets)
    assert [card_number(frame.picture) for frame in frames] == [0, 25, 50, 75]
    assert info is not None
    assert info.duration_s == pytest.approx(3.04, abs=0.1)
    assert not info.transcoded
