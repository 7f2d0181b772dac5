# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recordings and folders: all at once for replay, or at the speed of life through a reader."""

import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Literal

import av
import pytest

from streams.connection import Connection
from streams.errors import BadStream, CameraUnreachable, NoVideo, StreamEnded
from streams.files import read_frames
from streams.loopback import card_number, draw_card, make_clip
from streams.pictures import is_pictures
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import failing, frames_of, next_frame, until

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def looks(path: Path | str, every_s: float, decode: Literal["keyframes", "all"] = "all") -> list[tuple[float, int]]:
    """Seconds from the start and card number of each frame."""
    frames = read_frames(str(path), camera_id="cam-1", every_s=every_s, start_at=START, decode=decode)
    return [(round((f.taken_at - START).total_seconds(), 3), card_number(f.picture)) for f in frames]


def write_pictures(folder: Path, count: int, suffix: str = "png") -> Path:
    folder.mkdir()
    for number in range(count):
        with av.open(str(folder / f"{number:02}.{suffix}"), "w", format="image2", options={"update": "1"}) as out:
            stream = out.add_stream("png" if suffix == "png" else "mjpeg", rate=1)
            stream.width, stream.height = 320, 180
            stream.pix_fmt = "rgb24" if suffix == "png" else "yuvj420p"
            out.mux(stream.encode(av.VideoFrame.from_ndarray(draw_card(number, (320, 180)), format="bgr24")))
            out.mux(stream.encode())
    return folder


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_recording_is_read_in_its_own_time(tmp_path: Path, codec: Literal["h264", "hevc"], b_frames: int) -> None:
    clip = make_clip(tmp_path / "a.mp4", codec=codec, fps=25, frames=101, b_frames=b_frames)
    assert looks(clip, 1.0) == [(0, 0), (1, 25), (2, 50), (3, 75), (4, 100)]
    assert looks(clip, 2.0, "keyframes") == [(0, 0), (2, 50), (4, 100)]
    assert [number for _, number in looks(clip, 0.0)] == list(range(101))


