# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bulky goods: building material, furniture, drums, carpets; each lies somewhere on the ground, metres."""

from __future__ import annotations

import math
from random import Random

from models.scenes.palette import CLOTHS
from models.scenes.piles import broken_chair, cushion, mound
from models.scenes.shapes import Part, Shape, box, in_a_row, merge, moved, placed, tilted, tube

CLOTH_NAMES = tuple(f"cloth_{name}" for name in CLOTHS)
BLOCKS = ("brick", "stone", "kerb", "wall_grey", "foam", "rubble")
METALS = ("steel", "dark_steel", "foam", "sign_white", "cloth_orange", "cloth_grey", "cloth_blue")
BOARDS = ("plank", "wood", "carton_pale", "sign_white", "wall_pale", "cloth_brown")


def layers(surface: str, ground: tuple[float, float], levels: int, rng: Random, *, base: float = 0.0) -> list[Part]:
    """Full sacks in layers, each crosswise to the one below; `ground` is width and depth in metres."""
    width, depth = ground
    high = 0.14
    parts: list[Part] = []
    for level in range(levels):
        across = level % 2 == 1
        long, short = (depth, width) if across else (width, depth)
        for i in range(max(1, round(long / 0.6))):
            for j in range(max(1, round(short / 0.4))):
                u, v = (i + 0.5) * 0.6 - long / 2, (j + 0.5) * 0.4 - short / 2
                x, y = (v, u) if across else (u, v)
                body = cushion((0.3, 0.2, 0.08))
                at = (x + rng.gauss(0, 0.02), y + rng.gauss(0, 0.02), base + level * high)
                turn = (math.pi / 2 if across else 0.0) + rng.gauss(0, 0.05)
                parts.append(Part(moved(body, at, turn), surface, smooth=True, crumple_m=0.02))
    return parts


def big_bags(rng: Random) -> list[Part]:
    """One to three big bags of sand or gravel."""
    parts: list[Part] = []
    for n in range(rng.randint(1, 3)):
        side, high = rng.uniform(0.75, 0.95), rng.uniform(0.6, 1.0)
        body = moved(cushion((side / 2, side / 2, high / 2)), (n * 1.05, rng.gauss(0, 0.1), 0), rng.gauss(0, 0.2))
        parts.append(Part(body, rng.choice(("sack_white", "sack", "foam")), smooth=True, crumple_m=0.05))
        fill = mound(side * 0.6, side * 0.6, 0.15, rng.choice(("sand", "rubble", "soil")), rng)
        parts += placed(fill, (n * 1.05, 0, high * 0.93))
    return parts


def block_stack(rng: Random) -> list[Part]:
    """Bricks, blocks or paving slabs in a tidy cube, its top row begun."""
    size = rng.choice(((0.24, 0.115, 0.07), (0.4, 0.2, 0.2), (0.5, 0.5, 0.06), (0.6, 0.24, 0.2), (0.3, 0.3, 0.08)))
    columns, rows = (max(1, round(rng.uniform(0.5, 1.4) / side)) for side in size[:2])
    levels = max(2, round(rng.uniform(0.3, 1.2) / size[2]))
    blocks = []
    for level in range(levels):
        for i in range(columns):
            for j in range(rows):
                if level == levels - 1 and rng.random() < 0.4:
                    continue
                at = (i * size[0] * 1.015, j * size[1] * 1.015, (level + 0.5) * size[2])
                blocks.append(box(at, [s * rng.uniform(0.97, 1.0) for s in size], rng.gauss(0, 0.015)))
    return [Part(merge(blocks), rng.choice(BLOCKS))]


def pipes(rng: Random) -> list[Part]:
    """Pipes or bars in a bundle on the ground, straight or slipped apart."""
    length, radius = rng.uniform(1.2, 3.5), rng.choice((0.02, 0.04, 0.06, 0.1))
    per_row = rng.randint(3, 8)
    bars: list[Shape] = []
    for row in range(rng.randint(1, min(4, per_row))):
        for i in range(per_row - row):
            y, z = (i + row / 2) * radius * 2.05, radius + row * radius * 1.75
            shift, skew = rng.gauss(0, 0.08), rng.gauss(0, 0.03)
            bars.append(tube((-length / 2 + shift, y - skew, z), (length / 2 + shift, y + skew, z), radius))
    return [Part(merge(bars), rng.choice(METALS), smooth=True)]


