# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera's faults are seen, night and weather are none, and one odd look is not a fault."""

from datetime import timedelta
from functools import cache

import cv2
import numpy as np
import pytest

from detector.look import Look, Sighting
from detector.memory_file import dump, load
from detector.observe import Memory, again, observe, on_picture
from detector.reading import Seen
from detector.reasons import say
from detector.registration import Shift, to_picture, to_reference
from streams.frame import Frame
from support.seen_street import START, Picture, Weather, clear, empty, learnt, live, looks


def _grey(level: float) -> Weather:
    return lambda picture, number: live(np.full_like(picture, level), number)


def _shifted(dx: float, dy: float, degrees: float = 0.0, scale: float = 1.0) -> Weather:
    def weather(picture: Picture, _number: int) -> Picture:
        height, width = picture.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, scale)
        matrix[:, 2] += dx * width, dy * height
        return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)

    return weather


def _blurred(picture: Picture, number: int) -> Picture:
    return live(np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.uint8), number)


def _smeared(picture: Picture, _number: int) -> Picture:
    broken = picture.copy()
    broken[92:] = broken[92]
    return broken


def _unreceived(picture: Picture, _number: int) -> Picture:
    broken = picture.copy()
    broken[90:, :160] = 128
    return broken


def _covered(picture: Picture, number: int) -> Picture:
    over = live(np.full_like(picture, 70), number)
    over[:, :40] = picture[:, :40]
    return over


def _elsewhere(picture: Picture, number: int) -> Picture:
    cells = np.random.default_rng(8).integers(0, 255, (17, 30, 3)).astype(np.uint8)
    size = picture.shape[1], picture.shape[0]
    return live(np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST), np.uint8), number)


def _states(count: int, weather: Weather, *, every_s: float) -> list[str]:
    found = looks(count, weather=weather, before=learnt(), after_s=120, every_s=every_s)
    return [memory.health.state for memory, _ in found if memory.health]


@pytest.mark.parametrize(
    ("state", "weather"),
    [
        ("black", _grey(4)),
        ("overexposed", _grey(252)),
        ("blurred", _blurred),
        ("covered", _covered),
        ("corrupted", _smeared),
        ("corrupted", _unreceived),
        ("moved", _shifted(0.2, 0.05)),
        ("moved", _shifted(0, 0, degrees=8)),
        ("moved", _elsewhere),
    ],
)
def test_a_fault_blinds_at_once_and_is_one_when_several_looks_agree(state: str, weather: Weather) -> None:
    found = list(looks(14, weather=weather, before=learnt(), after_s=120, every_s=6))
    states = [memory.health.state for memory, _ in found if memory.health]
    assert found[0][1].blind is not None
    assert states[:2] == ["ok"] * 2
    assert states[-1] == state
    fault = found[-1][0].health
    assert fault is not None
    assert fault.fault is not None
    assert fault.since == found[0][1].taken_at
    assert all(say(fault.fault, language) != fault.fault.code for language in ("en", "zh"))


@pytest.mark.parametrize(
    ("state", "weather", "after_s"),
    [
        ("black", _grey(4), 10),
        ("overexposed", _grey(252), 10),
        ("corrupted", _smeared, 10),
        ("covered", _covered, 30),
        ("blurred", _blurred, 60),
        ("moved", _shifted(0.2, 0.05), 30),
    ],
)
def test_a_fault_is_one_when_it_has_lasted(state: str, weather: Weather, after_s: int) -> None:
    assert _states(20, weather, every_s=5).index(state) * 5 == after_s


def test_of_looks_that_are_rare_three_must_agree() -> None:
    assert _states(3, _grey(4), every_s=60) == ["ok", "ok", "black"]


def test_a_turned_camera_stays_moved_for_hours() -> None:
    assert _states(20, _elsewhere, every_s=600)[-1] == "moved"


def test_a_truck_that_fills_the_picture_is_no_turn() -> None:
    truck = (0.1, 0.0, 1.0, 1.0)
    for _, look in looks(12, weather=_elsewhere, before=learnt(), after_s=120, every_s=6, hidden=(truck,)):
        assert look.blind is None


