# SPDX-License-Identifier: AGPL-3.0-or-later
"""A street for the kill test: which looks follow each other, and which cases must be there in the end.

Nothing in it is hard to see. Whatever is missing or double afterwards was lost or doubled by a kill.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from detector.boxes import Box
from detector.look import Look, Sighting
from detector.zones import Zone

CAMERAS = tuple(f"cam-kill-{number}" for number in range(4))
PLACES: tuple[Box, ...] = ((0.1, 0.5, 0.25, 0.7), (0.4, 0.5, 0.55, 0.7), (0.7, 0.5, 0.85, 0.7))
STEP_S = 2.0
PERIOD = 100  # looks of a place from one stand to the next
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
ZONE = Zone("street", ((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0)), dwell_s=20.0, clear_s=14.0)
SETTLED = 30  # looks after its begin at which a stand surely is a case, and after its end at which it surely is over


@dataclass(frozen=True, slots=True)
class Told:
    """A case as the receiver has it: where, its middle, when confirmed, and whether it was reported gone."""

    camera_id: str
    middle: float
    at: datetime
    cleared: bool


def look(seed: int, number: int) -> Look:
    """The street's look `number`: the cameras take turns."""
    camera, turn = number % len(CAMERAS), number // len(CAMERAS)
    dice = np.random.default_rng((seed, number))
    at = BEGIN + timedelta(seconds=STEP_S * turn + 0.4 * camera)
    seen = [
        Sighting("stall", 0.8, _shaken(box, dice))
        for place, box in enumerate(PLACES)
        if _stands(seed, camera, place, turn) and dice.random() < 0.9
    ]
    return Look(CAMERAS[camera], at, tuple(seen))


def stands(seed: int, looks: int) -> list[tuple[str, int, datetime, datetime]]:
    """Every stand that is over by look `looks`, and long enough so: camera, place, from when to when it is a case."""
    out = []
    turns = looks // len(CAMERAS)
    for camera, name in enumerate(CAMERAS):
        for place in range(len(PLACES)):
            for cycle in range(turns // PERIOD + 1):
                first, last = _span(seed, camera, place, cycle)
                if last + SETTLED <= turns:
                    begin, end = (BEGIN + timedelta(seconds=STEP_S * turn) for turn in (first, last + 1))
                    out.append((name, place, begin, end))
    return out


def _stands(seed: int, camera: int, place: int, turn: int) -> bool:
    cycles = (turn // PERIOD - 1, turn // PERIOD)
    spans = (_span(seed, camera, place, cycle) for cycle in cycles if cycle >= 0)
    return any(first <= turn < last for first, last in spans)


def _span(seed: int, camera: int, place: int, cycle: int) -> tuple[int, int]:
    """First turn and first turn after the stand of a cycle."""
    dice = np.random.default_rng((seed, camera, place, cycle + 1))
    first = cycle * PERIOD + (17 * camera + 31 * place) % PERIOD + int(dice.integers(0, 8))
    return first, first + int(dice.integers(45, 56))


def _shaken(box: Box, dice: np.random.Generator) -> Box:
    a, b, c, d = (float(v) for v in np.array(box) + dice.normal(0, 0.004, 4))
    return a, b, c, d


def judged(told: Iterable[Told], seed: int, looks: int) -> dict[str, Any]:
    """How many stands have no case, how many more than one, and how many cases belong to none."""
    left = list(told)
    counts = []
    for camera, place, begin, end in stands(seed, looks):
        mine = [case for case in left if _belongs(case, camera, place, begin, end)]
        left = [case for case in left if case not in mine]
        counts.append((len(mine), sum(case.cleared for case in mine)))
    running = BEGIN + timedelta(seconds=STEP_S * (looks // len(CAMERAS) - PERIOD))
    return {
        "cases": len(counts),
        "lost": sum(not cases for cases, _ in counts),
        "doubled": sum(max(cases - 1, 0) for cases, _ in counts) + sum(case.at < running for case in left),
        "never_cleared": sum(bool(cases) and not cleared for cases, cleared in counts),
    }


def _belongs(case: Told, camera: str, place: int, begin: datetime, end: datetime) -> bool:
    left, _, right, _ = PLACES[place]
    return case.camera_id == camera and left < case.middle < right and begin <= case.at <= end
