# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opens a stream or a file with PyAV and turns what comes into coded pictures. Knows FFmpeg's oddities."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from streams.coded import Coded, Track, parameter_sets
from streams.errors import NoVideo
from streams.failures import no_decoder, one_picture, opening_failed, reading_failed, stream_ended
from streams.nap import Nap
from streams.source import Source, scheme_of

MICROSECONDS = 1_000_000
READ_TIMEOUT_S = 2.5
USUAL_FPS = 25.0
BEHIND_S = 1.0  # a recording that lags further than this behind real time starts a new count,
MAX_AHEAD_S = 30.0  # as does one whose times jump further than this
TITLES = "replace"  # cameras and recorders write titles in GBK and the like, of which nothing is shown
PROBED = "mjpeg"  # decoders that may look at a stream while it is opened: JPEG has no parameter sets
FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}


def utc_now() -> datetime:
    """When a picture arrived: aware UTC."""
    return datetime.now(UTC)


class Connection:
    """An open stream. Iterate it for coded pictures; None stands for "nothing came for a while, look around".

    Opening and reading raise a StreamError; the end of a file and a hang-up are StreamEnded.
    """

    def __init__(self, source: Source, *, quit_event: Event | None = None) -> None:
        self._source, self._quit = source, quit_event or Event()
        began = time.monotonic()
        try:
            self._container = open_container(source)
        except av.error.FFmpegError as error:  # cause cut off: its text holds the URL with the password
            raise opening_failed(source, error, waited_s=time.monotonic() - began) from None
        try:
            self._stream = video_stream(source, self._container)
            self._annexb = _annexb_filter(self._stream)
            codec = self._stream.codec_context
            sets = _extradata(self._stream, self._annexb)
            self.track = Track(codec.codec.canonical_name, codec.width, codec.height, sets)
        except BaseException:
            self._container.close()
            raise
        self.profile = codec.profile
        self._pictures = 0
        self._base = float(self._stream.time_base or 0)
        self._pacer = None if _is_live(source, self._container) else Pacer(self._quit, usual_gap_s(self._stream))
        # over UDP nothing holds the packets back while nobody reads, and every picture may be wanted at once
        self._nap = Nap() if source.is_rtsp and source.transport == "tcp" and source.every_s else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up (RTSP: TEARDOWN) and release the socket."""
        self._container.close()

    def __iter__(self) -> Iterator[Coded | None]:
        while not self._quit.is_set():
            try:
                yield from self._read()
            except av.error.ExitError:
                yield None
                continue
            except av.error.FFmpegError as error:  # cause cut off, as above
                raise reading_failed(self._source, error) from None
            if not self._quit.is_set():
                only = self._pictures == 1 and self._source.is_network and not self._source.is_rtsp
                raise one_picture(self._source) if only else stream_ended(self._source)

    def _read(self) -> Iterator[Coded]:
        asked = time.monotonic()
        for packet in self._container.demux(self._stream):
            if self._quit.is_set():
                return
            if packet.size == 0:  # the flush packet at the end
                continue
            rest_s = 0.0
            for whole in self._annexb.filter(packet) if self._annexb else [packet]:
                coded, rest_s = self._coded(whole, asked)
                self._pictures += 1
                yield coded
            if rest_s:
                self._quit.wait(rest_s)
            asked = time.monotonic()

    def _coded(self, packet: "av.Packet[VideoStream]", asked: float) -> tuple[Coded, float]:
        """The picture, and how long to sleep after it; asked: when its reader began to wait (monotonic)."""
        data, base = bytes(packet), self._base
        pts_s = packet.pts * base if packet.pts is not None else None
        dts_s = packet.dts * base if packet.dts is not None else None
        sent_s, rest_s = dts_s if dts_s is not None else pts_s, 0.0
        if self._pacer:
            self._pacer.wait(sent_s)
        if packet.is_keyframe:
            self._note_sets(data)
        at, now = utc_now(), time.monotonic()
        if self._nap:
            came, rest_s = self._nap.arrived(sent_s, now, waited_s=now - asked, key=packet.is_keyframe)
            at, now = at - timedelta(seconds=now - came), came
        return Coded(data, self.track, packet.is_keyframe, pts_s, dts_s, at, now), rest_s

    def _note_sets(self, data: bytes) -> None:
        """New parameter sets in the stream (a resolution change) begin a new track."""
        sets = parameter_sets(data, self.track.codec)
        if sets and sets != self.track.sets:
            self.track = Track(self.track.codec, self.track.width, self.track.height, sets)


class Pacer:
    """Holds back recordings and HLS, which come faster than life; gap_s: between pictures that bear no time."""

    def __init__(self, quit_event: Event, gap_s: float) -> None:
        self._quit, self._gap_s = quit_event, gap_s
        self._anchor: tuple[float, float] | None = None
        self._media_s = 0.0  # of the last picture

    def wait(self, media_s: float | None) -> None:
        """Sleep until the picture of this media time is due."""
        now = time.monotonic()
        self._media_s = media_s = self._media_s + self._gap_s if media_s is None else media_s
        if self._anchor is None:
            self._anchor = (now, media_s)
        ahead_s = self._anchor[0] + media_s - self._anchor[1] - now
        if not -BEHIND_S < ahead_s < MAX_AHEAD_S:
            self._anchor = (now, media_s)
        elif ahead_s > 0:
            self._quit.wait(ahead_s)


def open_container(source: Source) -> InputContainer:
    """What FFmpeg makes of the address. Its errors hold the URL with the password."""
    # what a stream is, its parameter sets say: FFmpeg need not decode its first pictures to find out, nor keep them
    options = {"fpsprobesize": "0", "analyzeduration": "100000", "codec_whitelist": PROBED} if source.is_rtsp else {}
    if source.is_rtsp:
        options |= {"rtsp_transport": source.transport, "allowed_media_types": "video"}
        options["timeout"] = str(round(source.stale_after_s * MICROSECONDS))  # bounds the farewell, too
    if source.is_rtsp and source.transport == "udp":
        options |= {"buffer_size": "4194304", "max_delay": "300000"}
    if not source.is_network:
        return av.open(source.path, metadata_errors=TITLES)
    _, _, address = source.url.partition("://")
    return av.open(
        f"{scheme_of(source.url)}://{address}",  # FFmpeg knows no RTSP:// in capitals
        options=options,
        timeout=(source.open_timeout_s, read_timeout_s(source)),
        metadata_errors=TITLES,
    )


def read_timeout_s(source: Source) -> float:
    """How long one read may block; stopping takes at most about twice this."""
    return min(READ_TIMEOUT_S, source.stale_after_s / 2) if source.is_rtsp else source.stale_after_s


def video_stream(source: Source, container: InputContainer) -> VideoStream:
    """The first video track; NoVideo when there is none, BadStream when there is no decoder for it."""
    if not container.streams.video:
        raise NoVideo(source.camera_id, f"{source.place} of {source.camera_id} carries no video: check the path")
    stream = container.streams.video[0]
    if not stream.codec_context:
        raise no_decoder(source)
    return stream


def usual_gap_s(stream: VideoStream) -> float:
    """Seconds between pictures by the stream's rate."""
    return 1 / float(stream.average_rate or USUAL_FPS)


def _annexb_filter(stream: VideoStream) -> av.BitStreamFilterContext | None:
    extradata = stream.codec_context.extradata or b""
    name = FILTERS.get(stream.codec_context.codec.canonical_name)
    return av.BitStreamFilterContext(name, stream) if name and extradata[:1] == b"\1" else None


def _extradata(stream: VideoStream, annexb: av.BitStreamFilterContext | None) -> bytes:
    """With a filter the parameter sets come with the first keyframe."""
    return b"" if annexb else stream.codec_context.extradata or b""


def _is_live(source: Source, container: InputContainer) -> bool:
    return source.is_network and container.format.name not in ("hls", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
