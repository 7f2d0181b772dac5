# SPDX-License-Identifier: AGPL-3.0-or-later
"""What did not become a case: frozen values, no SQL, no HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.text import Bilingual


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A candidate that was given up, as the patrol reports it; `box` as shares of the picture, spans in seconds.

    reason, values: why, as data; text: the same in both languages. rule: what it was judged by.
    skipped: how many candidates of this camera were not kept since the entry before, because there were too many.
    """

    key: str
    class_name: str
    camera_id: str
    zone: str
    confidence: float
    box: tuple[float, float, float, float]
    first_seen_at: datetime
    last_seen_at: datetime
    given_up_at: datetime
    stood_s: float
    reason: str
    values: dict[str, Any]
    text: Bilingual
    rule: dict[str, Any]
    trace: list[Any]
    model: str
    skipped: int


@dataclass(frozen=True, slots=True)
class Entry(NewEntry):
    """One kept entry of the ledger; `picture_bytes` is 0 where there is no picture."""

    seq: int
    id: str
    picture_bytes: int
    created_at: datetime

    @property
    def until(self) -> datetime:
        """Until when it is known to have stood: what may stand there is told once, and seen on."""
        return max(self.given_up_at, self.last_seen_at)

    @property
    def picture(self) -> str | None:
        """Where its picture is served."""
        return f"/api/v1/ledger/{self.id}/picture" if self.picture_bytes else None


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries to list; None means any. Times are those of giving up."""

    camera_id: str | None = None
    class_name: str | None = None
    zone: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
