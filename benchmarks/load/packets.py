# SPDX-License-Identifier: AGPL-3.0-or-later
"""A clip as it goes over the wire: interleaved RTP, ready in memory, only sequence and time are filled in.

All cameras that play a clip are one broadcast seen at different times, so an interval's bytes are made once for all.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streams.loopback.clip import Clip, Picture
from streams.loopback.rtp import CLOCK, rtp_packet

SSRC = 0xC0FFEE
DELIMITER = b"\x09\xf0"
FRAMING = 4  # $, channel, length
KEPT = 64  # intervals of about a megabyte
SPOILED = 0.02  # share of the bytes of a picture that garbage changes


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """The pictures from one keyframe to the next.

    template: their packets in a row; heads: int64[P], where each packet's RTP header begins; stamps: int64[P], its
    90 kHz time from the clip's start; cuts: where each picture begins and ends; first: number of the first packet.
    """

    template: NDArray[np.uint8] = field(repr=False)
    heads: NDArray[np.int64] = field(repr=False)
    stamps: NDArray[np.int64] = field(repr=False)
    cuts: tuple[tuple[int, int], ...] = field(repr=False)
    first: int


class Broadcast:
    """A clip playing for ever; pictures are numbered over all loops."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        starts = [number for number, picture in enumerate(clip.pictures) if picture.key]
        self._starts = starts
        self._packets = sum(len(picture.payloads) for picture in clip.pictures)
        self._intervals: list[Interval] = []
        first = 0
        for start, end in pairwise([*starts, len(clip.pictures)]):
            self._intervals.append(_interval(clip.pictures[start:end], first))
            first += len(self._intervals[-1].heads)
        self._filled = lru_cache(KEPT)(self._fill)

    def due_s(self, number: int) -> float:
        """Seconds from the broadcast's start at which a picture leaves."""
        return self.clip.due_s(number)

    def keyframe_after(self, elapsed_s: float) -> int:
        """The number of the first keyframe that leaves at or after so many seconds."""
        loop = int(elapsed_s // (self.clip.duration / CLOCK))
        numbers = [(loop + more) * len(self.clip.pictures) + start for more in (0, 1) for start in self._starts]
        return numbers[min(bisect_left(numbers, elapsed_s, key=self.due_s), len(numbers) - 1)]

    def is_keyframe(self, number: int) -> bool:
        return self.clip.pictures[number % len(self.clip.pictures)].key

    def wire(self, number: int) -> memoryview:
        """One picture's bytes."""
        loop, index = divmod(number, len(self.clip.pictures))
        which = bisect_left(self._starts, index + 1) - 1
        return self._filled(loop, which)[index - self._starts[which]]

    def herald(self, number: int) -> bytes:
        """A packet without a picture (an access unit delimiter), numbered before a keyframe's first."""
        first = bytes(self.wire(number)[FRAMING : FRAMING + 8])
        sequence, stamp = int.from_bytes(first[2:4], "big"), int.from_bytes(first[4:8], "big")
        packet = rtp_packet(DELIMITER, last=False, sequence=sequence - 1, stamp=stamp, ssrc=SSRC)
        return b"$\0" + len(packet).to_bytes(2, "big") + packet

    def _fill(self, loop: int, which: int) -> tuple[memoryview, ...]:
        interval = self._intervals[which]
        wire = interval.template.copy()
        count = np.arange(len(interval.heads)) + interval.first + loop * self._packets
        _write(wire, interval.heads + 2, count, width=2)
        _write(wire, interval.heads + 4, interval.stamps + loop * self.clip.duration, width=4)
        whole = memoryview(wire.tobytes())
        return tuple(whole[start:end] for start, end in interval.cuts)


def spoiled(wire: memoryview, dice: np.random.Generator) -> bytes:
    """A picture with damaged payloads: framing and headers stay, so that the connection survives what it carries."""
    out = bytearray(wire)
    place = 0
    while place < len(out):
        size = int.from_bytes(out[place + 2 : place + 4], "big")
        body = place + FRAMING + 14
        room = place + FRAMING + size - body
        if room > 0:
            for spot in dice.integers(room, size=max(1, int(room * SPOILED))):
                out[body + spot] ^= 0x5A
        place += FRAMING + size
    return bytes(out)


def _interval(pictures: tuple[Picture, ...], first: int) -> Interval:
    heads, stamps, cuts, wire = list[int](), list[int](), list[tuple[int, int]](), bytearray()
    for picture in pictures:
        start = len(wire)
        for payload in picture.payloads:
            packet = rtp_packet(payload, last=payload is picture.payloads[-1], sequence=0, stamp=0, ssrc=SSRC)
            wire += b"$\0" + len(packet).to_bytes(2, "big")
            heads.append(len(wire))
            stamps.append(picture.stamp)
            wire += packet
        cuts.append((start, len(wire)))
    places, times = np.array(heads, np.int64), np.array(stamps, np.int64)
    return Interval(np.frombuffer(bytes(wire), np.uint8), places, times, tuple(cuts), first)


def _write(wire: NDArray[np.uint8], places: NDArray[np.int64], values: NDArray[np.int64], *, width: int) -> None:
    """Big-endian numbers at many places, their higher bytes cut off."""
    for byte in range(width):
        wire[places + byte] = values >> 8 * (width - 1 - byte) & 0xFF
