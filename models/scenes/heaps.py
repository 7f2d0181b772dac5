# SPDX-License-Identifier: AGPL-3.0-or-later
"""What lies in the road without a bag round it: tyres, branches, broken concrete, earth, stones, boards; metres.

A model taught on bags and cartons alone found one piece of rubble in ten.
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import numpy as np

from models.scenes.piles import mound, pallet, planks, rubble, scattered, tyre_pile
from models.scenes.plants import leaves
from models.scenes.shapes import Part, Point, Shape, ball, box, merge, moved, placed, tilted, tube

LEAVES = ("leaf", "leaf_light", "leaf_dark", "straw")
EARTHS = ("soil", "sand", "rubble", "stone")


def branch(start: Point, way: float, length: float, thick: float, rng: Random) -> list[Shape]:
    """A crooked limb along the ground that forks twice or thrice."""
    shapes: list[Shape] = []
    x, y, z = start
    steps = 5
    for step in range(steps):
        way += rng.gauss(0, 0.22)
        reach = length / steps
        there = (x + math.cos(way) * reach, y + math.sin(way) * reach, max(thick, z + rng.gauss(0, 0.06)))
        now, then = (thick * (1 - 0.75 * s / steps) for s in (step, step + 1))
        shapes.append(tube((x, y, z), there, now, then, 8))
        if thick > 0.018 and step and rng.random() < 0.75:
            fork = way + rng.choice((-1, 1)) * rng.uniform(0.4, 1.0)
            shapes += branch(there, fork, length * 0.5, thick * 0.5, rng)
        x, y, z = there
    return shapes


def branch_heap(rng: Random) -> list[Part]:
    """Cut or fallen branches, most with their leaves, some of a whole felled tree."""
    trunk = rng.random() < 0.4
    count, length = (1, rng.uniform(2.2, 4.0)) if trunk else (rng.randint(2, 6), rng.uniform(0.9, 2.0))
    limbs, tips = [], []
    for _ in range(count):
        x, y = scattered(1.0, 0.8, rng)
        thick = rng.uniform(0.08, 0.16) if trunk else rng.uniform(0.02, 0.045)
        way = rng.uniform(-0.4, 0.4) if trunk else rng.uniform(0, 6)
        grown = branch((x, y, thick + rng.uniform(0, 0.25)), way, length, thick, rng)
        limbs += grown
        tips += [shape.verts.mean(axis=0) for shape in grown[len(grown) // 3 :]]
    parts = [Part(merge(limbs), "bark")]
    if rng.random() < 0.8:
        tint = rng.sample(LEAVES, 2)
        for surface, some in zip(tint, (tips[::2], tips[1::2]), strict=True):
            tufts = [leaves(tip, rng.uniform(0.15, 0.3), rng.randint(30, 70), rng) for tip in some[:14]]
            parts += [Part(merge(tufts), surface)] if tufts else []
    return parts


def shard(size: Point, rng: Random) -> Shape:
    """A broken slab: a box whose corners are knocked about."""
    whole = box((0, 0, 0), size)
    knock = np.array([[rng.uniform(-0.28, 0.28) for _ in range(3)] for _ in whole.verts])
    knock[:, 2] *= 0.4
    return tilted(Shape(whole.verts + knock * np.asarray(size), whole.faces), rng.gauss(0, 0.3), rng.gauss(0, 0.3))


def slab_heap(rng: Random) -> list[Part]:
    """Broken concrete, kerb stones or bricks, from a handful to a lorry's load."""
    width, count = rng.uniform(0.8, 2.8), rng.randint(5, 26)
    surface = rng.choice(("rubble", "stone", "kerb", "wall_grey", "brick"))
    shards = []
    for _ in range(count):
        x, y = scattered(width, width * 0.7, rng)
        side, thick = rng.uniform(0.15, 0.6), rng.uniform(0.06, 0.16)
        lift = thick / 2 + 0.3 * width * max(0.0, 0.5 - math.hypot(x, y) / width) * rng.random()
        shards.append(moved(shard((side, side * rng.uniform(0.5, 1), thick), rng), (x, y, lift), rng.uniform(0, 6)))
    parts = [Part(merge(shards), surface, bevel_m=0.006)]
    if rng.random() < 0.6:
        parts += rubble(width * 0.9, width * 0.6, rng.randint(15, 60), rng)
    return parts + (rods(rng) if rng.random() < 0.25 else [])