def boards(rng: Random) -> list[Part]:
    """Sheets, doors or planks lying on each other, or set up against one another."""
    size = rng.choice(((1.2, 2.4), (0.9, 2.0), (0.2, 2.8), (0.6, 1.2)))
    thick, surface = rng.uniform(0.015, 0.05), rng.choice(BOARDS)
    if rng.random() < 0.6 or size[0] < 0.3:
        sheets = [
            box(
                (rng.gauss(0, 0.03), (i % 3) * size[0] * 1.05 if size[0] < 0.3 else 0, (n + 0.5) * thick),
                (size[1], size[0], thick * 0.9),
                rng.gauss(0, 0.03),
            )
            for n in range(rng.randint(4, 16))
            for i in range(3 if size[0] < 0.3 else 1)
        ]
    else:
        lean = rng.uniform(0.2, 0.5)
        stood = tilted(box((0, 0, size[1] / 4), (size[0], thick, size[1] / 2)), about_x=-lean)
        sheets = [
            moved(stood, (rng.gauss(0, 0.08), -n * thick * 1.3, 0), rng.gauss(0, 0.04))
            for n in range(rng.randint(2, 8))
        ]
        sheets += [box((0, size[1] / 4 * math.sin(lean) + 0.1, size[1] / 6), (size[0] * 0.8, 0.25, size[1] / 3))]
    return [Part(merge(sheets), surface)]


def mattress(rng: Random) -> list[Part]:
    """A mattress, flat, leaning on its edge, or two on each other."""
    size, surface = (
        (1.9, rng.choice((0.9, 1.4)), rng.uniform(0.15, 0.25)),
        rng.choice(("cloth_white", "cloth_beige", "cloth_blue", "cloth_pink", "cloth_grey")),
    )
    flat = rng.random() < 0.5
    body = moved(cushion((size[0] / 2, size[1] / 2, size[2] / 2)), (0, 0, 0))
    if not flat:
        body = tilted(body, about_x=rng.uniform(1.2, 1.5))
    more = [Part(moved(body, (0.1, 0.05, size[2]), 0.1), surface, smooth=True)] if flat and rng.random() < 0.4 else []
    return [Part(body, surface, smooth=True), *more]


def sofa(rng: Random) -> list[Part]:
    """An old armchair or sofa, upright or on its back."""
    width, surface = rng.choice((0.9, 1.5, 2.0)), rng.choice(CLOTH_NAMES)
    seat = box((0, 0, 0.22), (width, 0.8, 0.4))
    back = tilted(box((0, 0, 0.4), (width, 0.2, 0.8)), about_x=-0.12)
    arms = [box((s * (width / 2 + 0.08), 0, 0.32), (0.18, 0.85, 0.62)) for s in (-1, 1)]
    cushions = [box(((n + 0.5) * width / 2 - width / 2, -0.05, 0.48), (width / 2 * 0.96, 0.68, 0.14)) for n in (0, 1)]
    frame = merge([seat, moved(back, (0, 0.38, 0)), *arms])
    turned = rng.choice((0.0, 0.0, math.pi / 2))
    parts = [
        Part(frame, surface, bevel_m=0.05),
        Part(merge(cushions), rng.choice((surface, *CLOTH_NAMES)), bevel_m=0.05),
    ]
    return [Part(tilted(part.shape, about_x=-turned), part.material, bevel_m=0.05) for part in parts]


def cabinet(rng: Random) -> list[Part]:
    """A cupboard, drawers, a fridge or a washing machine, upright or lying."""
    size = (rng.uniform(0.5, 1.2), rng.uniform(0.4, 0.65), rng.uniform(0.7, 1.8))
    surface = rng.choice(("wood", "plank", "sign_white", "foam", "cloth_brown", "cloth_beige", "cloth_grey"))
    body = [box((0, 0, size[2] / 2), size)]
    gaps = [
        box((0, -size[1] / 2, size[2] * s), (size[0] * 0.94, 0.012, 0.012))
        for s in rng.choice(((0.35,), (0.25, 0.5, 0.75), (0.6,)))
    ]
    gaps += [box((0, -size[1] / 2, size[2] / 2), (0.012, 0.012, size[2] * 0.94))] if rng.random() < 0.5 else []
    knobs = [box((s * 0.08, -size[1] / 2 - 0.01, size[2] * 0.55), (0.02, 0.03, 0.12)) for s in (-1, 1)]
    lying = rng.choice((0.0, 0.0, math.pi / 2, 1.2))
    pieces = ((merge(body), surface), (merge([*gaps, *knobs]), "trim"))
    return [Part(tilted(shape, about_y=lying), look, bevel_m=0.006) for shape, look in pieces]