def _frozen(picture: Picture, number: int) -> Picture:
    same = live(empty(), 0)
    return np.asarray(cv2.putText(same, f"{number:04}", (8, 16), cv2.FONT_HERSHEY_PLAIN, 1, (255, 255, 255)), np.uint8)


def test_a_frozen_picture_is_noticed_though_the_recorders_clock_runs_on() -> None:
    states = _states(16, _frozen, every_s=10)
    assert states[-1] == "frozen"
    assert "frozen" not in states[:12]


@pytest.mark.parametrize(("every_s", "after_s"), [(2, 130), (30, 360)])
def test_a_picture_is_frozen_after_two_minutes_and_ten_looks_like_it(every_s: int, after_s: int) -> None:
    assert _states(70, _frozen, every_s=every_s).index("frozen") * every_s == after_s


def test_a_street_of_which_a_tenth_lives_is_not_frozen() -> None:
    def alive_in_part(_picture: Picture, number: int) -> Picture:
        street = live(empty(), 0).copy()
        street[20:50, 50:130] = live(empty(), number)[20:50, 50:130]
        return street

    assert set(_states(30, alive_in_part, every_s=10)) == {"ok"}


def test_a_frozen_picture_is_not_believed_again_after_a_restart() -> None:
    *_, (before, _) = looks(16, weather=_frozen, before=learnt(), after_s=120, every_s=10)
    restarted, _ = load(dump(before, about="zones"))
    for memory, look in looks(12, weather=_frozen, before=restarted, after_s=290, every_s=10):
        assert look.blind is not None
        assert memory.health is not None
        assert memory.health.state == "frozen"


def test_a_clock_that_was_set_back_hides_no_frozen_picture() -> None:
    *_, (before, _) = looks(6, weather=_frozen, before=learnt(), after_s=120, every_s=10)
    states = [
        m.health.state for m, _ in looks(10, weather=_frozen, before=before, after_s=-3600, every_s=10) if m.health
    ]
    assert states[-1] == "frozen"


def _night(picture: Picture, number: int) -> Picture:
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width]
    lamps = 0.08 + 0.5 * np.exp(-(((x - 0.3 * width) / (0.15 * width)) ** 2) - ((y - 0.6 * height) / 60) ** 2)
    grey = picture.mean(axis=2, keepdims=True) * lamps[:, :, None]
    return live(np.repeat(grey, 3, axis=2).astype(np.uint8), number + 3)


