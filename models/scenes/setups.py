# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stalls before their goods come and after they went: bare and half-laid tables, canopies over nothing; metres."""

from __future__ import annotations

from random import Random

from models.scenes.covers import roof
from models.scenes.fronts import small_wares
from models.scenes.goods import packed
from models.scenes.palette import CLOTHS
from models.scenes.shapes import Part, box, merge, placed, tube
from models.scenes.stalls import crate, floor_crates, goods, stool, table

BOARDS = ("wood", "plank", "steel")


def stand(width: float, depth: float, height: float, rng: Random) -> list[Part]:
    """An empty table: trestle with or without a cloth, boards on crates, or a folding frame."""
    if rng.random() < 0.7:
        return table(width, depth, height, rng.choice((None, *CLOTHS)))
    top = Part(box((0, 0, height), (width, depth, 0.03)), rng.choice(BOARDS))
    if rng.random() < 0.5:
        places = [(s * width * 0.36, 0.0, 0.25 * level) for s in (-1, 1) for level in (0, 1)]
        under = [part for at in places for part in crate(at, rng, full=False)]
        return [*placed([top], (0, 0, 0.5 - height)), *under]
    legs = [
        tube((s * width * 0.4, -t * depth * 0.45, 0), (s * width * 0.4, t * depth * 0.45, height), 0.018)
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    return [top, Part(merge(legs), "steel")]


def half_laid(width: float, depth: float, height: float, rng: Random) -> list[Part]:
    """Goods on one end of a table."""
    part = width * rng.uniform(0.25, 0.6)
    wares = (goods if rng.random() < 0.5 else small_wares)(part, depth, height, rng)
    return placed(wares, (rng.choice((-1, 1)) * (width - part) / 2, 0, 0))


def packed_beside(width: float, depth: float, rng: Random) -> list[Part]:
    """Closed cartons and crates set down at a table, to be unpacked."""
    parts: list[Part] = []
    for _ in range(rng.randint(1, 4)):
        at = (rng.uniform(-width / 2, width / 2), rng.choice((-1, 1)) * (depth / 2 + 0.35), 0.0)
        size = (rng.uniform(0.35, 0.6), rng.uniform(0.3, 0.45), rng.uniform(0.25, 0.4))
        parts += packed(at, size, rng.gauss(0, 0.3), "carton", rng)
    return parts


def any_setup(rng: Random) -> list[Part]:
    """One or two tables that are not laid yet, now and then under a canopy or with their crates beside them."""
    width, depth, height = rng.uniform(1.1, 2.6), rng.uniform(0.55, 1.1), rng.uniform(0.55, 0.85)
    parts = stand(width, depth, height, rng)
    if rng.random() < 0.25:
        parts += placed(stand(width, depth, height, rng), (width + rng.uniform(0.02, 0.3), rng.gauss(0, 0.1), 0))
    if rng.random() < 0.4:
        parts += half_laid(width, depth, height, rng)
    parts += packed_beside(width, depth, rng) if rng.random() < 0.3 else []
    parts += floor_crates(width, -depth / 2 - 0.4, rng.randint(1, 3), rng) if rng.random() < 0.25 else []
    parts += placed(stool(), (width / 2 + 0.3, depth / 2, 0)) if rng.random() < 0.35 else []
    return parts + (roof(width, depth, rng) if rng.random() < 0.35 else [])