def table_up(rng: Random) -> list[Part]:
    """A table on its top or its side, with a chair or two."""
    width, depth = rng.uniform(0.8, 1.6), rng.uniform(0.6, 0.9)
    legs = [box((sx * width * 0.45, sy * depth * 0.43, 0.36), (0.06, 0.06, 0.7)) for sx in (-1, 1) for sy in (-1, 1)]
    whole = merge([box((0, 0, 0.02), (width, depth, 0.04)), *legs])
    lying = tilted(whole, about_x=rng.choice((0.0, math.pi / 2)))
    lying = moved(lying, (0, 0, -float(lying.verts[:, 2].min())))
    chairs = [broken_chair((0, rng.gauss(0, 0.2), 0), rng.uniform(0, 6)) for _ in range(rng.randint(0, 2))]
    return in_a_row([[Part(lying, rng.choice(("wood", "plank", "sign_white", "cloth_brown")))], *chairs])


def household(rng: Random) -> list[Part]:
    """What a flat is cleared of: two to four pieces of furniture in a row or on each other."""
    pieces = [rng.choice((mattress, sofa, cabinet, cabinet, table_up))(rng) for _ in range(rng.randint(2, 4))]
    turned = [
        placed(piece, (0, rng.gauss(0, 0.2), 0), rng.choice((0.0, math.pi / 2)) + rng.gauss(0, 0.2)) for piece in pieces
    ]
    return in_a_row(turned)


def drums(rng: Random) -> list[Part]:
    """Drums, paint buckets or pots in groups, the small ones on each other."""
    radius, high = rng.choice(((0.29, 0.88), (0.15, 0.35), (0.13, 0.22), (0.25, 0.6)))
    looks = rng.choices((*CLOTH_NAMES, "sign_white", "steel"), k=rng.choice((1, 2, 3)))
    parts: list[Part] = []
    for i in range(rng.randint(2, 9)):
        x, y = (i % 4) * radius * 2.15 + rng.gauss(0, 0.02), (i // 4) * radius * 2.15 + rng.gauss(0, 0.03)
        for level in range(1 if radius > 0.2 else rng.randint(1, 4)):
            z, surface = level * high, rng.choice(looks)
            rings = [
                tube((x, y, z + high * s), (x, y, z + high * s + 0.03), radius * 1.03, sides=20)
                for s in (0, 0.33, 0.66, 0.96)
            ]
            body = tube((x, y, z), (x, y, z + high), radius * 0.98, sides=20)
            parts += [Part(body, surface), Part(merge(rings), rng.choice((surface, "steel", "trim")))]
    return parts


def carpets(rng: Random) -> list[Part]:
    """Rolls of carpet, film or cloth, lying on each other or standing."""
    radius, length = rng.uniform(0.06, 0.18), rng.uniform(1.0, 2.4)
    parts: list[Part] = []
    for n in range(rng.randint(2, 8)):
        y, z = (n % 4 + (n // 4) / 2) * radius * 2.05, radius + (n // 4) * radius * 1.75
        shift, own = rng.gauss(0, 0.1), radius * rng.uniform(0.8, 1.0)
        roll = tube((-length / 2 + shift, y, z), (length / 2 + shift, y, z), own, sides=18)
        hole = tube((-length / 2 + shift - 0.004, y, z), (length / 2 + shift + 0.004, y, z), own * 0.25, sides=10)
        parts += [Part(roll, rng.choice(CLOTH_NAMES), crumple_m=0.01), Part(hole, "trim")]
    return parts


def bundles(rng: Random) -> list[Part]:
    """Stuffed striped bags, suitcases and bundles of cloth."""
    parts: list[Part] = []
    for n in range(rng.randint(2, 6)):
        size = (rng.uniform(0.45, 0.75), rng.uniform(0.25, 0.4), rng.uniform(0.3, 0.6))
        at = (n * 0.55 + rng.gauss(0, 0.08), rng.gauss(0, 0.2), 0.0)
        if rng.random() < 0.5:
            body = moved(box((0, 0, size[2] / 2), size), at, rng.gauss(0, 0.5))
            parts.append(Part(body, rng.choice(("check_red", "check_blue", *CLOTH_NAMES)), bevel_m=0.06))
        else:
            body = moved(cushion((size[0] / 2, size[1] * 0.7, size[2] / 2)), at, rng.uniform(0, 6))
            parts.append(Part(body, rng.choice(("check_red", *CLOTH_NAMES)), smooth=True, crumple_m=0.04))
    return parts


KINDS = (
    big_bags,
    block_stack,
    block_stack,
    pipes,
    boards,
    boards,
    mattress,
    household,
    household,
    drums,
    carpets,
    bundles,
)
