# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the store gives and takes: frozen values, no SQL, no HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from api.workflow import Status

EvidenceKind = Literal["before", "during", "after", "clip", "context"]
CameraStatus = Literal["connecting", "live", "retrying", "stopped"]
MediaType = Literal["image/jpeg", "image/png", "video/mp4"]


@dataclass(frozen=True, slots=True)
class NewCase:
    """A confirmed violation as the patrol reports it; `box` is x0, y0, x1, y1 as shares of the picture."""

    key: str
    class_name: str
    camera_id: str
    zone: str
    confidence: float
    box: tuple[float, float, float, float]
    first_seen_at: datetime
    confirmed_at: datetime
    last_seen_at: datetime
    model: str
    rule: dict[str, Any]
    trace: list[Any]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of a case's history; `from_status` is None for its first."""

    at: datetime
    actor: str
    from_status: Status | None
    to_status: Status
    note: str | None


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A picture or clip on its way to a case."""

    case_id: str
    kind: EvidenceKind
    media_type: MediaType
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stored picture or clip of a case."""

    id: str
    case_id: str
    kind: EvidenceKind
    media_type: MediaType
    bytes: int
    sha256: str
    taken_at: datetime

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"/api/v1/evidence/{self.id}"


@dataclass(frozen=True, slots=True)
class Case:
    """The city's record of one standing violation."""

    seq: int
    id: str
    key: str
    status: Status
    class_name: str
    camera_id: str
    zone: str
    confidence: float
    box: tuple[float, float, float, float]
    first_seen_at: datetime
    confirmed_at: datetime
    last_seen_at: datetime
    cleared_at: datetime | None
    relapses: int
    model: str
    rule: dict[str, Any]
    trace: list[Any]
    created_at: datetime
    updated_at: datetime
    version: int
    evidence: tuple[Evidence, ...] = ()
    history: tuple[HistoryRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list; empty tuples and None mean any."""

    status: tuple[Status, ...] = ()
    class_name: tuple[str, ...] = ()
    camera_id: str | None = None
    zone: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """A fact about a standing case, from the patrol."""

    kind: Literal["seen", "cleared", "relapsed"]
    at: datetime
    confidence: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CameraState:
    """What the patrol last said about a camera."""

    status: CameraStatus
    frame_age_s: float | None
    error: str | None
    codec: str | None
    width: int | None
    height: int | None
    drops: int
    reconnects: int
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, its zones and its last reported state; `received_at` is when the API heard of it."""

    id: str
    name: str
    place: str | None
    zones: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
    state: CameraState | None
    received_at: datetime | None
    snapshot_at: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the event log; `data` is JSON text."""

    id: int
    event: str
    data: str
