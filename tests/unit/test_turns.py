# SPDX-License-Identifier: AGPL-3.0-or-later
"""What keeps the model waiting for fresh looks: what may become a violation, and nothing that may stand there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from curbwatch.judging import Post
from curbwatch.schedule import Pace
from curbwatch.turns import FIRST_LOOKS, OFTENER, Turn, may_repeat
from detector.gate import Inferred, luma
from detector.look import Look, Sighting, Trace
from detector.reading import Seen
from detector.reasons import because
from detector.rules import rules_for
from detector.sites import Site, State, born
from detector.watch import Watch
from detector.zones import Zone
from streams.frame import Frame
from streams.reader import CameraReader
from streams.source import Source
from support.detections import NOTHING

AT = datetime(2026, 11, 30, 3, tzinfo=UTC)
WHOLE = Zone("whole", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
LONGEST_S = 30.0
STALL = replace(born("cam-1", Sighting("stall", 0.8, (0.1, 0.1, 0.4, 0.6)), AT), zone="whole")
LICENSED = replace(STALL, zone="", waived=because("licence", pitch="7", name="Li"))


def turn_with(*sites: Site) -> Turn:
    """A camera whose picture the model saw at AT, with these sites."""
    post = Post(CameraReader(Source("cam-1", "none.mp4")), rules_for([WHOLE]), Watch("cam-1", sites))
    turn = Turn(post, Pace(2.0, 2.0))
    turn.inferred = Inferred(AT, luma(frame(0.0)), NOTHING)
    return turn


def frame(after_s: float) -> Frame:
    picture = np.random.default_rng(3).integers(0, 255, (90, 160, 3), np.uint8)
    return Frame("cam-1", picture, AT + timedelta(seconds=after_s), 1, 100.0 + after_s)


def repeats(turn: Turn, after_s: float) -> bool:
    now = frame(after_s)
    return may_repeat(turn, now, luma(now), LONGEST_S)


def test_a_new_candidate_is_looked_at_afresh() -> None:
    assert not repeats(turn_with(STALL), 2.0)


@pytest.mark.parametrize("site", [LICENSED, replace(STALL, zone="", waived=because("outside"))])
def test_what_may_stand_there_is_not(site: Site) -> None:
    turn = turn_with(site)
    assert turn.candidates() == []
    assert repeats(turn, 2.0)
    assert repeats(turn, LONGEST_S - 1)
    assert not repeats(turn, LONGEST_S + 1)


def test_beside_something_licensed_a_candidate_counts() -> None:
    turn = turn_with(LICENSED, STALL)
    assert turn.candidates() == [STALL]
    assert not repeats(turn, 2.0)


def test_a_known_candidate_is_looked_at_oftener_than_nothing() -> None:
    turn = turn_with(replace(STALL, trace=(Trace(AT, "hit", 0.8),) * FIRST_LOOKS))
    assert repeats(turn, LONGEST_S / OFTENER - 1)
    assert not repeats(turn, LONGEST_S / OFTENER + 1)


def test_a_candidates_first_looks_are_all_fresh_and_later_ones_come_thrice_as_often() -> None:
    assert not repeats(turn_with(replace(STALL, trace=(Trace(AT, "hit", 0.8),) * 2)), 2.0)
    known = turn_with(replace(STALL, trace=(Trace(AT, "hit", 0.8),) * 3))
    assert repeats(known, LONGEST_S / 3 - 1)
    assert not repeats(known, LONGEST_S / 3 + 1)


def test_what_is_clearing_is_looked_at_afresh() -> None:
    assert not repeats(turn_with(replace(STALL, state=State.CLEARING)), 2.0)


def test_a_picture_of_before_the_models_answer_is_looked_at_afresh() -> None:
    assert not repeats(turn_with(), -5.0)  # the clock was set back


def test_a_street_is_eventful_while_something_is_seen_or_stands_there() -> None:
    empty = Seen(frame(0.0), Look("cam-1", AT, ()), people=())
    seen = replace(empty, look=replace(empty.look, sightings=(Sighting("stall", 0.8, STALL.box),)))
    quiet = turn_with()
    for look, eventful in ((empty, 1.0), (empty, 1.0), (seen, 3.0), (empty, 3.0)):
        quiet.note(look, arrived=(quiet.looked or 0.0) + 1.0)
        assert quiet.eventful == eventful
    assert quiet.unsaved
    busy = turn_with(STALL)
    for second in (1.0, 2.0):
        busy.note(empty, arrived=second)
    assert busy.eventful == 2.0


def test_a_camera_is_blind_while_its_last_look_was() -> None:
    turn = turn_with()
    assert not turn.blind()
    turn.post.last = Seen(frame(0.0), Look("cam-1", AT, (), blind=because("camera_covered", share=0.9)), people=())
    assert turn.blind()
