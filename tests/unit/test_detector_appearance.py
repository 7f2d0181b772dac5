# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a thing looks like tells it from another, in shadow too; and what had not gone is the same case."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detector.appearance import appearance, with_appearances
from detector.look import Change, Look, Sighting
from detector.observe import Memory, observe
from detector.reading import Seen
from detector.rules import rules_for
from detector.sites import alike
from detector.watch import Event, Kind, Watch, watch
from detector.zones import Zone
from streams.frame import Frame

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
HERE = (0.3, 0.4, 0.5, 0.6)
STREET = Zone("street", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), dwell_s=60.0, clear_s=40.0)
_Told = tuple[Watch, list[Kind]]


def _picture(blue: int, green: int, red: int, *, light: float = 1.0) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    dice = np.random.default_rng(0)
    out = np.full((136, 240, 3), 120.0)
    out[50:90, 60:130] = (blue, green, red)
    return np.clip(out * light + dice.normal(0, 4, out.shape), 0, 255).astype(np.uint8)


def test_one_thing_looks_like_itself_in_the_shade_and_unlike_another() -> None:
    red, shaded, blue = (
        appearance(_picture(*colours, light=light), HERE)
        for colours, light in (((40, 60, 200), 1.0), ((40, 60, 200), 0.5), ((200, 80, 50), 1.0))
    )
    assert math.hypot(*red) == pytest.approx(1, abs=0.01)
    same, other = alike(red, shaded), alike(red, blue)
    assert same is not None
    assert other is not None
    assert same > 0.8
    assert other < 0.3


def test_every_sighting_of_a_look_has_one_and_none_beside_the_picture() -> None:
    look = Look("cam-1", BEGIN, (Sighting("stall", 0.6, HERE), Sighting("debris", 0.5, (1.2, 0.4, 1.3, 0.5))))
    first, beside = with_appearances(look, _picture(40, 60, 200)).sightings
    assert len(first.appearance) == 16
    assert beside.appearance == ()


def test_an_observed_look_has_them() -> None:
    look = Look("cam-1", BEGIN, (Sighting("stall", 0.6, HERE),))
    _, observed = observe(Memory(), Seen(Frame("cam-1", _picture(40, 60, 200), BEGIN, 0), look, ()))
    assert observed == with_appearances(look, _picture(40, 60, 200))


def _run(known: Watch, first: int, looks: int, *, seen: str, shift: float = 0.0, since: int | None = None) -> _Told:
    """Looks every five seconds; seen: over and over, whether one has the sighting (H) or not (.)."""
    events: list[Event] = []
    box = (HERE[0] + shift, HERE[1], HERE[2] + shift, HERE[3])
    for n in range(first, first + looks):
        sightings = (Sighting("stall", 0.7, box),) if seen[n % len(seen)] == "H" else ()
        look = Look("cam-1", BEGIN + timedelta(seconds=5 * n), sightings)
        if since is not None:
            look = replace(look, changes=(Change(box, BEGIN + timedelta(seconds=5 * since), 0.8),))
        known, more = watch(known, look, rules_for((STREET,)))
        events += more
    return known, [event.kind for event in events]


def _cleared_case(seen: str, *, since: int | None = None) -> Watch:
    known, kinds = _run(Watch("cam-1"), 0, 60, seen=seen, since=since)
    assert kinds == [Kind.OPENED]
    known, kinds = _run(known, 60, 80, seen=".")
    assert kinds == [Kind.CLEARED]
    return known


def test_what_is_seen_now_and_then_in_just_the_same_place_had_not_gone() -> None:
    known, kinds = _run(_cleared_case("HH.H."), 140, 60, seen="HH.H.")
    assert kinds == [Kind.RESUMED]
    _, kinds = _run(known, 200, 80, seen=".")
    assert kinds == [Kind.CLEARED]


@pytest.mark.parametrize(
    ("seen", "shift", "since"),
    [("HH.H.", 0.03, None), ("H", 0.0, None), ("HH.H.", 0.0, 138)],
    ids=["beside", "seen too well to be missed", "the background saw it come"],
)
def test_who_went_and_came_back_relapses(seen: str, shift: float, since: int | None) -> None:
    _, kinds = _run(_cleared_case(seen), 140, 60, seen=seen, shift=shift, since=since)
    assert kinds == [Kind.RELAPSED]


def test_what_the_background_saw_all_the_while_had_not_gone() -> None:
    _, kinds = _run(_cleared_case("H", since=0), 140, 60, seen="H", since=0)
    assert kinds == [Kind.RESUMED]
