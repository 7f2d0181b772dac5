# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recordings and folders of pictures as frames, as fast as they can be read: for replay and detect."""

import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from streams.connection import open_container, usual_gap_s, video_stream
from streams.decoder import decode_picture, to_bgr
from streams.errors import BadStream
from streams.failures import opening_failed, reading_failed
from streams.frame import Frame
from streams.pictures import is_pictures, list_pictures, read_picture
from streams.source import Decode, Source

TINY_S = 1e-6  # times in recordings are fractions: 14.999999/15 is due at 1


def read_frames(
    path_or_pattern: str, *, camera_id: str, every_s: float, start_at: datetime, decode: Decode = "all"
) -> Iterator[Frame]:
    """Frames every_s apart, taken_at = start_at (aware UTC) + time in the recording; every_s 0 gives all of them.

    Folders, glob patterns and single pictures: every picture, by name, every_s apart. decode="keyframes" is many
    times faster on videos and as fine as the keyframes are. NoVideo and BadStream say what is wrong.
    """
    try:
        source = Source(camera_id, path_or_pattern)
    except ValueError as error:
        raise BadStream(camera_id, str(error)) from error
    if is_pictures(path_or_pattern):
        yield from _pictures(path_or_pattern, camera_id, every_s, start_at)
        return
    due_s, sequence = 0.0, 0
    for media_s, frame in _video(source, decode):
        if media_s + TINY_S >= due_s:
            yield Frame(camera_id, to_bgr(frame), start_at + timedelta(seconds=media_s), sequence)
            due_s = (math.floor((media_s + TINY_S) / every_s) + 1) * every_s if every_s else 0.0
            sequence += 1
    if not sequence:
        raise BadStream(camera_id, f"nothing in {source.place} can be decoded: check that it is a whole video")


def _pictures(url: str, camera_id: str, every_s: float, start_at: datetime) -> Iterator[Frame]:
    for sequence, path in enumerate(list_pictures(url, camera_id)):
        at = start_at + timedelta(seconds=sequence * every_s)
        picture = decode_picture(read_picture(path, camera_id, at=at))
        if picture is None:
            raise BadStream(camera_id, f"{path} of {camera_id} cannot be decoded: take it out of the folder")
        yield Frame(camera_id, picture, at, sequence)


def _video(source: Source, decode: Decode) -> Iterator[tuple[float, av.VideoFrame]]:
    """Seconds since the first picture, and the picture."""
    try:
        container = open_container(source)
    except av.error.FFmpegError as error:  # cause cut off: its text holds the URL with the password
        raise opening_failed(source, error) from None
    with container:
        stream = video_stream(source, container)
        stream.thread_type = av.codec.context.ThreadType.AUTO
        stream.codec_context.skip_frame = "NONKEY" if decode == "keyframes" else "DEFAULT"
        gap_s = usual_gap_s(stream)
        first_s: float | None = None
        last_s = -gap_s
        for frame in _decoded(source, container, stream):
            first_s = first_s if first_s is not None else frame.time
            last_s = frame.time - (first_s or 0.0) if frame.time is not None else last_s + gap_s
            yield max(last_s, 0.0), frame


def _decoded(source: Source, container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    """What can be decoded; damaged packets are passed over."""
    try:
        for packet in container.demux(stream):
            with suppress(av.error.InvalidDataError):
                yield from packet.decode()
    except av.error.FFmpegError as error:  # cause cut off, as above
        raise reading_failed(source, error) from None
