# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path
from typing import Literal

import pytest

from streams.coded import Coded, Track
from streams.connection import utc_now
from streams.errors import BadStream, CameraUnreachable, LoginRefused, NoPicture, NoVideo, StreamError
from streams.loopback import card_number, loopback_camera, make_clip
from streams.loopback.clip import Clip
from streams.probe import _listen, probe
from streams.source import Source


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", fps=15, frames=120, gop=15)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_camera_is_measured(clip: Path, transport: Literal["tcp", "udp"]) -> None:
    with loopback_camera(clip, user="admin", password="hunter2") as camera:
        result = probe(camera.login_url, transport=transport)
    assert (result.codec, result.profile, result.width, result.height) == ("h264", "High", 320, 180)
    assert result.fps == pytest.approx(15, abs=0.2)
    assert result.gop_s == pytest.approx(1.0, abs=0.02)
    assert 1 < result.bitrate_kbps < 1000
    assert 0 < result.first_frame_s < 10
    assert card_number(result.picture) == 0
    assert "hunter2" not in repr(result)


def test_a_long_keyframe_interval_is_not_waited_out(tmp_path: Path) -> None:
    with loopback_camera(make_clip(tmp_path / "long.mp4", fps=10, frames=300, gop=300)) as camera:
        result = probe(camera.url, timeout_s=2.0)
    assert result.gop_s is None
    assert result.listened_s < 10  # keyframes are 30 s apart


def test_a_recording_is_measured_too(clip: Path) -> None:
    result = probe(str(clip), timeout_s=2.0)
    assert (result.codec, result.width) == ("h264", 320)


def test_sub_streams_are_suggested(clip: Path) -> None:
    with loopback_camera(clip) as camera:
        result = probe(camera.url.replace("/cam", "/Streaming/Channels/101"), timeout_s=1.5)
    assert [sibling.place.rpartition("/")[2] for sibling in result.siblings] == ["102"]


@pytest.mark.parametrize("scheme", ["RTSP", "rtsp"])
def test_a_camera_whose_title_is_no_utf8_is_read_and_capitals_are_no_other_protocol(
    clip: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gbk = "摄像头一".encode("gbk").decode("utf-8", "surrogateescape")
    monkeypatch.setattr(Clip, "sdp", lambda self, told=Clip.sdp: told(self).replace("loopback camera", gbk))
    with loopback_camera(clip) as camera:
        assert probe(camera.url.replace("rtsp", scheme), timeout_s=5.0).codec == "h264"


def test_a_camera_that_hangs_after_one_picture_is_told() -> None:
    picture = Coded(b"", Track("h264", 2, 2, b""), True, 0.0, 0.0, utc_now(), 0.0)
    with pytest.raises(NoPicture, match="no picture for 10 s from cam-1: check power"):
        _listen([picture, None], Source("cam-1", "rtsp://192.0.2.9/cam"), 0.0)


def test_a_silent_camera_is_told(clip: Path) -> None:
    with loopback_camera(clip) as camera:
        camera.stalled = True
        with pytest.raises((NoPicture, CameraUnreachable), match="check power"):
            probe(camera.url, timeout_s=1.0)


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("rtsp://u:hunter2@127.0.0.1:1/cam", CameraUnreachable, "refuses connections"),
        ("rtsp://u:hunter2@nowhere.invalid/cam", CameraUnreachable, "unknown name or no route"),
        ("rtsp://u:hunt/er2@127.0.0.1/cam", BadStream, "in a password write"),
        ("rtsp://nowhere.invalid:12#er2@127.0.0.1/cam", CameraUnreachable, "in a password write / as %2F"),
        ("http://nowhere.invalid:12?er2@127.0.0.1/cam", CameraUnreachable, "in a password write / as %2F"),
        ("/nowhere/video.mp4", NoVideo, "check the path"),
        (__file__, BadStream, "no video that can be read"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str, kind: type[StreamError], words: str) -> None:
    with pytest.raises(kind, match=words) as wrong:
        probe(url, timeout_s=2.0, camera_id="cam-7")
    assert wrong.value.camera_id == "cam-7"
    assert "hunter2" not in str(wrong.value)
    assert "er2" not in str(wrong.value).replace("refuses", "")


def test_a_wrong_password_is_told(clip: Path) -> None:
    with loopback_camera(clip, user="admin", password="right") as camera, pytest.raises(LoginRefused):
        probe(camera.login_url.replace("right", "wrong"))
