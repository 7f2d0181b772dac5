# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence clips: packets into an MP4 that every browser plays, without re-encoding where that is possible."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext

from streams.coded import Coded, parameter_sets
from streams.decoder import as_packet, make_decoder
from streams.times import TICKS, clip_times, usual_gap

BASE = Fraction(1, TICKS)
PLAYABLE = ("yuv420p", "yuvj420p")  # browsers play 8-bit 4:2:0 only
WIDEST = 1920
FASTSTART = {"movflags": "+faststart"}


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A clip that was written: H.264 in MP4, index first."""

    path: Path
    started_at: datetime
    ended_at: datetime
    duration_s: float
    width: int
    height: int
    frames: int
    bytes: int
    transcoded: bool


def write_clip(path: Path, packets: list[Coded]) -> ClipInfo | None:
    """Write packets (of one track, beginning with a keyframe) to path, whole or not at all.

    None when the packets hold no picture that can be decoded. OSError when the file cannot be written.
    """
    decoder = make_decoder(packets[0].track)
    first = _first_picture(decoder, packets)
    if first is None:
        return None
    pts, dts = clip_times(packets)
    reordered = pts == dts and decoder.has_b_frames
    remux = packets[0].track.codec == "h264" and first.format.name in PLAYABLE and not reordered
    part = path.with_name(path.name + ".part")
    try:
        if remux:
            size, frames = _remux(part, packets, pts, dts, (first.width, first.height)), len(packets)
        else:
            size, frames = _transcode(part, packets, pts, (first.width, first.height))
        part.replace(path)
    except av.error.FFmpegError as error:
        raise OSError(error.errno, f"the clip cannot be written ({error.strerror})", str(path)) from error
    finally:
        part.unlink(missing_ok=True)
    span_s = (dts[-1] - dts[0] + usual_gap(dts)) / TICKS
    return ClipInfo(
        path, packets[0].at, packets[-1].at, span_s, *size, frames, path.stat().st_size, transcoded=not remux
    )


def _first_picture(decoder: VideoCodecContext, packets: list[Coded]) -> av.VideoFrame | None:
    for frame in _decoded(decoder, packets, None):
        return frame
    return None


def _decoded(decoder: VideoCodecContext, packets: list[Coded], pts: list[int] | None) -> Iterator[av.VideoFrame]:
    """Decode to the end; packets that cannot be decoded are passed over."""
    for number, coded in enumerate(packets):
        packet = as_packet(coded)
        packet.time_base, packet.pts = BASE, pts[number] if pts else None
        try:
            yield from decoder.decode(packet)
        except av.error.FFmpegError:
            continue
    try:
        yield from decoder.decode(None)
    except av.error.FFmpegError:
        return


def _remux(path: Path, packets: list[Coded], pts: list[int], dts: list[int], size: tuple[int, int]) -> tuple[int, int]:
    with av.open(str(path), "w", format="mp4", options=FASTSTART) as out:
        stream = out.add_mux_stream("h264", width=size[0], height=size[1], time_base=BASE)
        gaps = [late - early for early, late in pairwise(dts)]
        for number, (coded, gap) in enumerate(zip(packets, [*gaps, usual_gap(dts)], strict=True)):
            bare = number == 0 and not parameter_sets(coded.data, "h264")
            packet = av.Packet(coded.track.sets + coded.data if bare else coded.data)
            packet.stream, packet.time_base = stream, BASE
            packet.pts, packet.dts, packet.duration = pts[number], dts[number], gap
            packet.is_keyframe = coded.key
            out.mux(packet)
    return size


def _transcode(path: Path, packets: list[Coded], pts: list[int], size: tuple[int, int]) -> tuple[tuple[int, int], int]:
    """Encode what can be decoded as H.264, at most 1920 wide; pictures get the packets' times in order."""
    width, height = fitted(size)
    times, frames = deque(sorted(pts)), 0
    options = {"preset": "veryfast", "crf": "25", "profile": "high"}
    with av.open(str(path), "w", format="mp4", options=FASTSTART) as out:
        stream = out.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = width, height, "yuv420p", BASE
        stream.codec_context.time_base = BASE
        for frame in _decoded(make_decoder(packets[0].track), packets, pts):
            even = frame.reformat(width, height, "yuv420p")
            even.pts, even.time_base = times.popleft(), BASE
            out.mux(stream.encode(even))
            frames += 1
        out.mux(stream.encode())
    return (width, height), frames


def fitted(size: tuple[int, int]) -> tuple[int, int]:
    """Even width and height (H.264 wants that), no wider than 1920, same shape."""
    scale = min(1.0, WIDEST / size[0])
    return round(size[0] * scale / 2) * 2 or 2, round(size[1] * scale / 2) * 2 or 2
