# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shapes that travel: cameras, their zones and states."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, ConfigDict, Field

from api.model import BelievedStatus, Camera, CameraStatus, is_silent
from api.shapes import (
    CameraId,
    ClassName,
    Name,
    Note,
    ReasonIn,
    ReasonOut,
    Seconds,
    ShapeIn,
    ShapeOut,
    Share,
    TextIn,
    TextOut,
    Time,
)
from detector.windows import Holidays, Weekday
from detector.zones import Grade, ZoneKind

Count = Annotated[int, Field(ge=0, le=2**53)]
Pixels = Annotated[int, Field(ge=0, le=65_535)]
Point = tuple[Share, Share]
Shift = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]

CAMERA_IN: dict[str, Any] = {
    "name": "Market Street, north gate",
    "place": "Market Street 12",
    "zones": [
        {
            "name": "gate",
            "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]],
            "classes": ["stall", "debris"],
            "kind": "watch",
            "grade": "controlled",
            "dwell_s": 120.0,
            "windows": [
                {
                    "hours": "17:00–22:00",
                    "weekdays": ["fri", "sat"],
                    "holidays": "include",
                    "first": None,
                    "last": None,
                    "classes": ["stall"],
                }
            ],
        }
    ],
}
HEALTH: dict[str, Any] = {
    "state": "ok",
    "since": "2026-11-21T00:40:00Z",
    "reason": None,
    "text": None,
    "shift": [0.0, 0.0],
}
STATE_IN: dict[str, Any] = {
    "status": "live",
    "frame_age_s": 0.4,
    "error": None,
    "codec": "h264",
    "width": 1920,
    "height": 1080,
    "drops": 0,
    "reconnects": 1,
    "at": "2026-11-21T01:12:00Z",
    "health": HEALTH,
    "messages_waiting": 0,
    "messages_refused": 0,
}
CAMERA: dict[str, Any] = CAMERA_IN | {
    "id": "cam-12",
    "status": "live",
    "silent": False,
    "note": None,
    "state": STATE_IN,
    "snapshot": {"taken_at": "2026-11-21T01:12:00Z", "url": "/api/v1/cameras/cam-12/snapshot"},
    "created_at": "2026-11-20T08:00:00Z",
    "updated_at": "2026-11-20T08:00:00Z",
    "removed_at": None,
}


class ZoneWindow(ShapeIn):
    """Hours in which things may stand in a zone, or in which a pitch's licence holds."""

    hours: Name = Field(description="Of the city's wall clock, as people write them.")
    weekdays: list[Weekday] = Field(max_length=7)
    holidays: Holidays = "ignore"
    first: date | None = None
    last: date | None = None
    classes: Annotated[list[ClassName], Field(max_length=50)] = Field(
        default_factory=list, description="What may stand; empty: all of the zone's classes."
    )


class Zone(ShapeIn):
    """One polygon of a camera's picture; points as shares of width and height. Its rule is told, not applied, here."""

    name: Name
    polygon: Annotated[list[Point], Field(min_length=3, max_length=100)]
    classes: Annotated[list[ClassName], Field(max_length=50)]
    kind: ZoneKind = "watch"
    grade: Grade | None = Field(default=None, description="Of the road, of watched ground.")
    dwell_s: Seconds | None = Field(default=None, description="How long a thing must stand there to be a violation.")
    windows: Annotated[list[ZoneWindow], Field(max_length=50)] = Field(default_factory=list)


class CameraIn(ShapeIn):
    """A camera and what it watches."""

    model_config = ConfigDict(json_schema_extra={"examples": [CAMERA_IN]})

    name: Name
    place: Name | None = None
    zones: Annotated[list[Zone], Field(max_length=100)] = Field(default_factory=list)


class HealthIn(ShapeIn):
    """What the patrol thinks of a camera's picture; any state but `ok` and `learning` suspends its zones."""

    state: Literal["ok", "learning", "black", "frozen", "blurred", "covered", "overexposed", "corrupted", "moved"]
    since: Time
    reason: ReasonIn | None = None
    text: TextIn | None = None
    shift: tuple[Shift, Shift] = Field(default=(0.0, 0.0), description="Small shift that the zones follow, as shares.")


