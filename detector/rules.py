# SPDX-License-Identifier: AGPL-3.0-or-later
"""By which rules one camera's looks are judged: its zones, the city's time, its holidays, its ground."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from detector.boxes import Box
from detector.ground import WIDE, Ground, size_m
from detector.reasons import Reason, because
from detector.windows import Window, is_open
from detector.zones import GRADES, Point, Zone, ground_point

WEEK_S = 7 * 86_400.0
EDGE = 1e-6  # a box that touches the picture's edge stands on the polygon's own edge: that is inside
REMEMBERED = 256  # rulings kept, a third of a kilobyte each: a standing thing is asked for at every look

Edge = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of a thing at one moment.

    zone: whose rule judges it, None where none does. over: watched zones it stands in whose rules are less strict.
    waived: why none judges. permitted: whether that is because it may stand there now.
    """

    zone: Zone | None
    over: tuple[str, ...] = ()
    waived: Reason | None = None
    permitted: bool = False


OUTSIDE = Ruling(None, waived=because("outside"))


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that a look of one camera is judged by.

    timezone: the zone in which permitted windows are meant. holidays: days on which holiday windows hold.
    relapse_s: for so long after it was cleared a place that is taken again is the same case.
    ground: from the picture to city-local metres, where the camera is calibrated.
    """

    zones: tuple[Zone, ...]
    timezone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    relapse_s: float = WEEK_S
    ground: Ground | None = None
    atlas: "Atlas" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "atlas", Atlas(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Rules, (self.zones, self.timezone, self.holidays, self.relapse_s, self.ground)

    def court(self, at: datetime, size: tuple[int, int] | None) -> "Court":
        """These rules at a moment, for pictures of a size in pixels (width, height)."""
        return self.atlas.court(self._open_at(at), size)

    def _open_at(self, at: datetime) -> tuple[tuple[str, Window], ...]:
        if not any(zone.windows for zone in self.zones):
            return ()
        wall = at.astimezone(self.timezone)
        held = ((z.name, w) for z in self.zones for w in z.windows if is_open(w, wall, self.holidays))
        return tuple(held)


def rules_for(
    zones: Iterable[Zone],
    *,
    timezone: str = "UTC",
    holidays: Iterable[date] = (),
    relapse_s: float = WEEK_S,
    ground: Ground | None = None,
) -> Rules:
    """Rules of these zones; unless told otherwise in UTC, without holidays and uncalibrated."""
    return Rules(tuple(zones), ZoneInfo(timezone), frozenset(holidays), relapse_s, ground)


class Atlas:
    """The outlines of some rules as plain floats, and what was ruled lately; lives as long as the rules."""

    def __init__(self, rules: Rules) -> None:
        self.zones, self.ground = rules.zones, rules.ground
        self._outlines = [_Outline(zone) for zone in rules.zones]
        self.court = lru_cache(maxsize=4)(self._court)

    def zones_at(self, point: Point) -> list[Zone]:
        """The zones in which a normalised point lies."""
        x, y = min(max(point[0], EDGE), 1 - EDGE), min(max(point[1], EDGE), 1 - EDGE)
        return [outline.zone for outline in self._outlines if outline.holds(x, y)]

    def _court(self, held: tuple[tuple[str, Window], ...], size: tuple[int, int] | None) -> "Court":
        return Court(self, held, size)


class Court:
    """Rules at a moment: which zone's rule judges a thing, and why none does."""

    def __init__(self, atlas: Atlas, held: tuple[tuple[str, Window], ...], size: tuple[int, int] | None) -> None:
        self._atlas, self._held, self._size = atlas, held, size
        self.zones = {zone.name: zone for zone in atlas.zones}
        self.ruling = lru_cache(maxsize=REMEMBERED)(self._ruling)

    def _ruling(self, box: Box, class_name: str) -> Ruling:
        """A pitch whose licence holds wins over the watched zones round it; among these the strictest in force."""
        here = [zone for zone in self._atlas.zones_at(ground_point(box)) if class_name in zone.classes]
        for pitch in sorted((zone for zone in here if zone.kind == "permitted"), key=lambda zone: zone.name):
            if not pitch.windows:
                return Ruling(None, waived=because("pitch", zone=pitch.name), permitted=True)
            if window := self._window(pitch, class_name):
                licence = because("licence", zone=pitch.name, hours=window.hours)
                return Ruling(None, waived=licence, permitted=True)
        watched = sorted((zone for zone in here if zone.kind == "watch"), key=_strictness)
        large = [zone for zone in watched if self._is_large(box, zone)]
        in_force = [zone for zone in large if not self._window(zone, class_name)]
        if in_force:
            return Ruling(in_force[0], over=tuple(zone.name for zone in in_force[1:]))
        if large and (window := self._window(large[0], class_name)):
            hours = because("hours", zone=large[0].name, hours=window.hours)
            return Ruling(None, waived=hours, permitted=True)
        return Ruling(None, waived=because("too_small", zone=watched[0].name)) if watched else OUTSIDE

    def _window(self, zone: Zone, class_name: str) -> Window | None:
        for name, window in self._held:
            if name == zone.name and (not window.classes or class_name in window.classes):
                return window
        return None

    def _is_large(self, box: Box, zone: Zone) -> bool:
        width, height = box[2] - box[0], box[3] - box[1]
        if height < zone.min_height:
            return False
        if self._size and max(width * self._size[0], height * self._size[1]) < zone.min_size_px:
            return False
        if not (zone.min_size_m and self._atlas.ground):
            return True
        aspect = self._size[0] / self._size[1] if self._size else WIDE
        metres = size_m(self._atlas.ground, box, aspect=aspect)
        return metres is None or max(metres) >= zone.min_size_m


class _Outline:
    """A zone's polygon prepared for the question whether a point lies in it."""

    def __init__(self, zone: Zone) -> None:
        self.zone, points = zone, zone.polygon
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self._left, self._top, self._right, self._bottom = min(xs), min(ys), max(xs), max(ys)
        ends = zip(points, points[1:] + points[:1], strict=True)
        self._edges: list[Edge] = [(a[0], a[1], b[0], b[1]) for a, b in ends if a[1] != b[1]]

    def holds(self, x: float, y: float) -> bool:
        if not (self._left <= x <= self._right and self._top <= y <= self._bottom):
            return False
        inside = False
        for x0, y0, x1, y1 in self._edges:
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
        return inside


def _strictness(zone: Zone) -> tuple[int, float, str]:
    return GRADES.index(zone.grade), zone.dwell_s, zone.name
