# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol must not forget: unposted messages and the state of every site, in one SQLite file.

A look's messages and the sites that caused them are written in one transaction, so that a process killed at any
moment either has not seen the event (and sees it again) or has it in the spool. Every message has an idempotency
key of its own, so that a post whose answer got lost is posted again without doubling anything.
"""

import hashlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from curbwatch.own_database import own_database
from detector.watch import Watch

URGENCY = "CASE kind WHEN 'case' THEN 0 WHEN 'ledger' THEN 2 ELSE 1 END"  # a new case waits for no picture of another
NOT_AMONG = "id NOT IN (SELECT value FROM json_each(?))"
CAMERA = "substr(site_key, 1, instr(site_key, '/') - 1)"  # a site's key begins with its camera
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, site_key TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    attachment BLOB, media_type TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, refused TEXT
);
CREATE INDEX IF NOT EXISTS messages_urgent ON messages ({URGENCY}, id) WHERE refused IS NULL;
DROP INDEX IF EXISTS messages_waiting;
CREATE INDEX IF NOT EXISTS messages_refused ON messages (id) WHERE refused IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_of_site ON messages (site_key, attempts, refused) WHERE refused IS NULL;
CREATE INDEX IF NOT EXISTS messages_ledger ON messages (id) WHERE kind = 'ledger';
CREATE TABLE IF NOT EXISTS cases (site_key TEXT PRIMARY KEY, case_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watches (camera_id TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS left_cameras (camera_id TEXT PRIMARY KEY);
"""

MOST_LEDGER = 2000  # entries that wait while the API is away; the oldest go, cases never do
MOST_REFUSED = 200  # kept for a person to look at; a clip among them may have some MB

log = structlog.get_logger(__name__)
_WATCH = TypeAdapter(Watch)
_PUT_WATCH = "INSERT INTO watches VALUES (?, ?) ON CONFLICT (camera_id) DO UPDATE SET state = excluded.state"


@dataclass(frozen=True, slots=True)
class Undelivered:
    """How many messages of a camera wait although they were tried, and how many the API refused for good.

    sites: keys of those of which messages wait, tried or not.
    """

    messages_waiting: int = 0
    messages_refused: int = 0
    sites: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """One post to come: kind is case, observation, evidence or ledger; body is JSON; attachment is a file's bytes."""

    site_key: str
    kind: str
    body: str
    attachment: bytes | None = field(default=None, repr=False)
    media_type: str = ""
    id: int = 0
    idempotency_key: str = ""


