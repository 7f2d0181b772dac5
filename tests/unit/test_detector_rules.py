# SPDX-License-Identifier: AGPL-3.0-or-later
"""A thing is judged by the ground under it, by the strictest rule in force there, and by the city's clock."""

import pickle
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from detector.boxes import Box
from detector.ground import ground_from_horizon
from detector.reasons import because
from detector.rules import OUTSIDE, Ruling, rules_for
from detector.windows import Window
from detector.zones import Point, Zone

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
LEFT_HALF = Zone("left", ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), dwell_s=120)
ROUND_THE_DOOR = Zone("door", ((0.1, 0.4), (0.4, 0.4), (0.4, 1), (0.1, 1)), dwell_s=30)
PITCH = Zone("pitch", ((0.2, 0.5), (0.3, 0.5), (0.3, 1), (0.2, 1)), kind="permitted", classes=("stall",))
AT_THE_DOOR: Box = (0.12, 0.5, 0.18, 0.8)
ON_THE_PITCH: Box = (0.2, 0.6, 0.3, 0.8)
AFTERNOON = Window(13 * 60, 18 * 60)
LUNCH = Window(11 * 60, 14 * 60)


def ruling(box: Box, *zones: Zone, class_name: str = "stall", at: datetime = NOON) -> Ruling:
    return rules_for(zones).court(at, None).ruling(box, class_name)


def test_only_the_ground_under_a_thing_counts_not_its_umbrella() -> None:
    assert ruling((0.30, 0.2, 0.69, 0.9), LEFT_HALF) == Ruling(LEFT_HALF)
    assert ruling((0.32, 0.2, 0.70, 0.9), LEFT_HALF) == OUTSIDE


@pytest.mark.parametrize("box", [(0.1, 0.8, 0.2, 1.0), (-0.1, 0.2, 0.1, 0.5), (0.0, 0.9, 0.0, 1.0)])
def test_a_thing_cut_by_the_pictures_edge_stands_inside(box: Box) -> None:
    assert ruling(box, LEFT_HALF).zone is LEFT_HALF


def test_a_concave_outline_holds_only_what_lies_in_it() -> None:
    corner = Zone("corner", ((0, 0), (1, 0), (1, 1), (0.8, 1), (0.8, 0.2), (0, 0.2)))
    inside: tuple[Point, ...] = ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1))
    for x, y in inside:
        assert ruling((x - 0.05, y - 0.1, x + 0.05, y), corner).zone is corner
    assert ruling((0.45, 0.4, 0.55, 0.5), corner) == OUTSIDE


def test_among_zones_of_one_grade_the_shortest_dwell_judges_and_the_others_are_named() -> None:
    assert ruling(AT_THE_DOOR, LEFT_HALF, ROUND_THE_DOOR) == Ruling(ROUND_THE_DOOR, over=("left",))


def test_the_stricter_grade_judges_whatever_its_dwell() -> None:
    strict = Zone("street", LEFT_HALF.polygon, grade="strict", dwell_s=600)
    assert ruling(AT_THE_DOOR, ROUND_THE_DOOR, strict, LEFT_HALF) == Ruling(strict, over=("door", "left"))


def test_a_permitted_pitch_wins_over_the_zones_round_it() -> None:
    pitch = Ruling(None, waived=because("pitch", zone="pitch"), permitted=True)
    assert ruling(ON_THE_PITCH, LEFT_HALF, ROUND_THE_DOOR, PITCH) == pitch


def test_a_pitch_for_stalls_permits_no_debris() -> None:
    assert ruling(ON_THE_PITCH, LEFT_HALF, PITCH, class_name="debris").zone is LEFT_HALF


def test_of_two_pitches_the_same_is_named_in_whatever_order_they_are_drawn() -> None:
    other = Zone("market", PITCH.polygon, kind="permitted", classes=("stall",))
    assert ruling(ON_THE_PITCH, PITCH, other) == ruling(ON_THE_PITCH, other, PITCH)


def test_a_licence_holds_in_its_hours_only() -> None:
    pitch = Zone("pitch", PITCH.polygon, kind="permitted", classes=("stall",), windows=(AFTERNOON,))
    assert ruling(ON_THE_PITCH, LEFT_HALF, pitch).zone is LEFT_HALF
    licensed = ruling(ON_THE_PITCH, LEFT_HALF, pitch, at=NOON.replace(hour=13))
    assert licensed == Ruling(None, waived=because("licence", zone="pitch", hours="13:00–18:00"), permitted=True)


