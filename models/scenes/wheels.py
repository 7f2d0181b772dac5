# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wheels whose axle lies along y."""

from __future__ import annotations

import math
from collections.abc import Iterable

from models.scenes.shapes import Part, Point, tube


def wheel(centre: Point, radius: float, width: float) -> list[Part]:
    """A tyre with a metal rim and five dark gaps between its spokes."""
    x, y, z = centre
    half = width / 2
    tyre = Part(tube((x, y - half, z), (x, y + half, z), radius, sides=24), "tyre", bevel_m=0.02)
    rim = Part(tube((x, y - half - 0.008, z), (x, y + half + 0.008, z), radius * 0.66, sides=20), "rim")
    parts = [tyre, rim]
    for i in range(5):
        a = 2 * math.pi * i / 5
        dx, dz = math.cos(a) * radius * 0.42, math.sin(a) * radius * 0.42
        parts.append(
            Part(
                tube((x + dx, y - half - 0.012, z + dz), (x + dx, y + half + 0.012, z + dz), radius * 0.13, sides=8),
                "trim",
            )
        )
    return parts


def pairs(places: Iterable[float], half: float, radius: float, width: float) -> list[Part]:
    """Wheels at both ends of the axles at these places along x; `half` is from the middle to a wheel's."""
    return [part for x in places for side in (-1, 1) for part in wheel((x, side * half, radius), radius, width)]
