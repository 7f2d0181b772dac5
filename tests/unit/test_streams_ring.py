# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.coded import Coded, Track
from streams.ring import PacketRing

START = datetime(2026, 11, 21, tzinfo=UTC)
TRACK = Track("h264", 320, 180)


def coded(second: float, *, key: bool = False, size: int = 100, track: Track = TRACK) -> Coded:
    return Coded(b"x" * size, track, key, second, second, START + timedelta(seconds=second), 1000 + second)


def filled(ring: PacketRing, seconds: int, gop: int = 2) -> PacketRing:
    for second in range(seconds):
        ring.add(coded(second, key=second % gop == 0))
    return ring


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def seconds_of(packets: list[Coded]) -> list[float]:
    return [packet.pts_s or 0.0 for packet in packets]


def test_nothing_is_kept_before_the_first_keyframe() -> None:
    ring = PacketRing(10, 10_000)
    ring.add(coded(0))
    assert ring.bytes == 0
    assert ring.cut(at(0), at(9)) == []


def test_of_no_seconds_nothing_is_kept_not_even_the_picture_of_the_moment() -> None:
    ring = filled(PacketRing(0, 10_000), 3)
    assert (ring.bytes, ring.cut(at(2), at(2))) == (0, [])


def test_at_least_the_wanted_seconds_are_kept_and_whole_groups_leave() -> None:
    ring = filled(PacketRing(5, 10_000), 20)
    assert seconds_of(ring.cut(at(0), at(99))) == [14, 15, 16, 17, 18, 19]


def test_bytes_bound_the_ring_whatever_the_seconds() -> None:
    ring = filled(PacketRing(100, 450), 20)
    assert ring.bytes <= 450
    assert seconds_of(ring.cut(at(0), at(99))) == [16, 17, 18, 19]


def test_a_group_too_large_is_given_up_until_the_next_keyframe() -> None:
    ring = PacketRing(100, 450)
    filled(ring, 8, gop=8)
    assert ring.bytes == 0
    ring.add(coded(8, key=True))
    assert seconds_of(ring.cut(at(0), at(99))) == [8]


def test_a_cut_has_no_hole_where_dates_cross() -> None:
    ring = filled(PacketRing(100, 10_000), 8)
    ring.add(replace(coded(8), at=at(9.1)))  # a late one, dated after the keyframe that follows it
    ring.add(replace(coded(9, key=True), at=at(9.0)))
    ring.add(coded(10))
    assert seconds_of(ring.cut(at(6), at(9.0))) == [6, 7, 8, 9]


def test_a_cut_begins_at_the_keyframe_before_its_time() -> None:
    ring = filled(PacketRing(100, 10_000), 20)
    assert seconds_of(ring.cut(at(5.5), at(8.2))) == [4, 5, 6, 7, 8]
    assert seconds_of(ring.cut(at(6), at(7))) == [6, 7]


def test_a_cut_of_a_time_that_is_not_kept_is_empty() -> None:
    ring = filled(PacketRing(100, 10_000), 20)
    assert ring.cut(at(30), at(40)) == []
    assert ring.cut(at(-9), at(-1)) == []


def test_a_cut_holds_one_track_the_longer_one() -> None:
    ring, other = filled(PacketRing(100, 10_000), 4), Track("h264", 640, 360)
    for second in range(4, 10):
        ring.add(coded(second, key=second % 2 == 0, track=other))
    packets = ring.cut(at(0), at(99))
    assert {packet.track for packet in packets} == {other}
    assert seconds_of(packets) == [4, 5, 6, 7, 8, 9]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=60),
    st.integers(0, 20),
    st.integers(1, 2000),
)
def test_the_ring_is_always_within_its_bounds_and_begins_with_a_keyframe(
    packets: list[tuple[bool, int]], seconds: int, limit: int
) -> None:
    ring = PacketRing(seconds, limit)
    for number, (key, size) in enumerate(packets):
        ring.add(coded(number, key=key, size=size))
        kept = ring.cut(at(-1), at(number))
        assert ring.bytes == sum(len(packet.data) for packet in kept) <= limit
        assert not kept or kept[0].key
