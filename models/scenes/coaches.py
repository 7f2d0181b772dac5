# SPDX-License-Identifier: AGPL-3.0-or-later
"""Buses, lorries and covered waggons, front towards +x, metres: large, loud, roofed, and selling nothing.

On held-out pictures the painted side of a bus, a lorry's load and a waggon with an awning were taken for stalls.
"""

from __future__ import annotations

from random import Random

from models.scenes.covers import BRIGHT
from models.scenes.palette import CLOTHS
from models.scenes.shapes import Part, ball, box, grid, merge, placed, tube
from models.scenes.wheels import pairs

LETTERS = ("sign_white", "sign_yellow", "sign_red", "sign_blue", "trim")
STEP_M = 1.05  # from window to window


def painted(rng: Random) -> str:
    """A surface for a large panel."""
    return f"cloth_{rng.choice((*BRIGHT, *CLOTHS))}"


def bands(length: float, half: float, low: float, high: float, rng: Random) -> list[Part]:
    """Stripes along both sides between two heights."""
    parts = []
    for _ in range(rng.randint(0, 3)):
        wide, at = rng.uniform(0.06, 0.4), rng.uniform(low, high)
        parts.append(Part(box((0, 0, at), (length + 0.012, 2 * half + rng.uniform(0.008, 0.02), wide)), painted(rng)))
    return parts


def lettering(length: float, half: float, at: float, rng: Random) -> list[Part]:
    """Blocks and rounds in a row, as far-off letters look, on both sides."""
    tall, x, marks = rng.uniform(0.15, 0.4), -length * rng.uniform(0.1, 0.4), []
    for _ in range(rng.randint(4, 14)):
        wide = tall * rng.uniform(0.3, 0.9)
        if rng.random() < 0.5:
            marks.append(box((x, 0, at), (wide, 2 * half + 0.03, tall)))
        else:
            marks += [ball((x, s * half, at), (wide / 2, 0.02, tall / 2)) for s in (-1, 1)]
        x += wide + tall * 0.25
    return [Part(merge(marks), rng.choice(LETTERS))]


def bus(rng: Random) -> list[Part]:
    """A city bus or minibus: a row of windows with posts or bars, painted bands, letters."""
    length, half, height = rng.uniform(5.5, 11.0), rng.uniform(1.0, 1.25), rng.uniform(2.5, 3.1)
    sill = rng.uniform(1.25, 1.6)
    first = painted(rng)
    roof = rng.choice((first, painted(rng), "car_white"))
    parts = [
        Part(box((0, 0, 0.4 + (sill - 0.4) / 2), (length, 2 * half, sill - 0.4)), first, bevel_m=0.05),
        Part(box((0, 0, (sill + height) / 2), (length - 0.02, 2 * half - 0.02, height - sill)), roof, bevel_m=0.08),
    ]
    top, panes, bars = height - rng.uniform(0.3, 0.5), [], []
    count = int((length - 0.8) / STEP_M)
    for n in range(count):
        x = -length / 2 + 0.5 + STEP_M * (n + 0.5)
        panes.append(box((x, 0, (sill + top) / 2 + 0.04), (STEP_M * 0.86, 2 * half + 0.01, top - sill - 0.06)))
    if rng.random() < 0.35:
        bars += [
            box((0, s * (half + 0.02), sill + 0.25 * k), (length * 0.9, 0.02, 0.03)) for s in (-1, 1) for k in (1, 2)
        ]
    ends = [box((s * length / 2, 0, (sill + top) / 2), (0.02, 2 * half - 0.3, top - sill)) for s in (-1, 1)]
    parts.append(Part(merge([*panes, *ends]), "glass"))
    parts += [Part(merge(bars), "steel")] if bars else []
    parts += bands(length, half, 0.55, sill - 0.05, rng) + bands(length, half, top + 0.05, height - 0.1, rng)
    parts += lettering(length, half, rng.uniform(0.8, sill - 0.15), rng) if rng.random() < 0.7 else []
    lamps = [box((-length / 2, s * (half - 0.2), 0.8), (0.06, 0.18, 0.25)) for s in (-1, 1)]
    heads = [box((length / 2, s * (half - 0.25), 0.75), (0.06, 0.3, 0.2)) for s in (-1, 1)]
    parts += [Part(merge(lamps), "taillamp"), Part(merge(heads), "headlamp")]
    return parts + pairs((length / 2 - 1.5, -length / 2 + 1.9), half - 0.14, 0.48, 0.26)


