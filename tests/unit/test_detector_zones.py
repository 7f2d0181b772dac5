# SPDX-License-Identifier: AGPL-3.0-or-later
"""A zone that could never judge anything rightly is refused, with a remedy."""

import pytest

from detector.errors import ZoneError
from detector.windows import Window
from detector.zones import DWELL_S, Point, Zone, ground_point

SQUARE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))


def test_a_thing_stands_where_its_lower_edge_has_its_middle() -> None:
    assert ground_point((0.25, 0.1, 0.75, 0.9)) == (0.5, 0.9)


def test_a_zone_for_which_nobody_says_more_has_the_dwell_of_its_grade_and_a_minute_to_clear() -> None:
    assert DWELL_S == {"strict": 60.0, "controlled": 120.0, "orderly": 600.0}
    zone = Zone("gate", SQUARE)
    assert (zone.grade, zone.dwell_s, zone.clear_s) == ("controlled", 120.0, 60.0)


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


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_dwell_that_is_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ZoneError, match="zone gate: dwell_s and clear_s are seconds above 0"):
        Zone("gate", SQUARE, dwell_s=seconds)
    with pytest.raises(ZoneError, match="zone gate: dwell_s and clear_s are seconds above 0"):
        Zone("gate", SQUARE, clear_s=seconds)


def test_a_class_that_cannot_be_a_violation_is_refused() -> None:
    with pytest.raises(ZoneError, match="zone gate: person is no class that can be a violation; name stall, debris"):
        Zone("gate", SQUARE, classes=("stall", "person"))


def test_windows_that_contradict_the_zone_are_refused() -> None:
    with pytest.raises(ZoneError, match="zone gate: its windows permit every hour of the week"):
        Zone("gate", SQUARE, windows=(Window(0, 720), Window(700, 60)))
    with pytest.raises(ZoneError, match="zone gate: a window stands twice; remove one"):
        Zone("gate", SQUARE, windows=(Window(0, 720), Window(0, 720)))
    with pytest.raises(ZoneError, match="names debris, which is not in its classes"):
        Zone("gate", SQUARE, classes=("stall",), windows=(Window(0, 720, classes=("debris",)),))


def test_windows_for_one_class_or_for_some_days_leave_something_to_watch() -> None:
    assert Zone("gate", SQUARE, windows=(Window(0, 1440, classes=("stall",)),)).windows
    assert Zone("gate", SQUARE, windows=(Window(0, 1440, holidays="exclude"),)).windows
    assert Zone("gate", SQUARE, windows=(Window(0, 1440, weekdays=(0, 1, 2, 3, 4, 5)),)).windows
