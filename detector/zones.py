# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a violation may stand: polygons on the ground, in normalised picture coordinates."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import shapely
from shapely import Polygon

from detector.boxes import Box
from detector.errors import ZoneError
from detector.reasons import Reason, because

Point = tuple[float, float]

VIOLATIONS = ("stall", "debris")


@dataclass(frozen=True, slots=True)
class Zone:
    """One polygon of one camera and its rule; points and sizes are shares of the picture, times are seconds.

    kind: `watch` raises violations, `permitted` is a licensed pitch where `classes` may stand.
    dwell_s: how long a thing must stand before it is a violation.
    hit_ratio: share of the visible time in which it must have been detected.
    clear_s: how long its place must be seen empty before it counts as gone.
    min_height: lowest box height, share of the picture's height.
    """

    name: str
    polygon: tuple[Point, ...]
    kind: Literal["watch", "permitted"] = "watch"
    classes: tuple[str, ...] = VIOLATIONS
    dwell_s: float = 120.0
    hit_ratio: float = 0.6
    clear_s: float = 60.0
    min_height: float = 0.03

    def __post_init__(self) -> None:
        area(self.name, self.polygon)


def area(name: str, polygon: tuple[Point, ...]) -> Polygon:
    """The polygon as a geometry; ZoneError if it is none or leaves the picture."""
    if len(polygon) < 3:
        raise ZoneError(f"zone {name}: {len(polygon)} points are no area; give at least three")
    if any(not 0 <= v <= 1 for point in polygon for v in point):
        raise ZoneError(f"zone {name}: points are shares of the picture from 0 to 1; divide pixels by its size")
    shape = _ground(polygon)
    if not shape.is_valid or shape.area == 0:
        raise ZoneError(f"zone {name}: the outline crosses itself or is flat; list the points in order round the area")
    return shape


@lru_cache(maxsize=4096)
def _ground(polygon: tuple[Point, ...]) -> Polygon:
    """The geometry of a polygon, made once: every sighting of every look asks for it."""
    return Polygon(polygon)


def ground_point(box: Box) -> Point:
    """Where a thing stands: the middle of the lower edge of its box (normalised xyxy)."""
    return (box[0] + box[2]) / 2, box[3]


def zone_of(box: Box, class_name: str, zones: tuple[Zone, ...]) -> tuple[Zone | None, Reason | None]:
    """The zone whose rule judges a thing, or None and the reason why no rule does.

    A permitted pitch wins over a watched zone round it; among watched zones the shortest dwell wins.
    """
    x, y = ground_point(box)
    here = [z for z in zones if class_name in z.classes and _stands_in(z, x, y)]
    if permit := next((z for z in here if z.kind == "permitted"), None):
        return None, because("pitch", zone=permit.name)
    tall = [z for z in here if box[3] - box[1] >= z.min_height]
    if not tall:
        return None, because("too_small", zone=here[0].name) if here else because("outside")
    return min(tall, key=lambda z: z.dwell_s), None


def _stands_in(zone: Zone, x: float, y: float) -> bool:
    # the lower edge of a box that touches the picture's edge lies on the polygon's own edge: that is inside
    return bool(shapely.intersects_xy(_ground(zone.polygon), x, y))
