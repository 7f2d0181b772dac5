# SPDX-License-Identifier: AGPL-3.0-or-later
"""Street stalls as lists of parts; each stands at the origin, its front towards -y, metres."""

from __future__ import annotations

import math
from random import Random

from models.scenes.covers import BRIGHT, roof
from models.scenes.palette import CLOTHS, FRUITS
from models.scenes.shapes import Part, Point, ball, box, grid, merge, moved, placed, tilted, tube
from models.scenes.wheels import pairs, wheel

CRATES = ("crate_blue", "crate_red", "crate_green", "crate_wood", "foam")


def heap(at: Point, width: float, depth: float, kind: str, rng: Random) -> Part:
    """A heap of fruit over a rectangle."""
    x, y, z = at
    size = rng.uniform(0.038, 0.055)
    fruit = []
    for _ in range(40):
        u, v = rng.uniform(-1, 1), rng.uniform(-1, 1)
        lift = 0.1 * (1 - u * u) * (1 - v * v)
        fruit.append(
            ball((x + u * (width / 2 - size), y + v * (depth / 2 - size), z + lift + rng.uniform(0, 0.02)), size, 5, 8)
        )
    return Part(merge(fruit), kind, smooth=True)


def crate(at: Point, rng: Random, size: Point = (0.52, 0.38, 0.24), full: bool = True) -> list[Part]:
    """An open crate, with fruit in it when `full`."""
    (x, y, z), (w, d, h) = at, size
    walls = [box((x, y + s * d / 2, z + h / 2), (w, 0.025, h)) for s in (-1, 1)]
    walls += [box((x + s * w / 2, y, z + h / 2), (0.025, d, h)) for s in (-1, 1)]
    walls.append(box((x, y, z + 0.02), (w, d, 0.03)))
    parts = [Part(merge(walls), rng.choice(CRATES))]
    if full:
        parts.append(heap((x, y, z + h * 0.8), w, d, rng.choice(list(FRUITS)), rng))
    return parts


