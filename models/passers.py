# SPDX-License-Identifier: AGPL-3.0-or-later
"""Renders what must not alarm: people, cars, scooters, closed bins and planters, as cut-outs for `models.paste`.

    python -m models.passers OUT --count 60 [--things rides | gatherings | coaches]

A first model, shown rendered stalls only, took rendered vans and umbrellas for stalls as well.
Runs where Blender is (`bpy`). The class of bins and planters, and of people under umbrellas (whose
outline holds two classes), is "nothing": no stall, no debris, and otherwise nothing to learn.
"""

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from random import Random

from models import needed

if __name__ == "__main__":  # before the imports that would fail
    needed.need(needed.BLENDER, needed.BLENDER_CURE)

from models.scenes import coaches, gatherings, people, rides, scenery, vehicles
from models.scenes.camera import Camera
from models.scenes.cutouts import looking_at, points_of, reach, render_cutout
from models.scenes.people import somebody
from models.scenes.plants import planter
from models.scenes.shapes import Part, placed
from models.scenes.vehicles import PAINTS

SAMPLES = 16
LOADS = ("umbrella", "umbrella", "umbrella", "shopping", "bag", "carton", "backpack", "broom", "")
HATS = ("cap", "straw hat", "long hair", "")
CARS = (vehicles.SEDAN, vehicles.SUV, vehicles.VAN, vehicles.VAN)
WALKING_SHARE = 0.4  # of the coaches are seen as people see them, from close by
KINDS = ("person", "person", "vehicle", "vehicle", "two_wheeler", "nothing")


def thing(rng: Random) -> tuple[str, list[Part]]:
    """One passer, or a piece of street furniture, with its class."""
    kind = rng.choice(KINDS)
    if kind == "person":
        who = somebody(rng, LOADS, HATS)
        pose = people.BENDING if rng.random() < 0.15 else people.walking(rng.random())
        return "nothing" if "umbrella" in who.extras else kind, people.figure(who, pose)
    if kind == "vehicle":
        return kind, vehicles.car(rng.choice(CARS), rng.choice(PAINTS))
    if kind == "two_wheeler":
        paint, rider = rng.choice(PAINTS), somebody(rng, LOADS, HATS)
        return kind, vehicles.scooter(paint, rider, rng.choice([None, "yellow", "blue"]))
    return kind, scenery.litter_bin(0, 0) if rng.random() < 0.6 else planter((0, 0, scenery.Z), rng)


def nothing(made: Callable[[Random], list[Part]]) -> Callable[[Random], tuple[str, list[Part]]]:
    """Things that are of no class of ours."""
    return lambda rng: ("nothing", made(rng))


THINGS = {
    "passers": thing,
    "rides": nothing(rides.any_ride),
    "gatherings": nothing(gatherings.any_gathering),
    "coaches": coaches.any_coach,
}


def outside(parts: list[Part], rng: Random) -> Camera:
    """A camera at a person's or a pole's height that stands clear of something large."""
    points = points_of(parts)
    height = rng.uniform(1.3, 2.2) if rng.random() < WALKING_SHARE else rng.uniform(3.0, 5.5)
    return looking_at(points, height, reach(points) * 0.6 + rng.uniform(2.0, 9.0), rng)


def make(out: Path, seed: int, things: str) -> None:
    """Render one passer with its shadow and write its class and box; no ride, no gathering sells anything."""
    rng = Random(f"passer {seed}" if things == "passers" else f"{things} {seed}")  # noqa: S311 - repeatable, not secret
    kind, shape = THINGS[things](rng)
    parts = placed(shape, turn=rng.uniform(0, 2 * math.pi))
    camera = outside(parts, rng) if things == "coaches" else None
    _, box = render_cutout(out, parts, rng, samples=SAMPLES, camera=camera)
    facts = {"class": kind, "box": [box.x0, box.y0, box.x1, box.y1], "seed": seed}
    out.with_suffix(".json").write_text(json.dumps(facts) + "\n")


def main() -> None:
    """Render as many passers as asked for; finished pictures are kept."""
    parser = argparse.ArgumentParser(description="Render people, cars and street furniture as cut-outs.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--things", choices=THINGS, default="passers")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for number in range(args.count):
        out = args.out / f"p{number:04d}.png"
        if not out.with_suffix(".json").exists():
            make(out, number, args.things)


if __name__ == "__main__":
    main()
