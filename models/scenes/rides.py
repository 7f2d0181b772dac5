# SPDX-License-Identifier: AGPL-3.0-or-later
"""What rolls or stands in the road under a roof or in loud paint and sells nothing; metres, front towards +x.

On pictures of unseen cities rickshaws, painted lorries and empty carts were taken for stalls.
"""

from __future__ import annotations

import itertools
from random import Random

from models.scenes.covers import BRIGHT
from models.scenes.shapes import Part, ball, box, extruded, grid, merge, tube
from models.scenes.stalls import tricycle
from models.scenes.wheels import pairs, wheel

BODIES = ("green", "yellow", "black", "blue", "red", "white", "navy", "teal")


def empty_tricycle(rng: Random) -> list[Part]:
    """A parked cargo tricycle without goods, now and then with a folded cloth in its bed."""
    parts = tricycle(rng.choice(BODIES))
    if rng.random() < 0.3:
        cloth = ball((-0.6, 0, 0.62), (0.5, 0.32, 0.1), 8, 16)
        parts.append(Part(cloth, f"cloth_{rng.choice(BRIGHT)}", smooth=True, crumple_m=0.04))
    return parts


def motor_rickshaw(rng: Random) -> list[Part]:
    """A three-wheeled taxi: painted tub, cloth hood, open sides."""
    paint, hood = f"cloth_{rng.choice(BODIES)}", f"cloth_{rng.choice(('yellow', 'black', 'green', 'grey', 'beige'))}"
    tub = extruded(((-1.2, 0.3), (-1.25, 0.95), (-0.3, 0.95), (-0.2, 0.4), (0.65, 0.4), (1.15, 0.95), (1.3, 0.3)), 0.64)
    roof = extruded(((-1.25, 1.6), (-1.1, 1.74), (0.5, 1.74), (0.85, 1.6), (0.8, 1.56), (-1.2, 1.54)), 0.66)
    back = box((-1.22, 0, 1.27), (0.04, 1.24, 0.66))
    posts = [tube((x, s * 0.6, 0.9), (x + 0.1, s * 0.6, 1.6), 0.02) for s in (-1, 1) for x in (-0.3, 0.62)]
    pane = grid([(1.12, -0.55, 0.95), (1.12, 0.55, 0.95), (0.8, 0.5, 1.55), (0.8, -0.5, 1.55)], (1, 1))
    seat = box((-0.75, 0, 0.85), (0.6, 1.1, 0.22))
    parts = [
        Part(tub, paint, bevel_m=0.05),
        Part(merge([roof, back]), hood, bevel_m=0.03),
        Part(merge(posts), "dark_steel"),
        Part(pane, "glass"),
        Part(seat, rng.choice(("trim", "cloth_red", "cloth_blue"))),
        Part(merge([box((1.26, s * 0.3, 0.6), (0.06, 0.16, 0.16)) for s in (-1, 1)]), "headlamp"),
    ]
    return parts + _three_wheels(1.0, -0.8, 0.58, 0.22)


def pedal_rickshaw(rng: Random) -> list[Part]:
    """A cycle rickshaw: saddle and bars in front, a bench under a folding hood behind."""
    paint, hood = f"cloth_{rng.choice(BRIGHT)}", f"cloth_{rng.choice(BODIES)}"
    bench = [box((-0.6, 0, 0.72), (0.6, 0.9, 0.12)), box((-0.88, 0, 1.0), (0.08, 0.9, 0.5))]
    frame = [tube((-0.5, 0, 0.45), (0.6, 0, 0.5), 0.03), tube((0.6, 0, 0.5), (1.1, 0, 1.0), 0.03)]
    frame += [tube((1.1, 0, 1.0), (1.35, 0, 0.33), 0.025), tube((1.0, -0.3, 1.08), (1.0, 0.3, 1.08), 0.018)]
    ribs = ((-0.95, 1.05), (-0.98, 1.45), (-0.75, 1.72), (-0.3, 1.74), (-0.05, 1.6))
    cover = [
        grid([(xa, -0.5, za), (xb, -0.5, zb), (xb, 0.5, zb), (xa, 0.5, za)], (1, 4))
        for (xa, za), (xb, zb) in itertools.pairwise(ribs)
    ]
    parts = [
        Part(merge(bench), paint, bevel_m=0.03),
        Part(merge([*frame, tube((-0.5, 0, 0.45), (-0.6, 0, 0.72), 0.03)]), "dark_steel"),
        Part(merge(cover), hood, smooth=True, crumple_m=0.01),
        Part(box((0.35, 0, 0.92), (0.26, 0.16, 0.07)), "trim"),
    ]
    return parts + _three_wheels(1.35, -0.6, 0.52, 0.33)


