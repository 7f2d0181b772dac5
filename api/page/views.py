# SPDX-License-Identifier: AGPL-3.0-or-later
"""What templates show: frozen values made from cases and cameras, no HTML."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from api.camera_schemas import Zone, camera_out
from api.model import Camera, Case, CaseFilter, Evidence, Ticket
from api.roles import Role
from api.workflow import DONE, Status, moves_for

OPEN = tuple(status for status in Status if status not in DONE)
CHOICES = {"open": OPEN, **{str(status): (status,) for status in Status}, "all": ()}
SHORTCUTS = {
    "confirm": "c",
    "reject": "f",
    "dispatch": "d",
    "handle": "h",
    "close": "x",
    "return": "r",
    "not_done": "r",
    "undo": "u",
}
STEPS_BY_KEY = {key: [name for name, other in SHORTCUTS.items() if other == key] for key in SHORTCUTS.values()}
KINDS = ("during", "context", "before", "after")  # which picture speaks first for a case


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which cases the wall shows, as its address says."""

    status: str = "open"
    class_name: str = ""
    camera: str = ""
    q: str = ""
    since: date | None = None
    until: date | None = None

    def filter(self, tz: ZoneInfo) -> CaseFilter:
        """The same for the store: days are the city's, the last one counts."""
        names = (self.class_name,) if self.class_name else ()
        since = _begin(self.since, tz) if self.since else None
        until = _begin(self.until + timedelta(days=1), tz) if self.until else None
        return CaseFilter(CHOICES[self.status], names, self.camera or None, since=since, until=until, q=self.q or None)

    def address(self, path: str = "/", **changes: str) -> str:
        """The wall's address, or that of a page that leads back to it, with some choices changed."""
        values = {"status": self.status, "class": self.class_name, "camera": self.camera, "q": self.q}
        values |= {"since": str(self.since or ""), "until": str(self.until or "")} | changes
        said = {name: value for name, value in values.items() if value and (name, value) != ("status", "open")}
        return f"{path}?{urlencode(said)}" if said else path


def _begin(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tz).astimezone(UTC)


def day_of(text: str) -> date | None:
    """What a date field holds; None for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


@dataclass(frozen=True, slots=True)
class Choice:
    """One status to choose, with the number of its cases."""

    key: str
    count: int
    chosen: bool
    href: str


def choices(chosen: Chosen, counts: list[tuple[Status, str, int]]) -> list[Choice]:
    """All statuses to choose from; counts are of the chosen class."""
    found = []
    for key, wanted in CHOICES.items():
        count = sum(
            number
            for status, name, number in counts
            if (not wanted or status in wanted) and chosen.class_name in ("", name)
        )
        found.append(Choice(key, count, key == chosen.status, chosen.address(status=key)))
    return found


@dataclass(frozen=True, slots=True)
class MoveButton:
    """One step that whoever looks may take."""

    name: str
    target: Status
    shortcut: str


def move_buttons(status: Status, role: Role) -> list[MoveButton]:
    """The steps from here, the expected one first."""
    found = []
    for move in moves_for(status, role):
        name = move.name.replace(" ", "_")
        found.append(MoveButton(name, move.target, SHORTCUTS[name]))
    return sorted(found, key=lambda button: button.name in ("reject", "return", "not_done"))


def first_picture(case: Case) -> Evidence | None:
    """The picture that speaks for a case: its newest at confirmation, or what there is."""
    return min(reversed(_kept(case, "image/")), key=lambda item: KINDS.index(item.kind), default=None)


def pictures(case: Case) -> list[Evidence]:
    """All pictures in the order in which they were taken."""
    return sorted(_kept(case, "image/"), key=lambda e: e.taken_at)


def clips(case: Case) -> list[Evidence]:
    """All clips in the order in which they were taken."""
    return sorted(_kept(case, "video/"), key=lambda e: e.taken_at)


def _kept(case: Case, media: str) -> list[Evidence]:
    return [item for item in case.evidence if item.media_type.startswith(media) and item.forgotten_at is None]


def pair(case: Case) -> tuple[Evidence, Evidence] | None:
    """The standing thing and its free place, to be compared; None while there is no picture of the free place."""
    after = next((item for item in reversed(pictures(case)) if item.kind == "after"), None)
    standing = first_picture(case)
    return (standing, after) if standing and after and standing.kind != "after" else None


@dataclass(frozen=True, slots=True)
class CameraView:
    """One camera as a tile shows it; `frame_at` is the moment of its last frame, by the API's clock."""

    id: str
    name: str
    place: str | None
    zones: list[Zone]
    status: str
    error: str | None
    frame_at: datetime | None
    video: str
    drops: int | None
    reconnects: int | None
    snapshot: str | None
    has_shifted: bool
    messages_waiting: int
    messages_refused: int
    tickets: tuple[Ticket, ...]


def camera_view(camera: Camera, *, now: datetime, silent_after_s: float, tickets: tuple[Ticket, ...]) -> CameraView:
    """A camera with its state as it may be believed at `now`."""
    shown, state = camera_out(camera, now=now, silent_after_s=silent_after_s), camera.state
    frame_at = None
    if state is not None and state.frame_age_s is not None and camera.received_at is not None:
        frame_at = camera.received_at - timedelta(seconds=state.frame_age_s)
    size = f"{state.width}×{state.height}" if state and state.width and state.height else ""
    return CameraView(
        id=camera.id,
        name=camera.name,
        place=camera.place,
        zones=shown.zones,
        status=shown.status,
        error=state.error if state and shown.status != "unknown" else None,
        frame_at=frame_at,
        video=" ".join(part for part in (state.codec if state else None, size) if part),
        drops=state.drops if state else None,
        reconnects=state.reconnects if state else None,
        snapshot=_snapshot(camera),
        messages_waiting=state.messages_waiting if state and shown.status != "unknown" else 0,
        messages_refused=state.messages_refused if state else 0,
        has_shifted=any((state.health or {}).get("shift", ())) if state else False,
        tickets=tickets,
    )


def _snapshot(camera: Camera) -> str | None:
    if camera.snapshot_at is None:
        return None
    # the moment makes a new address of a new picture, so that pages load it once
    return f"/api/v1/cameras/{camera.id}/snapshot?v={camera.snapshot_at.timestamp():.3f}"


def moment_of(text: str, tz: ZoneInfo) -> datetime | None:
    """What a time field holds, in the city's time; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= found.year < 2200:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=tz)).astimezone(UTC)
