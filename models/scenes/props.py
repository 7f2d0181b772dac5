# SPDX-License-Identifier: AGPL-3.0-or-later
"""Things that stand in the scenario videos beside those of the demo street; none is drawn from the training seeds."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from models.scenes import covers, piles, scenery, stalls
from models.scenes.shapes import Part, placed, tube
from models.scenes.sprites import Mover

SPOT = (4.45, 10.45)


def food_cart() -> list[Part]:
    """A snack cart."""
    return stalls.food_cart(Random(70_011))


def fruit_table(*, ready: bool) -> list[Part]:
    """A fruit table: bare, or with goods and tent."""
    rng = Random(70_021)
    parts = stalls.table(1.9, 0.9, 0.72, "teal")
    if not ready:
        return parts
    wares = stalls.goods(1.85, 0.86, 0.72, rng) + stalls.floor_crates(2.0, -0.95, 3, rng)
    return parts + wares + covers.tent(2.3, 1.6, 2.0, ("blue", "yellow"))


def cartons() -> list[Part]:
    """Thrown-out cartons with planks."""
    rng = Random(70_031)
    parts = [part for _ in range(7) for part in piles.one_carton(*piles.scattered(2.0, 1.2, rng), rng)]
    return [*parts, *piles.planks((0, 0, 0.15), 4, rng)]


def sacks() -> list[Part]:
    """Full woven sacks in two layers."""
    rng = Random(70_041)
    parts: list[Part] = []
    for i in range(9):
        at = (*piles.scattered(1.7, 1.0, rng), 0.24 if i > 5 else 0.0)
        parts += piles.sack(at, 0.55, rng.uniform(0, 3), "sack_white")
    return parts


def parcels() -> list[Part]:
    """A delivery: tidy stacks of closed cartons."""
    rows = [(x, y, z) for x in (-0.55, 0.0, 0.55) for y in (0.0, 0.42) for z in (0.0, 0.36)]
    return [part for at in rows for part in piles.carton(at, (0.5, 0.4, 0.35), 0.0)]


def cafe() -> list[Part]:
    """A cafe terrace: two tables with stools under one umbrella."""
    parts = covers.umbrella((0, 0.1, 0), 1.35, 2.4, ("white", "green"), 8)
    for x in (-0.75, 0.75):
        top = tube((x, -0.1, 0.7), (x, -0.1, 0.73), 0.36, sides=24)
        leg = tube((x, -0.1, 0), (x, -0.1, 0.7), 0.03)
        parts += [Part(top, "wood"), Part(leg, "dark_steel")]
        parts += [p for dx in (-0.55, 0.5) for p in placed(stalls.stool(), (x + dx, -0.25, 0))]
    return parts


def clothes_rack() -> list[Part]:
    """A rail of garments."""
    return stalls.clothes_rack(Random(70_051))


def scooter() -> list[Part]:
    """A parked scooter."""
    return placed(scenery.parked_scooter(0, 0), (0, 0, -scenery.Z), 0.5)


def standing() -> dict[str, Mover]:
    """Every prop, in the order of its use."""
    made = {
        "fruit_table_3": (fruit_table(ready=True), 0.0),
        "food_cart": (food_cart(), 0.25),
        "cartons": (cartons(), 0.0),
        "cafe": (cafe(), 0.0),
        "scooter": (scooter(), 0.0),
        "parcels": (parcels(), 0.15),
        "sacks": (sacks(), 0.0),
        "clothes_rack": (clothes_rack(), math.pi / 12),
        "fruit_table_1": (fruit_table(ready=False), 0.0),
    }
    return {name: _stander(parts, turn) for name, (parts, turn) in made.items()}


def _stander(parts: list[Part], turn: float) -> Mover:
    return Mover(lambda _: parts, turn, (SPOT[0],), SPOT[1])


def render(cache: Path) -> None:
    """Render what `cache` lacks; needs Blender."""
    from models.scenes.sprites import render_cast  # noqa: PLC0415 - the pack itself is made without Blender

    render_cast(standing(), cache)