class Spool:
    """The spool file; safe to use from the patrol's and the courier's thread at the same time."""

    def __init__(self, path: Path) -> None:
        self._db = own_database(path, "spool", SCHEMA, synchronous="FULL")
        self._lock = threading.Lock()
        self._late: dict[int, tuple[Message, str | None]] = {}  # accepted and not crossed out: the disk was full
        self.name = self._own_name()  # no other spool has it

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def put(self, watch: Watch, messages: Iterable[Message] = ()) -> None:
        """Write a camera's sites and what follows from them, all or nothing."""
        with self._transaction() as db:
            db.execute(_PUT_WATCH, (watch.camera_id, _WATCH.dump_json(watch).decode()))
            _add(db, messages)

    def put_all(self, watches: Iterable[Watch]) -> None:
        """Write many cameras' sites in one transaction."""
        rows = [(watch.camera_id, _WATCH.dump_json(watch).decode()) for watch in watches]
        with self._transaction() as db:
            db.executemany(_PUT_WATCH, rows)

    def add(self, message: Message) -> None:
        """Write one more message of an event that is already in the spool."""
        with self._transaction() as db:
            _add(db, (message,))

    def watch(self, camera_id: str) -> Watch:
        """The sites of a camera as last written; none if there are none, or if another version wrote them."""
        with self._lock:
            row = self._db.execute("SELECT state FROM watches WHERE camera_id = ?", (camera_id,)).fetchone()
        try:
            return _WATCH.validate_json(row[0]) if row else Watch(camera_id)
        except ValidationError:
            log.warning("sites forgotten: another version wrote them; what stands is found anew", camera=camera_id)
            return Watch(camera_id)

    def former(self, cameras: Collection[str]) -> set[str]:
        """Every camera that this patrol had and took no leave of, but for those that it has now."""
        with self._transaction() as db:
            db.executemany("DELETE FROM left_cameras WHERE camera_id = ?", [(each,) for each in cameras])
            known = db.execute("SELECT camera_id FROM watches EXCEPT SELECT camera_id FROM left_cameras").fetchall()
        return {str(row[0]) for row in known} - set(cameras)

    def leave(self, camera_id: str) -> None:
        """Note that the API was told: by the next start the camera may be another patrol's."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO left_cameras VALUES (?)", (camera_id,))

    def waiting(self, *, besides: Collection[str] = (), most: int = 200) -> list[Message]:
        """The most urgent messages not yet accepted, the oldest first, but for some sites'; without their attachments.

        Before everything else come new cases, behind everything else the ledger.
        """
        with self._lock:
            rows = self._db.execute(
                "SELECT id, site_key, kind, body, media_type FROM messages"  # noqa: S608 - our own words
                f" WHERE refused IS NULL AND {NOT_AMONG} AND site_key NOT IN (SELECT value FROM json_each(?))"
                f" ORDER BY {URGENCY}, id LIMIT ?",
                (json.dumps(list(self._late)), json.dumps(list(besides)), most),
            ).fetchall()
        return [
            Message(key, kind, body, None, media_type, number, self._key(number, key, kind, body))
            for number, key, kind, body, media_type in rows
        ]

    def _key(self, number: int, *told: str) -> str:
        # with what it says: a spool restored from a backup gives its numbers to other messages
        said = hashlib.sha256("\n".join(told).encode()).hexdigest()
        return f"{self.name}-{number}-{said[:16]}"

    def attachment(self, message: Message) -> bytes:
        with self._lock:
            row = self._db.execute("SELECT attachment FROM messages WHERE id = ?", (message.id,)).fetchone()
        return bytes(row[0]) if row and row[0] is not None else b""

    def count(self) -> tuple[int, int]:
        """How many messages wait, and how many were refused for good."""
        with self._lock:
            late = json.dumps(list(self._late))
            waiting, refused = (
                self._db.execute(f"SELECT COUNT(*) FROM messages WHERE {which} AND {NOT_AMONG}", (late,)).fetchone()[0]  # noqa: S608
                for which in ("refused IS NULL", "refused IS NOT NULL")
            )
        return int(waiting), int(refused)

    def undelivered(self) -> dict[str, Undelivered]:
        """By camera what did not arrive; without cameras whose messages all did."""
        told = f"SELECT {CAMERA} AS camera, COUNT(*)"
        with self._lock:
            waiting = self._db.execute(
                f"{told}, MAX(attempts), json_group_array(DISTINCT site_key) FROM messages"
                f" WHERE refused IS NULL AND {NOT_AMONG} GROUP BY camera",
                (json.dumps(list(self._late)),),
            ).fetchall()
            refused = self._db.execute(f"{told} FROM messages WHERE refused IS NOT NULL GROUP BY camera").fetchall()
        gone, found = dict(refused), dict[str, Undelivered]()
        for camera, count, attempts, keys in waiting:
            tried = count if attempts else 0  # what was only just written is under way
            found[camera] = Undelivered(tried, gone.get(camera, 0), frozenset(json.loads(keys)))
        return {camera: Undelivered(0, count) for camera, count in gone.items()} | found

    def refusals(self) -> list[tuple[Message, str]]:
        """What the API refused for good, the oldest first, each with its reason; without attachments."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, site_key, kind, body, media_type, refused FROM messages"
                " WHERE refused IS NOT NULL ORDER BY id"
            ).fetchall()
        return [(Message(key, kind, body, None, media, number), why) for number, key, kind, body, media, why in rows]

    def retry_refused(self) -> None:
        """Have the refused messages wait once more, as if they had never been posted."""
        with self._transaction() as db:
            db.execute("UPDATE messages SET refused = NULL, attempts = 0 WHERE refused IS NOT NULL")

    def forget_refused(self) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM messages WHERE refused IS NOT NULL")

    def accepted(self, message: Message, *, case_id: str | None = None) -> None:
        """Forget a message that the API has; remember the case's number for those that follow.

        On a full disk both are kept in mind until `catch_up` writes them; a restart before that posts the message
        again, with the same key.
        """
        try:
            self._cross_out(message, case_id)
        except sqlite3.Error:
            with self._lock:
                self._late[message.id] = message, case_id

    def catch_up(self) -> None:
        """Write what was accepted while the disk was full. Raises sqlite3.Error while it is."""
        for message, case_id in list(self._late.values()):
            self._cross_out(message, case_id)
            with self._lock:
                del self._late[message.id]

    def _cross_out(self, message: Message, case_id: str | None) -> None:
        with self._transaction() as db:
            if case_id:
                db.execute("INSERT OR REPLACE INTO cases VALUES (?, ?)", (message.site_key, case_id))
            db.execute("DELETE FROM messages WHERE id = ?", (message.id,))

    def failed(self, message: Message) -> None:
        """Count one more try."""
        with suppress(sqlite3.Error), self._transaction() as db:  # a full disk: the count is no reason to end the round
            db.execute("UPDATE messages SET attempts = attempts + 1 WHERE id = ?", (message.id,))

    def refused(self, message: Message, reason: str) -> int:
        """Set aside a message that the API will never take, for a person to look at; returns how many old ones go."""
        with self._transaction() as db:
            db.execute("UPDATE messages SET refused = ? WHERE id = ?", (reason, message.id))
            return db.execute(
                "DELETE FROM messages WHERE refused IS NOT NULL AND id <="
                " (SELECT id FROM messages WHERE refused IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (MOST_REFUSED,),
            ).rowcount

    def case_id(self, site_key: str) -> str | None:
        late = [case_id for message, case_id in self._late.values() if case_id and message.site_key == site_key]
        if late:
            return late[-1]
        with self._lock:
            row = self._db.execute("SELECT case_id FROM cases WHERE site_key = ?", (site_key,)).fetchone()
        return str(row[0]) if row else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _own_name(self) -> str:
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO about VALUES ('name', ?)", (uuid.uuid4().hex,))
            return str(db.execute("SELECT value FROM about WHERE name = 'name'").fetchone()[0])


def _add(db: sqlite3.Connection, messages: Iterable[Message]) -> None:
    messages = tuple(messages)
    db.executemany(
        "INSERT INTO messages (site_key, kind, body, attachment, media_type) VALUES (?, ?, ?, ?, ?)",
        [(m.site_key, m.kind, m.body, m.attachment, m.media_type) for m in messages],
    )
    if any(message.kind == "ledger" for message in messages):
        db.execute(
            "DELETE FROM messages WHERE kind = 'ledger' AND id <="
            " (SELECT id FROM messages WHERE kind = 'ledger' ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (MOST_LEDGER,),
        )
