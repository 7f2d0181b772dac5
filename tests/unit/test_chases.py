# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which place a thing was driven from, and which forgotten case stood where it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from detector.chases import FormerSite, linked, remembered
from detector.ground import ground_from_points
from detector.look import Sighting
from detector.sites import born

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SITE = born("cam-1", Sighting("stall", 0.8, (0.50, 0.60, 0.60, 0.75), appearance=(1.0, 0.0)), NOW)
THERE = FormerSite("there", "stall", (0.20, 0.60, 0.30, 0.75), NOW - timedelta(minutes=5), appearance=(1.0, 0.0))
CASE = replace(THERE, key="case", box=SITE.box, had_case=True, left_at=NOW - timedelta(days=8))


@pytest.mark.parametrize(
    ("other", "came"),
    [
        ({}, True),
        ({"class_name": "debris"}, False),
        ({"appearance": (0.0, 1.0)}, False),
        ({"appearance": ()}, True),
        ({"box": SITE.box}, False),  # it was here before
        ({"left_at": NOW - timedelta(minutes=29)}, True),
        ({"left_at": NOW - timedelta(minutes=31)}, False),
        ({"left_at": NOW + timedelta(seconds=30)}, True),  # its box lingered there
        ({"left_at": NOW + timedelta(minutes=5)}, False),  # two at a time
        ({"box": (0.20, 0.70, 0.22, 0.75)}, False),  # a third as tall
        ({"box": (0.02, 0.20, 0.12, 0.35)}, False),  # across the picture
    ],
)
def test_a_thing_was_driven_from_where_one_like_it_left_lately_and_near(other: dict[str, object], came: bool) -> None:
    before = replace(THERE, **other)  # type: ignore[arg-type]
    assert linked(SITE, [], [before], None).chased_from == ("there" if came else "")


@pytest.mark.parametrize(("street_m", "came"), [(100.0, True), (300.0, False)])
def test_on_calibrated_ground_nobody_is_driven_farther_than_people_walk_in_a_while(street_m: float, came: bool) -> None:
    corners = ((0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0))
    ground = ground_from_points(corners, ((0, 0), (street_m, 0), (street_m, street_m), (0, street_m)))
    assert linked(SITE, [], [THERE], ground).chased_from == ("there" if came else "")


def test_of_several_places_that_were_left_it_came_from_the_last() -> None:
    later = replace(THERE, key="later", box=(0.30, 0.60, 0.40, 0.75), left_at=NOW - timedelta(minutes=1))
    assert linked(SITE, [], [later, THERE], None).chased_from == "later"


def test_the_history_of_a_place_is_of_its_latest_case_and_counts_them_all() -> None:
    later = replace(CASE, key="later", left_at=NOW - timedelta(days=1), repeats=1)
    passer_by = replace(CASE, key="nobody", left_at=NOW - timedelta(hours=1), had_case=False)
    site = linked(SITE, [], [later, CASE, passer_by], None)
    assert (site.history_of, site.repeats) == ("later", 2)
    assert linked(SITE, [], [replace(CASE, class_name="debris")], None).history_of == ""


def test_of_many_cases_the_latest_are_remembered_and_of_passers_by_none() -> None:
    cases = tuple(replace(CASE, key=f"{n}") for n in range(64))
    stayed = replace(SITE, stood_s=100.0, confirmed_at=NOW)
    stopped = replace(SITE, key="stopped", stood_s=45.0, empty_s=30.0)
    kept = remembered(cases, [stayed, stopped], NOW)
    assert [known.key for known in kept] == [*(f"{n}" for n in range(1, 64)), SITE.key]
    paused = replace(SITE, key="paused", stood_s=60.0, empty_s=30.0)
    assert [known.key for known in remembered((), [paused], NOW)] == ["paused"]
    lately_found = replace(SITE, key="lately found", stood_s=10.0, confirmed_at=NOW)
    assert [known.key for known in remembered((), [lately_found], NOW)] == ["lately found"]
