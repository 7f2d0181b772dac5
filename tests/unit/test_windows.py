# SPDX-License-Identifier: AGPL-3.0-or-later
"""Permitted hours are the city's wall clock, to the minute, on the nights when clocks change too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import WindowError
from detector.windows import Window, is_open, minute_of_day

NO_HOLIDAYS: frozenset[date] = frozenset()
NATIONAL_DAY = date(2026, 10, 1)  # a Thursday
CITIES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe")
CHANGES = (  # UTC moments at which clocks of these cities change, and an ordinary one
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 7, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 0, tzinfo=UTC),
    datetime(2026, 4, 4, 15, 0, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 6, 15, 12, 0, tzinfo=UTC),
)


def opens(window: Window, wall: str, city: str = "Asia/Shanghai", holidays: frozenset[date] = NO_HOLIDAYS) -> bool:
    return is_open(window, datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(city)), holidays)


def minutes_open(window: Window, city: str, day: date) -> int:
    """Real minutes of one local date in which a window holds."""
    begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(city)).astimezone(UTC)
    walls = ((begin + timedelta(minutes=n)).astimezone(ZoneInfo(city)) for n in range(26 * 60))
    return sum(wall.date() == day and is_open(window, wall, NO_HOLIDAYS) for wall in walls)


def test_a_window_holds_from_its_first_minute_to_before_its_last() -> None:
    evening = Window(17 * 60, 22 * 60)
    told = [opens(evening, f"2026-11-23T{t}") for t in ("16:59:59", "17:00:00", "21:59:59", "22:00:00")]
    assert told == [False, True, True, False]


def test_a_window_across_midnight_belongs_to_the_day_on_which_it_began() -> None:
    friday_night = Window(20 * 60, 2 * 60, weekdays=(4,))
    told = [opens(friday_night, t) for t in ("2026-11-27T20:00", "2026-11-28T01:59", "2026-11-28T02:00")]
    assert told == [True, True, False]
    assert not opens(friday_night, "2026-11-27T01:00")


def test_a_whole_day_ends_at_24_00() -> None:
    saturday = Window(0, minute_of_day("24:00"), weekdays=(5,))
    told = [
        opens(saturday, t) for t in ("2026-11-27T23:59", "2026-11-28T00:00", "2026-11-28T23:59", "2026-11-29T00:00")
    ]
    assert told == [False, True, True, False]


@pytest.mark.parametrize(
    ("holidays", "on_the_holiday", "on_its_weekday", "on_another_day"),
    [("ignore", True, True, False), ("include", True, True, False), ("exclude", False, True, False)],
)
def test_holidays_of_a_listed_weekday(
    holidays: str, on_the_holiday: bool, on_its_weekday: bool, on_another_day: bool
) -> None:
    thursdays = Window(480, 720, weekdays=(3,), holidays=holidays)  # type: ignore[arg-type]
    days = ("2026-10-01T09:00", "2026-10-08T09:00", "2026-10-09T09:00")
    told = [opens(thursdays, day, holidays=frozenset({NATIONAL_DAY})) for day in days]
    assert told == [on_the_holiday, on_its_weekday, on_another_day]


def test_a_holiday_can_open_whatever_its_weekday_or_alone() -> None:
    holidays = frozenset({NATIONAL_DAY})
    assert opens(Window(480, 720, weekdays=(6,), holidays="include"), "2026-10-01T09:00", holidays=holidays)
    only = Window(480, 720, holidays="only")
    assert opens(only, "2026-10-01T09:00", holidays=holidays)
    assert not opens(only, "2026-10-08T09:00", holidays=holidays)


def test_dates_bound_a_window_both_included() -> None:
    fair = Window(20 * 60, 60, first=date(2026, 10, 1), last=date(2026, 10, 2))
    moments = ("2026-09-30T21:00", "2026-10-01T00:30", "2026-10-01T21:00", "2026-10-03T00:30", "2026-10-03T21:00")
    assert [opens(fair, moment) for moment in moments] == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("city", "day", "minutes"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 30),  # 02:00-03:00 does not exist
        ("Europe/Berlin", date(2026, 10, 25), 150),  # 02:00-03:00 is there twice
        ("America/New_York", date(2026, 3, 8), 30),
        ("America/New_York", date(2026, 11, 1), 90),  # 01:00-02:00 is there twice, 01:30-03:00 gains half an hour
        ("Australia/Lord_Howe", date(2026, 4, 5), 120),  # half an hour, from 02:00 back to 01:30
        ("Australia/Lord_Howe", date(2026, 10, 4), 60),
        ("Asia/Shanghai", date(2026, 3, 29), 90),
    ],
)
def test_a_night_window_when_clocks_change(city: str, day: date, minutes: int) -> None:
    expected = minutes + 30 * (city == "America/New_York" and day.month == 11)
    assert minutes_open(Window(90, 180), city, day) == expected


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(CITIES),
    st.sampled_from(CHANGES),
    st.integers(-300, 300),
    st.integers(0, 1439),
    st.integers(0, 1440),
)
def test_windows_hold_to_the_minute_wherever_clocks_change(
    city: str, change: datetime, off_min: int, begin: int, end: int
) -> None:
    if begin == end:
        return
    wall = (change + timedelta(minutes=off_min)).astimezone(ZoneInfo(city))
    minute = wall.hour * 60 + wall.minute
    inside = begin <= minute < end if begin < end else minute >= begin or minute < end
    assert is_open(Window(begin, end), wall, NO_HOLIDAYS) is inside


@pytest.mark.parametrize("text", ["25:00", "24:01", "8", "8:0", "08:60", "", "noon", "-1:00", "٨:٠٠x"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(WindowError, match="is no time of day; write HH:MM from 00:00 to 24:00"):
        minute_of_day(text)


def test_hours_are_told_as_people_write_them() -> None:
    assert Window(17 * 60 + 5, 1440).hours == "17:05–24:00"
