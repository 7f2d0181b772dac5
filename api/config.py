# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the API needs to know before it starts."""

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """Values of one API process; `database_url` may hold a password and stays out of the repr."""

    database_url: str = field(repr=False)
    evidence_dir: Path
    timezone: str = "Asia/Shanghai"
    session_hours: float = 12.0
    secure_cookie: bool = False
    public_metrics: bool = False
    source_url: str = ""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    evidence_bytes: int = 64 * MEBIBYTE
    picture_bytes: int = 16 * MEBIBYTE
    body_bytes: int = 2 * MEBIBYTE
    silent_after_s: float = 30.0
    heartbeat_s: float = 15.0
    poll_s: float = 0.5
    event_clients: int = 200
    events_days: float = 14.0
    idempotency_days: float = 60.0
    evidence_days: int = 0
    ledger_days: float = 14.0
    ledger_bytes: int = 4096 * MEBIBYTE
    ticket_after_s: float = 60.0
    same_place_m: float = 3.0

    @property
    def tz(self) -> ZoneInfo:
        """The city's time zone; raises ZoneInfoNotFoundError for an unknown name."""
        return ZoneInfo(self.timezone)
