# SPDX-License-Identifier: AGPL-3.0-or-later
"""The looks of the last days, without pictures: what a change of rules is tried on, in one SQLite file.

Looks are gathered and written together once a minute, a compressed batch for each camera: a hundred cameras cost a
hundred rows a minute. A killed patrol loses that minute and nothing else; cases never depend on this file.
"""

import json
import sqlite3
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from curbwatch.errors import Damaged
from curbwatch.own_database import own_database
from detector.look import Change, Look, Sighting
from detector.reasons import Reason

log = structlog.get_logger(__name__)
EVERY_S = 60.0
MOST_BYTES = 2 * 1024**3
PAGES = ("page_count", "freelist_count", "page_size")
SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY, camera_id TEXT NOT NULL, began REAL NOT NULL, ended REAL NOT NULL, data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS batches_camera ON batches (camera_id, began);
CREATE INDEX IF NOT EXISTS batches_ended ON batches (ended);
"""


class LooksBook:
    """The file of looks: one thread adds, any may read."""

    def __init__(self, path: Path, *, days: float = 7.0, most_bytes: int = MOST_BYTES) -> None:
        """Makes the file where there is none; raises SpoolError."""
        self._db = own_database(path, "looks", SCHEMA, synchronous="NORMAL")
        self._days, self._most_bytes = days, most_bytes
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, list[Look]] = defaultdict(list)
        self._since: datetime | None = None

    def add(self, look: Look) -> None:
        """Remember a look; once a minute, by the looks' own time, everything is written. Raises sqlite3.Error."""
        self._waiting[look.camera_id].append(look)
        self._since = self._since or look.taken_at
        if abs((look.taken_at - self._since).total_seconds()) >= EVERY_S:
            self.flush(now=look.taken_at)

    def flush(self, *, now: datetime) -> None:
        """Write what was gathered and forget what is too old or too much; on an error this minute is lost."""
        gathered, self._waiting, self._since = self._waiting, defaultdict(list), None
        rows = [
            (camera_id, looks[0].taken_at.timestamp(), looks[-1].taken_at.timestamp(), packed(looks))
            for camera_id, looks in gathered.items()
        ]
        oldest = (now - timedelta(days=self._days)).timestamp()
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT INTO batches (camera_id, began, ended, data) VALUES (?, ?, ?, ?)", rows)
            self._db.execute("DELETE FROM batches WHERE ended < ?", (oldest,))
            self._bound()

    def _bound(self) -> None:
        """Drop the oldest hundredth while the file's used pages are too many bytes."""
        pragma = {name: int(self._db.execute(f"PRAGMA {name}").fetchone()[0]) for name in PAGES}
        if (pragma["page_count"] - pragma["freelist_count"]) * pragma["page_size"] > self._most_bytes:
            self._db.execute(
                "DELETE FROM batches WHERE id IN"
                " (SELECT id FROM batches ORDER BY ended LIMIT 1 + (SELECT COUNT(*) FROM batches) / 100)"
            )

    def cameras(self) -> list[str]:
        """Cameras of which there are looks."""
        with self._lock:
            return [row[0] for row in self._db.execute("SELECT DISTINCT camera_id FROM batches ORDER BY camera_id")]

    def looks(self, camera_id: str, *, since: datetime, until: datetime) -> Iterator[Look]:
        """A camera's looks from `since` to before `until`, in their order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT data FROM batches WHERE camera_id = ? AND ended >= ? AND began < ? ORDER BY id",
                (camera_id, since.timestamp(), until.timestamp()),
            ).fetchall()
        for (data,) in rows:
            yield from (look for look in unpacked(camera_id, data) if since <= look.taken_at < until)

    def close(self) -> None:
        """Write what was gathered, if that can be, and close the file."""
        newest = max((looks[-1].taken_at for looks in self._waiting.values()), default=None)
        if newest is not None:
            with suppress(sqlite3.Error):  # a full disk costs this minute, not an orderly end
                self.flush(now=newest)
        with self._lock:
            self._db.close()


def new_if_damaged(path: Path, *, days: float) -> LooksBook:
    """The book of a patrol, which no damaged file keeps from its cases: that is set aside as NAME.bad. SpoolError."""
    try:
        return LooksBook(path, days=days)
    except Damaged as error:
        log.error("looks begun anew, the damaged file is set aside", file=f"{path}.bad", reason=str(error.__cause__))
    for suffix in ("", "-wal", "-shm"):  # what belongs to the old one must not stay
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").replace(f"{path}.bad{suffix}")
    return LooksBook(path, days=days)


def packed(looks: list[Look]) -> bytes:
    """Looks of one camera as compressed JSON: boxes to a ten-thousandth of the picture, times to a millisecond."""
    text = json.dumps([look_json(look) for look in looks], ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def unpacked(camera_id: str, data: bytes) -> list[Look]:
    """The looks of a batch."""
    return [look_from(camera_id, raw) for raw in json.loads(zlib.decompress(data))]


def look_json(look: Look) -> list[Any]:
    """A look without its camera, as a short list; what is missing at its end has its default."""
    found: list[Any] = [
        round(look.taken_at.timestamp() * 1000),
        [_sighting_json(sighting) for sighting in look.sightings],
        [_short(box) for box in look.covers],
        [[_short(c.box), round(c.since.timestamp() * 1000), round(c.share, 3)] for c in look.changes],
        [look.blind.code, [list(pair) for pair in look.blind.values]] if look.blind else None,
        list(look.size) if look.size else None,
    ]
    while not found[-1]:
        found.pop()
    return found


def look_from(camera_id: str, raw: list[Any]) -> Look:
    """A look from its short list."""
    at, sightings, covers, changes, blind, size = [*raw, *[None] * 6][:6]
    return Look(
        camera_id=camera_id,
        taken_at=_time(at),
        sightings=tuple(_sighting_from(*item) for item in sightings or ()),
        covers=tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in covers or ()),
        changes=tuple(Change((b[0], b[1], b[2], b[3]), _time(since), share) for b, since, share in changes or ()),
        blind=Reason(blind[0], tuple((name, value) for name, value in blind[1])) if blind else None,
        size=(size[0], size[1]) if size else None,
    )


def _sighting_json(sighting: Sighting) -> list[Any]:
    found: list[Any] = [sighting.class_name, round(sighting.confidence, 3), _short(sighting.box)]
    if sighting.weak or sighting.appearance:
        found += [int(sighting.weak), [round(v, 2) for v in sighting.appearance]]
    return found


def _sighting_from(name: str, confidence: float, box: list[float], weak: int = 0, appearance: Any = ()) -> Sighting:
    return Sighting(name, confidence, (box[0], box[1], box[2], box[3]), tuple(appearance), bool(weak))


def _short(box: tuple[float, float, float, float]) -> list[float]:
    return [round(v, 4) for v in box]


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