def rods(rng: Random) -> list[Part]:
    """Bent steel and pipes that stick out of a heap."""
    bars = []
    for _ in range(rng.randint(2, 6)):
        x, y = scattered(1.2, 0.8, rng)
        end = (x + rng.gauss(0, 0.6), y + rng.gauss(0, 0.5), rng.uniform(0.05, 0.6))
        bars.append(tube((x, y, 0.08), end, rng.uniform(0.008, 0.03)))
    return [Part(merge(bars), rng.choice(("dark_steel", "steel", "bark")))]


def stones(rng: Random) -> list[Part]:
    """Boulders and cobbles, heaped or strewn as after a landslip."""
    width, big = rng.uniform(0.8, 2.6), rng.uniform(0.12, 0.4)
    parts = []
    for surface in rng.sample(("stone", "rubble", "kerb"), 2):
        lumps = []
        for _ in range(rng.randint(4, 14)):
            x, y = scattered(width, width * 0.7, rng)
            size = big * rng.uniform(0.35, 1)
            radii = (size, size * rng.uniform(0.6, 1), size * rng.uniform(0.45, 0.85))
            lumps.append(moved(ball((0, 0, 0), radii, 12, 16), (x, y, radii[2] * 0.8), rng.uniform(0, 6)))
        parts.append(Part(merge(lumps), surface, crumple_m=big * 0.22))
    return parts


def earth_heap(rng: Random) -> list[Part]:
    """Tipped earth, sand, gravel or broken asphalt, bare or with lumps and a board in it."""
    width, depth = rng.uniform(1.2, 3.6), rng.uniform(0.9, 2.0)
    surface = rng.choice(EARTHS)
    parts = mound(width, depth, width * rng.uniform(0.14, 0.36), surface, rng)
    if rng.random() < 0.6:
        second = mound(width * 0.6, depth * 0.8, width * rng.uniform(0.1, 0.25), rng.choice((surface, *EARTHS)), rng)
        by = (width * rng.uniform(-0.5, 0.5), depth * rng.uniform(-0.3, 0.3), 0)
        parts += placed(second, by)
    if rng.random() < 0.5:
        parts += stones(rng)
    return parts + (planks((0, 0, width * 0.15), rng.randint(1, 3), rng) if rng.random() < 0.3 else [])


def board_heap(rng: Random) -> list[Part]:
    """Boards, pallets and broken panels."""
    parts = planks((0, 0, 0), rng.randint(3, 12), rng)
    stack = [pallet((0.2, 0.1, 0.15 * n), rng.gauss(0, 0.15)) for n in range(rng.randint(0, 4))]
    panels = [
        moved(
            tilted(box((0, 0, 0), (rng.uniform(0.7, 1.5), rng.uniform(0.5, 0.9), 0.02)), rng.gauss(0, 0.25)),
            (*scattered(1.6, 1.0, rng), rng.uniform(0.1, 0.35)),
            rng.uniform(0, 6),
        )
        for _ in range(rng.randint(0, 4))
    ]
    parts += [Part(merge(stack), "plank")] if stack else []
    return parts + ([Part(merge(panels), rng.choice(("wood", "foam", "wall_pale", "carton")))] if panels else [])


def above_ground(part: Part) -> Part:
    """A part without the faces below the ground: a mound's square hem would show where no street covers it."""
    under = part.shape.verts[:, 2] < 0
    faces = tuple(face for face in part.shape.faces if not under[list(face)].all())
    return replace(part, shape=Shape(part.shape.verts, faces))


def any_heap(rng: Random) -> list[Part]:
    """A random heap without bags, or two that were tipped together."""
    kinds = (tyre_pile, branch_heap, branch_heap, slab_heap, slab_heap, stones, earth_heap, earth_heap, board_heap)
    parts = rng.choice(kinds)(rng)
    if rng.random() < 0.25:
        parts += placed(rng.choice(kinds)(rng), (rng.choice((-0.9, 0.9)), rng.gauss(0, 0.4), 0.0))
    return [above_ground(part) for part in parts]
