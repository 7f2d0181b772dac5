# SPDX-License-Identifier: AGPL-3.0-or-later
"""A reader on a loopback camera that misbehaves."""

import errno
import inspect
import logging
import socket
import time
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Literal

import av
import pytest

from streams.clip import write_clip
from streams.connection import Connection, read_timeout_s
from streams.errors import BadStream, CameraUnreachable, LoginRefused, NoVideo, StreamError
from streams.failures import opening_failed
from streams.loopback import LoopbackCamera, card_number, loopback_camera, make_clip
from streams.probe import probe
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import failing, frames_of, next_frame, retry_s, until

PASSWORD = "hunter2"


def eager(camera: LoopbackCamera, *, transport: Literal["tcp", "udp"] = "tcp") -> CameraReader:
    """A reader that loses patience quickly and retries after 0.75 s."""
    source = Source("cam-12", camera.login_url, transport=transport, stale_after_s=1.5, open_timeout_s=1.5, every_s=0.5)
    return CameraReader(source, jitter=lambda: 0.0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", fps=25, frames=250, gop=12)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_stall_is_noticed_named_and_survived(clip: Path, transport: Literal["tcp", "udp"]) -> None:
    with loopback_camera(clip) as camera, eager(camera, transport=transport) as reader:
        next_frame(reader)
        camera.stalled = True
        state = failing(reader)
        assert state.error is not None
        assert state.error.startswith("no picture for ")
        assert state.error.endswith("s from cam-12: check power and network; retrying in 1 s")
        camera.stalled = False
        assert until(lambda: reader.state().status == "live")
        assert reader.state().error is None
        assert reader.state().reconnects >= 1


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_short_stall_costs_no_connection(clip: Path, transport: Literal["tcp", "udp"]) -> None:
    with (
        loopback_camera(clip) as camera,
        CameraReader(Source("cam-12", camera.url, transport=transport, every_s=0.5, stale_after_s=5.0)) as reader,
    ):
        next_frame(reader)
        camera.stalled = True
        time.sleep(3.5)  # longer than one read may block
        camera.stalled = False
        reader.take()
        assert card_number(next_frame(reader).picture) > 60
        assert (camera.plays, reader.state().reconnects) == (1, 0)


def test_stopping_a_stalled_camera_takes_at_most_two_read_timeouts(clip: Path) -> None:
    with loopback_camera(clip) as camera:
        reader = CameraReader(Source("cam-12", camera.url))
        reader.start()
        next_frame(reader)
        camera.stalled = True
        time.sleep(0.3)
        began = time.monotonic()
        assert reader.stop()
        assert time.monotonic() - began < 2 * read_timeout_s(reader.source) + 2
        assert until(lambda: camera.watching == 0)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_hang_up_is_a_failure_and_the_reader_comes_back(clip: Path, transport: Literal["tcp", "udp"]) -> None:
    with loopback_camera(clip) as camera, eager(camera, transport=transport) as reader:
        next_frame(reader)
        camera.hang_up_after = 1
        state = failing(reader)
        assert state.error is not None
        assert state.error.startswith("cam-12 hung up")
        camera.hang_up_after = None
        assert until(lambda: reader.state().status == "live")
        assert camera.plays >= 2


def test_a_camera_that_is_not_there_yet_is_found_when_it_comes(clip: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    source = Source("cam-12", f"rtsp://127.0.0.1:{port}/cam", open_timeout_s=1.5)
    with CameraReader(source, jitter=lambda: 0.0) as reader:
        assert "refuses connections" in (failing(reader).error or "")
        with loopback_camera(clip, port=port):
            assert until(lambda: reader.state().status == "live")


def test_retries_come_less_and_less_often(clip: Path) -> None:
    with loopback_camera(clip) as camera, eager(camera) as reader:
        camera.refusing = True
        assert until(lambda: reader.state().reconnects >= 3)
        assert retry_s(failing(reader)) > 2


def test_a_wrong_password_is_said_and_never_shown(clip: Path, caplog: pytest.LogCaptureFixture) -> None:
    with loopback_camera(clip, user="admin", password="right") as camera:
        url = camera.login_url.replace("right", PASSWORD)
        with caplog.at_level(logging.DEBUG), CameraReader(Source("cam-12", url)) as reader:
            state = failing(reader)
        assert state.error is not None
        assert "cam-12 at 127.0.0.1" in state.error
        assert "refuses the login: check user and password" in state.error
        assert retry_s(state) > 20  # cameras lock accounts
        assert PASSWORD not in f"{state} {reader.source} {caplog.text}"
        with pytest.raises(LoginRefused) as refused:
            Connection(Source("cam-12", url))
        assert PASSWORD not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("404 Not Found", NoVideo, "check the path"),
        ("403 Forbidden", LoginRefused, "check user and password"),
        ("453 Not Enough Bandwidth", BadStream, "try the other transport"),
        ("461 Unsupported Transport", BadStream, "try the other transport"),
        ("400 Bad Request", BadStream, "reports an error of its own: check the path"),
        ("503 Service Unavailable", BadStream, "reports an error of its own: check the path"),
    ],
)
def test_a_refusing_answer_is_told_apart(clip: Path, status: str, kind: type[StreamError], words: str) -> None:
    with loopback_camera(clip) as camera:
        camera.answer_status = status
        with pytest.raises(kind, match=words):
            Connection(Source("cam-12", camera.url))


