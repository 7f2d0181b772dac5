# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coded pictures as they travel from the connection to the decoder and the clip: plain bytes and times."""

from dataclasses import dataclass, field
from datetime import datetime

START = b"\0\0\1"
SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}


@dataclass(frozen=True, slots=True)
class Track:
    """What a decoder must know. `sets`: H.264/H.265 parameter sets as an Annex B stream, else the codec's extradata."""

    codec: str
    width: int
    height: int
    sets: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One coded picture. H.264/H.265 data is an Annex B stream.

    pts_s and dts_s are the stream's own seconds (advice, may be missing or wild); at (aware UTC) and mono
    (monotonic seconds) say when it arrived.
    """

    data: bytes = field(repr=False)
    track: Track
    key: bool
    pts_s: float | None
    dts_s: float | None
    at: datetime
    mono: float


def parameter_sets(data: bytes, codec: str) -> bytes:
    """The parameter sets at the head of an Annex B picture, as an Annex B stream; b"" when it carries none."""
    wanted, found = SETS.get(codec, ()), b""
    start = data.find(START)
    while start >= 0 and start + 3 < len(data):
        kind = data[start + 3] & 31 if codec == "h264" else data[start + 3] >> 1 & 63
        if _is_slice(kind, codec):
            break
        end = data.find(START, start + 3)
        if kind in wanted:
            found += b"\0" + START + data[start + 3 : end if end >= 0 else len(data)].rstrip(b"\0")
        start = end
    return found


def _is_slice(kind: int, codec: str) -> bool:
    return 1 <= kind <= 5 if codec == "h264" else kind < 32