class StandingIn(ShapeIn):
    """Something that stands there, of which a case or a ledger entry was reported."""

    key: Name = Field(description="The key of that case or entry.")
    last_seen_at: Time


class CameraStateIn(ShapeIn):
    """How a camera is, from the patrol's side."""

    model_config = ConfigDict(json_schema_extra={"examples": [STATE_IN]})

    status: CameraStatus
    frame_age_s: Seconds | None = None
    error: Note | None = None
    codec: Annotated[str, Field(max_length=32, pattern=r"^[\w.-]*$")] | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    drops: Count = 0
    reconnects: Count = 0
    at: Time
    health: HealthIn | None = None
    messages_waiting: Count = Field(default=0, description="Of this camera, tried and not yet accepted.")
    messages_refused: Count = Field(default=0, description="Of this camera, refused for good.")
    standing: Annotated[list[StandingIn], Field(max_length=1000)] = Field(
        default_factory=list, description="What stands there now, permitted things included."
    )


class CameraReportIn(CameraStateIn):
    """One camera's state among others'."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"camera_id": "cam-12"} | STATE_IN]})

    camera_id: CameraId


class CameraReportsIn(ShapeIn):
    """The states of several cameras; of a camera that is named twice the last counts."""

    items: Annotated[list[CameraReportIn], Field(max_length=1000)]


class CameraReportsOut(ShapeOut):
    """What became of them."""

    unknown: list[str] = Field(description="Cameras that nobody has registered; the others' states are kept.")


class HealthOut(ShapeOut):
    """What the patrol thinks of a camera's picture."""

    state: str
    since: datetime
    reason: ReasonOut | None
    text: TextOut | None
    shift: tuple[float, float]


class CameraStateOut(ShapeOut):
    """The last state that the patrol reported."""

    status: CameraStatus
    frame_age_s: float | None
    error: str | None
    codec: str | None
    width: int | None
    height: int | None
    drops: int
    reconnects: int
    at: datetime = Field(validation_alias=AliasChoices("reported_at", "at"))
    health: HealthOut | None
    messages_waiting: int
    messages_refused: int


class SnapshotOut(ShapeOut):
    """A camera's newest picture."""

    taken_at: datetime
    url: str


class CameraOut(ShapeOut):
    """A camera; `status` is `unknown` before its first report, while the patrol is silent, and once it is removed."""

    model_config = ConfigDict(json_schema_extra={"examples": [CAMERA]})

    id: str
    name: str
    place: str | None
    zones: list[Zone]
    status: BelievedStatus
    silent: bool = Field(description="True when the last report is too old to be believed.")
    note: str | None = Field(description="Why the status is unknown, and what to do.")
    state: CameraStateOut | None
    snapshot: SnapshotOut | None
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None = Field(description="Since when no patrol watches it any more.")


class CameraList(ShapeOut):
    """All cameras that are watched, by id."""

    items: list[CameraOut]


def camera_out(camera: Camera, *, now: datetime, silent_after_s: float) -> CameraOut:
    """A camera as it is shown at `now`."""
    snapshot = None
    if camera.snapshot_at is not None:
        url = f"/api/v1/cameras/{camera.id}/snapshot"
        snapshot = SnapshotOut(taken_at=camera.snapshot_at, url=url)
    return CameraOut(
        id=camera.id,
        name=camera.name,
        place=camera.place,
        zones=[Zone.model_validate(zone) for zone in camera.zones],
        status=camera.status_at(now, silent_after_s=silent_after_s),
        silent=is_silent(camera.received_at, now, after_s=silent_after_s),
        note=_note(camera, now=now, silent_after_s=silent_after_s),
        state=None if camera.state is None else CameraStateOut.model_validate(camera.state),
        snapshot=snapshot,
        created_at=camera.created_at,
        updated_at=camera.updated_at,
        removed_at=camera.removed_at,
    )


def _note(camera: Camera, *, now: datetime, silent_after_s: float) -> str | None:
    if camera.removed_at:
        return "unknown (removed): no patrol has this camera in its settings any more"
    if camera.received_at is None:
        return "unknown (never reported): start the patrol with this camera in its settings"
    if is_silent(camera.received_at, now, after_s=silent_after_s):
        age_s = (now - camera.received_at).total_seconds()
        return f"unknown (patrol silent for {age_s:.0f} s): check that the patrol runs and reaches this API"
    return None
