# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence clips play in a real browser."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Literal

import pytest
from playwright.sync_api import Browser

from streams.clip import write_clip
from streams.loopback import loopback_camera, make_clip
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import next_frame

PLAY = """async () => {
    const video = document.querySelector('video');
    video.muted = true;
    await video.play();
    await new Promise((done, failed) => {
        video.onended = done;
        video.onerror = () => failed(video.error.message);
    });
    return [video.videoWidth, video.videoHeight, video.duration, video.currentTime];
}"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The address of a page that shows clip.mp4 of the test's folder."""
    (tmp_path / "page.html").write_text("<video src='clip.mp4' preload='auto'></video>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/page.html"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("codec", "b_frames"), [("h264", 0), ("h264", 2), ("hevc", 0)])
def test_a_clip_plays_to_its_end(
    browser: Browser, site: str, tmp_path: Path, codec: Literal["h264", "hevc"], b_frames: int
) -> None:
    recording = make_clip(tmp_path / "camera.mp4", codec=codec, fps=15, frames=90, gop=15, b_frames=b_frames)
    with loopback_camera(recording) as camera, CameraReader(Source("cam-1", camera.url)) as reader:
        frames = [next_frame(reader) for _ in range(3)]
        second = timedelta(seconds=1)
        packets = reader.packets(since=frames[1].taken_at - second, until=frames[2].taken_at)
        info = write_clip(tmp_path / "clip.mp4", packets)
    assert info is not None
    page = browser.new_page()
    page.goto(site)
    width, height, duration_s, played_s = page.evaluate(PLAY)
    page.close()
    assert (width, height) == (320, 180)
    assert duration_s == pytest.approx(info.duration_s, abs=0.1)
    assert played_s == pytest.approx(duration_s, abs=0.1)
