# SPDX-License-Identifier: AGPL-3.0-or-later
"""Renders what must not alarm: people, cars, scooters, closed bins and planters, as cut-outs for `models.paste`.

    python -m models.passers OUT --count 60 [--things rides]

A first model, shown rendered stalls only, took rendered vans and umbrellas for stalls as well.
Runs where Blender is (`bpy`). The class of bins and planters, and of people under umbrellas (whose
outline holds two classes), is "nothing": no stall, no debris, and otherwise nothing to learn.
"""

import argparse
import json
import math
from pathlib import Path
from random import Random

from models import needed

if __name__ == "__main__":  # before the imports that would fail
    needed.need(needed.BLENDER, needed.BLENDER_CURE)

from models.scenes import people, rides, scenery, vehicles
from models.scenes.cutouts import render_cutout
from models.scenes.palette import CLOTHS
from models.scenes.people import Person
from models.scenes.shapes import Part, placed

SAMPLES = 16
LOADS = ("umbrella", "umbrella", "umbrella", "shopping", "bag", "carton", "backpack", "broom", "")
HATS = ("cap", "straw hat", "long hair", "")
PAINTS = ("car_white", "car_red", "car_blue", "car_silver", "car_black", "car_green")
CARS = (vehicles.SEDAN, vehicles.SUV, vehicles.VAN, vehicles.VAN)
KINDS = ("person", "person", "vehicle", "vehicle", "two_wheeler", "nothing")


def somebody(rng: Random) -> Person:
    """A person dressed and loaded at random."""
    extras = tuple(e for e in (rng.choice(LOADS), rng.choice(HATS)) if e)
    top, legs = (f"cloth_{rng.choice(list(CLOTHS))}" for _ in range(2))
    return Person(top, legs, extras=extras, height=rng.uniform(1.5, 1.85), girth=rng.uniform(0.9, 1.15))


def thing(rng: Random) -> tuple[str, list[Part]]:
    """One passer, or a piece of street furniture, with its class."""
    kind = rng.choice(KINDS)
    if kind == "person":
        who = somebody(rng)
        pose = people.BENDING if rng.random() < 0.15 else people.walking(rng.random())
        return "nothing" if "umbrella" in who.extras else kind, people.figure(who, pose)
    if kind == "vehicle":
        return kind, vehicles.car(rng.choice(CARS), rng.choice(PAINTS))
    if kind == "two_wheeler":
        return kind, vehicles.scooter(rng.choice(PAINTS), somebody(rng), rng.choice([None, "yellow", "blue"]))
    return kind, scenery.litter_bin(0, 0) if rng.random() < 0.6 else scenery.planter(0, 0, rng)


def make(out: Path, seed: int, things: str = "passers") -> None:
    """Render one passer with its shadow and write its class and box; `rides` are roofed or painted and sell nothing."""
    rng = Random(f"passer {seed}" if things == "passers" else f"{things} {seed}")  # noqa: S311 - repeatable, not secret
    kind, shape = thing(rng) if things == "passers" else ("nothing", rides.any_ride(rng))
    parts = placed(shape, turn=rng.uniform(0, 2 * math.pi))
    _, box = render_cutout(out, parts, rng, samples=SAMPLES)
    facts = {"class": kind, "box": [box.x0, box.y0, box.x1, box.y1], "seed": seed}
    out.with_suffix(".json").write_text(json.dumps(facts) + "\n")


def main() -> None:
    """Render as many passers as asked for; finished pictures are kept."""
    parser = argparse.ArgumentParser(description="Render people, cars and street furniture as cut-outs.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--things", choices=("passers", "rides"), default="passers")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for number in range(args.count):
        out = args.out / f"p{number:04d}.png"
        if not out.with_suffix(".json").exists():
            make(out, number, args.things)


if __name__ == "__main__":
    main()
