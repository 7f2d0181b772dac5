# SPDX-License-Identifier: AGPL-3.0-or-later
"""When each camera is looked at again, and which of those that wait comes first. Pure: times come in, monotonic."""

from collections.abc import Iterable
from dataclasses import dataclass

CANDIDATE = 0.5  # of the usual interval while something may become a violation
QUIET_S = 600.0  # a camera that saw nothing for so long is looked at more rarely, and again more rarely after as much
BLIND_S = 10.0  # a camera whose health says that its looks prove nothing is only checked so often
LATE = 1.25  # a look is late when it comes after more than this many intervals,
ROUNDING = 0.5  # and this many keyframe intervals, by which every look is rounded


@dataclass(frozen=True, slots=True)
class Pace:
    """What a camera was promised: every_s is the usual interval, longest_s the longest when nothing ever happens.

    A longest_s below every_s stretches nothing.
    """

    every_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A camera with a frame that nobody has looked at: since when, the last look's frame, the wanted interval."""

    camera_id: str
    since: float
    looked: float | None
    interval_s: float

    @property
    def deadline(self) -> float:
        """When the look should have been; a camera never looked at comes before all others."""
        return float("-inf") if self.looked is None else self.looked + self.interval_s


def interval_s(pace: Pace, *, gop_s: float | None, candidate: bool, blind: bool, quiet_s: float) -> float:
    """Seconds until the next look.

    Never so short that a camera whose keyframes were often enough would have to be decoded between them.
    """
    if blind:
        return max(pace.every_s, BLIND_S)
    if candidate:
        return max(CANDIDATE * pace.every_s, min(gop_s or pace.every_s, pace.every_s))
    slower = pace.every_s * 2.0 ** min(int(quiet_s / QUIET_S), 8)
    return min(slower, max(pace.longest_s, pace.every_s))


def most_urgent(waiting: Iterable[Waiting], most: int) -> list[Waiting]:
    """Earliest deadline first; of equal ones who waits longest. Overloaded, this shares the looks out evenly."""
    return sorted(waiting, key=lambda each: (each.deadline, each.since))[: max(most, 0)]


def too_old(each: Waiting, now: float, stale_s: float) -> bool:
    """Whether a frame shows what is no longer so: the camera fell silent after it, or nobody came for that long."""
    return now - each.since > stale_s


def kept(gap_s: float, interval_s: float, gop_s: float | None) -> bool:
    """Whether two looks came no further apart than promised; keyframes round what can be kept."""
    rounding = ROUNDING * min(gop_s or 0.0, interval_s)
    return gap_s <= LATE * interval_s + rounding
