# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked of a candidate as its looks become many, and of the look that makes it a case."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.boxes import Box
from detector.look import Change, Look, Sighting
from detector.reasons import say
from detector.rules import rules_for
from detector.watch import REMEMBERED, Event, Kind, Watch, watch
from detector.zones import Zone

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HERE: Box = (0.20, 0.60, 0.30, 0.75)
STALL = Sighting("stall", 0.8, HERE)
CART: Box = (0.15, 0.50, 0.35, 0.80)
CHANGED = Change(HERE, START, 0.8)
PAVEMENT = Zone("pavement", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)), dwell_s=60.0, clear_s=30.0)
RULES = rules_for([PAVEMENT])


class Street:
    """A camera's street, looked at every two seconds."""

    def __init__(self) -> None:
        self.now, self.watch, self.events = START, Watch("cam-1"), list[Event]()

    def look(
        self, *seen: Sighting, seconds: float = 2.0, covers: Iterable[Box] = (), changes: Sequence[Change] = ()
    ) -> None:
        for _ in range(int(seconds / 2)):
            self.now += timedelta(seconds=2)
            look = Look("cam-1", self.now, seen, tuple(covers), tuple(changes))
            self.watch, events = watch(self.watch, look, RULES)
            self.events += events

    @property
    def news(self) -> list[Kind]:
        return [event.kind for event in self.events]


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_what_is_found_in_a_third_of_the_looks_for_hours_is_told_once_and_is_no_case(seed: int) -> None:
    street, chance = Street(), random.Random(seed)  # noqa: S311 - no secret
    for _ in range(1800):
        street.look(*[STALL] * (chance.random() < 0.35))
    assert street.news == [Kind.GIVEN_UP]
    assert street.events[0].reason.code == "rarely_detected"


def test_what_comes_where_something_was_half_seen_for_hours_is_a_case_within_some_dwells() -> None:
    street, chance = Street(), random.Random(1)  # noqa: S311 - no secret
    for _ in range(1800):
        street.look(*[STALL] * (chance.random() < 0.3))
    before = len(street.events)
    street.look(STALL, seconds=REMEMBERED * PAVEMENT.dwell_s)
    assert [event.kind for event in street.events[before:]] == [Kind.OPENED]


def test_what_chance_may_have_withheld_is_one_hit_and_the_reason_says_what_was_asked_for() -> None:
    street = Street()
    for n in range(40):
        street.look(*[STALL] * (n in {0, 1} or n % 2 == 0))
    (opened,) = street.events
    looks = opened.site.looks
    assert say(opened.reason, "en").endswith(f"≥ {0.5 - 1 / looks:.2f}")
    assert say(opened.reason, "zh").endswith(f"≥ {0.5 - 1 / looks:.2f}")


def test_a_look_at_which_the_place_is_hidden_makes_no_case() -> None:
    street = Street()
    street.look(STALL, seconds=50)
    street.look(seconds=40, covers=[CART])
    assert street.news == []
    street.look(STALL)
    assert street.news == [Kind.OPENED]


@pytest.mark.parametrize(("still", "news"), [(True, [Kind.OPENED]), (False, [Kind.GIVEN_UP])])
def test_what_is_missed_when_its_dwell_is_over_is_there_if_its_change_is(still: bool, news: list[Kind]) -> None:
    street = Street()
    street.look(STALL, seconds=44, changes=[CHANGED])
    street.look(seconds=40, changes=[CHANGED] * still)
    assert street.news == news


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.sampled_from(["hit", "weak", "miss", "hidden"]), st.integers(1, 60)), max_size=20))
def test_what_was_counted_stays_in_order_however_much_is_forgotten(runs: list[tuple[str, int]]) -> None:
    street, weak = Street(), Sighting("stall", 0.3, HERE, weak=True)
    for verdict, looks in runs:
        seen = {"hit": (STALL,), "weak": (weak,)}.get(verdict, ())
        street.look(*seen, seconds=2 * looks, covers=[CART] if verdict == "hidden" else ())
        for site in street.watch.sites:
            assert 0 <= site.faint <= site.hits <= site.looks
            assert site.misses <= site.looks
            assert 0 <= site.hit_s <= site.visible_s + 1e-6
