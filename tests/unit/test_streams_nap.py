# SPDX-License-Identifier: AGPL-3.0-or-later
"""A dozing reader: what it reads later is dated as it came, keyframes are waited for, who is behind does not sleep."""

from dataclasses import dataclass, field

import pytest

from streams.nap import LONGEST_S, Nap

GAP_S, GOP = 0.04, 50


@dataclass
class Camera:
    """Sends a picture every 40 ms, each 50th a keyframe; its clock is `fast` times ours."""

    fast: float = 1.0
    jumps: dict[int, float] = field(default_factory=dict)

    def media_s(self, number: int) -> float:
        return 1000 + number * GAP_S * self.fast + sum(by for since, by in self.jumps.items() if number >= since)


@dataclass
class Read:
    """A picture as it was read: when it came by the true clock and by the nap's, and when it was read."""

    key: bool
    came: float
    told: float
    now: float


def watched(camera: Camera, pictures: int, *, cost_s: float = 0.001, began: float = 5.0) -> tuple[list[Read], int]:
    """A reader's pictures, and how often it slept."""
    nap, now, reads, sleeps = Nap(), began, list[Read](), 0
    for number in range(pictures):
        asked, came = now, began + number * GAP_S
        now = max(now, came) + cost_s
        key = number % GOP == 0
        told, rest_s = nap.arrived(camera.media_s(number), now, waited_s=now - asked, key=key)
        reads.append(Read(key, came, told, now))
        now += rest_s
        sleeps += rest_s > 0
    return reads, sleeps


@pytest.mark.parametrize("fast", [1.0, 1.0005, 0.9995])
def test_pictures_are_dated_as_they_came_and_read_in_few_rounds(fast: float) -> None:
    reads, sleeps = watched(Camera(fast), 40 * GOP)
    assert sleeps < 10 * 40  # instead of 50 for each keyframe
    assert max(abs(read.told - read.came) for read in reads) < 0.06
    assert max(read.now - read.came for read in reads) < LONGEST_S + 0.01
    told = [read.told for read in reads]
    assert told == sorted(told)


def test_keyframes_are_read_as_they_come() -> None:
    reads, _ = watched(Camera(), 20 * GOP)
    assert max(read.now - read.came for read in reads if read.key) < 0.01


def test_nobody_sleeps_before_the_keyframes_rhythm_is_known() -> None:
    _, sleeps = watched(Camera(), GOP)
    assert sleeps == 0


def test_who_falls_behind_does_not_sleep() -> None:
    reads, sleeps = watched(Camera(), 10 * GOP, cost_s=0.05)  # each picture takes longer than the next needs to come
    assert sleeps <= 4
    assert reads[-1].now - reads[-1].came < 10 * GOP * 0.01 + 4 * LONGEST_S + 0.1


@pytest.mark.parametrize("by_s", [-3600.0, -2.0, 0.5, 3600.0])
def test_a_stream_whose_clock_jumps_is_still_dated_within_a_nap(by_s: float) -> None:
    reads, _ = watched(Camera(jumps={4 * GOP + 7: by_s}), 12 * GOP)
    assert max(abs(read.told - read.came) for read in reads) < LONGEST_S + 0.05


def test_a_stream_without_times_is_read_as_it_comes() -> None:
    nap = Nap()
    assert [nap.arrived(None, now, waited_s=0.04, key=True) for now in (1.0, 2.0, 3.0)] == [
        (1.0, 0),
        (2.0, 0),
        (3.0, 0),
    ]


def test_pictures_out_of_order_are_dated_as_they_are_read() -> None:
    nap, shown = Nap(), [0, 4, 2, 1, 3, 8, 6, 5, 7]
    for number, place in enumerate(shown * 20):
        asked, now = number * GAP_S, number * GAP_S + 0.02
        told = nap.arrived(place * GAP_S + number // 9 * 9 * GAP_S, now, waited_s=now - asked, key=number % 9 == 0)
        assert told == (now, 0.0) or number < 3
