# SPDX-License-Identifier: AGPL-3.0-or-later
"""Piled debris as lists of parts; each lies at the origin on the ground, metres."""

from __future__ import annotations

import math
from random import Random

import numpy as np

from models.scenes.palette import BAGS
from models.scenes.shapes import Part, Point, Shape, ball, box, merge, moved, off, quads, tilted, tube


def bag(at: Point, radius: float, colour: str, rng: Random) -> list[Part]:
    """A tied, crumpled plastic bag."""
    x, y, z = at
    squash = rng.uniform(0.72, 0.95)
    body = ball(
        (x, y, z + radius * squash * 0.92),
        (radius * rng.uniform(0.85, 1.1), radius * rng.uniform(0.85, 1.1), radius * squash),
        28,
        36,
    )
    knot = tube(
        (x, y, z + radius * squash * 1.7),
        (x + radius * 0.12, y, z + radius * squash * 2.15),
        radius * 0.12,
        radius * 0.26,
        9,
    )
    return [Part(body, colour, smooth=True, crumple_m=radius * 0.13), Part(knot, colour)]


def carton(at: Point, size: Point, turn: float, opened: bool = False) -> list[Part]:
    """A cardboard box with tape; `opened` ones have flaps and a dark inside."""
    (x, y, z), (w, d, h) = at, size
    parts = [Part(box((x, y, z + h / 2), size, turn), "carton", bevel_m=0.008)]
    if not opened:
        return [*parts, Part(box((x, y, z + h / 2), (w * 1.004, 0.06, h * 1.004), turn), "carton_tape")]
    hole = moved(box((0, 0, h + 0.002), (w * 0.92, d * 0.92, 0.006)), (x, y, z), turn)
    flaps = [
        moved(tilted(box((0, s * d * 0.24, 0), (w, d * 0.48, 0.008)), s * 0.9), (0, s * d / 2, h)) for s in (-1, 1)
    ]
    return [*parts, Part(hole, "carton_inside"), Part(moved(merge(flaps), (x, y, z), turn), "carton")]


def planks(at: Point, count: int, rng: Random) -> list[Part]:
    """Boards thrown across each other."""
    x, y, z = at
    boards: list[Shape] = []
    for i in range(count):
        board = tilted(
            box((0, 0, 0), (rng.uniform(0.9, 1.6), rng.uniform(0.08, 0.16), 0.03)), about_y=rng.uniform(-0.35, 0.15)
        )
        boards.append(
            moved(board, (x + rng.gauss(0, 0.15), y + rng.gauss(0, 0.12), z + 0.12 + 0.07 * i), rng.gauss(0, 0.5))
        )
    return [Part(merge(boards), "plank")]


def broken_chair(at: Point, turn: float) -> list[Part]:
    """A chair on its side with one leg gone."""
    seat = box((0, 0, 0), (0.42, 0.42, 0.04))
    legs = [box((sx * 0.18, sy * 0.18, -0.22), (0.045, 0.045, 0.42)) for sx, sy in ((-1, -1), (1, -1), (1, 1))]
    back = [box((x, 0.2, 0.24), (0.045, 0.035, 0.46)) for x in (-0.18, 0.18)] + [
        box((0, 0.2, z), (0.4, 0.025, 0.08)) for z in (0.22, 0.42)
    ]
    lying = tilted(merge([seat, *legs, *back]), about_x=1.35, about_y=0.25)
    return [Part(moved(lying, (at[0], at[1], at[2] + 0.28), turn), "wood")]


def sack(at: Point, size: float, turn: float, surface: str) -> list[Part]:
    """A lying woven sack."""
    body = moved(cushion((size * 0.75, size * 0.45, size * 0.3)), at, turn)
    return [Part(body, surface, smooth=True, crumple_m=size * 0.075)]


