# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is looked at next: nobody starves, candidates come oftener, quiet and blind cameras more rarely."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curbwatch.schedule import Pace, Waiting, interval_s, kept, most_urgent, too_old

PACE = Pace(every_s=2.0, longest_s=10.0)


def wanted(
    pace: Pace = PACE, *, gop_s: float | None = 1.0, candidate: bool = False, blind: bool = False, quiet_s: float = 0.0
) -> float:
    return interval_s(pace, gop_s=gop_s, candidate=candidate, blind=blind, quiet_s=quiet_s)


def test_a_camera_keeps_its_pace_while_something_happens_now_and_then() -> None:
    assert wanted() == wanted(quiet_s=599) == 2.0


@pytest.mark.parametrize(
    ("gop_s", "expected"), [(0.5, 1.0), (1.0, 1.0), (1.5, 1.5), (2.0, 2.0), (8.0, 2.0), (None, 2.0)]
)
def test_a_candidate_is_looked_at_oftener_as_far_as_keyframes_allow(gop_s: float | None, expected: float) -> None:
    assert wanted(gop_s=gop_s, candidate=True) == expected
    assert wanted(gop_s=gop_s, candidate=True, quiet_s=1e6) == expected


def test_where_nothing_ever_happens_looks_come_more_rarely_up_to_the_promise() -> None:
    found = [wanted(quiet_s=hours * 3600) for hours in (0, 0.2, 0.4, 1, 24, 1000)]
    assert found == [2.0, 4.0, 8.0, 10.0, 10.0, 10.0]
    assert wanted(Pace(2.0, 2.0), quiet_s=1e6) == 2.0
    assert wanted(Pace(5.0, 2.0), quiet_s=1e6) == 5.0


def test_a_blind_camera_is_only_checked() -> None:
    assert wanted(blind=True, candidate=True) == 10.0
    assert wanted(Pace(20.0, 20.0), blind=True) == 20.0


def test_the_earliest_deadline_comes_first_and_a_new_camera_before_all() -> None:
    late, later, soon = Waiting("a", 9.0, 6.0, 2.0), Waiting("b", 9.5, 4.0, 2.0), Waiting("c", 8.0, 7.0, 10.0)
    new, newer = Waiting("d", 8.0, None, 2.0), Waiting("e", 9.0, None, 2.0)
    assert most_urgent([soon, late, newer, later, new], 5) == [new, newer, later, late, soon]
    assert most_urgent([soon, late], 1) == [late]
    assert most_urgent([soon], 0) == []


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 40), st.floats(0.05, 3.0))
def test_overloaded_every_camera_gets_its_share(cameras: int, look_s: float) -> None:
    looked: dict[str, float | None] = {f"cam-{n}": None for n in range(cameras)}
    counts = dict.fromkeys(looked, 0)
    for turn in range(cameras * 6):
        now = turn * look_s
        waiting = [Waiting(name, now, last, 1.0) for name, last in looked.items()]
        first = most_urgent(waiting, 1)[0]
        looked[first.camera_id], counts[first.camera_id] = now, counts[first.camera_id] + 1
    assert set(counts.values()) == {6}


def test_what_shows_a_past_too_long_gone_is_too_old() -> None:
    assert not too_old(Waiting("a", 5.0, None, 2.0), 15.0, 10.0)
    assert too_old(Waiting("a", 5.0, None, 2.0), 15.1, 10.0)


@pytest.mark.parametrize(
    ("gap_s", "gop_s", "good"), [(2.0, 2.0, True), (3.4, 2.0, True), (4.0, 2.0, False), (2.6, None, False)]
)
def test_a_promise_is_kept_but_for_the_keyframes_rounding(gap_s: float, gop_s: float | None, good: bool) -> None:
    assert kept(gap_s, 2.0, gop_s) is good
