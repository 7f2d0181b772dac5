# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence clips from the packet ring, as a browser would read them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import av
import pytest

from streams.clip import write_clip
from streams.coded import Coded
from streams.connection import Connection
from streams.decoder import to_bgr
from streams.loopback import card_number, draw_card, loopback_camera, make_clip
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import frames_of

Codec = Literal["h264", "hevc", "mjpeg"]
START = datetime(2026, 11, 21, tzinfo=UTC)


def numbers_in(path: Path) -> list[int]:
    with av.open(str(path)) as video:
        return [card_number(to_bgr(frame)) for frame in video.decode(video=0)]


def boxes_of(path: Path) -> list[str]:
    """The names of the top-level boxes of an MP4 file."""
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def packets_of(path: Path, count: int = 40, fps: int = 10) -> list[Coded]:
    """The packets of a recording as if they had come from a camera in real time."""
    packets = []
    with Connection(Source("cam-1", str(path))) as connection:
        connection._pacer = None
        for number, coded in zip(range(count), connection, strict=False):
            assert coded is not None
            at = START + timedelta(seconds=number / fps)
            packets.append(Coded(coded.data, coded.track, coded.key, coded.pts_s, coded.dts_s, at, 100 + number / fps))
    return packets


def lasted_s(packets: list[Coded]) -> float:
    """By their arrival; the last is shown as long as the others on average."""
    return (packets[-1].mono - packets[0].mono) * len(packets) / (len(packets) - 1)


@pytest.mark.parametrize("clip_format", [("h264", 0), ("h264", 2), ("hevc", 0), ("hevc", 3)])
def test_a_clip_from_a_camera_holds_every_picture_in_order(tmp_path: Path, clip_format: tuple[Codec, int]) -> None:
    codec, b_frames = clip_format
    recording = make_clip(tmp_path / "camera.mp4", codec=codec, fps=25, frames=200, gop=25, b_frames=b_frames)
    with loopback_camera(recording) as camera, CameraReader(Source("cam-1", camera.url)) as reader:
        frames = frames_of(reader, 4.5)
        since = frames[1].taken_at + timedelta(seconds=0.3)
        packets = reader.packets(since=since, until=frames[-1].taken_at)
        info = write_clip(tmp_path / "clip.mp4", packets)
    assert info is not None
    numbers = numbers_in(info.path)
    whole = numbers[: len(numbers) - b_frames]  # a B-frame is sent after what follows it: the end may lack some
    assert [packet for packet in packets if packet.key and packet.at <= since] == packets[:1]
    assert whole[0] % 25 == 0
    assert whole == list(range(whole[0], whole[0] + len(whole)))  # from the keyframe before `since`, none missing
    assert info.frames == len(numbers)
    # what FFmpeg says of when reordered H.265 was sent does not rise: then the times of arrival count
    lasts_s = lasted_s(packets) if codec == "hevc" and b_frames else (numbers[-1] + 1 - whole[0]) / 25
    assert info.duration_s == pytest.approx(lasts_s, abs=0.05)
    assert info.started_at <= since < info.ended_at
    assert info.transcoded == (codec == "hevc")
    assert boxes_of(info.path)[:2] == ["ftyp", "moov"]
    assert info.bytes == info.path.stat().st_size


def test_an_h264_clip_is_what_a_browser_plays(tmp_path: Path) -> None:
    info = write_clip(tmp_path / "clip.mp4", packets_of(make_clip(tmp_path / "a.mp4", fps=10)))
    assert info is not None
    with av.open(str(info.path)) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.codec_tag, stream.pix_fmt) == ("h264", "avc1", "yuv420p")
        assert float(stream.average_rate or 0) == pytest.approx(10, abs=0.01)
        packets = [packet for packet in video.demux(stream) if packet.size]
    assert packets[0].is_keyframe
    assert packets[0].pts == 0


