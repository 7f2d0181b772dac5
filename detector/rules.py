# SPDX-License-Identifier: AGPL-3.0-or-later
"""By which rules one camera's looks are judged: its zones, the city's time, its holidays."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from detector.zones import Zone

WEEK_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that a look of one camera is judged by.

    timezone: the zone in which permitted windows are meant. holidays: days on which holiday windows hold.
    relapse_s: for so long after it was cleared a place that is taken again is the same case.
    """

    zones: tuple[Zone, ...]
    timezone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    relapse_s: float = WEEK_S


def rules_for(
    zones: Iterable[Zone],
    *,
    timezone: str = "UTC",
    holidays: Iterable[date] = (),
    relapse_s: float = WEEK_S,
) -> Rules:
    """Rules of these zones; unless told otherwise in UTC and without holidays."""
    return Rules(tuple(zones), ZoneInfo(timezone), frozenset(holidays), relapse_s)
