# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who and what moves through the demo street."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from random import Random

import numpy as np

from models.scenes import layout, people, stalls, vehicles
from models.scenes.people import Person, Pose
from models.scenes.shapes import Part, placed, tube
from models.scenes.sprites import Mover

PHASES = 8
RIGHT, LEFT = 0.0, math.pi
WHOLE_WALK = (1.0, 7.5)
FROM_RIGHT = (9.9,)
RIDE_Y = layout.STALL_AT[1] + 0.8

WALKERS: dict[str, tuple[Person, float, float]] = {
    "man_red": (Person("cloth_red", "cloth_denim", extras=("backpack",), height=1.75), RIGHT, layout.FRONT_WALK_Y),
    "woman_skirt": (
        Person("cloth_white", "cloth_navy", extras=("skirt", "long hair", "bare arms"), height=1.64, girth=0.9),
        LEFT,
        layout.BACK_WALK_Y,
    ),
    "man_white": (Person("cloth_white", "cloth_black", height=1.78, girth=1.08), RIGHT, layout.BACK_WALK_Y),
    "girl_yellow": (
        Person(
            "cloth_yellow", "cloth_denim", shoes="shoe_white", extras=("long hair", "shopping"), height=1.62, girth=0.9
        ),
        LEFT,
        layout.FRONT_WALK_Y,
    ),
    "umbrella_walker": (
        Person("cloth_teal", "cloth_grey", extras=("umbrella", "long hair"), height=1.65, girth=0.92),
        LEFT,
        layout.FRONT_WALK_Y,
    ),
    "old_man": (
        Person("cloth_khaki", "cloth_navy", hair="hair_grey", extras=("bare arms",), height=1.68, girth=1.12),
        RIGHT,
        layout.FRONT_WALK_Y,
    ),
}
VENDOR = Person("cloth_blue", "cloth_black", skin="skin_tan", extras=("straw hat", "apron"), height=1.68)
CARRIER = Person("cloth_grey", "cloth_brown", skin="skin_tan", extras=("cap",), height=1.72)
HELPER = Person("cloth_pink", "cloth_navy", extras=("bare arms",), height=1.66)
CLEANER = Person("vest", "vest", skin="skin_tan", extras=("cap", "stripes", "broom"), height=1.68, girth=1.05)
COURIER = Person("cloth_yellow", "cloth_black", extras=("helmet",), height=1.72)
COMMUTER = Person("cloth_purple", "cloth_denim", extras=("long hair",), height=1.64)


def with_load(person: Person, *extras: str) -> Person:
    """The same person carrying something more."""
    return Person(
        person.top,
        person.legs,
        person.hair,
        person.shoes,
        person.skin,
        person.height,
        person.girth,
        (*person.extras, *extras),
    )


def walker(person: Person, turn: float, y: float, places: tuple[float, ...] = WHOLE_WALK) -> Mover:
    """A person walking along x."""

    def shape(phase: float) -> list[Part]:
        return people.figure(person, people.walking(phase))

    return Mover(shape, turn, places, y, PHASES, stride_m=people.STRIDE_M * person.height / 1.72)


def stander(person: Person, pose: Pose, turn: float, x: float, y: float) -> Mover:
    """A person standing at a place."""
    return Mover(lambda _: people.figure(person, pose), turn, (x,), y)


def driver(
    build: Callable[[float], list[Part]],
    turn: float,
    y: float,
    places: tuple[float, ...],
    ground_z: float = 0.0,
    reach_m: float = 2.0,
) -> Mover:
    """A vehicle that drives along x."""
    return Mover(build, turn, places, y, 1, ground_z, reach_m=reach_m)


def every(start: float, end: float, step: float) -> tuple[float, ...]:
    """Places from `start` to `end`, `step` metres apart."""
    return tuple(float(x) for x in np.arange(start, end + step / 2, step))


def ridden_tricycle(_: float) -> list[Part]:
    """The vendor riding the loaded tricycle, the umbrella folded on top."""
    load = placed(stalls.goods(1.4, 0.88, 0.62, Random(11)), (-0.55, 0, 0))
    rider = placed(people.figure(VENDOR, people.RIDING, grounded=False), (0.38, 0, -0.06))
    folded = tube((-1.5, 0.3, 0.98), (0.3, 0.3, 1.0), 0.09, 0.05)
    return stalls.tricycle("blue") + load + rider + [Part(folded, "cloth_red", True)]


