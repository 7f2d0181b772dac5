# SPDX-License-Identifier: AGPL-3.0-or-later
"""The last seconds of a camera's packets, always beginning with a keyframe."""

from collections import deque
from datetime import datetime
from itertools import groupby
from threading import Lock

from streams.coded import Coded


class PacketRing:
    """Keeps at least `seconds` of packets if they fit into `limit_bytes`; whole GOPs leave, oldest first.

    A single GOP larger than the limit is given up until the next keyframe; of 0 seconds nothing is kept. Safe for one
    writer and any readers.
    """

    def __init__(self, seconds: float, limit_bytes: int) -> None:
        self._seconds, self._limit = seconds, limit_bytes
        self._gops: deque[list[Coded]] = deque()
        self._bytes = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """How much is kept now."""
        return self._bytes

    def add(self, coded: Coded) -> None:
        """Take a packet; those before the first keyframe are not kept."""
        if not self._seconds:
            return
        with self._lock:
            if coded.key:
                self._gops.append([])
            if not self._gops:
                return
            self._gops[-1].append(coded)
            self._bytes += len(coded.data)
            self._forget(coded.mono)

    def _forget(self, now: float) -> None:
        while self._bytes > self._limit or (len(self._gops) > 1 and now - self._gops[1][0].mono >= self._seconds):
            self._bytes -= sum(len(coded.data) for coded in self._gops.popleft())

    def cut(self, since: datetime, until: datetime) -> list[Coded]:
        """The packets from the keyframe at or before `since` to `until`; of one track: the one with most packets."""
        with self._lock:
            gops = [list(gop) for gop in self._gops if gop[0].at <= until]
        started = [number for number, gop in enumerate(gops) if gop[0].at <= since]
        kept = gops[started[-1] if started else 0 :]
        packets = [coded for gop in kept for coded in gop]
        while packets and packets[-1].at > until:  # neighbours' dates may cross: only the end is cut off
            packets.pop()
        if not packets or packets[-1].at < since:
            return []
        runs = [list(run) for _, run in groupby(packets, key=lambda coded: coded.track)]
        return max(runs, key=len)