def box_lorry(rng: Random) -> list[Part]:
    """A lorry with a box or a container, the cab before it."""
    length, half, height = rng.uniform(3.2, 8.0), rng.uniform(0.95, 1.25), rng.uniform(1.6, 2.5)
    load, floor = painted(rng), rng.uniform(0.7, 1.1)
    body = box((-length / 2, 0, floor + height / 2), (length, 2 * half, height))
    parts = [Part(body, load, bevel_m=0.03)]
    if rng.random() < 0.3:
        ribs = [
            box((-length * (n + 0.5) / 14, 0, floor + height / 2), (0.08, 2 * half + 0.05, height)) for n in range(14)
        ]
        parts.append(Part(merge(ribs), load))
    paint = bands(length, half, floor + 0.1, floor + height - 0.1, rng)
    paint += lettering(length, half, floor + height * rng.uniform(0.3, 0.7), rng) if rng.random() < 0.6 else []
    cab = box((0.85, 0, 0.5 + 0.95), (1.6, 2 * half - 0.06, 1.9))
    panes = [box((0.95, 0, 1.75), (0.8, 2 * half - 0.04, 0.55)), box((1.66, 0, 1.7), (0.02, 2 * half - 0.3, 0.7))]
    parts += [*placed(paint, (-length / 2, 0, 0)), Part(cab, painted(rng), bevel_m=0.08), Part(merge(panes), "glass")]
    parts.append(Part(box((-length / 2 + 0.6, 0, floor - 0.14), (length + 1.6, 1.1, 0.2)), "dark_steel"))
    rear = [box((-length - 0.01, s * (half - 0.15), floor - 0.1), (0.05, 0.2, 0.14)) for s in (-1, 1)]
    return [
        *parts,
        Part(merge(rear), "taillamp"),
        *pairs((0.9, -length * 0.72, -length * 0.86), half - 0.14, 0.46, 0.26),
    ]


def waggon(rng: Random) -> list[Part]:
    """A passenger waggon or cart under an awning, its benches empty, its shafts down or with nothing before them."""
    length, half = rng.uniform(1.8, 3.4), rng.uniform(0.6, 0.9)
    floor, head = rng.uniform(0.6, 0.85), rng.uniform(2.1, 2.5)
    paint = painted(rng)
    rails = [box((0, s * half, floor + 0.22 + 0.16 * k), (length, 0.04, 0.07)) for s in (-1, 1) for k in range(3)]
    staves = [
        box((-length / 2 + length * n / 9, s * half, floor + 0.3), (0.04, 0.03, 0.5))
        for s in (-1, 1)
        for n in range(10)
    ]
    posts = [
        tube((x * length, s * half, floor), (x * length, s * half, head), 0.022)
        for s in (-1, 1)
        for x in (-0.48, 0, 0.48)
    ]
    top = grid([(-length * 0.55, -half - 0.1, 0), (length * 0.55, -half - 0.1, 0), (length * 0.55, half + 0.1, 0),
                (-length * 0.55, half + 0.1, 0)], (10, 8), rng.uniform(-0.3, 0.05))  # fmt: skip
    top.verts[:, 2] += head
    valance = [box((0, s * (half + 0.1), head - 0.08), (length * 1.1, 0.01, 0.2)) for s in (-1, 1)]
    benches = [box((x * length, 0, floor + 0.4), (0.35, 2 * half - 0.1, 0.06)) for x in (-0.3, 0.25)]
    low = floor * rng.uniform(0.2, 1)
    shafts = [tube((length / 2, s * half * 0.6, floor), (length / 2 + 1.5, s * half * 0.5, low), 0.03) for s in (-1, 1)]
    parts = [
        Part(box((0, 0, floor), (length, 2 * half, 0.08)), rng.choice(("wood", paint))),
        Part(merge([*rails, *staves]), paint),
        Part(merge(posts), "dark_steel"),
        Part(top, painted(rng), smooth=True),
        Part(merge([*benches, *shafts]), "wood"),
    ]
    parts += [Part(merge(valance), painted(rng))] if rng.random() < 0.5 else []
    parts += (
        [Part(box((length * 0.2, 0, floor + 0.45), (0.8, 2 * half + 0.06, 0.4)), rng.choice(LETTERS))]
        if rng.random() < 0.5
        else []
    )
    return parts + pairs((-length * 0.33, length * 0.33), half + 0.06, rng.uniform(0.32, 0.45), 0.26)


def any_coach(rng: Random) -> tuple[str, list[Part]]:
    """One of them, with its class: a waggon is none of ours."""
    roll = rng.random()
    if roll < 0.5:
        return "vehicle", bus(rng)
    return ("vehicle", box_lorry(rng)) if roll < 0.8 else ("nothing", waggon(rng))
