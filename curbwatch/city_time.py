# SPDX-License-Identifier: AGPL-3.0-or-later
"""Moments on the command line: read and shown in the city's time, unless they name a zone of their own."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

import typer

CITY_TIME = "14:03, 2026-11-22 14:03 or ISO 8601, in the city's time"
CityTime = Annotated[str, typer.Option(help=CITY_TIME)]
CityTimeOrNow = Annotated[str, typer.Option(help=f"{CITY_TIME}; default: now")]
YEARS = range(1970, 9000)  # days before and after them can be counted, too
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")


def moment_of(text: str, *, tz: tzinfo | None, now: datetime) -> datetime:
    """A moment as people write it, in `tz` (None: this machine's) unless it names its own; 14:03 is the last one."""
    local = now.astimezone(tz)
    if not text:
        return now
    if clock := _CLOCK.match(text):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        try:
            found = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
        except ValueError:
            raise _no_time(text) from None
        return (found if found <= local else found - timedelta(days=1)).astimezone(UTC)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise _no_time(text) from None
    if given.year not in YEARS:
        raise _no_time(text)
    return (given if given.tzinfo else given.replace(tzinfo=local.tzinfo)).astimezone(UTC)


def _no_time(text: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r} is no time; write 14:03, 2026-11-22 14:03 or 2026-11-22T14:03:00+08:00")


def shown(at: datetime, tz: tzinfo) -> str:
    """A moment as people and their spreadsheets read it: ISO 8601 to the second, with the zone's offset."""
    return at.astimezone(tz).isoformat(timespec="seconds")
