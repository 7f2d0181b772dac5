# SPDX-License-Identifier: AGPL-3.0-or-later
"""MJPEG and HLS over HTTP, served on loopback."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import av
import pytest

from streams.clip import write_clip
from streams.connection import Connection
from streams.errors import StreamError
from streams.loopback import card_number, make_clip
from streams.probe import probe
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import failing, frames_of, next_frame, until

FPS = 10


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class WebPage(BaseHTTPRequestHandler):
    """No camera: its path is the status that it answers with, and a page of unknown length."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>" + b"<p>hello</p>" * 100)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, "cannot be reached, or answers without video: check address, path and network"),
        (500, "reports an error of its own: check the path"),
        (503, "reports an error of its own"),
        (429, "reports an error of its own"),
        (404, "check the path"),
    ],
)
def test_what_is_no_http_camera_is_told_without_advice_for_rtsp(status: int, words: str) -> None:
    with serving(WebPage) as port, pytest.raises(StreamError, match=words) as told:
        Connection(Source("cam-1", f"http://127.0.0.1:{port}/{status}"))
    assert "transport" not in str(told.value)


class Snapshot(BaseHTTPRequestHandler):
    """An address that gives one picture at a time."""

    picture: bytes

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(self.picture)))
        self.end_headers()
        self.wfile.write(self.picture)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


def test_a_snapshot_is_told_from_a_stream(tmp_path: Path) -> None:
    camera = type("Camera", (Snapshot,), {"picture": jpegs(tmp_path / "a.mkv")[0]})
    with serving(camera) as port:
        words = "gave one picture and closed: write the address of a stream"
        with pytest.raises(StreamError, match=words):
            probe(f"http://127.0.0.1:{port}/snap.jpg")
        with CameraReader(Source("cam-1", f"http://127.0.0.1:{port}/snap.jpg")) as reader:
            assert words in (failing(reader).error or "")


def jpegs(path: Path) -> list[bytes]:
    with av.open(str(make_clip(path, codec="mjpeg", fps=FPS, frames=60))) as video:
        return [bytes(packet) for packet in video.demux(video=0) if packet.size]


class MjpegCamera(BaseHTTPRequestHandler):
    """A camera of the older kind: JPEGs one after the other, for ever or until told to stall."""

    pictures: list[bytes]
    stalled = False
    login = ""
    plays = 0

    def do_GET(self) -> None:
        if (
            self.login
            and self.headers.get("Authorization") != "Basic " + base64.b64encode(self.login.encode()).decode()
        ):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        type(self).plays += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--frame")
        self.end_headers()
        began = time.monotonic()
        try:
            for number in range(1000):
                self._send(self.pictures[number % len(self.pictures)])
                while self.stalled:
                    time.sleep(0.05)
                time.sleep(max(0.0, began + (number + 1) / FPS - time.monotonic()))
        except OSError:
            return

    def _send(self, picture: bytes) -> None:
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        self.wfile.write(head.encode() + picture + b"\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


@pytest.fixture
def mjpeg(tmp_path: Path) -> type[MjpegCamera]:
    return type("Camera", (MjpegCamera,), {"pictures": jpegs(tmp_path / "a.mkv")})


def test_mjpeg_over_http_is_read_like_any_camera(mjpeg: type[MjpegCamera], tmp_path: Path) -> None:
    with serving(mjpeg) as port, CameraReader(Source("cam-1", f"http://127.0.0.1:{port}/video", every_s=0.5)) as reader:
        frames = frames_of(reader, 4.0)
        state = reader.state()
        packets = reader.packets(since=frames[0].taken_at, until=frames[-1].taken_at)
        info = write_clip(tmp_path / "clip.mp4", packets)
    gaps = [(b.taken_at - a.taken_at).total_seconds() for a, b in pairwise(frames)]
    assert len(frames) >= 5
    assert min(gaps) > 0.35
    assert (state.status, state.codec, state.width) == ("live", "mjpeg", 320)
    assert info is not None
    assert info.duration_s == pytest.approx((frames[-1].taken_at - frames[0].taken_at).total_seconds(), abs=0.3)


def test_mjpeg_logs_in_and_a_wrong_password_is_said(mjpeg: type[MjpegCamera]) -> None:
    mjpeg.login = "admin:secret"
    with serving(mjpeg) as port:
        with CameraReader(Source("cam-1", f"http://admin:secret@127.0.0.1:{port}/video")) as reader:
            next_frame(reader)
        with CameraReader(Source("cam-1", f"http://admin:wrong@127.0.0.1:{port}/video")) as reader:
            assert "refuses the login" in (failing(reader).error or "")


def test_a_stalled_mjpeg_camera_is_noticed_and_stops_in_time(mjpeg: type[MjpegCamera]) -> None:
    with serving(mjpeg) as port:
        source = Source("cam-1", f"http://127.0.0.1:{port}/video", stale_after_s=1.0)
        with CameraReader(source, jitter=lambda: 0.0) as reader:
            next_frame(reader)
            mjpeg.stalled = True
            assert "no picture for" in (failing(reader).error or "")
            mjpeg.stalled = False
            assert until(lambda: reader.state().status == "live")


def hls(folder: Path, *, ended: bool) -> Path:
    """A playlist of two-second segments."""
    recording = make_clip(folder / "recording.mp4", fps=FPS, frames=80, gop=FPS)
    playlist = folder / "live.m3u8"
    options = {"hls_time": "2", "hls_list_size": "0", "hls_playlist_type": "vod" if ended else "event"}
    with av.open(str(recording)) as source, av.open(str(playlist), "w", format="hls", options=options) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return playlist


class QuietFiles(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


def test_hls_is_played_at_the_speed_of_life_and_its_end_is_a_failure(tmp_path: Path) -> None:
    hls(tmp_path, ended=True)
    with serving(partial(QuietFiles, directory=str(tmp_path))) as port:
        source = Source("cam-1", f"http://127.0.0.1:{port}/live.m3u8", every_s=1.0)
        with CameraReader(source, jitter=lambda: 0.0) as reader:
            frames = frames_of(reader, 5.5)
            played_s = [(frame.taken_at - frames[0].taken_at).total_seconds() for frame in frames]
            # none comes early; how late one is, the machine decides
            assert [-0.2 <= at - n < 0.9 for n, at in enumerate(played_s)] == [True] * len(frames)
            assert len(frames) >= 5
            assert [card_number(frame.picture) for frame in frames[:3]] == [0, 10, 20]
            assert "hung up" in (failing(reader).error or "")


class LivePlaylist(QuietFiles):
    """Shows the segments of a recording one after the other, as a live server does."""

    began = 0.0

    def do_GET(self) -> None:
        if not self.path.endswith(".m3u8"):
            super().do_GET()
            return
        newest = int((time.monotonic() - self.began) / 2) + 1
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:0"]
        for number in range(min(newest, 4)):
            lines += ["#EXTINF:2.0,", f"live{number}.ts"]
        body = "\n".join(lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.apple.mpegurl")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_live_hls_goes_on_as_segments_appear(tmp_path: Path) -> None:
    hls(tmp_path, ended=False)
    LivePlaylist.began = time.monotonic()
    with serving(partial(LivePlaylist, directory=str(tmp_path))) as port:
        reader = CameraReader(Source("cam-1", f"http://127.0.0.1:{port}/live.m3u8", every_s=1.0))
        with reader:
            frames = frames_of(reader, 7.5)
            began = time.monotonic()
        stopped_s = time.monotonic() - began
    assert len(frames) >= 5
    assert reader.state().reconnects == 0
    assert stopped_s < 5