def cushion(radii: tuple[float, float, float]) -> Shape:
    """A stuffed pillow with blunt corners, lying on z = 0."""
    ring = ball((0, 0, 0), 1.0, 22, 30)
    blunt = np.sign(ring.verts) * np.abs(ring.verts) ** 0.62
    return Shape(blunt * np.asarray(radii) + (0, 0, radii[2]), ring.faces)


def mound(width: float, depth: float, height: float, surface: str, rng: Random) -> list[Part]:
    """A heap of loose stuff, uneven at its rim."""
    steps, seed = 26, rng.uniform(0, 9)
    verts = []
    for j in range(steps + 1):
        for i in range(steps + 1):
            u, v = 2 * i / steps - 1, 2 * j / steps - 1
            rim = 1 + 0.16 * math.sin(3 * math.atan2(v, u) + seed) + 0.08 * math.sin(7 * math.atan2(v, u) + 2 * seed)
            fall = max(0.0, 1 - math.hypot(u, v) / rim)
            verts.append((u * width / 2, v * depth / 2, height * fall**0.85 * (1 + rng.uniform(-0.06, 0.06)) - 0.015))
    return [Part(Shape(np.array(verts), quads(steps, steps)), surface, smooth=True, crumple_m=0.02)]


def rubble(width: float, depth: float, count: int, rng: Random) -> list[Part]:
    """Broken concrete and bricks over a low mound."""
    parts = mound(width, depth, width * 0.22, "rubble", rng)
    for surface, share in (("rubble", 0.55), ("brick", 0.45)):
        stones = []
        for _ in range(int(count * share)):
            r, a = abs(rng.gauss(0, 0.38)), rng.uniform(0, 2 * math.pi)
            x, y = r * width / 2 * math.cos(a), r * depth / 2 * math.sin(a)
            size = (rng.uniform(0.08, 0.3), rng.uniform(0.08, 0.2), rng.uniform(0.05, 0.14))
            stone = tilted(box((0, 0, 0), size), rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6))
            stones.append(moved(stone, (x, y, 0.04 + width * 0.2 * max(0.0, 1 - r)), rng.uniform(0, 3)))
        parts.append(Part(merge(stones), surface))
    return parts


def scattered(width: float, depth: float, rng: Random) -> tuple[float, float]:
    """A random place on the pile's ground, denser in the middle."""
    return rng.gauss(0, width / 5), rng.gauss(0, depth / 5)


def torus(major: float, minor: float, wide: float) -> Shape:
    """A ring about the z axis, `wide` high, its tube flattened like a tyre's."""
    rounds, sides = 30, 12
    turn = np.linspace(0, 2 * np.pi, rounds, endpoint=False)
    side = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    out = major + minor * np.sign(np.cos(side)) * np.abs(np.cos(side)) ** 0.7
    up = wide / 2 * np.sign(np.sin(side)) * np.abs(np.sin(side)) ** 0.6
    verts = np.array([(r * np.cos(t), r * np.sin(t), z) for t in turn for r, z in zip(out, up, strict=True)])
    faces = tuple(
        (i * sides + j, (i + 1) % rounds * sides + j, (i + 1) % rounds * sides + k, i * sides + k)
        for i in range(rounds)
        for j, k in ((j, (j + 1) % sides) for j in range(sides))
    )
    return Shape(verts, faces)


def tyre(at: Point, radius: float, rng: Random, *, leaning: bool = False) -> Part:
    """A worn tyre without its rim, flat on the ground or leaning."""
    wide = radius * rng.uniform(0.5, 0.75)
    ring = torus(radius * 0.76, radius * 0.24, wide)
    lift = radius * 0.95 if leaning else wide / 2
    tipped = tilted(ring, rng.uniform(1.0, 1.4) if leaning else rng.uniform(-0.08, 0.08), rng.uniform(-0.1, 0.1))
    return Part(moved(tipped, off(at, z=lift), rng.uniform(0, 6)), "tyre", smooth=True)


