# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shapes that travel: the ledger, and the answer to "why not?"."""

import base64
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, ConfigDict, Field, StringConstraints

from api.ledger_model import Entry
from api.shapes import (
    Box,
    CameraId,
    ClassName,
    FreeJson,
    FreeList,
    Name,
    ReasonIn,
    ReasonOut,
    Seconds,
    ShapeIn,
    ShapeOut,
    Share,
    TextIn,
    TextOut,
    Time,
    plain,
)

PICTURE_LETTERS = 1_398_104  # base64 of 1 MiB


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("this is no base64") from error
    return text


ZoneName = Annotated[str, StringConstraints(max_length=200), AfterValidator(plain)]
Picture = Annotated[str, StringConstraints(min_length=4, max_length=PICTURE_LETTERS), AfterValidator(_base64)]

ENTRY_IN: dict[str, Any] = {
    "key": "cam-12/20261122T060230/412-300-520",
    "class": "stall",
    "camera_id": "cam-12",
    "zone": "gate",
    "confidence": 0.83,
    "box": [0.31, 0.42, 0.47, 0.71],
    "first_seen_at": "2026-11-22T06:02:30Z",
    "last_seen_at": "2026-11-22T06:03:10Z",
    "given_up_at": "2026-11-22T06:04:00Z",
    "stood_s": 90.0,
    "reason": {"code": "left", "values": {"stood_s": 40.0}},
    "text": {"en": "moved on after 40 s", "zh": "停留 40 秒后离开"},
    "rule": {"dwell_s": 120, "hit_ratio": 0.6},
    "trace": [{"at": "2026-11-22T06:02:30Z", "verdict": "hit", "confidence": 0.81}],
    "model": "curb-n 2026.11",
    "skipped": 0,
}
ENTRY_LISTED: dict[str, Any] = {name: value for name, value in ENTRY_IN.items() if name != "trace"} | {
    "id": "L5f0c1a9be2d34c7788aa",
    "picture": "/api/v1/ledger/L5f0c1a9be2d34c7788aa/picture",
    "created_at": "2026-11-22T06:04:01Z",
}
ENTRY: dict[str, Any] = ENTRY_LISTED | {"trace": ENTRY_IN["trace"]}
WHY: dict[str, Any] = {
    "camera_id": "cam-12",
    "at": "2026-11-22T06:03:00Z",
    "verdict": "given_up",
    "text": {
        "en": "no case at 14:03:00 on cam-12: a stall in gate, moved on after 40 s (a case needs 120 s)",
        "zh": "14:03:00 cam-12 未立案：“gate”内的占道经营，停留 40 秒后离开（立案需停留 120 秒）",
    },
    "case": None,
    "cases": [],
    "reason": {"code": "left", "values": {"stood_s": 40.0}},
    "entries": [ENTRY_LISTED],
}


class EntryIn(ShapeIn):
    """A candidate that did not become a case."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY_IN]})

    key: Name = Field(description="Identity of the standing site.")
    class_name: ClassName = Field(alias="class")
    camera_id: CameraId
    zone: ZoneName = Field(description="Empty for what stood outside all zones.")
    confidence: Share
    box: Box = Field(description="x0, y0, x1, y1 as shares of the picture.")
    first_seen_at: Time
    last_seen_at: Time
    given_up_at: Time
    stood_s: Seconds
    reason: ReasonIn
    text: TextIn
    rule: FreeJson = Field(default_factory=dict, description="The rule that it was judged by, free form.")
    trace: FreeList = Field(default_factory=list, description="Each look: verdict and confidence.")
    model: Name
    skipped: Annotated[int, Field(ge=0, le=10**6)] = Field(
        default=0, description="Candidates of this camera that were not kept since its entry before: too many came."
    )
    picture: Picture | None = Field(
        default=None, description="A small JPEG in base64, people made unreadable; at most 1 MiB."
    )


class EntryListed(ShapeOut):
    """An entry of the ledger without its trace."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY_LISTED]})

    id: str
    key: str
    class_name: str = Field(alias="class", validation_alias=AliasChoices("class_name", "class"))
    camera_id: str
    zone: str
    confidence: float
    box: tuple[float, float, float, float]
    first_seen_at: datetime
    last_seen_at: datetime
    given_up_at: datetime
    stood_s: float
    reason: ReasonOut
    text: TextOut
    rule: dict[str, Any]
    model: str
    skipped: int
    picture: str | None = Field(description="Where the picture is served.")
    created_at: datetime


class EntryOut(EntryListed):
    """A whole entry of the ledger."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY]})

    trace: list[Any]


class EntryPage(ShapeOut):
    """A page of entries, newest first."""

    items: list[EntryListed]
    next_cursor: str | None


class WhyOut(ShapeOut):
    """Why there was or was no case at a moment, in a sentence."""

    model_config = ConfigDict(json_schema_extra={"examples": [WHY]})

    camera_id: str
    at: datetime
    verdict: Literal[
        "case", "given_up", "down", "silent", "removed", "blind", "nothing", "forgotten", "future", "before"
    ]
    text: TextOut
    case: str | None = Field(description="The case that stood then, the one confirmed last of several.")
    cases: list[str] = Field(description="All cases that stood then, that one first: GET /api/v1/cases/{id}.")
    reason: ReasonOut | None
    entries: list[EntryListed] = Field(description="Candidates of that moment, those that stood longest first.")


def entry_out(entry: Entry) -> EntryOut:
    """A kept entry as it is shown."""
    return EntryOut.model_validate(_told(entry))


def entry_listed(entry: Entry) -> EntryListed:
    """A kept entry without its trace."""
    return EntryListed.model_validate(_told(entry))


def _told(entry: Entry) -> dict[str, Any]:
    reason = {"code": entry.reason, "values": entry.values}
    return asdict(entry) | {"reason": reason, "picture": entry.picture}
