# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the store gives and takes: frozen values, no SQL, no HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from api.repetition import Recommendation, recommend
from api.text import Bilingual
from api.workflow import DONE, Status

EvidenceKind = Literal["before", "during", "after", "clip", "context"]
CameraStatus = Literal["connecting", "live", "retrying", "stopped"]
BelievedStatus = Literal[CameraStatus, "unknown"]
TicketStatus = Literal["open", "closed"]
MediaType = Literal["image/jpeg", "image/png", "video/mp4"]


@dataclass(frozen=True, slots=True)
class NewCase:
    """A confirmed violation as the patrol reports it; `box` is x0, y0, x1, y1 as shares of the picture.

    ground: metres in the city's frame. history_of, chased_from: keys of the place's earlier site and of the one that
    moved here. repeats: how often the patrol remembers it at this place.
    """

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
    ground: tuple[float, float] | None = None
    history_of: str | None = None
    repeats: int = 0
    chased_from: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Another camera's case of the same thing, and how far apart both say it stands."""

    case_id: str
    distance_m: float


AGAIN = ("relapsed", "stands_on")  # facts after which people judge anew


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of a case's history; `from_status` is None for its first, `text` is the note in both languages.

    fact, fact_at: what the patrol saw, a key of `api.notes`, and when, where that is known; `at` is when it was told.
    """

    at: datetime
    actor: str
    from_status: Status | None
    to_status: Status
    note: str | None
    text: Bilingual | None = None
    fact: str | None = None
    fact_at: datetime | None = None

    @property
    def happened_at(self) -> datetime:
        """When it was, as well as that is known."""
        return self.fact_at or self.at


@dataclass(frozen=True, slots=True)
class Stay:
    """From when until when the thing of a case stood there without a break; `until` is None while it stands."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A picture or clip on its way to a case."""

    case_id: str
    kind: EvidenceKind
    media_type: MediaType
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """One picture or clip of a case; once it is forgotten its file is no longer kept."""

    id: str
    case_id: str
    kind: EvidenceKind
    media_type: MediaType
    bytes: int
    sha256: str
    taken_at: datetime
    forgotten_at: datetime | None = None

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"/api/v1/evidence/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(NewCase):
    """The city's record of one standing violation.

    repetition: how often it had happened at its place before. raised_seq: larger the later it last became new.
    place: which cases repeat each other. camera_name, camera_place: the camera's, None where nobody described it.
    """

    seq: int
    id: str
    status: Status
    cleared_at: datetime | None
    relapses: int
    created_at: datetime
    updated_at: datetime
    version: int
    place: str | None = None
    raised_seq: int = 0
    evidence: tuple[Evidence, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    links: tuple[Link, ...] = ()
    repetition: int = 0
    camera_name: str | None = None
    camera_place: str | None = None

    @property
    def stood_until(self) -> datetime | None:
        """When the thing was gone or stopped to matter; None while it stands."""
        return self.cleared_at or (self.last_seen_at if self.status in DONE else None)

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Its stays, the latest last: one more for each time that it was back."""
        found, done_at = [Stay(self.first_seen_at)], None
        for row in self.history:
            last = found[-1]
            if row.to_status in DONE and row.from_status != row.to_status:
                done_at = row.at
            if row.fact == "cleared":
                found[-1] = Stay(last.since, row.happened_at)
            elif row.fact == "resumed":
                found[-1] = Stay(last.since)
            elif row.fact == "relapsed":
                found[-1] = Stay(last.since, last.until or done_at)  # nobody saw it go, but people had closed it
                found.append(Stay(row.happened_at))
        return *found[:-1], Stay(found[-1].since, self.stood_until)

    def stay_at(self, at: datetime) -> Stay | None:
        """The stay of a moment; None where nothing stood there then."""
        return next((stay for stay in self.stays if stay.since <= at <= (stay.until or at)), None)

    @property
    def linked_to(self) -> tuple[str, ...]:
        """Cases of other cameras that are the same thing."""
        return tuple(link.case_id for link in self.links)

    @property
    def recommendation(self) -> Recommendation:
        """What the city's rule says."""
        grade = self.rule.get("grade")
        return recommend(self.repetition, grade if isinstance(grade, str) else None)


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
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """A fact about a standing case, from the patrol."""

    kind: Literal["seen", "cleared", "relapsed", "resumed"]
    at: datetime
    confidence: float | None = None
    note: str | None = None
    text: Bilingual | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CameraState:
    """What the patrol last said about a camera; `health` is JSON: state, since, reason, text, shift."""

    status: CameraStatus
    frame_age_s: float | None
    error: str | None
    codec: str | None
    width: int | None
    height: int | None
    drops: int
    reconnects: int
    reported_at: datetime
    health: dict[str, Any] | None = None
    messages_waiting: int = 0
    messages_refused: int = 0


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, its zones and its last reported state; `received_at` is when the API heard of it.

    `removed_at`: since when no patrol watches it any more.
    """

    id: str
    name: str
    place: str | None
    zones: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
    state: CameraState | None
    received_at: datetime | None
    snapshot_at: datetime | None
    removed_at: datetime | None

    def status_at(self, at: datetime, *, silent_after_s: float) -> BelievedStatus:
        """The status that may be believed: none before the first report, in silence, and once it is removed."""
        if self.state is None or self.removed_at or is_silent(self.received_at, at, after_s=silent_after_s):
            return "unknown"
        return self.state.status


def is_silent(heard_at: datetime | None, at: datetime, *, after_s: float) -> bool:
    """Whether the patrol's last word of a camera is too old at `at` to be believed."""
    return heard_at is not None and (at - heard_at).total_seconds() > after_s


@dataclass(frozen=True, slots=True)
class CameraMoment:
    """What was known of a camera from `at` on, until the next one; status `unknown`: the patrol was silent."""

    at: datetime
    status: str
    error: str | None
    health: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A camera that needs somebody: what is wrong since when, and until when."""

    seq: int
    id: str
    camera_id: str
    fault: str
    since: datetime
    opened_at: datetime
    closed_at: datetime | None
    reason: dict[str, Any] | None
    text: Bilingual

    @property
    def status(self) -> TicketStatus:
        """Whether it still needs somebody."""
        return "open" if self.closed_at is None else "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the event log; `data` is JSON text."""

    id: int
    event: str
    data: str
