# SPDX-License-Identifier: AGPL-3.0-or-later
"""A simulated camera's run as the engine gets it, look by look, and the truth beside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from benchmarks.scenarios.clockwork import Clockwork, Flags, Floats, clockwork
from benchmarks.scenarios.eyes import CLASSES, confidence, reported
from benchmarks.scenarios.scenes import Dice, Scene, Thing, at_place, scene
from benchmarks.scenarios.setting import Setting
from benchmarks.scenarios.traffic import Traffic, hidden, traffic
from detector.boxes import Box
from detector.look import Change, Look, Sighting
from detector.reasons import because

HIDDEN = 0.4  # of a thing that is covered: from there on a look at it counts as none
ABSORBED_S = 10_800.0  # what stands longer is background by then, and its absence is a change
GHOST_S = 900.0


@dataclass(frozen=True, slots=True)
class Stand:
    """A thing that stood somewhere, and at which looks its place was visible (whether it was there or not)."""

    thing: Thing
    visible: Flags


@dataclass(frozen=True, slots=True)
class Film:
    """One camera's run."""

    scene: Scene
    clock: Clockwork
    looks: tuple[Look, ...]
    stands: tuple[Stand, ...]


def film(setting: Setting, seed: int, number: int) -> Film:
    """Camera `number` of the city that `seed` draws; what happens in it does not depend on the detector."""
    world = scene(setting, seed, number)
    clock = clockwork(setting, world, np.random.default_rng((seed, number, 1)))
    cover = traffic(setting, world, clock.at_s, np.random.default_rng((seed, number, 2)))
    things = [thing for thing in world.things if thing.kind == "stand" and thing.zone]
    shown = [(hidden(thing.box, cover, len(clock.at_s)) < HIDDEN) & ~clock.dark for thing in things]
    stands = tuple(Stand(thing, visible) for thing, visible in zip(things, shown, strict=True))
    return Film(world, clock, _looks(setting, world, clock, cover, (seed, number)), stands)


def _looks(
    setting: Setting, world: Scene, clock: Clockwork, cover: Traffic, seeds: tuple[int, int]
) -> tuple[Look, ...]:
    stamps = clock.stamps()
    seen = _sightings(setting, world, clock, cover, np.random.default_rng((*seeds, 3)))
    covers = _covers(cover, clock)
    changes = _changes(setting, world, clock, cover, np.random.default_rng((*seeds, 4)))
    dark = because("black")
    return tuple(
        Look(world.camera_id, at, tuple(s), tuple(c), tuple(w), dark if told else None)
        for at, s, c, w, told in zip(stamps, seen, covers, changes, clock.told.tolist(), strict=True)
    )


def _sightings(setting: Setting, world: Scene, clock: Clockwork, cover: Traffic, dice: Dice) -> list[list[Sighting]]:
    rows = reported(setting, world, clock, cover, dice)
    out: list[list[Sighting]] = [[] for _ in clock.at_s]
    printed = confidence(setting, rows.score).tolist()
    for look, box, conf, kind, score in zip(
        rows.look.tolist(), rows.box.tolist(), printed, rows.kind.tolist(), rows.score.tolist(), strict=True
    ):
        out[look].append(Sighting(CLASSES[kind], conf, (box[0], box[1], box[2], box[3]), weak=score <= 0))
    return out


def _covers(cover: Traffic, clock: Clockwork) -> list[list[Box]]:
    out: list[list[Box]] = [[] for _ in clock.at_s]
    told = cover.reported & ~clock.dark[cover.look]
    for look, box in zip(cover.look[told].tolist(), cover.boxes[told].tolist(), strict=True):
        out[look].append((box[0], box[1], box[2], box[3]))
    return out


def _changes(setting: Setting, world: Scene, clock: Clockwork, cover: Traffic, dice: Dice) -> list[list[Change]]:
    """What the background model reports: arrivals that it noticed, ghosts of what left late, and strays."""
    out: list[list[Change]] = [[] for _ in clock.at_s]
    stamps = clock.stamps()
    for box, begin_s, first, end in _patches(setting, world, dice):
        told = (clock.at_s >= first) & (clock.at_s < end) & ~clock.dark
        told &= (hidden(box, cover, len(clock.at_s)) < HIDDEN) & (dice.random(len(told)) < setting.change_seen)
        since_s = begin_s + float(dice.uniform(0, 20))
        share = float(dice.uniform(0.4, 0.9))
        place = _loosely(box, dice)
        for look in np.flatnonzero(told).tolist():
            out[look].append(Change(place, _since(stamps[look], clock.at_s, look, since_s), share))
    return out


def _since(stamp: datetime, at_s: Floats, look: int, since_s: float) -> datetime:
    """When a change began, by the clock of the look that reports it."""
    return min(stamp, stamp - timedelta(seconds=float(at_s[look]) - since_s))


def _patches(setting: Setting, world: Scene, dice: Dice) -> list[tuple[Box, float, float, float]]:
    """Place, true begin, first and last moment at which it is reported (seconds of the run)."""
    out = []
    for thing in world.things:
        if thing.change_s is not None:
            out.append((thing.box, thing.start_s, thing.change_s, min(thing.end_s, thing.start_s + ABSORBED_S)))
            if thing.end_s > thing.start_s + ABSORBED_S:
                out.append((thing.box, thing.end_s, thing.end_s + 20, thing.end_s + GHOST_S))
    for _ in range(int(dice.poisson(setting.stray_changes_rate * world.hours))):
        begin = float(dice.uniform(0, world.hours * 3600))
        x, y = float(dice.uniform(0.08, 0.9)), float(dice.uniform(0.5, 0.97))
        box = at_place(x, y, wide=float(dice.uniform(0.5, 2.0)), size=float(dice.uniform(0.4, 1.5)))
        out.append((box, begin, begin + 20, begin + 20 + float(dice.exponential(300))))
    return out


def _loosely(box: Box, dice: Dice) -> Box:
    """Changed pixels are no neat box."""
    dx, dy = (box[2] - box[0]) * 0.1, (box[3] - box[1]) * 0.1
    shift = dice.normal(0, 1, 4) * (dx, dy, dx, dy)
    x0, y0, x1, y1 = (float(v) for v in np.clip(np.array(box) + shift, 0, 1))
    return x0, y0, x1, y1
