# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second, independent RTSP server: GStreamer's, from Debian."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from streams.probe import probe
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import failing, next_frame

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).parents[1] / "support" / "gstreamer_camera.py"
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
    with subprocess.Popen([PYTHON, str(SCRIPT), *arguments], stdout=subprocess.PIPE, text=True) as server:
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
            info = reader.clip(
                tmp_path / "clip.mp4", since=frames[-1].taken_at - timedelta(seconds=1), until=frames[-1].taken_at
            )
    assert (state.status, state.codec, state.width, state.height, state.reconnects) == ("live", codec, 640, 360, 0)
    assert info is not None
    assert info.duration_s > 0.9


def test_gstreamer_s_digest_login_is_passed_and_refused() -> None:
    with gstreamer_camera("h264", "admin", "right") as place:
        assert probe(f"rtsp://admin:right@{place}").codec == "h264"
        with CameraReader(Source("cam-1", f"rtsp://admin:wrong@{place}")) as reader:
            assert "refuses the login" in (failing(reader).error or "")
