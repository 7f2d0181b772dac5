# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.coded import Coded, Track
from streams.times import TICKS, clip_times, usual_gap

Stamp = float | None
NOW = datetime(2026, 11, 21, tzinfo=UTC)
STAMPS = st.none() | st.floats(-1e9, 1e9)


def packets(stamps: list[tuple[Stamp, Stamp]], gap_s: float = 0.1) -> list[Coded]:
    track = Track("h264", 320, 180)
    return [Coded(b"", track, n == 0, pts, dts, NOW, 50 + n * gap_s) for n, (pts, dts) in enumerate(stamps)]


def in_seconds(ticks: list[int]) -> list[float]:
    return [round(tick / TICKS, 3) for tick in ticks]


def test_the_streams_own_times_are_kept_from_zero() -> None:
    pts, dts = clip_times(packets([(70.2, 70.0), (70.4, 70.1), (70.3, 70.2)]))
    assert in_seconds(pts) == [0.2, 0.4, 0.3]
    assert in_seconds(dts) == [0.0, 0.1, 0.2]


def test_missing_times_at_the_beginning_are_counted_back() -> None:
    pts, dts = clip_times(packets([(None, None), (0.0, None), (0.1, None), (0.2, 0.2), (0.3, 0.3)]))
    assert in_seconds(dts) == in_seconds(pts) == [0.0, 0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    "stamps",
    [
        [(None, None)] * 4,
        [(5.0, 5.0)] * 4,
        [(9.0, 9.0), (2.0, 2.0), (70.0, 70.0), (1.0, 1.0)],
        [(0.0, 0.0), (0.1, 0.1), (60.0, 60.0), (60.1, 60.1)],
        [(0.0, 0.0), (None, None), (0.2, 0.2), (0.3, 0.3)],
    ],
    ids=["missing", "frozen", "wild", "jumping", "with a hole"],
)
def test_times_that_cannot_be_believed_give_way_to_the_arrival(stamps: list[tuple[Stamp, Stamp]]) -> None:
    pts, dts = clip_times(packets(stamps))
    assert in_seconds(dts) == in_seconds(pts) == [0.0, 0.1, 0.2, 0.3]


@given(st.lists(st.tuples(STAMPS, STAMPS), min_size=1, max_size=30), st.sampled_from([0.0, 0.04, 1.0]))
def test_whatever_the_camera_sends_a_player_can_follow(stamps: list[tuple[Stamp, Stamp]], gap_s: float) -> None:
    pts, dts = clip_times(packets(stamps, gap_s))
    assert dts[0] == 0
    assert all(early < late for early, late in pairwise(dts))
    assert all(shown >= sent for shown, sent in zip(pts, dts, strict=True))


def test_the_usual_gap_of_one_picture_is_a_guess() -> None:
    assert usual_gap([0, 9000, 18000]) == 9000
    assert usual_gap([0]) == 3600
