# SPDX-License-Identifier: AGPL-3.0-or-later
"""An independent peer from Debian: GStreamer's RTSP server for our reader, its client for our camera."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from streams.clip import write_clip
from streams.loopback import loopback_camera, make_clip
from streams.probe import probe
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import failing, next_frame

PYTHON = "/usr/bin/python3"
SUPPORT = Path(__file__).parents[1] / "support"
NEEDED = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def installed() -> bool:
    return (
        Path(PYTHON).exists()
        and subprocess.run([PYTHON, "-c", NEEDED], capture_output=True, check=False).returncode == 0
    )


pytestmark = pytest.mark.skipif(
    not installed(), reason="GStreamer's RTSP server is not here: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0"
)


@contextmanager
def gstreamer_camera(*arguments: str) -> Iterator[str]:
    """host:port/path of a running camera."""
    with subprocess.Popen(
        [PYTHON, str(SUPPORT / "gstreamer_camera.py"), *arguments], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield f"127.0.0.1:{server.stdout.readline().strip()}/cam"
        finally:
            server.kill()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("sent", "codec"), [("h264", "h264"), ("h265", "hevc"), ("mjpeg", "mjpeg")])
def test_gstreamer_s_server_is_read(tmp_path: Path, sent: str, codec: str, transport: Literal["tcp", "udp"]) -> None:
    with gstreamer_camera(sent) as place:
        source = Source("cam-1", f"rtsp://{place}", transport=transport, open_timeout_s=10)
        with CameraReader(source) as reader:
            frames = [next_frame(reader, 20) for _ in range(3)]
            state = reader.state()
            packets = reader.packets(since=frames[-1].taken_at - timedelta(seconds=1), until=frames[-1].taken_at)
            info = write_clip(tmp_path / "clip.mp4", packets)
    assert (state.status, state.codec, state.width, state.height, state.reconnects) == ("live", codec, 640, 360, 0)
    assert info is not None
    assert info.frames >= 2


def test_gstreamer_s_digest_login_is_passed_and_refused() -> None:
    with gstreamer_camera("h264", "admin", "right") as place:
        assert probe(f"rtsp://admin:right@{place}").codec == "h264"
        with CameraReader(Source("cam-1", f"rtsp://admin:wrong@{place}")) as reader:
            assert "refuses the login" in (failing(reader).error or "")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_gstreamer_s_client_watches_the_loopback_camera(tmp_path: Path, transport: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", fps=10, frames=20, gop=10)
    with loopback_camera(clip, user="admin", password="secret") as camera:
        command = [PYTHON, str(SUPPORT / "gstreamer_client.py"), camera.login_url, transport]
        watched = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    times = [float(each) for each in watched.stdout.split()]
    assert len(times) >= 15
    assert all(early < late for early, late in pairwise(times))
    assert (times[-1] - times[0]) / (len(times) - 1) == pytest.approx(0.1, abs=0.03)  # its jitter buffer shifts times
