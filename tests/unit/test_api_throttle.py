# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guessing passwords gets slow, for the guesser only."""

from datetime import UTC, datetime, timedelta

import pytest

from api.errors import TooManyAttempts
from api.throttle import MOST_REMEMBERED, Throttle

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def guessed(throttle: Throttle, name: str, times: int) -> None:
    for _ in range(times):
        throttle.failed(name, now=NOW)


def test_a_pause_follows_too_many_failures() -> None:
    throttle = Throttle()
    guessed(throttle, "li", 7)
    throttle.check("li", now=NOW)
    guessed(throttle, "li", 1)
    with pytest.raises(TooManyAttempts, match="wait 600 s") as refused:
        throttle.check("li", now=NOW)
    assert refused.value.extra == {"retry_after_s": 600}


def test_the_pause_ends_and_others_are_not_touched() -> None:
    throttle = Throttle()
    guessed(throttle, "li", 8)
    throttle.check("wang", now=NOW)
    with pytest.raises(TooManyAttempts):
        throttle.check("li", now=NOW + timedelta(minutes=10, seconds=-2))
    throttle.check("li", now=NOW + timedelta(minutes=10))


def test_success_forgets_failures() -> None:
    throttle = Throttle()
    guessed(throttle, "li", 8)
    throttle.succeeded("li")
    throttle.check("li", now=NOW)


def test_memory_stays_bounded() -> None:
    throttle = Throttle()
    for number in range(MOST_REMEMBERED + 5):
        throttle.failed(f"address:{number}", now=NOW)
    assert len(throttle._failures) == MOST_REMEMBERED
