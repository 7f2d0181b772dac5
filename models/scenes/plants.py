# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leaves, and what is planted in troughs; metres."""

from __future__ import annotations

from random import Random

import numpy as np

from models.scenes.shapes import Part, Point, Shape, box, merge


def leaves(centre: Point, radius: float, count: int, rng: Random) -> Shape:
    """Small quads strewn through a lumpy ball."""
    made = []
    lumps = [np.array([rng.gauss(0, 0.5), rng.gauss(0, 0.5), rng.gauss(0, 0.35)]) * radius for _ in range(12)]
    for _ in range(count):
        way = np.array([rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 0.8)])
        spot = np.asarray(centre) + rng.choice(lumps) + way / np.linalg.norm(way) * radius * 0.42 * rng.random() ** 0.4
        u = np.array([rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 0.6)])
        v = np.cross(u, (rng.gauss(0, 1), rng.gauss(0, 1), 1.0))
        u, v = u / np.linalg.norm(u) * 0.085, v / np.linalg.norm(v) * 0.05
        made.append(Shape(np.array([spot - u, spot + v, spot + u, spot - v]), ((0, 1, 2, 3),)))
    return merge(made)


def planter(at: Point, rng: Random) -> list[Part]:
    """A stone trough with a clipped bush, its foot's middle at a point."""
    x, y, z = at
    trough = Part(box((x, y, z + 0.24), (1.1, 0.45, 0.48)), "stone", bevel_m=0.02)
    return [
        trough,
        Part(leaves((x - 0.2, y, z + 0.62), 0.36, 260, rng), "leaf"),
        Part(leaves((x + 0.22, y, z + 0.6), 0.36, 260, rng), "leaf_light"),
    ]
