# SPDX-License-Identifier: AGPL-3.0-or-later
"""One simulated camera: its zones, and what stands in them from when to when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.scenarios.setting import Setting
from detector.boxes import Box, containment
from detector.windows import Window
from detector.zones import Zone

Spans = tuple[tuple[float, float], ...]
Dice = np.random.Generator

START_HOUR = 10
PERMIT_H = (17, 20)  # permitted hours of a zone that has some
DWELLS_S = (60.0, 120.0, 300.0)  # by road grade
CLEARANCE_S = 300.0  # between two tenants of one spot, so that the truth says which of them a case is about


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that stands, or passes, in the picture: box normalised xyxy, times in seconds of the run.

    kind: stand (a stall or pile), statue (always there, no violation), mover (passes through).
    zone: the watched zone it stands in, empty if none. away: spans in which it is gone for a moment.
    drift: how far it moves per second. growth_s: over which it reaches its full size.
    ease: how easily the detector sees it, in deviations. change_s: when the background model notices it, if at all.
    """

    kind: str
    class_name: str
    zone: str
    box: Box
    start_s: float
    end_s: float
    away: Spans = ()
    drift: tuple[float, float] = (0.0, 0.0)
    growth_s: float = 0.0
    ease: float = 0.0
    change_s: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One camera's run; `permits` are the spans in which a zone's stalls are allowed, per zone name."""

    camera_id: str
    interval_s: float
    hours: float
    zones: tuple[Zone, ...]
    permits: dict[str, Spans]
    pitches: tuple[tuple[str, Box], ...]
    things: tuple[Thing, ...]


def scene(setting: Setting, seed: int, number: int) -> Scene:
    """Camera `number` of the city that `seed` draws; the same whatever the detector is like."""
    dice = np.random.default_rng((seed, number, 0))
    zones, permits = _zones(setting, dice)
    watched = [zone for zone in zones if zone.kind == "watch"]
    pitches = tuple((zone.name, box) for zone in watched for box in _pitches(zone, dice))
    things = [
        *(thing for zone in watched for thing in _tenants(setting, zone, pitches, dice)),
        *(thing for zone in watched for thing in _debris(setting, zone, dice)),
        *(thing for zone in watched for thing in _hoppers(setting, zone, dice)),
        *_licensed(setting, zones, dice),
        *_movers(setting, dice),
        *_statues(setting, watched, dice),
    ]
    interval_s = float(dice.choice(setting.intervals_s))
    noticed = [_noticed(setting, thing, dice) for thing in _apart(things)]
    return Scene(f"cam-{number:04d}", interval_s, setting.hours, zones, permits, pitches, tuple(noticed))


def _zones(setting: Setting, dice: Dice) -> tuple[tuple[Zone, ...], dict[str, Spans]]:
    """Two pavements with a rule each, one of them with a licensed pitch; and when their stalls are allowed."""
    zones: list[Zone] = []
    permits: dict[str, Spans] = {}
    for name, left in (("west", 0.02), ("east", 0.52)):
        permitted = dice.random() < setting.permitted_zones
        dwell_s = float(dice.choice(DWELLS_S))
        zones.append(_watched(name, _across(left, left + 0.46, 0.45, 0.98), dwell_s, permitted=permitted))
        begin, end = ((hour - START_HOUR) * 3600.0 for hour in PERMIT_H)
        permits[name] = ((begin, end),) if permitted else ()
    licensed = Zone("licensed", _across(0.84, 0.98, 0.46, 0.6), kind="permitted", classes=("stall",))
    return (*zones, licensed), permits


def _watched(name: str, polygon: tuple[tuple[float, float], ...], dwell_s: float, *, permitted: bool) -> Zone:
    windows = (Window(PERMIT_H[0] * 60, PERMIT_H[1] * 60, classes=("stall",)),) if permitted else ()
    return Zone(name, polygon, dwell_s=dwell_s, windows=windows)


def _across(left: float, right: float, top: float, bottom: float) -> tuple[tuple[float, float], ...]:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def at_place(x: float, y: float, *, wide: float = 1.1, size: float = 1.0) -> Box:
    """The box of a thing whose ground contact is (x, y): nearer to the camera is lower and larger."""
    height = (0.1 + 0.22 * (y - 0.5)) * size
    half = height * wide * 0.5 * 9 / 16 * 1.6  # shares of a wide picture: a stall is broader than high
    return x - half, y - height, x + half, y


def _pitches(zone: Zone, dice: Dice) -> Iterator[Box]:
    """Three places where vendors like to stand: two neighbours, nearly touching, and one apart."""
    left = zone.polygon[0][0]
    y = float(dice.uniform(0.62, 0.9))
    first = at_place(left + float(dice.uniform(0.07, 0.1)), y)
    width = first[2] - first[0]
    yield first
    step = width * float(dice.uniform(1.05, 1.4))
    yield first[0] + step, first[1], first[2] + step, first[3]
    yield at_place(
        left + float(dice.uniform(0.36, 0.39)) - 0.12 * (zone.name == "east"), float(dice.uniform(0.8, 0.95))
    )


def _tenants(setting: Setting, zone: Zone, pitches: tuple[tuple[str, Box], ...], dice: Dice) -> Iterator[Thing]:
    """Vendors who come and go at the zone's pitches for the whole run; some come back to where they stood."""
    for box in (box for name, box in pitches if name == zone.name):
        now_s = float(dice.exponential(setting.idle_h * 1800))
        while now_s < setting.hours * 3600:
            stall = _stall(setting, zone, box, now_s, dice)
            yield stall
            soon = dice.random() < 0.3  # chased away, and back
            pause_s = 900.0 if soon else setting.idle_h * 3600
            now_s = stall.end_s + 4 * zone.clear_s + float(dice.exponential(pause_s))