def table(width: float, depth: float, height: float, cloth: str | None) -> list[Part]:
    """A trestle table; a cloth hangs down in front and at the sides."""
    top = Part(box((0, 0, height), (width, depth, 0.04)), "wood")
    legs = [
        box((sx * (width / 2 - 0.05), sy * (depth / 2 - 0.05), height / 2), (0.05, 0.05, height))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    parts = [top, Part(merge(legs), "dark_steel")]
    if cloth:
        drop = height * 0.82
        front = box((0, -depth / 2 - 0.012, height - drop / 2 + 0.02), (width + 0.04, 0.015, drop))
        sides = [box((s * (width / 2 + 0.012), 0, height - drop / 2 + 0.02), (0.015, depth, drop)) for s in (-1, 1)]
        cover = box((0, 0, height + 0.028), (width + 0.03, depth + 0.03, 0.012))
        parts.append(Part(merge([front, *sides, cover]), f"cloth_{cloth}"))
    return parts


def goods(width: float, depth: float, height: float, rng: Random) -> list[Part]:
    """Rows of full crates, tipped towards the buyer, over a table top."""
    parts: list[Part] = []
    columns, rows = max(2, round(width / 0.58)), max(1, round(depth / 0.44))
    for i in range(columns):
        for j in range(rows):
            at = (
                -width / 2 + width * (i + 0.5) / columns,
                -depth / 2 + depth * (j + 0.5) / rows,
                height + 0.02 + 0.09 * j,
            )
            parts += crate(at, rng, (width / columns * 0.93, depth / rows * 0.92, 0.16))
    return parts


def floor_crates(width: float, front_y: float, count: int, rng: Random) -> list[Part]:
    """Crates on the ground in front of a stall."""
    parts: list[Part] = []
    for i in range(count):
        x = -width / 2 + width * (i + 0.5) / count + rng.uniform(-0.05, 0.05)
        stack = rng.choice((1, 1, 2))
        for level in range(stack):
            parts += crate((x, front_y + rng.uniform(-0.06, 0.06), level * 0.25), rng, full=level == stack - 1)
    return parts


def hanging(width: float, y: float, height: float, rng: Random, count: int = 9) -> list[Part]:
    """Bags, gourds and garments hanging from a rail."""
    parts = [Part(tube((-width / 2, y, height), (width / 2, y, height), 0.012), "steel")]
    for i in range(count):
        x = -width / 2 + width * (i + 0.5) / count
        colour = f"cloth_{rng.choice(BRIGHT)}"
        drop = rng.uniform(0.25, 0.45)
        parts.append(
            Part(
                ball((x, y, height - drop / 2 - 0.04), (width / count * 0.36, 0.06, drop / 2), 6, 8),
                colour,
                smooth=True,
            )
        )
    return parts


def tricycle(colour: str) -> list[Part]:
    """An electric cargo tricycle along x, its front wheel towards +x; the bed is 0.6 m high, 1.5 m by 0.95 m."""
    paint = f"cloth_{colour}"
    bed = [box((-0.55, 0, 0.52), (1.55, 0.98, 0.05))]
    bed += [box((-0.55, s * 0.48, 0.66), (1.55, 0.03, 0.28)) for s in (-1, 1)]
    bed += [box((x, 0, 0.66), (0.03, 0.98, 0.28)) for x in (-1.32, 0.22)]
    frame = [tube((0.2, 0, 0.5), (0.75, 0, 0.42), 0.035), tube((0.75, 0, 0.42), (1.02, 0, 0.85), 0.035)]
    frame += [tube((1.02, 0, 0.85), (1.22, 0, 0.28), 0.03), tube((1.02, 0, 0.85), (0.94, 0, 1.05), 0.022)]
    bar = tube((0.9, -0.33, 1.05), (0.9, 0.33, 1.05), 0.018)
    saddle = box((0.42, 0, 0.78), (0.34, 0.3, 0.1))
    post = box((0.42, 0, 0.62), (0.12, 0.16, 0.26))
    fairing = box((1.05, 0, 0.78), (0.06, 0.36, 0.5))
    wheels = wheel((1.22, 0, 0.28), 0.28, 0.09) + pairs((-0.75,), 0.42, 0.28, 0.1)
    body = [
        Part(merge(bed), paint, bevel_m=0.01),
        Part(merge([*frame, bar]), "dark_steel"),
        Part(merge([saddle, post]), "trim", bevel_m=0.03),
    ]
    return [*body, Part(fairing, paint, bevel_m=0.02), *wheels]


def food_cart(rng: Random) -> list[Part]:
    """A glass-sided snack cart on wheels with a pan, a lit roof and a striped counter cloth."""
    w, d, base, glass_top = 1.5, 0.75, 0.9, 1.55
    body = Part(box((0, 0, 0.58), (w, d, 0.6)), f"cloth_{rng.choice(BRIGHT)}", bevel_m=0.02)
    counter = Part(box((0, 0, base), (w + 0.1, d + 0.1, 0.05)), "steel")
    posts = [
        box((sx * (w / 2 - 0.03), sy * (d / 2 - 0.03), (base + 2.0) / 2), (0.04, 0.04, 2.0 - base))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    panes = Part(box((0, d / 2 - 0.03, (base + glass_top) / 2), (w - 0.1, 0.01, glass_top - base)), "glass")
    roof = Part(box((0, 0, 2.05), (w + 0.3, d + 0.35, 0.12)), f"cloth_{rng.choice(BRIGHT)}", bevel_m=0.03)
    board = Part(
        box((0, -d / 2 - 0.18, 2.03), (w + 0.1, 0.02, 0.24)), rng.choice(("sign_yellow", "sign_white", "sign_red"))
    )
    pans = [tube((x, -0.05, base + 0.02), (x, -0.05, base + 0.12), 0.2, 0.24) for x in (-0.42, 0.12)]
    food = [ball((x, -0.05, base + 0.12), (0.2, 0.2, 0.05)) for x in (-0.42, 0.12)]
    wheels = pairs((-0.5, 0.5), 0.36, 0.22, 0.07)
    bucket = Part(tube((w / 2 + 0.3, 0.1, 0), (w / 2 + 0.3, 0.1, 0.36), 0.14, 0.18), f"cloth_{rng.choice(BRIGHT)}")
    return [
        body,
        counter,
        Part(merge(posts), "steel"),
        panes,
        roof,
        board,
        Part(merge(pans), "pan"),
        Part(merge(food), "food"),
        *wheels,
        bucket,
    ]


def clothes_rack(rng: Random) -> list[Part]:
    """A rail of garments, with shoe boxes under it."""
    w, h = rng.uniform(1.4, 2.2), rng.uniform(1.5, 1.75)
    frame = [tube((-w / 2, 0, h), (w / 2, 0, h), 0.016)]
    frame += [tube((s * w / 2, y, 0), (s * w / 2, 0, h), 0.016) for s in (-1, 1) for y in (-0.3, 0.3)]
    parts = [Part(merge(frame), "steel")]
    for i in range(int(w / 0.11)):
        drop, x = rng.uniform(0.6, 1.1), -w / 2 + 0.08 + i * 0.11
        dress = grid([(x, -0.2, h - 0.03), (x, 0.2, h - 0.03), (x, 0.24, h - drop), (x, -0.24, h - drop)], (4, 6))
        garment = moved(tilted(moved(dress, (-x, 0, -h)), 0, rng.uniform(-0.12, 0.12)), (x, 0, h))
        parts.append(Part(garment, f"cloth_{rng.choice(list(CLOTHS))}", crumple_m=0.015))
    boxes = [box((-w / 2 + 0.25 + 0.34 * i, -0.1, 0.07), (0.3, 0.2, 0.13)) for i in range(int(w / 0.36))]
    return [*parts, Part(merge(boxes), rng.choice(("carton", "foam")))]


def ground_sheet(rng: Random) -> list[Part]:
    """Goods laid out in rows on a sheet on the ground."""
    w, d = rng.uniform(1.5, 2.4), rng.uniform(1.0, 1.5)
    sheet = grid(
        [(-w / 2, -d / 2, 0.012), (w / 2, -d / 2, 0.012), (w / 2, d / 2, 0.012), (-w / 2, d / 2, 0.012)], (20, 14)
    )
    parts = [Part(sheet, f"cloth_{rng.choice(BRIGHT)}", smooth=True, crumple_m=0.012)]
    for i in range(int(w / 0.24)):
        for j in range(int(d / 0.26)):
            at = (-w / 2 + 0.16 + i * 0.24, -d / 2 + 0.16 + j * 0.26, 0.06)
            colour = f"cloth_{rng.choice(list(CLOTHS))}"
            if rng.random() < 0.5:
                parts.append(
                    Part(
                        box(at, (0.17, rng.uniform(0.1, 0.19), rng.uniform(0.05, 0.14)), rng.uniform(-0.2, 0.2)), colour
                    )
                )
            else:
                parts.append(Part(ball(at, (0.08, 0.09, rng.uniform(0.05, 0.12)), 6, 9), colour, smooth=True))
    return parts + placed(stool(), (w / 2 + 0.3, d / 2, 0))


def stool() -> list[Part]:
    """A plastic stool."""
    seat = box((0, 0, 0.42), (0.3, 0.3, 0.03))
    legs = [tube((sx * 0.12, sy * 0.12, 0.42), (sx * 0.16, sy * 0.16, 0), 0.02) for sx in (-1, 1) for sy in (-1, 1)]
    return [Part(merge([seat, *legs]), "cloth_red")]


def table_stall(rng: Random) -> list[Part]:
    """A table of crates under a random roof."""
    w, d, h = rng.uniform(1.3, 2.6), rng.uniform(0.75, 1.2), rng.uniform(0.55, 0.85)
    cloth = rng.choice((None, *BRIGHT))
    parts = table(w, d, h, cloth) + goods(w, d, h, rng) + roof(w, d, rng)
    parts += floor_crates(w * 1.1, -d / 2 - 0.4, rng.randint(0, 4), rng)
    return parts + (hanging(w, -d / 2, 1.75, rng) if rng.random() < 0.4 else [])


def tricycle_stall(rng: Random) -> list[Part]:
    """A cargo tricycle that sells from its bed."""
    load = placed(goods(1.45, 0.9, 0.62, rng), (-0.55, 0, 0))
    cover = placed(roof(1.4, 0.9, rng), (-0.55, 0.1, 0))
    return (
        tricycle(rng.choice(("blue", "red", "green", "teal")))
        + load
        + cover
        + floor_crates(1.4, -0.85, rng.randint(0, 3), rng)
    )


def any_stall(rng: Random) -> list[Part]:
    """A random stall, turned a little or a lot."""
    kinds = (table_stall, table_stall, tricycle_stall, food_cart, clothes_rack, ground_sheet)
    return placed(rng.choice(kinds)(rng), turn=rng.choice((rng.gauss(0, 0.3), rng.uniform(-math.pi, math.pi))))
