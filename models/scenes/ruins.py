# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rubble in all its sizes: demolition waste, plaster, scree, what a fallen wall leaves; metres.

Few large shards of one colour, as in `heaps`, look like nothing on a building site: real rubble is mostly small.
"""

from __future__ import annotations

import math
from random import Random

import numpy as np

from models.scenes.heaps import above_ground, rods
from models.scenes.piles import planks, sack, scattered
from models.scenes.shapes import Floats, Part, Point, Shape, box, merge, moved, placed, quads, tilted

BRICK_M = (0.24, 0.115, 0.06)
LARGEST_M = 0.55
GREY = ("rubble", "stone", "cement", "cement_white", "foam", "wall_pale", "sand")
RED = ("brick", "brick", "rubble", "cement_white")
SCREE = ("stone", "rubble", "cement", "soil")
STEPS = 48


def heights(height: float, dice: np.random.Generator) -> Floats:
    """Knolls of a tipped load on a grid, float64[STEPS, STEPS] in metres; 0 at the rim."""
    v, u = np.mgrid[-1 : 1 : STEPS * 1j, -1 : 1 : STEPS * 1j]
    land = np.zeros((STEPS, STEPS))
    for _ in range(int(dice.integers(1, 6))):
        x, y, wide = dice.normal(0, 0.25), dice.normal(0, 0.25), dice.uniform(0.45, 0.95)
        land += dice.uniform(0.4, 1) * np.maximum(0, 1 - np.hypot(u - x, v - y) / wide) ** 1.15
    rim = np.clip((1 - np.hypot(u, v)) * 5, 0, 1)
    land = land / max(float(land.max()), 1e-6) * rim
    grain = dice.normal(0, 0.05, land.shape) * (land > 0)
    return np.asarray(height * (land + grain * land**0.5))


def ground(width: float, depth: float, land: Floats, surface: str) -> Part:
    """The fine stuff of a heap as one sheet over its heights; its hem lies below the ground."""
    ys, xs = np.mgrid[-0.5 : 0.5 : STEPS * 1j, -0.5 : 0.5 : STEPS * 1j]
    verts = np.stack([xs * width, ys * depth, np.where(land > 0.004, land, -0.02)], axis=-1).reshape(-1, 3)
    return Part(Shape(verts, quads(STEPS - 1, STEPS - 1)), surface, crumple_m=0.012)


def knocked(size: Point, least: float, most: float, dice: np.random.Generator) -> Shape:
    """A box about the origin, each corner moved to a share of where it was."""
    whole = box((0, 0, 0), size)
    return Shape(whole.verts * dice.uniform(least, most, whole.verts.shape), whole.faces)


def chip(size: float, flat: float, dice: np.random.Generator) -> Shape:
    """A broken piece: a box of any proportions with its corners knocked off, about the origin."""
    sides = size * np.array([1.0, dice.uniform(0.5, 1), dice.uniform(flat, 0.8)])
    return tilted(knocked(sides, 0.45, 1.1, dice), dice.normal(0, 0.5), dice.normal(0, 0.5))


def brick(dice: np.random.Generator) -> Shape:
    """A brick, whole or half, as it fell."""
    length, width, height = BRICK_M
    whole = box((0, 0, 0), (length * dice.choice((1, 1, 0.5, 0.7)), width, height))
    return tilted(whole, dice.normal(0, 0.6), dice.normal(0, 0.6))


def strewn(
    width: float, depth: float, land: Floats, count: int, surfaces: list[str], dice: np.random.Generator
) -> list[Part]:
    """Pieces of all sizes, many small and few large, lying on a heap and about its foot."""
    median, flat = dice.uniform(0.04, 0.1), dice.uniform(0.15, 0.6)
    lying: dict[str, list[Shape]] = {surface: [] for surface in surfaces}
    for _ in range(count):
        u, v = np.clip(dice.normal(0, 0.23, 2), -0.5, 0.5)
        row, column = (int(np.clip((share + 0.5) * (STEPS - 1), 0, STEPS - 1)) for share in (v, u))
        size = float(min(LARGEST_M, median * math.exp(dice.normal(0, 0.65))))
        surface = surfaces[int(dice.integers(len(surfaces)))]
        piece = brick(dice) if surface == "brick" and dice.random() < 0.6 else chip(size, flat, dice)
        at = (u * width, v * depth, float(land[row, column]) + size * dice.uniform(-0.1, 0.3))
        lying[surface].append(moved(piece, at, dice.uniform(0, 6.28)))
    return [Part(merge(shapes), surface) for surface, shapes in lying.items() if shapes]


def load(rng: Random, surfaces: tuple[str, ...], steep: tuple[float, float]) -> list[Part]:
    """A heap of pieces in two to four surfaces, from a barrow's load to a lorry's."""
    dice = np.random.default_rng(rng.getrandbits(32))
    width = rng.uniform(0.7, 4.5)
    depth = width * rng.uniform(0.45, 0.9)
    chosen = rng.sample(surfaces, min(len(surfaces), rng.randint(2, 4)))
    land = heights(min(1.6, width * rng.uniform(*steep)), dice)
    count = min(900, int(60 + width * depth * rng.uniform(60, 200)))
    return [ground(width, depth, land, rng.choice(chosen)), *strewn(width, depth, land, count, chosen, dice)]


def slabs(rng: Random) -> list[Part]:
    """Pieces of a wall or a pavement, some with bricks still in them, over their own dust."""
    dice = np.random.default_rng(rng.getrandbits(32))
    pieces = []
    for _ in range(rng.randint(3, 12)):
        size = (rng.uniform(0.3, 0.9), rng.uniform(0.25, 0.7), rng.uniform(0.05, 0.15))
        broken = knocked(size, 0.7, 1.05, dice)
        x, y = scattered(2.0, 1.4, rng)
        lift = size[2] / 2 + abs(rng.gauss(0, 0.14))
        pieces.append(moved(tilted(broken, rng.gauss(0, 0.35), rng.gauss(0, 0.35)), (x, y, lift), rng.uniform(0, 6)))
    surface = rng.choice(("cement", "stone", "rubble", "kerb", "patch", "wall_brick", "wall_pale"))
    return [Part(merge(pieces), surface, bevel_m=0.004), *load(rng, GREY, (0.03, 0.1))]


def any_ruin(rng: Random) -> list[Part]:
    """A random heap of rubble, now and then with boards, rods or sacks in it."""
    kind = rng.random()
    if kind < 0.35:
        parts = load(rng, GREY, (0.12, 0.38))
    elif kind < 0.6:
        parts = load(rng, RED, (0.12, 0.38))
    elif kind < 0.8:
        parts = load(rng, SCREE, (0.04, 0.3))
    else:
        parts = slabs(rng)
    parts += planks((rng.gauss(0, 0.3), 0, 0.12), rng.randint(1, 6), rng) if rng.random() < 0.3 else []
    parts += rods(rng) if rng.random() < 0.2 else []
    for _ in range(rng.randint(1, 6) if rng.random() < 0.25 else 0):
        parts += placed(sack((0, 0, 0), 0.55, rng.uniform(0, 3), "sack_white"), (*scattered(2.4, 1.8, rng), 0.02))
    return [above_ground(part) for part in parts]
