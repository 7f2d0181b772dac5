# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shapes of cases and their parts, as JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, ConfigDict, Field, StringConstraints

from api.model import EvidenceKind, MediaType
from api.repetition import Action
from api.shapes import (
    Box,
    CameraId,
    ClassName,
    FreeJson,
    FreeList,
    Metres,
    Name,
    Note,
    ShapeIn,
    ShapeOut,
    Share,
    TextIn,
    TextOut,
    Time,
    plain,
)
from api.workflow import Status

CASE_IN: dict[str, Any] = {
    "key": "cam-12/gate/stall/7f3a",
    "class": "stall",
    "camera_id": "cam-12",
    "zone": "gate",
    "confidence": 0.83,
    "box": [0.31, 0.42, 0.47, 0.71],
    "first_seen_at": "2026-11-21T01:10:00Z",
    "confirmed_at": "2026-11-21T01:12:00Z",
    "last_seen_at": "2026-11-21T01:12:00Z",
    "model": "curb-n 2026.11",
    "rule": {"dwell_s": 120, "grade": "strict"},
    "trace": [{"at": "2026-11-21T01:10:00Z", "verdict": "hit", "confidence": 0.81}],
    "ground": [412.5, 87.2],
    "history_of": None,
    "repeats": 0,
    "chased_from": None,
}
EVIDENCE: dict[str, Any] = {
    "id": "E5f0c1a9be2d34c7788aa",
    "kind": "before",
    "media_type": "image/jpeg",
    "bytes": 182044,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "taken_at": "2026-11-21T01:12:00Z",
    "forgotten_at": None,
    "url": "/api/v1/evidence/E5f0c1a9be2d34c7788aa",
}
CASE_LISTED: dict[str, Any] = {name: value for name, value in CASE_IN.items() if name != "trace"} | {
    "id": "C20261121-0001",
    "status": "new",
    "cleared_at": None,
    "relapses": 0,
    "created_at": "2026-11-21T01:12:01Z",
    "updated_at": "2026-11-21T01:12:01Z",
    "version": 1,
    "place": "cam-12/gate/stall/7f3a",
    "camera_name": "Market Street, north gate",
    "camera_place": "Market Street 12",
    "evidence": [EVIDENCE],
    "history": [
        {
            "at": "2026-11-21T01:12:01Z",
            "actor": "key:patrol-1",
            "from": None,
            "to": "new",
            "note": None,
            "text": None,
            "fact": None,
            "fact_at": None,
        }
    ],
    "linked_to": [],
    "recommendation": {
        "action": "warn",
        "repetition": 0,
        "grade": "strict",
        "text": {
            "en": "warn: first case at this place; strict road, one step further",
            "zh": "警告：该地点首次成案；严禁路段，加重一档",
        },
    },
}
CASE: dict[str, Any] = CASE_LISTED | {"trace": CASE_IN["trace"]}


class CaseIn(ShapeIn):
    """A confirmed violation."""

    model_config = ConfigDict(json_schema_extra={"examples": [CASE_IN]})

    key: Name = Field(description="Identity of the standing site: one open case per key.")
    class_name: ClassName = Field(alias="class")
    camera_id: CameraId
    zone: Name
    confidence: Share
    box: Box = Field(description="x0, y0, x1, y1 as shares of the picture.")
    first_seen_at: Time
    confirmed_at: Time
    last_seen_at: Time
    model: Name
    rule: FreeJson = Field(default_factory=dict, description="The rule that confirmed it, free form.")
    trace: FreeList = Field(default_factory=list, description="Each look: verdict and confidence.")
    ground: tuple[Metres, Metres] | None = Field(
        default=None, description="Where it stands in the city's own frame of metres, the same for all cameras."
    )
    history_of: Name | None = Field(default=None, description="Key of the site that stood at this place before.")
    repeats: Annotated[int, Field(ge=0, le=10**6)] = Field(default=0, description="How often it did, by the patrol.")
    chased_from: Name | None = Field(default=None, description="Key of the site that moved on and came here.")


class TransitionIn(ShapeIn):
    """Where a case is to go."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "confirmed", "note": "stall on the footway", "version": 1}]}
    )

    to: Status
    note: Note | None = None
    version: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="Refused with 409 when the case has moved on."
    )


class NoteIn(ShapeIn):
    """What somebody adds to a case's history."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "crew delayed until 16:00"}]})

    note: Annotated[str, StringConstraints(max_length=2000, pattern=r"\S"), AfterValidator(plain)]


