# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from streams.backoff import Backoff
from streams.errors import CameraUnreachable, LoginRefused

AWAY = CameraUnreachable("cam-1", "cam-1 is away")


def middle() -> float:
    return 0.5


def test_waits_double_from_one_second_to_a_minute() -> None:
    backoff = Backoff(middle)
    assert [backoff.next_s(AWAY, 0) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_healthy_minute_starts_over_and_a_few_pictures_nearly_do() -> None:
    backoff = Backoff(middle)
    for _ in range(5):
        backoff.next_s(AWAY, 0)
    assert backoff.next_s(AWAY, 3) == 2
    assert backoff.next_s(AWAY, 61) == 1


@pytest.mark.parametrize(("dice", "wait_s"), [(0.0, 0.75), (1.0, 1.25)])
def test_waits_are_spread_so_that_cameras_do_not_come_back_together(dice: float, wait_s: float) -> None:
    assert Backoff(lambda: dice).next_s(AWAY, 0) == wait_s


def test_a_refused_login_is_not_repeated_until_the_camera_locks_the_account() -> None:
    backoff = Backoff(middle)
    refused = LoginRefused("cam-1", "no")
    assert [backoff.next_s(refused, 0) for _ in range(7)] == [40, 40, 40, 40, 40, 40, 60]


@pytest.mark.parametrize(("dice", "wait_s"), [(0.0, 30), (1.0, 50)])
def test_a_refused_login_waits_half_a_minute_however_the_dice_fall(dice: float, wait_s: float) -> None:
    assert Backoff(lambda: dice).next_s(LoginRefused("cam-1", "no"), 0) == wait_s


def test_hours_of_absence_overflow_nothing() -> None:
    backoff = Backoff(middle)
    assert {backoff.next_s(AWAY, 0) for _ in range(5000)} == {1, 2, 4, 8, 16, 32, 60}
