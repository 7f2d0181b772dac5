# SPDX-License-Identifier: AGPL-3.0-or-later
"""The permanent street: road, pavement, shop fronts, trees and furniture, as parts in metres."""

from __future__ import annotations

import math
from random import Random

import numpy as np

from models.scenes import layout
from models.scenes.covers import tent
from models.scenes.people import Person
from models.scenes.plants import leaves, planter
from models.scenes.shapes import Part, ball, box, merge, off, placed, tube
from models.scenes.stalls import floor_crates, goods, hanging, stool, table
from models.scenes.vehicles import scooter

Z = layout.PAVEMENT_Z
SHOP_M = 5.0
STROKES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "da": ((-0.45, 0.15, 0.45, 0.15), (0, 0.5, -0.05, 0.1), (-0.05, 0.1, -0.42, -0.45), (0.02, 0.1, 0.42, -0.45)),
    "mi": (
        (-0.45, 0.05, 0.45, 0.05),
        (0, 0.5, 0, -0.5),
        (-0.3, 0.4, -0.15, 0.15),
        (0.3, 0.4, 0.15, 0.15),
        (-0.05, 0, -0.4, -0.4),
        (0.05, 0, 0.4, -0.4),
    ),
    "wang": ((-0.35, 0.4, 0.35, 0.4), (-0.3, 0, 0.3, 0), (-0.42, -0.42, 0.42, -0.42), (0, 0.4, 0, -0.42)),
    "zhong": (
        (-0.35, 0.28, 0.35, 0.28),
        (-0.35, -0.12, 0.35, -0.12),
        (-0.35, 0.28, -0.35, -0.12),
        (0.35, 0.28, 0.35, -0.12),
        (0, 0.5, 0, -0.5),
    ),
    "ri": (
        (-0.28, 0.42, 0.28, 0.42),
        (-0.28, 0, 0.28, 0),
        (-0.28, -0.42, 0.28, -0.42),
        (-0.28, 0.42, -0.28, -0.42),
        (0.28, 0.42, 0.28, -0.42),
    ),
    "mu": ((-0.42, 0.2, 0.42, 0.2), (0, 0.5, 0, -0.5), (0, 0.2, -0.4, -0.35), (0, 0.2, 0.4, -0.35)),
}


