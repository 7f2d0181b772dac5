# SPDX-License-Identifier: AGPL-3.0-or-later
"""When something may stand: hours of the city's wall clock on some weekdays, holidays and dates.

Wall time is compared, never a span added to a moment: on the night when clocks go back an hour of a window is there
twice, on the night when they go forward it is not there at all, and its edges hold to the minute on both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from detector.errors import WindowError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Holidays = Literal["ignore", "include", "exclude", "only"]

DAY_MIN = 24 * 60
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours in which `classes` may stand; minutes of the day from 0 to 1440, to before from reaches past midnight.

    Day, holiday and date are those on which the window began. holidays: `ignore` them, `include` them whatever the
    weekday, `exclude` them, or hold on them `only`. first, last: dates, both included. classes: empty is every class.
    """

    from_min: int
    to_min: int
    weekdays: tuple[int, ...] = EVERY_DAY
    holidays: Holidays = "ignore"
    first: date | None = None
    last: date | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    @property
    def hours(self) -> str:
        """As people write it: 17:00–22:00."""
        return f"{_clock(self.from_min)}–{_clock(self.to_min)}"


def minute_of_day(text: str) -> int:
    """Minutes since midnight of HH:MM, 24:00 included; WindowError on anything else."""
    hours, colon, minutes = text.partition(":")
    if colon and hours.isdigit() and minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60:
        minute = int(hours) * 60 + int(minutes)
        if minute <= DAY_MIN:
            return minute
    raise WindowError(f"{text!r} is no time of day; write HH:MM from 00:00 to 24:00")


def is_open(window: Window, wall: datetime, holidays: frozenset[date]) -> bool:
    """Whether a window holds at a moment of the city's wall clock (aware, in the city's zone)."""
    day, minute = wall.date(), wall.hour * 60 + wall.minute
    if window.from_min < window.to_min:
        return window.from_min <= minute < window.to_min and _holds_on(window, day, holidays)
    if minute >= window.from_min:
        return _holds_on(window, day, holidays)
    return minute < window.to_min and _holds_on(window, day - timedelta(days=1), holidays)


def always_open(windows: Iterable[Window]) -> bool:
    """Whether windows that hold on every date leave no minute of the week."""
    left = set(range(7 * DAY_MIN))
    for window in windows:
        if window.first is None and window.last is None and window.holidays in ("ignore", "include"):
            length = (window.to_min - window.from_min) % DAY_MIN or DAY_MIN
            for day in window.weekdays:
                start = day * DAY_MIN + window.from_min
                left.difference_update(minute % (7 * DAY_MIN) for minute in range(start, start + length))
    return not left


def _holds_on(window: Window, day: date, holidays: frozenset[date]) -> bool:
    if (window.first and day < window.first) or (window.last and day > window.last):
        return False
    if window.holidays == "ignore":
        return day.weekday() in window.weekdays
    if day in holidays:
        return window.holidays == "include" or (window.holidays == "only" and day.weekday() in window.weekdays)
    return window.holidays != "only" and day.weekday() in window.weekdays


def _check(window: Window) -> None:
    if not (0 <= window.from_min < DAY_MIN and 0 <= window.to_min <= DAY_MIN):
        raise WindowError(f"window {window.hours}: begin from 00:00 to 23:59 and end from 00:00 to 24:00")
    if window.from_min == window.to_min:
        raise WindowError(f"window {window.hours}: from and to are the same; for a whole day write 00:00 to 24:00")
    if not window.weekdays or not set(window.weekdays) <= set(EVERY_DAY):
        raise WindowError(f"window {window.hours}: name weekdays out of {', '.join(WEEKDAYS)}")
    if window.first and window.last:
        if window.first > window.last:
            raise WindowError(f"window {window.hours}: {window.last} is before {window.first}; swap last and first")
        if window.holidays in ("ignore", "exclude") and not _days(window.first, window.last) & set(window.weekdays):
            raise WindowError(
                f"window {window.hours}: none of its weekdays lies between {window.first} and {window.last}; "
                "it would never open"
            )


def _days(first: date, last: date) -> set[int]:
    return {(first + timedelta(days=n)).weekday() for n in range(min((last - first).days + 1, 7))}


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
