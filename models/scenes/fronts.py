# SPDX-License-Identifier: AGPL-3.0-or-later
"""Goods without a canopy: put out before a shop, on crates, on bare tables; front towards -y, metres."""

from __future__ import annotations

from random import Random

from models.scenes.palette import CLOTHS
from models.scenes.piles import carton
from models.scenes.shapes import Part, ball, box, merge, placed, tube
from models.scenes.stalls import clothes_rack, crate, floor_crates, goods, ground_sheet, hanging, stool, table


def stepped_rack(rng: Random) -> list[Part]:
    """Two to four rows of crates, each higher than the one before it, as greengrocers put them out."""
    width, rows = rng.uniform(1.2, 3.4), rng.randint(2, 4)
    columns = max(2, round(width / 0.55))
    parts: list[Part] = []
    for row in range(rows):
        height, y = 0.12 + 0.24 * row, 0.42 * row
        parts.append(Part(box((0, y, height / 2), (width, 0.4, height)), rng.choice(("wood", "dark_steel", "plank"))))
        for column in range(columns):
            x = -width / 2 + width * (column + 0.5) / columns
            parts += crate((x, y, height), rng, (width / columns * 0.93, 0.38, rng.uniform(0.12, 0.2)))
    return parts + (hanging(width, 0.42 * rows, 1.8, rng) if rng.random() < 0.35 else [])


def bare_table(rng: Random) -> list[Part]:
    """A table of crates or wares under the open sky."""
    width, depth, height = rng.uniform(1.1, 2.6), rng.uniform(0.6, 1.1), rng.uniform(0.45, 0.85)
    cloth = rng.choice((None, None, *CLOTHS))
    wares = goods(width, depth, height, rng) if rng.random() < 0.5 else small_wares(width, depth, height, rng)
    return table(width, depth, height, cloth) + wares + floor_crates(width, -depth / 2 - 0.35, rng.randint(0, 4), rng)


def small_wares(width: float, depth: float, height: float, rng: Random) -> list[Part]:
    """Boxes, pots and bundles in loose rows on a top."""
    parts = []
    for i in range(int(width / 0.2)):
        for j in range(max(1, int(depth / 0.24))):
            at = (-width / 2 + 0.12 + i * 0.2, -depth / 2 + 0.14 + j * 0.24, height + 0.03)
            surface = f"cloth_{rng.choice(list(CLOTHS))}"
            tall = rng.uniform(0.06, 0.28)
            body = rng.choice((box, tube, ball))
            if body is box:
                parts.append(Part(box((at[0], at[1], at[2] + tall / 2), (0.15, 0.16, tall)), surface))
            elif body is tube:
                parts.append(Part(tube(at, (at[0], at[1], at[2] + tall), 0.07, 0.05), surface, smooth=True))
            else:
                parts.append(Part(ball((at[0], at[1], at[2] + 0.08), 0.085), surface, smooth=True))
    return parts


def on_crates(rng: Random) -> list[Part]:
    """Upturned crates and cartons that carry goods, as hawkers stack them."""
    parts: list[Part] = []
    for i in range(rng.randint(3, 8)):
        x, y = 0.55 * (i % 4) - 0.8 + rng.gauss(0, 0.05), 0.5 * (i // 4) + rng.gauss(0, 0.05)
        levels = rng.randint(1, 3)
        for level in range(levels):
            parts += crate((x, y, 0.25 * level), rng, full=level == levels - 1)
    for _ in range(rng.randint(0, 3)):
        parts += carton((rng.gauss(0, 0.9), -0.5 + rng.gauss(0, 0.1), 0), (0.45, 0.35, 0.35), rng.uniform(0, 3), True)
    return parts + (placed(stool(), (1.3, 0.3, 0)) if rng.random() < 0.4 else [])


def shelves(rng: Random) -> list[Part]:
    """An open shelf of wares rolled out of a shop: buckets, brooms, toys."""
    width, levels = rng.uniform(0.9, 2.2), rng.randint(2, 4)
    posts = [tube((s * width / 2, y, 0), (s * width / 2, y, 0.42 * levels), 0.02) for s in (-1, 1) for y in (-0.2, 0.2)]
    boards = [box((0, 0, 0.12 + 0.42 * level), (width, 0.45, 0.025)) for level in range(levels)]
    parts = [Part(merge([*posts, *boards]), rng.choice(("steel", "wood", "dark_steel")))]
    for level in range(levels):
        parts += small_wares(width * 0.95, 0.42, 0.12 + 0.42 * level, rng)
    return parts


def any_front(rng: Random) -> list[Part]:
    """Goods without a canopy; one time in three, two kinds side by side."""
    kinds = (stepped_rack, stepped_rack, bare_table, bare_table, on_crates, shelves, clothes_rack, ground_sheet)
    parts = rng.choice(kinds)(rng)
    if rng.random() < 0.33:
        parts += placed(rng.choice(kinds)(rng), (rng.choice((-1.9, 1.9)), rng.gauss(0, 0.2), 0))
    return parts
