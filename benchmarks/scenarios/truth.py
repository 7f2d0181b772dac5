# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which stands are violations, from which look on, and which cannot be decided.

A stand counts at a look as *standing* if it is in its zone outside permitted hours, and as *visible* if less than
40 % of it is covered and the picture shows something. It is a **violation** if there is a *due look*: the first one
at which it has stood, without a break by permitted hours, for at least the zone's dwell, and has been visible for
at least half the dwell of that time (the step to the next look counts up to 30 s: a camera that was away shows
nothing) - provided that at least five visible looks follow, while it still stands, to notice it in.

It is **no violation** if it never stood for four fifths of the dwell. What lies between (left just before or just
after its dwell, or hidden nearly all the time) is **undecided**: a case raised for it counts neither way.

A moment away (much shorter than the clear time) does not end a stand. Everything else that could raise a case -
short stands, licensed stalls, stalls in permitted hours, passing things, statues, false boxes - is no violation.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from benchmarks.scenarios.clockwork import Flags, Floats
from benchmarks.scenarios.film import Film, Stand
from detector.zones import Zone

LONGEST_STEP_S = 30.0
TO_NOTICE = 5  # visible looks after the due look
NEARLY = 0.8  # of the dwell


class Verdict(StrEnum):
    """What a stand is."""

    VIOLATION = "violation"
    UNDECIDED = "undecided"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Truth:
    """A stand as it is judged.

    due: the due look, -1 if it has none. since_s: from when its dwell is counted. first: the first look at which it
    was there. gone: the first one at which it was no longer, None if it outlasted the run. clear_due: the look at
    which its place has been seen empty for the clear time, None if that never came.
    """

    stand: Stand
    verdict: Verdict
    due: int
    since_s: float
    first: int
    gone: int | None
    clear_due: int | None


def truths(film: Film) -> list[Truth]:
    """Every stand of a run, judged."""
    zones = {zone.name: zone for zone in film.scene.zones}
    return [_judged(film, stand, zones[stand.thing.zone]) for stand in film.stands]


def _judged(film: Film, stand: Stand, zone: Zone) -> Truth:
    at_s, thing = film.clock.at_s, stand.thing
    steps = np.minimum(np.diff(at_s, prepend=at_s[:1]), LONGEST_STEP_S)
    first, last = np.searchsorted(at_s, (thing.start_s, thing.end_s)).tolist()
    permits = film.scene.permits[zone.name] if thing.class_name == "stall" else ()
    verdict, due, begin_s = Verdict.NONE, -1, thing.start_s
    for begin_s, end_s in _outside(thing.start_s, thing.end_s, permits):
        due = _due_look(at_s, steps, stand.visible, (begin_s, end_s), zone.dwell_s)
        if due >= 0 and _seen_after(at_s, stand.visible, due, end_s) >= TO_NOTICE:
            verdict = Verdict.VIOLATION
            break
        if end_s - begin_s >= NEARLY * zone.dwell_s:
            verdict = Verdict.UNDECIDED
    gone = last if last < len(at_s) else None
    return Truth(stand, verdict, due, begin_s, first, gone, _clear_look(stand, gone, steps, zone.clear_s))


def _outside(start_s: float, end_s: float, permits: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """The parts of a stand outside permitted hours."""
    parts = [(start_s, end_s)]
    for begin, end in permits:
        parts = [p for a, b in parts for p in ((a, min(b, begin)), (max(a, end), b)) if p[1] > p[0]]
    return parts


def _due_look(at_s: Floats, steps: Floats, visible: Flags, part: tuple[float, float], dwell_s: float) -> int:
    begin, end = np.searchsorted(at_s, part)
    seen_s = np.cumsum(steps[begin:end] * visible[begin:end])
    due = (at_s[begin:end] - part[0] >= dwell_s) & (seen_s >= dwell_s / 2) & visible[begin:end]
    return int(begin + np.argmax(due)) if due.any() else -1


def _seen_after(at_s: Floats, visible: Flags, due: int, end_s: float) -> int:
    return int(visible[due : int(np.searchsorted(at_s, end_s))].sum())


def _clear_look(stand: Stand, gone: int | None, steps: Floats, clear_s: float) -> int | None:
    """The look at which the place has been seen empty for the clear time; None if somebody came before."""
    if gone is None:
        return None
    empty_s = np.cumsum((steps * stand.visible)[gone:])
    empty_s = empty_s - (empty_s[0] if stand.visible[gone] else 0)  # the first empty look begins the time
    enough = np.flatnonzero(empty_s >= clear_s)
    return int(gone + enough[0]) if len(enough) else None
