# SPDX-License-Identifier: AGPL-3.0-or-later
"""The last seconds of a camera's packets, always beginning with a keyframe."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from threading import Lock

from streams.coded import Coded, Track


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """A whole group of pictures. In one piece: thousands of small ones leave holes that nobody else fits into."""

    data: bytes = field(repr=False)
    ends: tuple[int, ...]  # of its pictures in data, after a 0
    about: tuple[tuple[Track, bool, float | None, float | None, datetime, float], ...] = field(repr=False)

    @property
    def at(self) -> datetime:
        return self.about[0][4]

    @property
    def mono(self) -> float:
        return self.about[0][5]

    def pictures(self) -> list[Coded]:
        """Its pictures as they came."""
        return [Coded(self.data[a:b], *about) for (a, b), about in zip(pairwise(self.ends), self.about, strict=True)]


class PacketRing:
    """Keeps at least `seconds` of packets if they fit into `limit_bytes`; whole GOPs leave, oldest first.

    A single GOP larger than the limit is given up until the next keyframe. Safe for one writer and any readers.
    """

    def __init__(self, seconds: float, limit_bytes: int) -> None:
        self._seconds, self._limit = seconds, limit_bytes
        self._groups: deque[_Group] = deque()
        self._newest: list[Coded] = []  # the group that is still growing
        self._bytes = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """How much is kept now."""
        return self._bytes

    def add(self, coded: Coded) -> None:
        """Take a packet; those before the first keyframe are not kept."""
        with self._lock:
            if coded.key and self._newest:
                self._groups.append(_group(self._newest))
                self._newest = []
            if not (coded.key or self._newest):
                return
            self._newest.append(coded)
            self._bytes += len(coded.data)
            self._forget(coded.mono)

    def _forget(self, now: float) -> None:
        while self._groups and (self._bytes > self._limit or now - self._second() >= self._seconds):
            self._bytes -= len(self._groups.popleft().data)
        if self._bytes > self._limit:
            self._newest, self._bytes = [], 0

    def _second(self) -> float:
        """When the second oldest group began."""
        return self._groups[1].mono if len(self._groups) > 1 else self._newest[0].mono

    def cut(self, since: datetime, until: datetime) -> list[Coded]:
        """The packets from the keyframe at or before `since` to `until`; of one track: the one with most packets."""
        with self._lock:
            groups, newest = [group for group in self._groups if group.at <= until], list(self._newest)
        started = [number for number, group in enumerate(groups) if group.at <= since]
        if newest and newest[0].at <= since:
            groups = []
        kept = [*(group.pictures() for group in groups[started[-1] if started else 0 :]), newest]
        packets = [coded for group in kept for coded in group if coded.at <= until]
        if not packets or packets[-1].at < since:
            return []
        runs = [list(run) for _, run in groupby(packets, key=lambda coded: coded.track)]
        return max(runs, key=len)


def _group(coded: list[Coded]) -> _Group:
    ends, place = [0], 0
    for each in coded:
        place += len(each.data)
        ends.append(place)
    about = tuple((each.track, each.key, each.pts_s, each.dts_s, each.at, each.mono) for each in coded)
    return _Group(b"".join([each.data for each in coded]), tuple(ends), about)