def _stall(setting: Setting, zone: Zone, box: Box, start_s: float, dice: Dice) -> Thing:
    short = dice.random() < setting.short_stands
    stay_s = float(dice.exponential(0.5 * zone.dwell_s if short else setting.stand_s)) + 10
    slow = dice.random() < setting.slow_set_up
    away = _steps(start_s, stay_s, zone, dice) if dice.random() < setting.steps_away else ()
    growth_s = float(dice.uniform(30, 180)) if slow else 0.0
    return Thing("stand", "stall", zone.name, _shifted(box, dice), start_s, start_s + stay_s, away, growth_s=growth_s)


def _steps(start_s: float, stay_s: float, zone: Zone, dice: Dice) -> Spans:
    """One moment away, after the dwell and much shorter than the clear time; none for short stands."""
    if stay_s < 3 * zone.dwell_s:
        return ()
    begin_s = start_s + float(dice.uniform(2 * zone.dwell_s, stay_s - 0.5 * zone.dwell_s))
    return ((begin_s, begin_s + float(dice.uniform(5, 0.4 * zone.clear_s))),)


def _shifted(box: Box, dice: Dice) -> Box:
    """Nobody stands on the centimetre where somebody stood before."""
    dx, dy = dice.normal(0, 0.06, 2) * (box[2] - box[0], box[3] - box[1])
    x0, y0, x1, y1 = box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy
    return max(x0, 0.0), y0, min(x1, 1.0), min(y1, 0.979)


def _anywhere(zone: Zone, dice: Dice) -> tuple[float, float]:
    left = zone.polygon[0][0]
    return left + float(dice.uniform(0.08, 0.38 - 0.08 * (zone.name == "east"))), float(dice.uniform(0.55, 0.97))


def _debris(setting: Setting, zone: Zone, dice: Dice) -> Iterator[Thing]:
    """Piles and bags; a third is put down for a moment only."""
    for start_s in _times(setting.debris_rate / 2, setting, dice):
        short = dice.random() < setting.short_stands
        stay_s = float(dice.exponential(0.5 * zone.dwell_s if short else setting.debris_s)) + 10
        x, y = _anywhere(zone, dice)
        box = at_place(x, y, wide=float(dice.uniform(0.8, 2.0)), size=float(dice.uniform(0.4, 0.8)))
        yield Thing("stand", "debris", zone.name, box, start_s, start_s + stay_s)


