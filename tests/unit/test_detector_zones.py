# SPDX-License-Identifier: AGPL-3.0-or-later
"""A thing is judged by the ground under it."""

import pytest

from detector.errors import ZoneError
from detector.reasons import because
from detector.zones import Point, Zone, ground_point, zone_of

LEFT_HALF = Zone("left", ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), dwell_s=120)
ROUND_THE_DOOR = Zone("door", ((0.1, 0.4), (0.4, 0.4), (0.4, 1), (0.1, 1)), dwell_s=30)
PITCH = Zone("pitch", ((0.2, 0.5), (0.3, 0.5), (0.3, 1), (0.2, 1)), kind="permitted", classes=("stall",))


def test_a_thing_stands_where_its_lower_edge_has_its_middle() -> None:
    assert ground_point((0.25, 0.1, 0.75, 0.9)) == (0.5, 0.9)


def test_only_the_ground_under_a_thing_counts_not_its_umbrella() -> None:
    over_the_edge = (0.30, 0.2, 0.69, 0.9)
    assert zone_of(over_the_edge, "stall", (LEFT_HALF,)) == (LEFT_HALF, None)
    assert zone_of((0.32, 0.2, 0.70, 0.9), "stall", (LEFT_HALF,)) == (None, because("outside"))


def test_a_thing_cut_by_the_pictures_lower_edge_stands_inside() -> None:
    assert zone_of((0.1, 0.8, 0.2, 1.0), "stall", (LEFT_HALF,))[0] is LEFT_HALF


def test_the_strictest_of_two_zones_judges() -> None:
    assert zone_of((0.12, 0.5, 0.18, 0.8), "debris", (LEFT_HALF, ROUND_THE_DOOR))[0] is ROUND_THE_DOOR


def test_a_permitted_pitch_wins_over_the_zones_round_it() -> None:
    zones = (LEFT_HALF, ROUND_THE_DOOR, PITCH)
    assert zone_of((0.2, 0.6, 0.3, 0.8), "stall", zones) == (None, because("pitch", zone="pitch"))


def test_a_pitch_for_stalls_permits_no_debris() -> None:
    assert zone_of((0.2, 0.6, 0.3, 0.8), "debris", (LEFT_HALF, PITCH))[0] is LEFT_HALF


def test_a_class_the_zone_does_not_know_is_none_of_its_business() -> None:
    assert zone_of((0.1, 0.5, 0.2, 0.8), "person", (LEFT_HALF,)) == (None, because("outside"))


def test_what_is_too_low_is_not_judged() -> None:
    assert zone_of((0.1, 0.78, 0.2, 0.8), "stall", (LEFT_HALF,)) == (None, because("too_small", zone="left"))
    assert zone_of((0.1, 0.76, 0.2, 0.8), "stall", (LEFT_HALF,))[0] is LEFT_HALF


@pytest.mark.parametrize(
    ("polygon", "remedy"),
    [
        (((0, 0), (1, 1)), "2 points are no area; give at least three"),
        (((0, 0), (1, 1), (1, 0), (0, 1)), "the outline crosses itself or is flat; list the points in order"),
        (((0, 0), (0.5, 0.5), (1, 1)), "the outline crosses itself or is flat"),
        (((0, 0), (640, 0), (640, 480)), "points are shares of the picture from 0 to 1; divide pixels by its size"),
        (((-0.1, 0), (1, 0), (1, 1)), "points are shares of the picture"),
        (((float("nan"), 0), (1, 0), (1, 1)), "points are shares of the picture"),
    ],
)
def test_an_unusable_outline_is_refused_with_a_remedy(polygon: tuple[Point, ...], remedy: str) -> None:
    with pytest.raises(ZoneError, match=f"zone gate: {remedy}"):
        Zone("gate", polygon)
