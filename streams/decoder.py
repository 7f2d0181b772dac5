# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decoders, and which coded pictures they are given: the less is decoded, the more cameras fit on a core."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

import av
import numpy as np
from av.codec import CodecContext
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

from streams.coded import Coded, Track
from streams.frame import BT601, BT709, Pixels, Planes
from streams.source import Decode

LONG = 1.25  # keyframes rarer than this many wanted intervals: decode between them
PATIENCE = 1.5  # wait for a keyframe that is overdue by this factor before decoding between keyframes
PENDING_BYTES = 64 * 1024 * 1024
WILD_S = 10.0  # a stream's clock that disagrees with ours by so much between two pictures is not believed
PACE_S, PACE_OFF = 60.0, 1.25  # nor is its pace where it differs by this factor over so long: bursts are shorter
PLANAR = ("yuv420p", "yuvj420p")


BT709_CODES = (1,)  # AVColorSpace: everything else that cameras say is read as BT.601, as swscale does
FULL_RANGE = 2  # AVColorRange


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One decoded picture and when its packet arrived (aware UTC)."""

    pixels: Pixels | Planes
    at: datetime


def make_decoder(track: Track, *, smooth: bool = True) -> VideoCodecContext:
    """A decoder on one thread: many cameras share few cores, and threads would add delay.

    smooth: with H.264's and H.265's filter over the edges of blocks.
    """
    decoder = CodecContext.create(track.codec, "r")
    if not isinstance(decoder, VideoCodecContext):
        raise TypeError(f"{track.codec} is no video codec")
    decoder.thread_count = 1
    if not smooth:
        decoder.options = {"skip_loop_filter": "all"}
    if track.sets:
        decoder.extradata = track.sets
    if not track.sets and track.width:
        decoder.width, decoder.height = track.width, track.height
    return decoder


def as_packet(coded: Coded) -> "av.Packet[Stream]":
    """A packet without times. The keyframe mark matters: FFmpeg adds an unmarked PNG onto the one before."""
    packet = av.Packet(coded.data)
    packet.is_keyframe = coded.key
    return packet


def to_bgr(frame: av.VideoFrame) -> Pixels:
    """uint8[H,W,3] BGR. With a converter of its own: a frame's is not made for two threads."""
    return np.asarray(VideoReformatter().reformat(frame, format="bgr24").to_ndarray(), np.uint8)


def to_pixels(frame: av.VideoFrame) -> Pixels | Planes:
    """The planes of a 4:2:0 picture without a copy (they keep the decoder's buffer); BGR of anything else."""
    if frame.format.name not in PLANAR:
        return to_bgr(frame)
    y, u, v = (_view(plane) for plane in frame.planes)
    full = frame.format.name == "yuvj420p" or frame.color_range == FULL_RANGE
    return Planes(y, u, v, BT709 if frame.colorspace in BT709_CODES else BT601, full, partial(to_bgr, frame))