def test_a_mute_camera_is_unreachable_in_time(clip: Path) -> None:
    with loopback_camera(clip) as camera:
        camera.delay_s = 60.0
        began = time.monotonic()
        with pytest.raises(CameraUnreachable, match=r"did not answer within 1 s: check power, address and network"):
            Connection(Source("cam-12", camera.url, open_timeout_s=1.0))
        assert time.monotonic() - began < 30


def test_an_answer_that_ffmpeg_stops_waiting_for_is_no_matter_of_permissions() -> None:
    refused = av.error.PermissionError(errno.EPERM, "Operation not permitted")
    told = opening_failed(Source("cam-12", "rtsp://192.0.2.9/cam"), refused)
    assert isinstance(told, CameraUnreachable)
    assert "did not answer within 15 s" in str(told)
    assert "check the permissions" in str(opening_failed(Source("cam-12", "/films/a.mp4"), refused))


def test_what_is_probed_good_has_as_long_to_open_when_it_is_watched() -> None:
    assert inspect.signature(probe).parameters["timeout_s"].default == Source("cam-12", "a.mp4").open_timeout_s


def test_stopping_does_not_wait_for_a_camera_that_is_being_opened(clip: Path) -> None:
    with loopback_camera(clip) as camera:
        camera.delay_s = 60.0
        reader = CameraReader(Source("cam-12", camera.url, open_timeout_s=6.0))
        reader.start()
        assert until(lambda: reader._opening)
        began = time.monotonic()
        reader.stop()
        assert time.monotonic() - began < 4


def test_a_camera_without_the_wanted_transport_says_so(clip: Path) -> None:
    with (
        loopback_camera(clip, transports=frozenset({"udp"})) as camera,
        pytest.raises(BadStream, match="refuses the stream over tcp"),
    ):
        Connection(Source("cam-12", camera.url))


def test_a_slow_camera_is_waited_for(clip: Path) -> None:
    with loopback_camera(clip) as camera:
        camera.delay_s = 0.4
        with CameraReader(Source("cam-12", camera.url)) as reader:
            next_frame(reader)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_damaged_packets_are_survived_and_counted(tmp_path: Path, transport: Literal["tcp", "udp"]) -> None:
    busy = make_clip(tmp_path / "busy.mp4", size=(640, 360), gop=10, frames=100, options={"crf": "1"})
    with loopback_camera(busy) as camera, eager(camera, transport=transport) as reader:
        camera.corrupt = 0.3
        frames = frames_of(reader, 5.0)
        state = reader.state()
        camera.corrupt = 0.0
        assert until(lambda: reader.state().frames > state.frames + 2)
    assert state.damaged > 0
    assert all(frame.picture.shape == (360, 640, 3) for frame in frames)
    assert all(card_number(frame.picture) < 100 for frame in frames)  # no picture is shown that is not whole


def test_lost_packets_are_survived(clip: Path) -> None:
    with loopback_camera(clip) as camera, eager(camera, transport="udp") as reader:
        next_frame(reader)
        camera.loss = 0.2
        assert len(frames_of(reader, 4.0)) >= 2


@pytest.mark.parametrize("stamps", ["frozen", "wild"])
def test_useless_times_give_way_to_the_arrival(clip: Path, tmp_path: Path, stamps: Literal["frozen", "wild"]) -> None:
    with loopback_camera(clip) as camera, eager(camera) as reader:
        camera.stamps = stamps
        frames = frames_of(reader, 4.0)
        packets = reader.packets(since=frames[0].taken_at, until=frames[-1].taken_at)
        info = write_clip(tmp_path / "clip.mp4", packets)
    assert len(frames) >= 6
    assert info is not None
    seen_s = (frames[-1].taken_at - frames[0].taken_at).total_seconds()
    assert info.duration_s == pytest.approx(seen_s, abs=0.3)
    with av.open(str(info.path)) as video:
        dts = [packet.dts for packet in video.demux(video=0) if packet.dts is not None]
    assert dts == sorted(set(dts))


def test_a_change_of_resolution_is_survived(clip: Path, tmp_path: Path) -> None:
    small = make_clip(tmp_path / "small.mp4", fps=25, frames=100, gop=12, size=(160, 90))
    with loopback_camera(clip) as camera, eager(camera) as reader:
        next_frame(reader)
        camera.play_clip(small)
        assert until(lambda: reader.take() is not None and reader.state().width == 160), reader.state()
        frame = next_frame(reader)
        packets = reader.packets(since=frame.taken_at - timedelta(seconds=0.2), until=frame.taken_at)
        info = write_clip(tmp_path / "clip.mp4", packets)
        assert (camera.plays, reader.state().reconnects) == (1, 0)
    assert frame.picture.shape == (90, 160, 3)
    assert info is not None
    assert (info.width, info.height) == (160, 90)


def test_a_stream_without_keyframes_is_explained(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "endless.mp4", fps=25, frames=500, gop=500)
    with loopback_camera(clip) as camera:
        with eager(camera) as first:
            next_frame(first)
        camera.corrupt = 1.0
        with eager(camera) as reader:
            assert "no whole picture" in (failing(reader, 15).error or "")
