# SPDX-License-Identifier: AGPL-3.0-or-later
"""Debris that the model hardly sees counts where a static change bears it out, and nowhere else."""

from datetime import timedelta

import numpy as np
import pytest

from detector.boxes import Box
from detector.detections import Detections
from detector.look import Look, Sighting
from detector.looks import DIM, FAINT, Seen, faintest, seen
from detector.observe import Memory, Watching, again, observe
from streams.frame import Frame
from support.drawn_street import BOXES
from support.seen_street import START, empty, learnt, live, looks

PILE = Sighting("debris", 0.25, BOXES["debris"], weak=True)


def _look(second: float, seen: tuple[Sighting, ...] = (), covers: tuple[Box, ...] = ()) -> Look:
    return Look("cam-1", START + timedelta(seconds=second), seen, covers, dim=(PILE,))


def _told(memory: Memory, look: Look, watching: Watching = Watching()) -> Look:  # noqa: B008 - frozen
    frame = Frame("cam-1", live(empty("debris"), 5), look.taken_at, 5)
    return observe(memory, Seen(frame, look, ()), watching)[1]


@pytest.fixture(scope="module")
def standing() -> Memory:
    """A pile stands for a minute that nobody detected."""
    *_, (memory, look) = looks(12, thing="debris", before=learnt(), after_s=120, every_s=5)
    assert look.changes
    return memory


def test_a_change_bears_dim_debris_out(standing: Memory) -> None:
    look = _told(standing, _look(180))
    assert [(s.class_name, s.confidence, s.box, s.weak) for s in look.seen] == [("debris", 0.25, PILE.box, True)]
    assert look.dim == ()
    assert look.seen[0].appearance


def test_without_a_change_it_is_nothing(standing: Memory) -> None:
    assert _told(learnt(), _look(120)).seen == ()
    unwatched = _told(standing, _look(180), Watching(changes=False))
    blind = _told(standing, _look(180), Watching(health=False, changes=False))
    for look in (unwatched, blind):
        assert (look.seen, look.dim) == ((), ())


def test_what_something_else_explains_is_not_told_as_debris(standing: Memory) -> None:
    stall = Sighting("stall", 0.8, PILE.box)
    assert [s.class_name for s in _told(standing, _look(180, seen=(stall,))).seen] == ["stall"]
    assert _told(standing, _look(180, covers=(PILE.box,))).seen == ()


def test_a_look_that_is_repeated_tells_the_same(standing: Memory) -> None:
    at = START + timedelta(seconds=180)
    frame = Frame("cam-1", live(empty("debris"), 5), at, 13)
    look = again(standing, Seen(frame, _look(180), ()))
    assert look is not None
    assert (len(look.seen), look.dim) == (1, ())


def test_how_faint_a_look_may_tell_of() -> None:
    assert [faintest(name) for name in ("stall", "debris", "person")] == [FAINT, DIM, 1.0]
    frame = Frame("cam-1", np.zeros((100, 100, 3), np.uint8), START, 1)
    xyxy = np.array([[0, 0, 20, 20], [30, 0, 50, 20], [60, 0, 80, 20]], np.float32)
    scores, classes = np.array([0.8, 0.4, 0.25], np.float32), np.array([0, 0, 0])
    look = seen(frame, Detections(xyxy, scores, classes), {"debris": 0.7}).look
    assert [(round(s.confidence, 2), s.weak) for s in look.seen] == [(0.8, False), (0.4, True)]
    assert [(round(s.confidence, 2), s.weak) for s in look.dim] == [(0.25, True)]
