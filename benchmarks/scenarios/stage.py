# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens in a scenario video, as plain data: what stands where from when to when, who passes, which weather.

Ground places are metres on the street of the pack: x along it to the right, y away from the camera; the kerb is at
8.6, the shops at 13.4. Times are seconds of the scenario.
"""

import zlib
from dataclasses import dataclass

import numpy as np

from detector.windows import Window

Point = tuple[float, float, float]  # second, x, y
LANE_Y = 6.75
KERBSIDE_Y = 7.55
LEFT, RIGHT = -4.5, 16.0
RIGHTWARD = ("man_red", "man_white", "old_man")
LEFTWARD = ("woman_skirt", "girl_yellow")


@dataclass(frozen=True, slots=True)
class Prop:
    """Something that stands. steps: (second, cut-out) at which it changes, "" is away.

    class_name: what it is to the city; empty if nothing (parked scooters, the vendor).
    licensed: stands on the licensed pitch, so that it is no violation.
    """

    steps: tuple[tuple[float, str], ...]
    x: float
    y: float
    class_name: str = ""
    licensed: bool = False
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Way:
    """Someone or something that moves along `points`."""

    sprite: str
    points: tuple[Point, ...]
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Weather:
    """What the air, the light and the camera do.

    light: (second, gain) between which the light changes linearly. lamps: street lamps fill what the light leaves.
    steps: (second, gain) by which auto-exposure jumps. sweep: share of light that moving soft shadows take.
    bump: second, dx and dy in pixels by which the camera is knocked. wiped: seconds in which a hand is on the lens.
    soft: blur in pixels until the lens is wiped. noise: of the sensor, grey levels. jpeg: quality.
    """

    rain: float = 0.0
    snow: float = 0.0
    light: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    lamps: bool = False
    steps: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    sweep: float = 0.0
    bump: tuple[float, float, float] | None = None
    wiped: tuple[float, float] | None = None
    soft: float = 0.0
    noise: float = 2.0
    jpeg: int = 88


@dataclass(frozen=True, slots=True)
class Script:
    """One scenario. windows: permitted hours of the watched ground. licence: the licensed pitch, normalised xyxy.

    start_minute: of the day, UTC. walkers, cars: per minute, drawn from the name; kinds: whose cut-outs walk.
    """

    name: str
    minutes: float
    props: tuple[Prop, ...] = ()
    ways: tuple[Way, ...] = ()
    weather: Weather = Weather()
    windows: tuple[Window, ...] = ()
    licence: tuple[float, float, float, float] = (0.15, 0.5, 0.43, 0.72)
    start_minute: int = 600
    interval_s: float = 10.0
    walkers: float = 3.0
    cars: float = 1.0
    kinds: tuple[str, ...] = RIGHTWARD + LEFTWARD
    small: float = 1.0
    mirrored: bool = False


def seed_of(name: str) -> int:
    """A number for a scenario's dice that stays the same everywhere."""
    return zlib.crc32(name.encode())


def stroll(sprite: str, start_s: float, y: float, speed: float = 1.3, scale: float = 1.0) -> Way:
    """A walk across the whole picture, in the direction that the cut-out faces; `speed` in metres a second."""
    first, last = (LEFT, RIGHT) if sprite in RIGHTWARD else (RIGHT, LEFT)
    return Way(sprite, ((start_s, first, y), (start_s + (RIGHT - LEFT) / speed, last, y)), scale)


def drive(sprite: str, start_s: float, speed: float = 7.0) -> Way:
    """A drive through the lane, from right to left."""
    return Way(sprite, ((start_s, 13.5, LANE_Y), (start_s + 19.5 / speed, -6.0, LANE_Y)))


def park(sprite: str, start_s: float, end_s: float, x: float) -> Way:
    """A vehicle that stops at `x` by the kerb from `start_s` to `end_s`."""
    halt, away = (start_s, x, KERBSIDE_Y), (end_s, x, KERBSIDE_Y)
    return Way(sprite, ((start_s - 4, 13.5, LANE_Y), halt, away, (end_s + 4, -6.0, LANE_Y)))


def traffic(script: Script) -> tuple[Way, ...]:
    """Everyone who passes: those of the script, and those drawn from its name."""
    dice, length_s = np.random.default_rng(seed_of(script.name)), script.minutes * 60
    starts = dice.uniform(-15, length_s, round(script.walkers * script.minutes)).tolist()
    people = [
        stroll(
            str(dice.choice(script.kinds)),
            at,
            float(dice.choice((9.05, 9.15, 11.9, 12.1))),
            float(dice.uniform(1.0, 1.5)),
            script.small,
        )
        for at in starts
    ]
    driven = dice.uniform(0, length_s, round(script.cars * script.minutes)).tolist()
    cars = [drive(str(dice.choice(("sedan", "van_white"))), at, float(dice.uniform(5, 9))) for at in driven]
    return (*script.ways, *people, *cars)


def at_step(steps: tuple[tuple[float, str], ...], at_s: float) -> str:
    """The cut-out at a second."""
    return next((name for since, name in reversed(steps) if since <= at_s), "")


def spot(way: Way, at_s: float) -> Point | None:
    """Metres travelled, x and y at a second; None when it is not there."""
    times = [p[0] for p in way.points]
    if not times[0] <= at_s < times[-1]:
        return None
    xs, ys = np.array([p[1] for p in way.points]), np.array([p[2] for p in way.points])
    legs = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))])
    return tuple(float(np.interp(at_s, times, row)) for row in (legs, xs, ys))  # type: ignore[return-value]
