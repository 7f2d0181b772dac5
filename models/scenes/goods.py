# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stacked goods: cartons, parcels, wrapped pallets, crates, drinks, foam boxes, sacks; at the origin, metres.

A model taught on bags and thrown-out rubbish took eight tidy stacks of ten for something else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from models.scenes import wares
from models.scenes.palette import BAGS, CARTONS, CRATES, MAILERS, PRINTS
from models.scenes.piles import cushion, one_carton, pallet, scattered, tyre, tyre_pile
from models.scenes.shapes import Part, Point, box, extent, heaped, in_a_row, merge, moved, placed, tilted, tube

SACKS = ("sack", "sack_white", "sack_green", "sack_yellow", "cement", "cement_white")


def packed(at: Point, size: Point, turn: float, surface: str, rng: Random) -> list[Part]:
    """A closed carton with what is stuck on it: tape, a label, a print, straps, or nothing."""
    (x, y, z), (w, d, h) = at, size
    middle = (x, y, z + h / 2)
    parts = [Part(box(middle, size, turn), surface, bevel_m=rng.choice((0.004, 0.01)))]
    for what in rng.choice((("tape",), ("tape", "label"), ("print",), ("tape", "print"), ("straps",), ())):
        parts += stuck(what, middle, (w, d, h), turn, rng)
    return parts


def stuck(what: str, middle: Point, size: tuple[float, float, float], turn: float, rng: Random) -> list[Part]:
    """One thing on a carton: each is a slab that comes a hair out of two of its sides."""
    w, d, h = size
    x, y, z = middle
    if what == "tape":
        tape = rng.choice(("carton_tape", "sign_white", "cloth_brown", "cloth_beige"))
        return [Part(box(middle, (w * 1.004, rng.uniform(0.045, 0.07), h * 1.004), turn), tape)]
    if what == "straps":
        strap = rng.choice(("sign_white", "trim", "sign_yellow", "sign_blue"))
        bands = [moved(box((s * w * 0.28, 0, 0), (0.014, d * 1.006, h * 1.006)), middle, turn) for s in (-1, 1)]
        return [Part(merge(bands), strap)]
    wide, high = (0.3, 0.28) if what == "label" else (rng.uniform(0.3, 0.8), rng.uniform(0.15, 0.5))
    up = z + h * rng.uniform(-0.12, 0.15)
    along = rng.random() < 0.5
    slab = (w * wide, d * 1.006, h * high) if along else (w * 1.006, d * wide, h * high)
    return [Part(box((x, y, up), slab, turn), "sign_white" if what == "label" else rng.choice(PRINTS))]


