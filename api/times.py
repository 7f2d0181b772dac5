# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clocks: aware UTC inside, the city's zone at the edges."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SEEN_EVERY = timedelta(minutes=1)  # what stands on is not written more often
Clock = Callable[[], datetime]


def stamp(at: datetime) -> str:
    """Aware UTC as the API writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)