def lorry(rng: Random) -> list[Part]:
    """A lorry or a bus seen as a box on wheels with bright bands, its load under a cloth or behind boards."""
    length, height = rng.uniform(2.6, 4.2), rng.uniform(1.1, 1.8)
    first, second = rng.sample(BRIGHT, 2)
    body = box((-length / 2, 0, 0.75 + height / 2), (length, 1.9, height))
    bands = [
        box((-length / 2, 0, 0.75 + height * (n + 0.5) / 5), (length + 0.02, 1.92, height / 10)) for n in range(1, 5, 2)
    ]
    cab = extruded(((0.05, 0.6), (0.05, 2.0), (0.7, 2.0), (1.15, 1.3), (1.2, 0.6)), 0.92, 0.06)
    panes = [box((0.55, 0, 1.6), (0.5, 1.78, 0.45)), box((0.98, 0, 1.6), (0.2, 1.4, 0.4))]
    parts = [
        Part(body, f"cloth_{first}", bevel_m=0.03),
        Part(merge(bands), f"cloth_{second}"),
        Part(cab, f"cloth_{rng.choice((first, second, 'white', 'blue'))}", bevel_m=0.05),
        Part(merge(panes), "glass"),
        Part(box((-length / 2 + 0.3, 0, 0.62), (length + 1.2, 1.2, 0.16)), "dark_steel"),
    ]
    if rng.random() < 0.4:
        top = grid([(-length, -0.98, 0), (0, -0.98, 0), (0, 0.98, 0), (-length, 0.98, 0)], (12, 8), -0.15)
        top.verts[:, 2] += 0.76 + height
        parts.append(Part(top, f"cloth_{rng.choice(BODIES)}", smooth=True, crumple_m=0.03))
    return parts + pairs((0.6, -length * 0.75), 0.8, 0.42, 0.26)


def empty_cart(rng: Random) -> list[Part]:
    """A flat handcart without goods."""
    wide = rng.uniform(0.8, 1.1)
    bed = [box((0, y * wide, 0.62), (1.7, wide / 6, 0.03)) for y in (-0.4, -0.2, 0.0, 0.2, 0.4)]
    bearers = [box((x, 0, 0.58), (0.06, wide, 0.06)) for x in (-0.7, 0.0, 0.7)]
    shafts = [tube((0.8, s * wide * 0.4, 0.6), (1.5, s * wide * 0.3, 0.75), 0.025) for s in (-1, 1)]
    props = tube((-0.75, 0, 0.58), (-0.75, 0, 0.0), 0.03)
    return [
        Part(merge([*bed, *bearers, *shafts, props]), rng.choice(("wood", "plank"))),
        *pairs((0.1,), wide / 2, 0.36, 0.1),
    ]


def any_ride(rng: Random) -> list[Part]:
    """One of them at random."""
    kinds = (empty_tricycle, motor_rickshaw, motor_rickshaw, pedal_rickshaw, lorry, lorry, empty_cart)
    return rng.choice(kinds)(rng)


def _three_wheels(front: float, rear: float, half: float, radius: float) -> list[Part]:
    return wheel((front, 0, radius), radius, 0.1) + pairs((rear,), half, radius, 0.1)
