# SPDX-License-Identifier: AGPL-3.0-or-later
"""People about tables, cars and beds of flowers, who sell nothing and have thrown nothing away; metres.

On negatives that were held out (`models.dataset --folds`) runs take for stalls: cafe terraces, tubs of flowers,
somebody with a carton at a car's door, open cars with people in them.
"""

from __future__ import annotations

import math
from random import Random

from models.scenes.covers import BRIGHT, tarp, tent, umbrella
from models.scenes.people import BENDING, REACHING, Pose, figure, somebody, walking
from models.scenes.plants import leaves, planter
from models.scenes.shapes import Part, box, merge, placed, tube
from models.scenes.stalls import stool
from models.scenes.vehicles import PAINTS, SEDAN, SUV, VAN, car

SITTING = Pose(hips=(1.5, 1.45), knees=(1.5, 1.4), shoulders=(0.5, 0.4), elbows=(0.7, 0.8), lean=0.08, spread=0.04)
LOADS = ("carton", "carton", "bag", "shopping", "backpack", "")
HATS = ("cap", "straw hat", "long hair", "", "")


def standing(rng: Random) -> list[Part]:
    """Somebody who stands, reaches or bends, with a load or without."""
    return figure(somebody(rng, LOADS, HATS), rng.choice((Pose(), Pose(), REACHING, BENDING, walking(rng.random()))))


def chair(surface: str) -> list[Part]:
    """A chair with a back, its front towards +x."""
    seat = [box((0, 0, 0.45), (0.4, 0.4, 0.03)), box((-0.2, 0, 0.75), (0.03, 0.4, 0.35))]
    legs = [tube((sx * 0.17, sy * 0.17, 0.45), (sx * 0.2, sy * 0.2, 0), 0.018) for sx in (-1, 1) for sy in (-1, 1)]
    back = [tube((-0.19, s * 0.17, 0.45), (-0.2, s * 0.17, 0.75), 0.015) for s in (-1, 1)]
    return [Part(merge([*seat, *legs, *back]), surface)]


def cafe_table(rng: Random) -> list[Part]:
    """A round or square table with two to four seats, some of them taken."""
    surface = rng.choice(("wood", "plank", "dark_steel", "cloth_white", "steel"))
    height, wide = rng.uniform(0.68, 0.75), rng.uniform(0.3, 0.5)
    flat = tube((0, 0, height), (0, 0, height + 0.03), wide, sides=20)
    top = flat if rng.random() < 0.6 else box((0, 0, height), (2 * wide, 2 * wide, 0.03))
    parts = [Part(top, surface), Part(tube((0, 0, 0), (0, 0, height), 0.03), "dark_steel")]
    seat = rng.choice((stool(), chair("wood"), chair("dark_steel"), chair(f"cloth_{rng.choice(BRIGHT)}")))
    first = rng.uniform(0, 2 * math.pi)
    for n in range(rng.randint(2, 4)):
        way = first + n * math.pi / 2
        at = (wide * 1.7 * math.cos(way), wide * 1.7 * math.sin(way), 0.0)
        taken = figure(somebody(rng, ("",), HATS), SITTING) if rng.random() < 0.45 else []
        parts += placed([*seat, *taken], at, way + math.pi)
    return parts


def terrace(rng: Random) -> list[Part]:
    """One to six cafe tables under umbrellas, a tent, a cloth or the sky, now and then with tubs of plants."""
    columns, rows = rng.randint(1, 3), rng.randint(1, 2)
    step = rng.uniform(1.7, 2.3)
    cover = rng.choice(("umbrellas", "umbrellas", "umbrellas", "tent", "tarp", "none"))
    first = rng.choice(BRIGHT)
    second = rng.choice((first, "white"))
    parts: list[Part] = []
    for n in range(columns * rows):
        shade = umbrella((0, 0, 0), rng.uniform(1.0, 1.4), rng.uniform(2.1, 2.5), (first, second), rng.choice((8, 10)))
        one = cafe_table(rng) + (shade if cover == "umbrellas" and rng.random() < 0.8 else [])
        parts += placed(one, (n % columns * step, n // columns * step, 0.0))
    middle = ((columns - 1) * step / 2, (rows - 1) * step / 2, 0.0)
    size = (columns * step * 0.95, rows * step * 0.95, rng.uniform(2.1, 2.5))
    if cover == "tent":
        parts += placed(tent(*size, (first, second)), middle)
    if cover == "tarp":
        parts += placed(tarp(*size, first, rng), middle)
    if rng.random() < 0.4:
        parts += placed(flower_tubs(rng), (0.0, -step * 0.7, 0.0))
    return parts


def flower_tubs(rng: Random) -> list[Part]:
    """A row of planted tubs, most of them in flower."""
    parts: list[Part] = []
    for n in range(rng.randint(1, 4)):
        parts += placed(planter((0, 0, 0), rng), (n * rng.uniform(1.15, 1.4), 0.0, 0.0))
        for _ in range(rng.randint(0, 3)):
            at = (n * 1.2 + rng.uniform(-0.45, 0.45), rng.uniform(-0.15, 0.15), rng.uniform(0.55, 0.85))
            parts.append(Part(leaves(at, rng.uniform(0.1, 0.25), 120, rng), f"cloth_{rng.choice(BRIGHT)}"))
    return parts


def at_a_car(rng: Random) -> list[Part]:
    """One to three people beside a car, most of them with something in their hands."""
    parts = car(rng.choice((SEDAN, SUV, VAN)), rng.choice(PAINTS))
    for _ in range(rng.randint(1, 3)):
        side = rng.choice((-1, 1))
        at = (rng.uniform(-2.0, 1.6), side * rng.uniform(1.15, 1.5), 0.0)
        parts += placed(standing(rng), at, -side * math.pi / 2 + rng.gauss(0, 0.5))
    return parts


def open_car(rng: Random) -> list[Part]:
    """A car with its roof down and people in it."""
    parts = car(SEDAN, rng.choice(PAINTS), roofed=False)
    parts.append(Part(box((-0.45, 0, 0.99), (1.9, 1.45, 0.06)), rng.choice(("trim", "cloth_red", "cloth_beige"))))
    for x in (0.1, -0.9):
        for y in (-0.38, 0.38):
            if rng.random() < 0.6:
                parts += placed(figure(somebody(rng, ("",), HATS), SITTING), (x, y, 0.35))
    return parts


def company(rng: Random) -> list[Part]:
    """Two to five people who stand together with their bags."""
    parts: list[Part] = []
    for n in range(rng.randint(2, 5)):
        at = (n * rng.uniform(0.45, 0.7), rng.uniform(-0.5, 0.5), 0.0)
        parts += placed(standing(rng), at, rng.uniform(0, 2 * math.pi))
    return parts


def any_gathering(rng: Random) -> list[Part]:
    """One of them at random."""
    kinds = (terrace, terrace, terrace, flower_tubs, at_a_car, at_a_car, open_car, company)
    return rng.choice(kinds)(rng)
