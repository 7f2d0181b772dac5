# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a camera offers: listens to it for a few seconds."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streams.coded import Coded
from streams.connection import Connection
from streams.decoder import decode_picture
from streams.errors import BadStream, StreamEnded
from streams.failures import no_picture, no_whole_picture
from streams.siblings import Sibling, siblings
from streams.source import OPEN_S, Source, Transport
from streams.times import TICKS, clip_times

LISTEN_S = 4.0
ENOUGH_KEYFRAMES = 3


@dataclass(frozen=True, slots=True, eq=False)
class ProbeResult:
    """One stream as it was measured."""

    place: str  # the address, without login
    transport: Transport
    codec: str
    profile: str | None
    width: int
    height: int
    fps: float
    gop_s: float | None  # seconds between keyframes; None: longer than was listened
    bitrate_kbps: float
    first_frame_s: float  # from the first word to the first picture
    listened_s: float
    picture: NDArray[np.uint8] = field(repr=False)  # uint8[H,W,3] BGR, the first
    siblings: tuple[Sibling, ...] = ()


def probe(
    url: str, *, transport: Transport = "tcp", timeout_s: float = OPEN_S, camera_id: str = "camera"
) -> ProbeResult:
    """Open a stream and listen, each for at most timeout_s, and decode a keyframe; a StreamError says what is wrong."""
    try:
        source = Source(camera_id, url, transport=transport, open_timeout_s=timeout_s, stale_after_s=timeout_s)
    except ValueError as error:
        raise BadStream(camera_id, str(error)) from error
    began = time.monotonic()
    with Connection(source) as connection:
        heard = _listen(connection, source, time.monotonic() + timeout_s)
        profile = connection.profile
    picture, first = _first_picture(heard, source, time.monotonic() - began)
    pts, dts = clip_times(heard)
    span_s = max((dts[-1] - dts[0]) / TICKS, 1e-3)
    keys = [stamp for stamp, coded in zip(pts, heard, strict=True) if coded.key]
    height, width = picture.shape[:2]
    return ProbeResult(
        place=source.place,
        transport=transport,
        codec=heard[0].track.codec,
        profile=profile,
        width=width,
        height=height,
        fps=(len(heard) - 1) / span_s,
        gop_s=(keys[-1] - keys[0]) / TICKS / (len(keys) - 1) if len(keys) > 1 else None,
        bitrate_kbps=sum(len(coded.data) for coded in heard[1:]) * 8 / span_s / 1000,
        first_frame_s=first.mono - began,
        listened_s=span_s,
        picture=picture,
        siblings=siblings(url),
    )


def _listen(connection: Iterable[Coded | None], source: Source, deadline: float) -> list[Coded]:
    """Packets until keyframe interval and rate are known, or the time is over."""
    heard: list[Coded] = []
    keys = 0
    try:
        for coded in connection:
            now = time.monotonic()
            if coded is not None:
                heard.append(coded)
                keys += coded.key
            if now > deadline or (keys >= ENOUGH_KEYFRAMES and now - heard[0].mono >= LISTEN_S):
                break
    except StreamEnded:
        if source.is_network or not heard:
            raise
    if not heard or (source.is_network and len(heard) == 1):  # some send one picture and hang
        raise no_picture(source, source.stale_after_s)
    return heard


def _first_picture(heard: list[Coded], source: Source, age_s: float) -> tuple[NDArray[np.uint8], Coded]:
    keys = [coded for coded in heard if coded.key]
    for coded in keys:
        picture = decode_picture(coded)
        if picture is not None:
            return picture, coded
    raise no_whole_picture(source, age_s, len(keys))