def tyre_pile(rng: Random) -> list[Part]:
    """One to nine tyres, some stacked, some leaning."""
    parts: list[Part] = []
    wanted = rng.choice((1, 2, 4, 6, 9))
    while len(parts) < wanted:
        x, y = scattered(1.8, 1.2, rng)
        radius = rng.uniform(0.27, 0.42)
        stack = rng.choice((1, 1, 1, 2, 3))
        parts += [tyre((x, y, level * radius * 0.55), radius, rng) for level in range(stack)]
        if rng.random() < 0.3:
            parts.append(tyre((x + 0.4, y - 0.2, 0), radius, rng, leaning=True))
    return parts


def pallet(at: Point, turn: float) -> Shape:
    """A wooden pallet, 1.2 m by 0.8 m."""
    boards = [box((0, y, 0.13), (1.2, 0.1, 0.022)) for y in (-0.35, -0.17, 0, 0.17, 0.35)]
    bearers = [box((x, 0, 0.06), (0.1, 0.8, 0.12)) for x in (-0.55, 0, 0.55)]
    return moved(merge([*boards, *bearers]), at, turn)


def bag_pile(rng: Random) -> list[Part]:
    """Bags with a few cartons."""
    parts: list[Part] = []
    width, depth = rng.uniform(1.0, 2.6), rng.uniform(0.8, 1.4)
    mix = rng.choice((["bag_black"], ["bag_black", "bag_black", *BAGS], list(BAGS), ["bag_white", "bag_blue"]))
    for i in range(rng.randint(3, 12)):
        x, y = scattered(width, depth, rng)
        parts += bag((x, y, 0.28 if i > 6 else 0.0), rng.uniform(0.2, 0.4), rng.choice(mix), rng)
    for _ in range(rng.randint(0, 3)):
        parts += one_carton(*scattered(width, depth, rng), rng)
    return parts


def one_carton(x: float, y: float, rng: Random) -> list[Part]:
    """A random carton at a place."""
    size = (rng.uniform(0.3, 0.65), rng.uniform(0.25, 0.5), rng.uniform(0.2, 0.5))
    return carton((x, y, rng.choice((0.0, 0.0, 0.2))), size, rng.uniform(0, 3), rng.random() < 0.5)


def carton_pile(rng: Random) -> list[Part]:
    """Cartons, planks and sometimes a chair."""
    parts: list[Part] = []
    for _ in range(rng.randint(4, 9)):
        parts += one_carton(*scattered(2.0, 1.2, rng), rng)
    if rng.random() < 0.6:
        parts += planks((0, 0, 0.15), rng.randint(2, 6), rng)
    return parts + (broken_chair((rng.gauss(0, 0.6), 0.2, 0.1), rng.uniform(0, 6)) if rng.random() < 0.4 else [])


def sack_pile(rng: Random) -> list[Part]:
    """Woven sacks in two layers, some on a little rubble."""
    surface, parts = rng.choice(("sack", "sack_white")), []
    for i in range(rng.randint(4, 11)):
        x, y = scattered(1.8, 1.0, rng)
        parts += sack((x, y, 0.24 if i > 5 else 0.0), rng.uniform(0.4, 0.65), rng.uniform(0, 3), surface)
    return parts + (rubble(1.6, 1.0, 25, rng) if rng.random() < 0.3 else [])


def loose_pile(rng: Random) -> list[Part]:
    """Sand, or rubble with planks."""
    width, depth = rng.uniform(1.2, 3.0), rng.uniform(0.9, 1.8)
    if rng.random() < 0.35:
        return mound(width, depth, width * rng.uniform(0.22, 0.34), "sand", rng)
    parts = rubble(width, depth, rng.randint(30, 80), rng)
    return parts + (planks((0, 0, 0.3), rng.randint(1, 5), rng) if rng.random() < 0.5 else [])


def any_pile(rng: Random) -> list[Part]:
    """A random pile of debris."""
    return rng.choice((bag_pile, bag_pile, carton_pile, sack_pile, loose_pile))(rng)