def test_a_recording_whose_title_is_no_utf8_is_read(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", fps=25, frames=26)
    titled = tmp_path / "titled.mkv"
    with av.open(str(clip)) as source, av.open(str(titled), "w", options={"bitexact": "1"}) as out:
        out.metadata["title"] = "CAMERA-1"
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    titled.write_bytes(titled.read_bytes().replace(b"CAMERA-1", "摄像头一".encode("gbk")))
    assert looks(titled, 1.0) == [(0, 0), (1, 25)]


def test_a_raw_stream_without_times_gets_them_from_its_rate(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.h264", fps=25, frames=60)
    assert [number for _, number in looks(clip, 1.0)] == [0, 25, 50]


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_pictures_come_in_the_order_of_their_names(tmp_path: Path, suffix: str) -> None:
    folder = write_pictures(tmp_path / "pictures", 12, suffix)
    (folder / "notes.txt").write_text("no picture")
    expected = [(0.5 * number, number) for number in range(12)]
    assert looks(folder, 0.5) == expected
    assert looks(f"{folder}/*.{suffix}", 0.5) == expected
    assert looks(folder / f"03.{suffix}", 0.5) == [(0, 3)]


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_one_picture_is_no_video_however_it_is_named(tmp_path: Path, form: str) -> None:
    assert is_pictures(form.format(write_pictures(tmp_path / "pictures", 1) / "00.png"))


def test_a_damaged_recording_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.ts", fps=25, frames=100)
    data = bytearray(clip.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    clip.write_bytes(data)
    assert 2 <= len(looks(clip, 1.0)) <= 4


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("absent.mp4", NoVideo, "check the path"),
        ("absent/*.jpg", NoVideo, "finds no picture"),
        ("text.mp4", BadStream, "no video that can be read"),
        ("text.jpg", BadStream, "take it out of the folder"),
        ("empty", NoVideo, "finds no picture"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, kind: type[Exception], words: str) -> None:
    (tmp_path / "empty").mkdir()
    for text in ("text.mp4", "text.jpg"):
        (tmp_path / text).write_text("this is text, not a picture")
    with pytest.raises(kind, match=words):
        looks(tmp_path / name, 1.0)


def test_a_reader_plays_a_recording_at_the_speed_of_life_and_its_end_is_a_failure(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", fps=25, frames=60)
    with CameraReader(Source("cam-1", str(clip)), jitter=lambda: 0.0) as reader:
        frames = frames_of(reader, 2.2)
        assert (failing(reader).error or "").startswith("the recording of cam-1 is over")
    seconds = [(frame.taken_at - frames[0].taken_at).total_seconds() for frame in frames]
    assert seconds == pytest.approx([0, 1, 2], abs=0.2)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that try again at once."""
    monkeypatch.setattr("streams.backoff.FIRST_S", 0.02)


@pytest.mark.usefixtures("impatient")
def test_a_recording_that_is_over_is_not_played_again(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", fps=25, frames=1)
    with CameraReader(Source("cam-1", str(clip))) as reader:
        assert until(lambda: reader.state().reconnects >= 3)
        assert reader.state().frames == 1


@pytest.mark.usefixtures("impatient")
def test_a_folder_that_was_read_goes_on_with_what_is_new(tmp_path: Path) -> None:
    folder, more = write_pictures(tmp_path / "pictures", 2), write_pictures(tmp_path / "more", 3)
    (folder / "00a.png").write_bytes(b"no picture")
    with CameraReader(Source("cam-1", str(folder), every_s=0.05)) as reader:
        assert until(lambda: reader.state().reconnects >= 3)
        assert (failing(reader).error or "").startswith("the recording of cam-1 is over")
        assert reader.state().frames == 2
        reader.drop()
        (more / "02.png").rename(folder / "02.png")
        assert card_number(next_frame(reader).picture) == 2
        assert reader.state().frames == 3


class Restless(Event):
    """Notes how long somebody wants to wait, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


def test_a_raw_stream_without_times_is_played_at_its_rate(tmp_path: Path) -> None:
    clip, restless = make_clip(tmp_path / "a.h264", fps=25, frames=51), Restless()
    with Connection(Source("cam-1", str(clip)), quit_event=restless) as connection, pytest.raises(StreamEnded):
        list(connection)
    assert restless.waits[-1] == pytest.approx(2.0, abs=0.5)  # since the first, of which nothing was waited


def test_a_short_recording_that_loops_is_not_opened_all_the_time(tmp_path: Path) -> None:
    reader = CameraReader(Source("cam-1", str(make_clip(tmp_path / "a.mp4", fps=25, frames=1)), loop=True))
    reader._quit = restless = Restless()
    with reader:
        assert until(lambda: len(restless.waits) >= 3)
    assert 0 < restless.waits[0] <= 1.0


def test_a_looping_recording_goes_on(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", fps=25, frames=25)
    with CameraReader(Source("cam-1", str(clip), every_s=0.9, loop=True)) as reader:
        assert len(frames_of(reader, 3.5)) >= 3
        assert reader.state().reconnects == 0


def test_a_reader_walks_through_a_folder_and_loops(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 3)
    with CameraReader(Source("cam-1", str(folder), every_s=0.2, loop=True)) as reader:
        numbers = [card_number(next_frame(reader).picture) for _ in range(5)]
    assert numbers == [0, 1, 2, 0, 1]


def test_a_file_that_is_no_picture_holds_nobody_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_pictures(tmp_path / "pictures", 2)
    (folder / "00a.png").write_bytes(b"no picture")
    with CameraReader(Source("cam-1", str(folder), every_s=0.2, loop=True)) as reader:
        numbers = [card_number(next_frame(reader).picture) for _ in range(3)]
        assert reader.state().reconnects == 0
    assert numbers == [0, 1, 0]
    assert "00a.png of cam-1 is no picture: take it out of the folder" in caplog.text


def without_decoder(clip: Path) -> bytes:
    """A clip whose codec nobody knows."""
    return make_clip(clip, fps=25, frames=5).read_bytes().replace(b"avc1", b"zzzz")


def test_a_codec_that_nothing_decodes_is_told(tmp_path: Path) -> None:
    clip = tmp_path / "zzzz.mp4"
    clip.write_bytes(without_decoder(tmp_path / "a.mp4"))
    words = r"zzzz\.mp4 of cam-1 is of a codec that cannot be read: set H\.264 or H\.265"
    with pytest.raises(BadStream, match=words):
        Connection(Source("cam-1", str(clip)))
    with pytest.raises(BadStream, match=words):
        looks(clip, 1.0)


def test_a_picture_that_nothing_decodes_holds_nobody_up(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 2)
    (folder / "00a.png").write_bytes(without_decoder(tmp_path / "a.mp4"))
    with CameraReader(Source("cam-1", str(folder), every_s=0.05)) as reader:
        assert [card_number(next_frame(reader).picture) for _ in range(2)] == [0, 1]


def test_a_folder_without_any_picture_among_its_files_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with CameraReader(Source("cam-1", str(tmp_path), every_s=0.2, loop=True), jitter=lambda: 0.0) as reader:
        assert "is no picture" in (failing(reader).error or "")


def test_an_empty_folder_is_asked_again_until_pictures_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    with CameraReader(Source("cam-1", f"{folder}/*.png"), jitter=lambda: 0.0) as reader:
        assert "finds no picture" in (failing(reader).error or "")
        write_pictures(folder, 1)
        assert next_frame(reader).taken_at > START - timedelta(days=9999)


@pytest.mark.parametrize("address", ["127.0.0.1:9/cam", "127.0.0.1:9/cam?channel=1&subtype=0", "[::1]:9/cam"])
def test_an_address_that_cannot_be_read_is_told_without_its_password(address: str) -> None:
    url = f"rtsp://admin:hunter2@{address}"
    with pytest.raises(CameraUnreachable) as refused:
        list(read_frames(url, camera_id="camera", every_s=1, start_at=START))
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))