def slab(x: tuple[float, float], y: tuple[float, float], top: float, surface: str, thick: float = 0.3) -> Part:
    """A flat block between two x and two y, its top at `top`."""
    return Part(
        box(((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, top - thick / 2), (x[1] - x[0], y[1] - y[0], thick)), surface
    )


def ground() -> list[Part]:
    """Asphalt with marks and patches, kerb, paving with a tactile strip."""
    xs = layout.STREET_X
    parts = [slab(xs, (-12, layout.KERB_Y), 0.0, "asphalt")]
    parts.append(slab(xs, (layout.KERB_Y, layout.KERB_Y + 0.2), Z, "kerb"))
    parts.append(slab(xs, (layout.KERB_Y + 0.2, 20), Z, "paving"))
    parts.append(slab(xs, layout.TACTILE_Y, Z + 0.006, "tactile", 0.02))
    parts.append(slab(xs, (layout.KERB_Y - 0.42, layout.KERB_Y - 0.3), 0.004, "paint_yellow", 0.01))
    parts += [slab((x, x + 2.2), (4.95, 5.08), 0.004, "paint", 0.01) for x in np.arange(-12, 36, 4.5)]
    parts += [slab((1.2, 2.9), (6.0, 7.4), 0.002, "patch", 0.01), slab((7.2, 11.5), (5.9, 6.3), 0.002, "patch", 0.01)]
    parts += [Part(tube((5.4, 7.0, -0.1), (5.4, 7.0, 0.006), 0.36, sides=28), "dark_steel")]
    return parts + [slab((x, x + 0.5), (8.22, 8.52), 0.008, "dark_steel", 0.02) for x in (0.2, 9.4)]


def pitch_lines() -> list[Part]:
    """The painted outline of the licensed pitch."""
    (x, y), (w, d), line = layout.PITCH_AT, layout.PITCH_SIZE, 0.09
    rails = [((x - w / 2, x + w / 2), (y + s * d / 2, y + s * d / 2 + line)) for s in (-1, 1)]
    posts = [((x + s * w / 2, x + s * w / 2 + line), (y - d / 2, y + d / 2 + line)) for s in (-1, 1)]
    return [slab(a, b, Z + 0.006, "paint", 0.02) for a, b in (*rails, *posts)]


def lettering(names: tuple[str, ...], x: float, y: float, z: float, size: float, surface: str) -> Part:
    """A row of brushed characters facing the road, centred on x."""
    strokes = []
    for i, name in enumerate(names):
        middle = x + (i - (len(names) - 1) / 2) * size * 1.35
        for x0, z0, x1, z1 in STROKES[name]:
            strokes.append(
                tube(
                    (middle + x0 * size, y, z + z0 * size),
                    (middle + x1 * size, y, z + z1 * size),
                    size * 0.065,
                    sides=6,
                )
            )
    return Part(merge(strokes), surface)


def shop(x: float, kind: int) -> list[Part]:
    """One shop front of SHOP_M width from x; `kind` picks its face."""
    y, wall = layout.WALL_Y, ("wall_cream", "wall_brick", "wall_grey", "wall_pale")[kind % 4]
    middle = x + SHOP_M / 2
    parts = [Part(box((middle, y + 0.6, 4.6), (SHOP_M, 0.8, 3.2)), wall)]
    parts += [Part(box((x + s, y + 0.35, 1.6), (0.5, 0.5, 3.2)), wall) for s in (0.25, SHOP_M - 0.25)]
    parts.append(Part(box((middle, y + 1.9, 1.6), (SHOP_M, 0.1, 3.2)), "inside"))
    parts.append(
        Part(
            box((middle, y + 0.1, 3.3), (SHOP_M - 0.3, 0.35, 0.8)),
            ("sign_red", "sign_blue", "sign_green", "sign_white")[kind % 4],
            bevel_m=0.03,
        )
    )
    names = (("da", "mi", "wang"), ("zhong", "ri"), ("mu", "da"), ("ri", "zhong", "mu"))[kind % 4]
    parts.append(
        lettering(names, middle, y - 0.1, 3.3, 0.52, ("sign_yellow", "sign_white", "sign_white", "sign_red")[kind % 4])
    )
    parts += closed_front(middle) if kind % 4 == 2 else glass_front(middle, kind)
    return parts


def closed_front(x: float) -> list[Part]:
    """A rolled-down shutter beside a door."""
    y = layout.WALL_Y + 0.2
    shutter = Part(box((x - 0.6, y, 1.5), (2.8, 0.08, 2.75)), "shutter")
    door = Part(box((x + 1.45, y, 1.4), (1.1, 0.08, 2.5)), "wood")
    frame = Part(merge([box((x + s, y - 0.03, 1.5), (0.1, 0.12, 2.8)) for s in (-2.0, 0.85, 2.0)]), "dark_steel")
    return [shutter, door, frame, Part(ball((x + 1.05, y - 0.08, 1.15), 0.05), "steel")]


def glass_front(x: float, kind: int) -> list[Part]:
    """Show windows with goods behind, and a glass double door."""
    y, rng = layout.WALL_Y + 0.15, Random(kind)
    panes = [
        Part(box((x - 1.35, y, 1.7), (1.6, 0.03, 2.0)), "glass"),
        Part(box((x + 1.35, y, 1.5), (1.6, 0.03, 2.5)), "glass"),
    ]
    sill = Part(box((x - 1.35, y, 0.45), (1.7, 0.3, 0.6)), "stone")
    bars = [box((x + s, y - 0.02, 1.5), (0.07, 0.09, 2.8)) for s in (-2.2, -0.5, 0.5, 1.35, 2.2)]
    rails = [box((x, y - 0.02, z), (4.4, 0.09, 0.08)) for z in (2.75, 0.18)] + [
        box((x + 1.35, y - 0.06, 1.2), (0.5, 0.04, 0.05))
    ]
    shelves: list[Part] = []
    for level in (0.9, 1.6, 2.2):
        shelves += placed(hanging(3.6, 0.0, 0.0, rng, 13), (x, y + 0.5, level + 0.3))
    banner = Part(
        box((x - 1.35, y - 0.06, 1.15), (1.4, 0.02, 0.5)), rng.choice(("cloth_yellow", "cloth_red", "cloth_teal"))
    )
    return [*panes, sill, Part(merge([*bars, *rails]), "dark_steel"), *shelves, banner]


def tree(x: float, rng: Random) -> list[Part]:
    """A street tree in its pit: trunk, branches, and a crown of loose leaves."""
    base = np.array([x, layout.TREE_Y, Z])
    top = off(base, rng.uniform(-0.1, 0.1), 0.05, 3.3)
    fork = top - np.array([0, 0, 0.5])
    limbs = [tube(base, top, 0.13, 0.085, 10)]
    limbs += [
        tube(fork, off(top, math.cos(a) * 0.9, math.sin(a) * 0.9, 0.9), 0.05, 0.015, 7) for a in np.arange(0, 6.2, 1.05)
    ]
    pit = slab((x - 0.55, x + 0.55), (layout.TREE_Y - 0.45, layout.TREE_Y + 0.55), Z + 0.012, "soil", 0.02)
    parts = [Part(merge(limbs), "bark", smooth=True), pit]
    for surface, count in (("leaf", 1500), ("leaf_light", 700), ("leaf_dark", 900)):
        parts.append(Part(leaves(off(top, 0, 0.1, 1.0), 1.55, count, rng), surface))
    return parts


def furniture(rng: Random) -> list[Part]:
    """A lamp post, bollards, planters, a closed litter bin, and a parked scooter."""
    x, y = layout.LAMP_X, 9.15
    post = merge([tube((x, y, Z), (x, y, 7), 0.08, 0.06), tube((x, y, Z), (x, y, 0.75), 0.13, 0.11)])
    parts = [Part(post, "dark_steel")]
    for bollard in (-0.8, 8.9, 12.6):
        parts.append(Part(tube((bollard, 8.92, Z), (bollard, 8.92, 0.85), 0.06), "steel"))
        parts.append(Part(tube((bollard, 8.92, 0.66), (bollard, 8.92, 0.76), 0.063), "paint_yellow"))
    for at in (3.2, 5.6, 12.4):
        parts += planter((at, 12.95, Z), rng)
    return parts + litter_bin(9.9, 12.95) + parked_scooter(7.6, 12.75)


def litter_bin(x: float, y: float) -> list[Part]:
    """A closed two-part litter bin with slots."""
    body = Part(box((x, y, Z + 0.5), (0.85, 0.42, 0.85)), "bin_green", bevel_m=0.04)
    lid = Part(box((x, y, Z + 0.98), (0.95, 0.5, 0.09)), "dark_steel", bevel_m=0.02)
    slots = [box((x + s, y - 0.215, Z + 0.72), (0.28, 0.02, 0.13)) for s in (-0.2, 0.2)]
    marks = [box((x + s, y - 0.215, Z + 0.42), (0.2, 0.012, 0.2)) for s in (-0.2, 0.2)]
    return [body, lid, Part(merge(slots), "trim"), Part(merge(marks), "sign_white")]


def parked_scooter(x: float, y: float) -> list[Part]:
    """A scooter left against the wall."""
    rider = ("cloth", "skin", "hair", "shoe")
    machine = [p for p in scooter("car_red", Person("cloth_grey", "cloth_navy")) if not p.material.startswith(rider)]
    return placed(machine, (x, y, Z), math.pi - 0.3)


def licensed_stall() -> list[Part]:
    """The permitted stall: a striped tent over a table of fruit, and its stool."""
    rng = Random(21)
    width, depth, height = 2.1, 0.95, 0.74
    parts = (
        tent(2.5, 1.7, 1.95, ("green", "white"))
        + table(width, depth, height, "green")
        + goods(width, depth, height, rng)
    )
    parts += (
        floor_crates(2.0, -0.75, 3, rng) + placed(stool(), (0.75, 0.8, 0)) + placed(hanging(2.2, -0.75, 1.78, rng, 8))
    )
    return placed(parts, (*layout.PITCH_AT, Z))


def street() -> list[Part]:
    """Everything that never moves."""
    rng = Random(5)
    parts = ground() + pitch_lines() + furniture(rng) + licensed_stall()
    for i, x in enumerate(np.arange(-9.4, 32, SHOP_M)):
        parts += shop(float(x), i)
    for x in layout.TREES_X:
        parts += tree(x, rng)
    return parts