@pytest.mark.parametrize(
    ("codec", "options"), [("hevc", {}), ("mjpeg", {}), ("h264", {"profile": "high444", "crf": "10"})]
)
def test_what_browsers_do_not_play_is_encoded_anew(tmp_path: Path, codec: Codec, options: dict[str, str]) -> None:
    suffix = "mkv" if codec == "mjpeg" else "mp4"
    recording = make_clip(tmp_path / f"a.{suffix}", codec=codec, fps=10, options=options)
    if options:
        recording = _as_444(recording)
    info = write_clip(tmp_path / "clip.mp4", packets_of(recording))
    assert info is not None
    assert info.transcoded
    assert numbers_in(info.path) == list(range(40))
    with av.open(str(info.path)) as video:
        assert video.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert video.streams.video[0].codec_tag == "avc1"


def _as_444(path: Path) -> Path:
    full = path.with_name("full.mp4")
    with av.open(str(full), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv444p"
        for number in range(50):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(draw_card(number, (320, 180)), format="bgr24")))
        out.mux(stream.encode())
    return full


def test_a_wide_clip_is_made_smaller_when_it_must_be_encoded(tmp_path: Path) -> None:
    recording = make_clip(tmp_path / "wide.mp4", codec="hevc", fps=5, frames=5, size=(2560, 1440))
    info = write_clip(tmp_path / "clip.mp4", packets_of(recording, count=5, fps=5))
    assert info is not None
    assert (info.width, info.height) == (1920, 1080)


def test_a_clip_of_pictures_lasts_as_long_as_they_were_apart(tmp_path: Path) -> None:
    for number in range(6):
        _write_jpeg(tmp_path / f"{number}.jpg", number)
    with CameraReader(Source("cam-1", str(tmp_path / "*.jpg"), every_s=0.3)) as reader:
        frames = frames_of(reader, 1.6)
        packets = reader.packets(since=frames[0].taken_at, until=frames[-1].taken_at)
        info = write_clip(tmp_path / "clip.mp4", packets)
    assert info is not None
    begun_s = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(packets)]
    assert min(begun_s) > 0.25  # a busy machine may begin later, never sooner
    assert info.duration_s == pytest.approx(lasted_s(packets), abs=0.01)
    first, last = (card_number(frame.picture) for frame in (frames[0], frames[-1]))
    assert numbers_in(info.path) == list(range(first, last + 1))  # a busy machine may not take each of them in time


def _write_jpeg(path: Path, number: int) -> None:
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuvj420p"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(draw_card(number, (320, 180)), format="bgr24")))
        out.mux(stream.encode())


def test_there_is_no_clip_of_a_time_that_is_not_kept(tmp_path: Path) -> None:
    recording = make_clip(tmp_path / "camera.mp4", fps=25, frames=100)
    with loopback_camera(recording) as camera, CameraReader(Source("cam-1", camera.url)) as reader:
        frame = frames_of(reader, 1.0)[0]
        hour = timedelta(hours=1)
        assert reader.packets(since=frame.taken_at - 2 * hour, until=frame.taken_at - hour) == []
        assert reader.packets(since=frame.taken_at + hour, until=frame.taken_at + 2 * hour) == []


def test_a_clip_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    packets = packets_of(make_clip(tmp_path / "a.mp4", fps=10))
    with pytest.raises(OSError, match="the clip cannot be written"):
        write_clip(tmp_path / "nowhere" / "clip.mp4", packets)


def test_damaged_data_alone_makes_no_clip(tmp_path: Path) -> None:
    whole = packets_of(make_clip(tmp_path / "a.mp4", fps=10), count=3)
    noise = [Coded(b"\0\0\1\x65" + b"\x55" * 200, c.track, c.key, c.pts_s, c.dts_s, c.at, c.mono) for c in whole]
    assert write_clip(tmp_path / "clip.mp4", noise) is None
    assert not (tmp_path / "clip.mp4").exists()