def _hoppers(setting: Setting, zone: Zone, dice: Dice) -> Iterator[Thing]:
    """A vendor who knows the rule: nowhere longer than nine tenths of the dwell."""
    for began_s in _times(setting.hoppers_rate / 2, setting, dice):
        start_s = began_s
        for _ in range(int(dice.integers(3, 7))):
            stay_s = zone.dwell_s * float(dice.uniform(0.4, 0.75))
            yield Thing("stand", "stall", zone.name, at_place(*_anywhere(zone, dice)), start_s, start_s + stay_s)
            start_s += stay_s + float(dice.uniform(10, 40))


def _licensed(setting: Setting, zones: tuple[Zone, ...], dice: Dice) -> Iterator[Thing]:
    (pitch,) = (zone for zone in zones if zone.kind == "permitted")
    x0, y0 = pitch.polygon[0]
    for start_s in _times(setting.licensed_rate, setting, dice):
        box = at_place(x0 + 0.07, y0 + float(dice.uniform(0.06, 0.12)))
        yield Thing("stand", "stall", "", box, start_s, start_s + float(dice.exponential(setting.stand_s)))


def _movers(setting: Setting, dice: Dice) -> Iterator[Thing]:
    """Something on wheels that crosses the picture; every third one waits on its way for some seconds."""
    for start_s in _times(setting.movers_rate, setting, dice):
        y, speed = float(dice.uniform(0.55, 0.95)), float(dice.uniform(0.02, 0.1))
        box = at_place(0.05, y, wide=1.3, size=0.8)
        wait_s = float(dice.uniform(5, 25)) if dice.random() < 0.33 else 0.0
        halfway_s = start_s + float(dice.uniform(0.2, 0.8)) * 0.9 / speed
        stays = _moved(box, (halfway_s - start_s) * speed)
        yield Thing("mover", "stall", "", box, start_s, halfway_s, drift=(speed, 0.0))
        if wait_s:
            yield Thing("mover", "stall", "", stays, halfway_s, halfway_s + wait_s)
        rest_s = (0.95 - (stays[0] + stays[2]) / 2) / speed
        yield Thing("mover", "stall", "", stays, halfway_s + wait_s, halfway_s + wait_s + rest_s, drift=(speed, 0.0))


def _moved(box: Box, by: float) -> Box:
    return box[0] + by, box[1], box[2] + by, box[3]


def _statues(setting: Setting, zones: list[Zone], dice: Dice) -> Iterator[Thing]:
    """Planters, statues, bins, awnings: they stand there all day, and at times the detector takes them for more."""
    for _ in range(int(dice.poisson(setting.statues))):
        x, y = _anywhere(zones[int(dice.integers(len(zones)))], dice)
        name = "stall" if dice.random() < 0.5 else "debris"
        box = at_place(x, y, wide=float(dice.uniform(0.6, 1.4)), size=float(dice.uniform(0.5, 1.1)))
        yield Thing("statue", name, "", box, 0.0, setting.hours * 3600)


def _times(rate: float, setting: Setting, dice: Dice) -> list[float]:
    count = int(dice.poisson(rate * setting.hours))
    return sorted(float(t) for t in dice.uniform(0, setting.hours * 3600, count))


def _apart(things: list[Thing]) -> list[Thing]:
    """Two things cannot stand on one spot: who would come to a taken place does not come."""
    kept: list[Thing] = []
    for thing in sorted(things, key=lambda t: (t.kind == "stand", t.start_s)):
        if thing.kind != "stand" or not any(_in_the_way(thing, other) for other in kept):
            kept.append(thing)
    return kept


def _in_the_way(thing: Thing, other: Thing) -> bool:
    apart = thing.start_s > other.end_s + CLEARANCE_S or other.start_s > thing.end_s + CLEARANCE_S
    return other.kind != "mover" and not apart and containment(thing.box, other.box) > 0.15


def _noticed(setting: Setting, thing: Thing, dice: Dice) -> Thing:
    """The thing with its own ease, and when the background model becomes aware of it."""
    ease = float(dice.normal(0, setting.own_share**0.5))
    arrives = thing.kind == "stand" and dice.random() < setting.change_recall
    return replace(thing, ease=ease, change_s=thing.start_s + float(dice.uniform(10, 40)) if arrives else None)