class ObservationIn(ShapeIn):
    """A fact about a standing case."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "cleared", "at": "2026-11-21T02:40:00Z"}]})

    kind: Literal["seen", "cleared", "relapsed", "resumed"]
    at: Time
    confidence: Share | None = None
    note: Note | None = None
    text: TextIn | None = Field(default=None, description="The note in both languages, for the page.")
    since: Time | None = Field(default=None, description="Of what is back: since when it has stood there, by `at`.")


class EvidenceOut(ShapeOut):
    """One stored picture or clip."""

    model_config = ConfigDict(json_schema_extra={"examples": [EVIDENCE]})

    id: str
    kind: EvidenceKind
    media_type: MediaType
    bytes: int
    sha256: str
    taken_at: datetime
    forgotten_at: datetime | None = Field(description="When its file was deleted, for it is kept only so long.")
    url: str


class HistoryOut(ShapeOut):
    """One entry of a case's history."""

    at: datetime
    actor: str
    from_status: Status | None = Field(alias="from", validation_alias=AliasChoices("from_status", "from"))
    to_status: Status = Field(alias="to", validation_alias=AliasChoices("to_status", "to"))
    note: str | None
    text: TextOut | None
    fact: str | None = Field(
        description="What the patrol saw: `cleared`, `relapsed`, `resumed`, `stands_on` (closed, but still there), "
        "`relapsed_open` (another case is open for the place), or one that came too late: `cleared_late` and so on."
    )
    fact_at: datetime | None = Field(description="When that was; `at` is when it was told.")


class RecommendationOut(ShapeOut):
    """What the city's rule says by how often it happened at this place before; a person decides."""

    action: Action
    repetition: int
    grade: str | None
    text: TextOut


class CaseListed(ShapeOut):
    """A case without its trace."""

    model_config = ConfigDict(json_schema_extra={"examples": [CASE_LISTED]})

    id: str
    key: str
    status: Status
    class_name: str = Field(alias="class", validation_alias=AliasChoices("class_name", "class"))
    camera_id: str
    camera_name: str | None = Field(description="What people call the camera; null while nobody has described it.")
    camera_place: str | None = Field(description="Where the camera stands: street and number, for the dispatch.")
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
    created_at: datetime
    updated_at: datetime
    version: int
    place: str | None = Field(
        description="Key of the site that is repeated, no address: cases with the same one repeat each other."
    )
    ground: tuple[float, float] | None
    history_of: str | None
    repeats: int
    chased_from: str | None
    linked_to: list[str] = Field(description="Cases of other cameras that are the same thing.")
    recommendation: RecommendationOut
    evidence: list[EvidenceOut]
    history: list[HistoryOut]


class CaseOut(CaseListed):
    """A whole case."""

    model_config = ConfigDict(json_schema_extra={"examples": [CASE]})

    trace: list[Any]


class CasePage(ShapeOut):
    """A page of cases, newest first."""

    items: list[CaseListed]
    next_cursor: str | None


class CaseCount(ShapeOut):
    """How many cases there are of one status and class."""

    status: Status
    class_name: str = Field(alias="class")
    count: int


class SpanOut(ShapeOut):
    """How long something took in the cases in which it happened."""

    cases: int
    mean_s: float | None
    median_s: float | None
    longest_s: float | None


class FiguresOut(ShapeOut):
    """What became of some cases."""

    registered: int
    waiting: int = Field(description="Nobody has decided.")
    true: int
    false: int
    true_share: float | None = Field(description="Of those that people decided on.")
    returned: int = Field(description="Back after they had been cleared or closed.")
    spans: dict[str, SpanOut] = Field(
        description="From registration to decided, dispatched, handled, cleared, closed; by the wall clock."
    )


class ReportOut(ShapeOut):
    """How the city did with the cases that were registered in a period."""

    since: datetime
    until: datetime
    total: FiguresOut
    by_class: dict[str, FiguresOut]
    by_camera: dict[str, FiguresOut]


class Summary(ShapeOut):
    """Counts of cases."""

    total: int
    open: int
    by_status: dict[str, int]
    by_class: dict[str, int]
    counts: list[CaseCount]