def test_in_permitted_hours_no_rule_of_the_zone_judges() -> None:
    street = Zone("street", LEFT_HALF.polygon, windows=(LUNCH,))
    assert ruling(AT_THE_DOOR, street).waived == because("hours", zone="street", hours="11:00–14:00")
    assert ruling(AT_THE_DOOR, street, at=NOON.replace(hour=14)).zone is street


def test_a_zone_without_windows_still_judges_where_another_permits() -> None:
    street = Zone("street", LEFT_HALF.polygon, grade="strict", windows=(LUNCH,))
    assert ruling(AT_THE_DOOR, street, ROUND_THE_DOOR) == Ruling(ROUND_THE_DOOR)
    assert ruling(AT_THE_DOOR, street, ROUND_THE_DOOR, at=NOON.replace(hour=15)) == Ruling(street, over=("door",))


def test_a_window_for_stalls_permits_no_debris() -> None:
    street = Zone("street", LEFT_HALF.polygon, windows=(Window(11 * 60, 14 * 60, classes=("stall",)),))
    assert ruling(AT_THE_DOOR, street).zone is None
    assert ruling(AT_THE_DOOR, street, class_name="debris").zone is street


def test_windows_are_meant_in_the_citys_time() -> None:
    street = Zone("street", LEFT_HALF.polygon, windows=(LUNCH,))
    in_shanghai = rules_for((street,), timezone="Asia/Shanghai")
    assert in_shanghai.court(NOON, None).ruling(AT_THE_DOOR, "stall").zone is street
    assert in_shanghai.court(NOON.replace(hour=4), None).ruling(AT_THE_DOOR, "stall").permitted


def test_holidays_come_with_the_rules() -> None:
    fair = Zone("street", LEFT_HALF.polygon, windows=(Window(0, 1440, holidays="only"),))
    assert rules_for((fair,)).court(NOON, None).ruling(AT_THE_DOOR, "stall").zone is fair
    assert rules_for((fair,), holidays=[date(2026, 11, 23)]).court(NOON, None).ruling(AT_THE_DOOR, "stall").permitted


def test_what_is_too_low_is_not_judged() -> None:
    assert ruling((0.1, 0.78, 0.2, 0.8), LEFT_HALF) == Ruling(None, waived=because("too_small", zone="left"))
    assert ruling((0.1, 0.76, 0.2, 0.8), LEFT_HALF).zone is LEFT_HALF


def test_pixels_count_where_the_pictures_size_is_known() -> None:
    rules = rules_for((Zone("left", LEFT_HALF.polygon, min_size_px=60),))
    assert rules.court(NOON, (640, 360)).ruling((0.1, 0.65, 0.19, 0.8), "stall").zone is None
    assert rules.court(NOON, (1280, 720)).ruling((0.1, 0.65, 0.19, 0.8), "stall").zone
    assert rules.court(NOON, None).ruling((0.1, 0.65, 0.19, 0.8), "stall").zone


def test_metres_count_where_the_ground_is_calibrated() -> None:
    ground = ground_from_horizon(0.2, 6.0, fov_deg=40)
    zone = Zone("left", LEFT_HALF.polygon, min_size_m=1.0)
    near, far = (0.10, 0.85, 0.16, 0.95), (0.10, 0.20, 0.16, 0.30)
    assert rules_for((zone,)).court(NOON, None).ruling(near, "stall").zone is zone
    calibrated = rules_for((zone,), ground=ground).court(NOON, None)
    assert calibrated.ruling(near, "stall").waived == because("too_small", zone="left")
    assert calibrated.ruling(far, "stall").zone is zone


@pytest.mark.parametrize("box", [(0.1, 0.9, 0.4, 0.95), (0.1, 0.05, 0.2, 0.15)], ids=["wide and low", "on no ground"])
def test_the_longer_side_counts_in_metres_and_nothing_beyond_the_horizon(box: Box) -> None:
    zone = Zone("left", LEFT_HALF.polygon, min_size_m=1.0, min_height=0.0)
    calibrated = rules_for((zone,), ground=ground_from_horizon(0.2, 6.0, fov_deg=40)).court(NOON, None)
    assert calibrated.ruling(box, "stall").zone is zone


def test_rules_can_be_sent_to_another_process() -> None:
    rules = rules_for((LEFT_HALF,), timezone="Europe/Berlin")
    sent = pickle.loads(pickle.dumps(rules))  # noqa: S301 - our own
    assert sent == rules
    assert sent.timezone == ZoneInfo("Europe/Berlin")