def _rain(picture: Picture, number: int) -> Picture:
    chance, streaks = np.random.default_rng(number), np.zeros_like(picture)
    for x, y, length in zip(*(chance.integers(0, most, 150) for most in (320, 180, 10)), strict=True):
        cv2.line(streaks, (int(x), int(y)), (int(x + length // 4), int(y + length)), (90, 90, 90), 1)
    return np.asarray(cv2.add((picture * 0.75 + 40).astype(np.uint8), streaks), np.uint8)


def _fog(picture: Picture, _number: int) -> Picture:
    return np.asarray(np.clip(picture * 0.35 + 120, 0, 255), np.uint8)


def _exposure_steps(picture: Picture, number: int) -> Picture:
    return np.asarray(np.clip(picture * (0.6, 1.4)[number // 4 % 2], 0, 255), np.uint8)


def _shaken(picture: Picture, number: int) -> Picture:
    dx, dy = np.random.default_rng(number).normal(0, 0.002, 2)
    return _shifted(float(dx), float(dy))(picture, number)


@pytest.mark.parametrize("weather", [_night, _rain, _fog, _exposure_steps, _shaken])
def test_weather_night_and_wind_are_no_fault(weather: Weather) -> None:
    for memory, look in looks(15, weather=weather, before=learnt(), after_s=120):
        assert look.blind is None
        assert memory.health is not None
        assert memory.health.state == "ok"
        assert memory.shift.is_none


def test_a_fault_that_looks_now_like_this_and_now_like_that_is_one_all_the_same() -> None:
    def fault(picture: Picture, number: int) -> Picture:
        return _covered(picture, number) if number % 2 else _elsewhere(picture, number)

    *_, (memory, look) = looks(12, weather=fault, before=learnt(), after_s=120, every_s=6)
    assert look.blind is not None
    assert memory.health is not None
    assert memory.health.fault is not None


def test_dawn_after_a_black_night_is_no_turn() -> None:
    night_s = 9 * 3600.0
    *_, (dark, _) = looks(5, weather=_grey(3), before=learnt(), after_s=120, every_s=night_s / 4)
    *_, (memory, _) = looks(12, weather=_elsewhere, before=dark, after_s=120 + night_s + 60, every_s=5)
    assert dark.health is not None
    assert dark.health.state == "black"
    assert memory.health is not None
    assert memory.health.state == "ok"


@pytest.mark.parametrize(("dark", "every_s"), [(20, 3.0), (40, 180.0)])
@pytest.mark.parametrize("known", [False, True])
def test_a_blackout_is_not_learnt_as_the_street(dark: int, every_s: float, known: bool) -> None:
    began = learnt() if known else None
    *_, (black, _) = looks(dark, weather=_grey(4), before=began, after_s=120, every_s=every_s)
    light_s = 120 + dark * every_s
    *_, (memory, look) = looks(30, before=black, after_s=light_s)
    assert look.blind is None
    assert memory.health is not None
    assert memory.health.state == "ok"
    *_, (memory, _) = looks(14, weather=_covered, before=memory, after_s=light_s + 90, every_s=6)
    assert memory.health is not None
    assert memory.health.state == "covered"


def test_one_odd_look_proves_nothing_and_is_no_fault() -> None:
    (dark, odd), *_ = looks(1, weather=_grey(4), before=learnt(), after_s=120)
    (after, next_look), *_ = looks(1, before=dark, after_s=123)
    assert odd.blind is not None
    assert next_look.blind is None
    assert after.health is not None
    assert after.health.fault is None


def test_a_camera_is_well_again_after_several_good_looks() -> None:
    *_, (ill, _) = looks(10, weather=_grey(4), before=learnt(), after_s=120)
    states = [memory.health.state for memory, _ in looks(6, before=ill, after_s=150) if memory.health]
    assert states == ["black"] * 4 + ["ok"] * 2


def test_a_bumped_camera_keeps_its_zones_and_the_picture_its_boxes() -> None:
    found = list(looks(4, weather=_shifted(0.02, 0.03), before=learnt(), after_s=120))
    memory = found[-1][0]
    assert memory.health is not None
    assert (memory.health.state, found[-1][1].blind) == ("ok", None)
    assert memory.shift.dx == pytest.approx(0.02, abs=0.004)
    assert memory.shift.dy == pytest.approx(0.03, abs=0.006)
    assert on_picture((0.4, 0.4, 0.5, 0.5), memory) == pytest.approx((0.42, 0.43, 0.52, 0.53), abs=0.006)


def test_what_a_bumped_camera_sees_is_told_where_the_zones_lie() -> None:
    bumped, box = _shifted(0.02, 0.03), (0.30, 0.50, 0.42, 0.75)
    *_, (memory, _) = looks(4, weather=bumped, before=learnt(), after_s=120)
    at, seen_in = START + timedelta(seconds=132), on_picture(box, memory)
    frame = Frame("cam-1", bumped(live(empty(), 4), 4), at, 4)
    seen = Seen(frame, Look("cam-1", at, (Sighting("stall", 0.9, seen_in),), (seen_in,)), ())
    for look in (observe(memory, seen)[1], again(memory, seen)):
        assert look is not None
        assert [look.sightings[0].box, look.covers[0]] == [pytest.approx(box, abs=0.01)] * 2


def test_a_camera_that_creeps_is_followed_though_each_look_is_like_the_one_before() -> None:
    def creeping(picture: Picture, number: int) -> Picture:
        return _shifted(0.0006 * number, 0)(picture, number)

    *_, (memory, look) = looks(70, weather=creeping, before=learnt(), after_s=120, every_s=60)
    assert look.blind is None
    assert memory.shift.dx == pytest.approx(0.0006 * 69, abs=0.015)


def test_dawn_after_a_noisy_night_is_no_blur() -> None:
    *_, (night, _) = looks(15, weather=_night)
    for _, look in looks(15, before=night, after_s=60):
        assert look.blind is None


def test_boxes_go_to_the_reference_and_back() -> None:
    shift, box = Shift(0.03, -0.02, degrees=2, scale=1.04), (0.1, 0.2, 0.3, 0.5)
    assert to_picture(to_reference(box, shift), shift) == pytest.approx(box)


def test_nothing_is_judged_of_a_camera_that_is_new() -> None:
    (memory, look), *_ = looks(1)
    assert memory.health is not None
    assert memory.health.state == "learning"
    assert look.blind is None


def test_a_day_without_looks_makes_another_light_no_fault() -> None:
    away = timedelta(hours=9).total_seconds()
    (memory, look), *_ = looks(1, weather=_elsewhere, before=learnt(), after_s=away)
    assert isinstance(memory, Memory)
    assert look.blind is None


def _squeezed(picture: Picture, _number: int) -> Picture:
    return np.asarray(cv2.resize(picture, (352, 288), interpolation=cv2.INTER_AREA), np.uint8)


def _squeezed_elsewhere(picture: Picture, number: int) -> Picture:
    return _squeezed(_elsewhere(picture, number), number)


def test_the_same_view_in_another_size_goes_on() -> None:
    for memory, look in looks(8, weather=_squeezed, before=learnt(), after_s=120):
        assert look.blind is None
        assert memory.health is not None
        assert memory.health.state == "ok"
        assert memory.shift.is_none


def test_another_view_in_another_size_is_moved_and_proves_nothing() -> None:
    found = list(looks(14, weather=_squeezed_elsewhere, before=learnt(), after_s=120))
    assert all(look.blind is not None for _, look in found)
    assert found[-1][0].health is not None
    assert found[-1][0].health.state == "moved"


@cache
def _known_by_day() -> Memory:
    """What is known after a quarter of an hour by day; the next look is at `after_s` 1200."""
    *_, (memory, _) = looks(18, before=learnt(), after_s=120, every_s=60)
    return memory


@pytest.mark.parametrize("away_s", [70 * 60.0, 14 * 3600.0])
@pytest.mark.parametrize("weather", [_elsewhere, _squeezed_elsewhere])
def test_another_view_after_a_long_absence_is_moved_where_the_street_is_known_by_this_light(
    away_s: float, weather: Weather
) -> None:
    found = list(looks(14, weather=weather, before=_known_by_day(), after_s=1200 + away_s))
    assert all(look.blind is not None for _, look in found)
    assert found[-1][0].health is not None
    assert found[-1][0].health.state == "moved"
    *_, (again, look) = looks(6, before=found[-1][0], after_s=1260 + away_s)
    assert look.blind is None
    assert again.health is not None
    assert again.health.state == "ok"


def test_another_view_after_hours_of_a_covered_lens_is_moved() -> None:
    found = list(looks(40, weather=_grey(4), before=_known_by_day(), after_s=1200, every_s=180))
    assert {memory.health.state for memory, _ in found[3:] if memory.health} == {"black"}
    for _, look in looks(8, weather=_elsewhere, before=found[-1][0], after_s=1200 + 7200):
        assert look.blind is not None


def _unlit(picture: Picture, number: int) -> Picture:
    return np.asarray(_elsewhere(picture, number) // 8, np.uint8)


@pytest.mark.parametrize("weather", [clear, _fog, _rain, _exposure_steps, _night, _unlit])
def test_who_was_off_for_a_night_is_believed_whatever_the_light(weather: Weather) -> None:
    *_, (memory, look) = looks(12, weather=weather, before=_known_by_day(), after_s=1200 + 12 * 3600)
    assert look.blind is None
    assert memory.health is not None
    assert memory.health.state == "ok"