def _view(plane: VideoPlane) -> Pixels:
    # a plane is a buffer, which PyAV's stubs do not say
    rows = np.frombuffer(cast("memoryview[int]", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def decode_picture(coded: Coded) -> Pixels | None:
    """A keyframe by itself, uint8[H,W,3] BGR; None when it cannot be decoded whole."""
    decoder = make_decoder(coded.track)
    try:
        frames = [*decoder.decode(as_packet(coded)), *decoder.decode(None)]
    except av.error.FFmpegError:
        return None
    return to_bgr(frames[-1]) if frames and not frames[-1].is_corrupt else None


def apart_s(earlier: Coded, later: Coded) -> float:
    """Seconds between two pictures as they were sent, by the stream's clock, or as they came where that is wild.

    On a machine with too much to do they come in bursts. Taken for rare keyframes, that would have everything decoded.
    """
    came = later.mono - earlier.mono
    (first, second) = ((c.dts_s if c.dts_s is not None else c.pts_s) for c in (earlier, later))
    if first is None or second is None or second <= first or abs(second - first - came) > WILD_S:
        return came
    return second - first


class Chooser:
    """Decides what to decode so that a picture comes every `every_s` seconds, and decodes nothing twice.

    Keyframes close enough together: those that are due are handed on as they are, to be decoded when somebody looks.
    Rarer ones (long or "smart" GOPs): the packets since the last keyframe are kept and decoded when a look is due.
    """

    def __init__(self, every_s: float, decode: Decode) -> None:
        self.every_s = every_s  # may be changed at any time
        self._all = decode == "all"
        self._decoder: VideoCodecContext | None = None
        self._track: Track | None = None
        self._pending: list[Coded] = []  # from a keyframe on, or following what the decoder already has
        self._pending_bytes = 0
        self._last_look: float | None = None
        self._last_key: Coded | None = None
        self._gop_s: float | None = None
        self._came_s = self._sent_s = 0.0  # by our clock and by the stream's, since the pace was last measured
        self._pace = 1.0  # our seconds in one of the stream's
        self.damaged = 0  # pictures or packets that could not be decoded whole

    @property
    def gop_s(self) -> float | None:
        """Seconds between the last two keyframes; None before the second."""
        return self._gop_s

    def feed(self, coded: Coded) -> Coded | Decoded | None:
        """Take the next packet; when a look is due, a keyframe to be decoded or a picture that was decoded whole."""
        if coded.key:
            self._keyframe(coded)
        elif self._last_key is None:
            return None  # nothing can be decoded before the first keyframe
        if self._all:
            return self._newest(self._decode([coded]), coded)
        self._keep(coded)
        if coded.key and self._since_look(coded) >= self.every_s - self._gap() / 2:
            return self._look_at_keyframe(coded)
        if not coded.key and self._must_catch_up(coded):
            return self._catch_up(coded)
        return None

    def _keyframe(self, coded: Coded) -> None:
        if self._last_key is not None:
            self._measure_pace(self._last_key, coded)
            self._gop_s = self._pace * apart_s(self._last_key, coded)
        self._last_key = coded
        self._pending, self._pending_bytes = [], 0
        if self._track is None or coded.track.codec != self._track.codec or not (self._all or self._long()):
            self._decoder = None  # short GOPs need none: it would hold about 20 MB of pictures at 1080p
        self._track = coded.track

    def _measure_pace(self, earlier: Coded, later: Coded) -> None:
        """Some cameras stamp 25 pictures a second and send half of them."""
        self._came_s += later.mono - earlier.mono
        self._sent_s += apart_s(earlier, later)
        if self._came_s < PACE_S:
            return
        pace = self._came_s / self._sent_s
        self._pace = 1.0 if 1 / PACE_OFF <= pace <= PACE_OFF else pace
        self._came_s = self._sent_s = 0.0

    def _keep(self, coded: Coded) -> None:
        if self._pending_bytes + len(coded.data) > PENDING_BYTES:
            self._pending, self._pending_bytes, self._last_key = [], 0, None  # wait for the next keyframe
            return
        self._pending.append(coded)
        self._pending_bytes += len(coded.data)

    def _since_look(self, coded: Coded) -> float:
        return float("inf") if self._last_look is None else coded.mono - self._last_look

    def _gap(self) -> float:
        """The keyframe interval, no longer than the wanted one: half of it is the rounding of a due time."""
        return min(self._gop_s or self.every_s, self.every_s)

    def _must_catch_up(self, coded: Coded) -> bool:
        if self._last_key is None or self._since_look(coded) < self.every_s:
            return False
        expected_s = self._gop_s or self.every_s
        since_key_s = self._pace * apart_s(self._last_key, coded)
        return expected_s > LONG * self.every_s or since_key_s > PATIENCE * expected_s

    def _long(self) -> bool:
        return (self._gop_s or 0.0) > LONG * self.every_s

    def _look_at_keyframe(self, coded: Coded) -> Coded | Decoded | None:
        """In a long GOP the decoder must keep its state for the pictures that follow."""
        if self._long():
            return self._catch_up(coded)
        self._last_look = coded.mono
        return coded

    def _catch_up(self, coded: Coded) -> Decoded | None:
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        return self._newest(self._decode(pending), coded)

    def _decode(self, packets: list[Coded]) -> list[av.VideoFrame]:
        frames: list[av.VideoFrame] = []
        for coded in packets:
            try:
                frames = self._context().decode(as_packet(coded)) or frames
            except av.error.FFmpegError:
                self.damaged += 1
        return frames

    def _context(self) -> VideoCodecContext:
        if self._track is None:
            raise RuntimeError("a decoder is made at the first keyframe")
        self._decoder = self._decoder or make_decoder(self._track)
        return self._decoder

    def _newest(self, frames: list[av.VideoFrame], coded: Coded) -> Decoded | None:
        if not frames or (self._all and self._since_look(coded) < self.every_s):
            return None
        if frames[-1].is_corrupt:
            self.damaged += 1
            return None
        self._last_look = coded.mono
        return Decoded(to_pixels(frames[-1]), coded.at)