def _plain(build: Callable[..., list[Part]], *given: object) -> Callable[[float], list[Part]]:
    """A shape that does not change with the phase."""
    made = partial(build, *given)
    return lambda _: made()


def the_walkers() -> dict[str, Mover]:
    """People who pass."""
    cast = {name: walker(person, turn, y) for name, (person, turn, y) in WALKERS.items()}
    cast["old_man_waits"] = stander(WALKERS["old_man"][0], Pose(elbows=(0.3, 0.9)), -0.6, 6.9, 9.25)
    return cast


def the_workers() -> dict[str, Mover]:
    """The vendor, the people who bring rubbish, and the cleaner."""
    sx, sy = layout.STALL_AT
    px = layout.PILE_AT[0]
    return {
        "vendor_bends": stander(VENDOR, people.BENDING, RIGHT + 0.9, sx - 0.35, sy - 1.15),
        "vendor_reaches": stander(VENDOR, people.REACHING, RIGHT + 1.3, sx + 0.3, sy - 1.15),
        "vendor_sells": stander(VENDOR, Pose(shoulders=(0.5, 0.3), elbows=(0.8, 0.9)), -1.4, sx + 0.4, sy + 0.3),
        "vendor_waits": stander(VENDOR, Pose(elbows=(0.3, 0.4)), -1.9, sx + 0.4, sy + 0.3),
        "vendor_walks": walker(VENDOR, RIGHT, sy - 0.9, (sx + 0.8,)),
        "carrier_in": walker(with_load(CARRIER, "bag"), LEFT, 9.3, FROM_RIGHT),
        "carrier_out": walker(CARRIER, RIGHT, 9.3, FROM_RIGHT),
        "carrier_bends": stander(CARRIER, people.BENDING, LEFT - 0.7, px + 0.35, 9.2),
        "helper_in": walker(with_load(HELPER, "carton"), LEFT, 9.3, FROM_RIGHT),
        "helper_out": walker(HELPER, RIGHT, 9.3, FROM_RIGHT),
        "helper_bends": stander(HELPER, people.BENDING, LEFT - 0.7, px + 0.35, 9.2),
        "cleaner_in": walker(CLEANER, LEFT, 9.3, FROM_RIGHT),
        "cleaner_bends": stander(CLEANER, people.BENDING, LEFT - 0.7, px + 0.3, 9.2),
        "cleaner_out": walker(with_load(CLEANER, "bag"), RIGHT, 9.3, FROM_RIGHT),
    }


def the_vehicles() -> dict[str, Mover]:
    """Cars, the collection van, scooters and the vendor's tricycle."""
    lane = every(-4.4, 12.4, 1.2)
    return {
        "sedan": driver(_plain(vehicles.car, vehicles.SEDAN, "car_white"), LEFT, layout.LANE_Y, lane),
        "van_white": driver(_plain(vehicles.car, vehicles.VAN, "car_white"), LEFT, layout.LANE_Y, lane),
        "van": driver(_plain(vehicles.car, vehicles.VAN, "car_green"), LEFT, layout.LANE_Y, lane),
        "courier": driver(
            _plain(vehicles.scooter, "trim", COURIER, "yellow"), LEFT, 7.7, every(-2.8, 11.6, 1.8), reach_m=1.0
        ),
        "commuter": driver(
            _plain(vehicles.scooter, "car_red", COMMUTER), LEFT, 7.7, every(-2.8, 11.6, 1.8), reach_m=1.0
        ),
        "tricycle_in": driver(
            ridden_tricycle, LEFT, RIDE_Y, every(layout.STALL_AT[0] - 0.35, 15.6, 1.2), layout.PAVEMENT_Z, 0.6
        ),
        "tricycle_out": driver(
            ridden_tricycle, RIGHT, RIDE_Y, every(layout.STALL_AT[0] - 0.35, 15.6, 1.2), layout.PAVEMENT_Z, 0.6
        ),
    }


def cast() -> dict[str, Mover]:
    """Everyone, by name."""
    return {**the_workers(), **the_vehicles(), **the_walkers()}
