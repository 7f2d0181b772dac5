# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a violation may stand: polygons on the ground, in normalised picture coordinates, each with its rule."""

import math
from dataclasses import dataclass
from typing import Literal

from shapely import Polygon

from detector.boxes import Box
from detector.errors import ZoneError
from detector.windows import Window, always_open

Point = tuple[float, float]
Grade = Literal["strict", "controlled", "orderly"]
Witness = Literal["off", "assist", "alone"]
ZoneKind = Literal["watch", "permitted"]
Violation = Literal["stall", "debris"]

VIOLATIONS: tuple[Violation, ...] = ("stall", "debris")
GRADES: tuple[Grade, ...] = ("strict", "controlled", "orderly")  # 严禁, 严控, 有序: the strictest first
DWELL_S: dict[Grade, float] = {"strict": 60.0, "controlled": 120.0, "orderly": 600.0}


@dataclass(frozen=True, slots=True)
class Zone:
    """One polygon of one camera and its rule; points and sizes are shares of the picture, times are seconds.

    kind: `watch` raises violations, `permitted` is a licensed pitch where `classes` may stand.
    dwell_s: how long a thing must stand before it is a violation.
    hit_ratio: share of the visible time in which it must have been detected, but for one hit; two fifths of it where a
    change bears it out.
    clear_s: how long its place must be seen empty before it counts as gone.
    min_height, min_size_px, min_size_m: lowest box; longer side in pixels and, where the ground is calibrated, metres.
    grade: of the road; where zones overlap the strictest judges.
    windows: hours in which things may stand in a watched zone, or in which a pitch's licence holds.
    witness: what a static change of the background may do for debris: nothing, bear it out, or raise a case alone.
    """

    name: str
    polygon: tuple[Point, ...]
    kind: ZoneKind = "watch"
    classes: tuple[str, ...] = VIOLATIONS
    dwell_s: float = DWELL_S["controlled"]
    hit_ratio: float = 0.5
    clear_s: float = 60.0
    min_height: float = 0.03
    grade: Grade = "controlled"
    windows: tuple[Window, ...] = ()
    min_size_px: float = 0.0
    min_size_m: float = 0.0
    witness: Witness = "assist"

    def __post_init__(self) -> None:
        _check_area(self.name, self.polygon)
        _check_rule(self)


def _check_area(name: str, polygon: tuple[Point, ...]) -> None:
    if len(polygon) < 3:
        raise ZoneError(f"zone {name}: {len(polygon)} points are no area; give at least three")
    if any(not 0 <= v <= 1 for point in polygon for v in point):
        raise ZoneError(f"zone {name}: points are shares of the picture from 0 to 1; divide pixels by its size")
    shape = Polygon(polygon)
    if not shape.is_valid or shape.area == 0:
        raise ZoneError(f"zone {name}: the outline crosses itself or is flat; list the points in order round the area")


def ground_point(box: Box) -> Point:
    """Where a thing stands: the middle of the lower edge of its box (normalised xyxy)."""
    return (box[0] + box[2]) / 2, box[3]


def _check_rule(zone: Zone) -> None:
    if not (zone.dwell_s > 0 and zone.clear_s > 0 and math.isfinite(zone.dwell_s + zone.clear_s)):
        raise ZoneError(f"zone {zone.name}: dwell_s and clear_s are seconds above 0; give at least one look's worth")
    if unknown := set(zone.classes) - set(VIOLATIONS):
        known = ", ".join(VIOLATIONS)
        raise ZoneError(f"zone {zone.name}: {min(unknown)} is no class that can be a violation; name {known}")
    if len(set(zone.windows)) < len(zone.windows):
        raise ZoneError(f"zone {zone.name}: a window stands twice; remove one")
    for window in zone.windows:
        if useless := set(window.classes) - set(zone.classes):
            raise ZoneError(
                f"zone {zone.name}: window {window.hours} names {min(useless)}, which is not in its classes"
            )
    if zone.kind == "watch" and always_open(w for w in zone.windows if not w.classes):
        raise ZoneError(f"zone {zone.name}: its windows permit every hour of the week; make it kind permitted instead")