def grid_stack(width: float, rng: Random, *, tidy: float, base: float = 0.0) -> list[Part]:
    """Cartons of one size in rows and layers, at most man height; `tidy` is the jitter in metres."""
    size = (rng.uniform(0.22, 0.7), rng.uniform(0.2, 0.55), rng.uniform(0.15, 0.55))
    columns, rows = max(1, round(width / size[0])), rng.randint(1, 3)
    most = max(1, int(rng.uniform(0.5, 1.9) / size[2]))
    looks = rng.choice((rng.choices(CARTONS, k=1), rng.choices(CARTONS, k=2), list(CARTONS)))
    parts: list[Part] = []
    for i in range(columns):
        for j in range(rows):
            levels = most if rng.random() < 0.6 else rng.randint(max(1, most // 2), most)
            for level in range(levels):
                x = (i - columns / 2) * size[0] * 1.02 + rng.gauss(0, tidy)
                y = (j - rows / 2) * size[1] * 1.02 + rng.gauss(0, tidy)
                at = (x, y, base + level * size[2])
                parts += packed(at, size, rng.gauss(0, tidy * 3), rng.choice(looks), rng)
    return parts


def tidy_stack(rng: Random) -> list[Part]:
    """A delivery set down: one size of carton in rows and layers."""
    return grid_stack(rng.uniform(0.4, 2.2), rng, tidy=rng.choice((0.0, 0.006, 0.02)))


def towers(rng: Random) -> list[Part]:
    """Columns of cartons of all sizes, the smaller on the larger, askew."""
    parts: list[Part] = []
    for column in range(rng.randint(2, 5)):
        x, y, z = column * rng.uniform(0.4, 0.6), rng.gauss(0, 0.12), 0.0
        wide, top = rng.uniform(0.35, 0.8), rng.uniform(0.4, 1.9)
        while z < top:
            size = (wide * rng.uniform(0.7, 1.0), wide * rng.uniform(0.5, 0.8), rng.uniform(0.12, 0.45))
            at = (x + rng.gauss(0, 0.03), y + rng.gauss(0, 0.03), z)
            parts += packed(at, size, rng.gauss(0, 0.2), rng.choice(CARTONS), rng)
            z, wide = z + size[2], max(0.22, wide * rng.uniform(0.85, 1.0))
    return parts


def tumbled(rng: Random) -> list[Part]:
    """Cartons thrown together, open and closed, some on others."""
    things = []
    for _ in range(rng.randint(3, 14)):
        x, y = scattered(rng.uniform(0.8, 2.0), 1.2, rng)
        size = (rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.5), rng.uniform(0.12, 0.5))
        closed = packed((x, y, 0), size, rng.uniform(0, 3), rng.choice(CARTONS), rng)
        things.append(one_carton(x, y, rng) if rng.random() < 0.2 else closed)
    return heaped(things, 1.0)


def mailer(at: Point, size: float, surface: str, rng: Random) -> Part:
    """A soft parcel in a plastic bag, lying as it fell."""
    body = cushion((size * rng.uniform(0.6, 0.9), size * rng.uniform(0.4, 0.6), size * rng.uniform(0.12, 0.3)))
    tipped = tilted(body, rng.gauss(0, 0.2), rng.gauss(0, 0.2))
    return Part(moved(tipped, at, rng.uniform(0, 6)), surface, smooth=True, crumple_m=round(size * 0.09, 2))


def parcels(rng: Random) -> list[Part]:
    """What a courier lays out: soft parcels and cartons in a loose heap or along a line."""
    things = []
    long, deep = rng.choice(((0.8, 0.8), (1.6, 0.7), (2.4, 0.5)))
    looks = rng.choice((MAILERS, (*MAILERS, *BAGS), ("mailer_white", "mailer_grey")))
    for _ in range(rng.randint(5, 18)):
        at = (rng.gauss(0, long / 4), rng.gauss(0, deep / 4), 0.0)
        if rng.random() < 0.55:
            things.append([mailer(at, rng.uniform(0.2, 0.42), rng.choice(looks), rng)])
        else:
            size = (rng.uniform(0.18, 0.55), rng.uniform(0.15, 0.4), rng.uniform(0.08, 0.4))
            things.append(packed(at, size, rng.uniform(0, 3), rng.choice(CARTONS), rng))
    return heaped(things, 0.85)


def wrapped_pallet(rng: Random) -> list[Part]:
    """A pallet of cartons or sacks, two in three wound in film."""
    high = rng.uniform(0.5, 1.6)
    parts = [Part(pallet((0, 0, 0), 0.0), rng.choice(("plank", "wood", "crate_blue")))]
    if rng.random() < 0.3:
        load = wares.layers(rng.choice(SACKS), (1.15, 0.8), max(2, int(high / 0.15)), rng, base=0.15)
    else:
        load = []
        size = (rng.choice((0.6, 0.4, 0.3)), rng.choice((0.4, 0.27)), rng.uniform(0.2, 0.4))
        looks = rng.choices(CARTONS, k=rng.choice((1, 1, 2)))
        for level in range(max(1, round(high / size[2]))):
            for i in range(round(1.2 / size[0])):
                for j in range(round(0.8 / size[1])):
                    at = (-0.6 + (i + 0.5) * size[0], -0.4 + (j + 0.5) * size[1], 0.15 + level * size[2])
                    load += packed(at, (size[0] * 0.98, size[1] * 0.98, size[2]), 0.0, rng.choice(looks), rng)
    top = float(extent(load)[1][2])
    if rng.random() < 0.65:
        film = box((0, 0, top / 2 + 0.06), (1.24, 0.85, top - 0.08))
        load.append(Part(film, rng.choice(("film", "film_white", "film_dark")), bevel_m=0.03))
    return parts + load


def slotted(at: Point, size: tuple[float, float, float], turn: float, surface: str) -> list[Part]:
    """An empty plastic crate: posts, rails and a floor, so that one sees through its sides."""
    w, d, h = size
    posts = [box((sx * w * 0.48, sy * d * 0.47, h / 2), (0.03, 0.03, h)) for sx in (-1, 1) for sy in (-1, 1)]
    rails = []
    for share, high in ((0.06, 0.05), (0.36, 0.035), (0.62, 0.035), (0.93, 0.06)):
        z = h * share
        rails += [box((0, s * d * 0.49, z), (w, 0.012, high)) for s in (-1, 1)]
        rails += [box((s * w * 0.49, 0, z), (0.012, d, high)) for s in (-1, 1)]
    floor = box((0, 0, 0.012), (w, d, 0.02))
    return [Part(moved(merge([*posts, *rails, floor]), at, turn), surface)]


def crate_stack(rng: Random) -> list[Part]:
    """Columns of plastic or wooden crates, slotted or closed, some tipped over before them."""
    size = (rng.uniform(0.4, 0.65), rng.uniform(0.3, 0.45), rng.uniform(0.18, 0.35))
    looks, closed = rng.choices(CRATES, k=rng.choice((1, 1, 2, 4))), rng.random() < 0.35
    parts: list[Part] = []
    for column in range(rng.randint(1, 5)):
        x, y = column * size[0] * 1.04, rng.gauss(0, 0.05)
        for level in range(rng.randint(1, max(2, int(1.8 / size[2])))):
            at, turn = (x + rng.gauss(0, 0.01), y, level * size[2]), rng.gauss(0, 0.04)
            surface = rng.choice(looks)
            if closed:
                parts.append(Part(box((at[0], at[1], at[2] + size[2] / 2), size, turn), surface, bevel_m=0.02))
                parts += stuck("print", (at[0], at[1], at[2] + size[2] / 2), size, turn, rng)
            else:
                parts += slotted(at, size, turn, surface)
    if rng.random() < 0.3:
        parts += placed(slotted((0, 0, 0), size, 0.0, rng.choice(looks)), (rng.gauss(0.5, 0.4), -0.7, 0), rng.random())
    return parts


def drinks(rng: Random) -> list[Part]:
    """Shrunk packs of bottles or beer crates, in layers."""
    size, colour = (0.4, 0.27, rng.uniform(0.2, 0.34)), rng.choice(("film", "crate_red", "crate_green", "crate_yellow"))
    parts: list[Part] = []
    for i in range(rng.randint(1, 5)):
        for j in range(rng.randint(1, 3)):
            for level in range(rng.randint(1, 5)):
                at = (i * 0.42, j * 0.29, level * size[2] * 1.05)
                parts += pack(at, size, colour, rng)
    return parts


def pack(at: Point, size: tuple[float, float, float], surface: str, rng: Random) -> list[Part]:
    """Twelve bottles in film or in a crate."""
    (x, y, z), (w, d, h) = at, size
    water = rng.choice(("bottle_clear", "bottle_green", "cloth_brown", "cloth_white"))
    spots = [(x + (i - 1.5) * w / 4, y + (j - 1) * d / 3) for i in range(4) for j in range(3)]
    bottles = [tube((a, b, z), (a, b, z + h * 0.86), w / 9, w / 11, 8) for a, b in spots]
    caps = [tube((a, b, z + h * 0.86), (a, b, z + h), w / 24, w / 24, 6) for a, b in spots]
    high = h * (0.8 if surface == "film" else 0.7)
    shell = box((x, y, z + high / 2), (w, d, high))
    return [Part(merge(bottles), water, smooth=True), Part(merge(caps), rng.choice(PRINTS)), Part(shell, surface)]


def foam_boxes(rng: Random) -> list[Part]:
    """White fish or fruit boxes with lids, stacked or thrown."""
    size, tidy = (rng.uniform(0.4, 0.6), rng.uniform(0.3, 0.4), rng.uniform(0.2, 0.32)), rng.choice((0.01, 0.05))
    parts: list[Part] = []
    for column in range(rng.randint(1, 5)):
        x, y = column * size[0] * 1.05, rng.gauss(0, tidy * 2)
        for level in range(rng.randint(1, 5)):
            turn, z = rng.gauss(0, tidy * 2), level * (size[2] + 0.05)
            body = box((x, y, z + size[2] / 2), size, turn)
            lid = box((x, y, z + size[2] + 0.022), (size[0] * 1.02, size[1] * 1.02, 0.044), turn)
            parts.append(Part(merge([body, lid]), "foam", bevel_m=0.012))
            if rng.random() < 0.4:
                parts += stuck("tape", (x, y, z + size[2] / 2), size, turn, rng)
    return parts


def sack_layers(rng: Random) -> list[Part]:
    """Full sacks (cement, flour, rice) laid in bond, now and then on a pallet."""
    surface, on = rng.choice(SACKS), rng.random() < 0.4
    ground = (rng.uniform(0.9, 2.2), rng.uniform(0.7, 1.2))
    parts = wares.layers(surface, ground, rng.randint(2, 8), rng, base=0.15 if on else 0.0)
    return parts + ([Part(pallet((0, 0, 0), 0.0), "plank")] if on else [])


def standing_sacks(rng: Random) -> list[Part]:
    """Stuffed woven or plastic sacks stood against each other."""
    parts: list[Part] = []
    looks = rng.choices((*SACKS, *BAGS, *MAILERS), k=rng.choice((1, 1, 2, 3)))
    for i in range(rng.randint(2, 10)):
        x, y = (i % 5) * 0.5 + rng.gauss(0, 0.08), (i // 5) * 0.45 + rng.gauss(0, 0.06)
        size = rng.uniform(0.45, 0.65)
        body = tilted(cushion((size * 0.75, size * 0.42, size * 0.34)), about_y=math.pi / 2 + rng.gauss(0, 0.12))
        shape = moved(body, (x, y, 0), rng.gauss(0, 0.4))
        shape = moved(shape, (0, 0, -float(shape.verts[:, 2].min())))  # it stands on its end
        parts.append(Part(shape, rng.choice(looks), smooth=True, crumple_m=round(size * 0.08, 2)))
    return parts


def tyre_stack(rng: Random) -> list[Part]:
    """Tyres put on each other in columns, or thrown."""
    if rng.random() < 0.4:
        return tyre_pile(rng)
    radius = rng.uniform(0.28, 0.45)
    columns = [(i % 3 * radius * 2.1, i // 3 * radius * 2.1) for i in range(rng.randint(1, 5))]
    return [tyre((x, y, n * radius * 0.58), radius, rng) for x, y in columns for n in range(rng.randint(2, 7))]


def on_ground(parts: list[Part]) -> list[Part]:
    """The goods with their middle at the origin and the lowest of them on the ground."""
    low, high = extent(parts)
    return placed(parts, (-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]))


Kind = Callable[[Random], list[Part]]
CARTON_KINDS: tuple[Kind, ...] = (tidy_stack, tidy_stack, towers, towers, tumbled, parcels, parcels, wrapped_pallet)
OTHER_KINDS: tuple[Kind, ...] = (
    crate_stack,
    crate_stack,
    drinks,
    foam_boxes,
    sack_layers,
    standing_sacks,
    tyre_stack,
    *wares.KINDS,
)


def one_kind(rng: Random) -> list[Part]:
    """Goods of one kind: cartons and parcels half of the time."""
    return on_ground(rng.choice(CARTON_KINDS if rng.random() < 0.5 else OTHER_KINDS)(rng))


def any_goods(rng: Random) -> list[Part]:
    """Random goods; one time in three, two or three kinds side by side."""
    kinds = [one_kind(rng) for _ in range(rng.choice((1, 1, 1, 1, 2, 3)))]
    return on_ground(in_a_row([placed(kind, (0, rng.gauss(0, 0.2), 0)) for kind in kinds]))
