# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger in SQL: candidates that did not become cases, bounded by age and by bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from api.errors import NotFound
from api.ledger_model import Entry, EntryFilter, NewEntry
from api.tables import ledger
from api.times import SEEN_EVERY

ROW_BYTES = 16_384  # what an entry counts for beside its picture: its trace, mostly


def entry_id(new: NewEntry) -> str:
    """The same candidate always gets the same number, so that a repeated report is the same entry."""
    said = f"{new.camera_id}\n{new.key}\n{new.given_up_at.isoformat()}"
    return "L" + hashlib.sha256(said.encode()).hexdigest()[:20]


def find(connection: Connection, wanted: str) -> Entry | None:
    """One entry, if it is kept."""
    row = connection.execute(sa.select(ledger).where(ledger.c.id == wanted)).one_or_none()
    return None if row is None else _entry(row)


def get(connection: Connection, wanted: str) -> Entry:
    """One entry; raises NotFound."""
    found = find(connection, wanted)
    if found is None:
        raise NotFound(f"no ledger entry {wanted}: it may be too old; list what is kept with GET /api/v1/ledger")
    return found


def insert(connection: Connection, new: NewEntry, *, picture_bytes: int, now: datetime) -> Entry:
    """Writes one entry whose picture, if it has one, is on disk."""
    wanted = entry_id(new)
    values = asdict(new) | {"id": wanted, "picture_bytes": picture_bytes, "created_at": now}
    connection.execute(sa.insert(ledger).values(values))
    return get(connection, wanted)


def page(connection: Connection, wanted: EntryFilter, *, limit: int, before_seq: int | None = None) -> list[Entry]:
    """Up to `limit` matching entries, newest first, older than `before_seq`."""
    query = sa.select(ledger).where(*_conditions(wanted))
    if before_seq is not None:
        query = query.where(ledger.c.seq < before_seq)
    return [_entry(row) for row in connection.execute(query.order_by(ledger.c.seq.desc()).limit(limit))]


def around(connection: Connection, camera_id: str, at: datetime, *, margin: timedelta, limit: int = 50) -> list[Entry]:
    """Entries of a camera that were candidates around `at`, give or take `margin`; what stood longest comes first."""
    query = sa.select(ledger).where(
        ledger.c.camera_id == camera_id,
        sa.or_(ledger.c.given_up_at >= at - margin, ledger.c.last_seen_at >= at - margin),
        ledger.c.first_seen_at <= at + margin,
    )
    rows = connection.execute(query.order_by(ledger.c.stood_s.desc(), ledger.c.seq.desc()).limit(limit))
    return [_entry(row) for row in rows]


def still_stand(connection: Connection, seen: Mapping[str, datetime]) -> None:
    """Moves `last_seen_at` of the newest entries of what stands on, by keys, a minute at a time."""
    last = sa.select(sa.func.max(ledger.c.seq)).where(ledger.c.key.in_(seen)).group_by(ledger.c.key)
    query = sa.select(ledger.c.seq, ledger.c.key, ledger.c.last_seen_at).where(ledger.c.seq.in_(last))
    for row in connection.execute(query.order_by(ledger.c.seq)).all():
        if seen[row.key] - row.last_seen_at >= SEEN_EVERY:
            moved = sa.update(ledger).where(ledger.c.seq == row.seq)
            connection.execute(moved.values(last_seen_at=seen[row.key]))


def next_skipped(connection: Connection, camera_id: str, at: datetime) -> int:
    """How many candidates were not kept before the first entry of a camera that was given up after `at`."""
    query = sa.select(ledger.c.skipped).where(ledger.c.camera_id == camera_id, ledger.c.given_up_at >= at)
    return connection.execute(query.order_by(ledger.c.given_up_at).limit(1)).scalar_one_or_none() or 0


def forget(connection: Connection, *, before: datetime, most_bytes: int) -> list[str]:
    """Deletes entries older than `before`, then the oldest until the rest fits; returns their ids."""
    stale = sa.and_(ledger.c.given_up_at < before, ledger.c.last_seen_at < before)
    old = sa.delete(ledger).where(stale).returning(ledger.c.id)
    gone = list(connection.execute(old).scalars())
    size = ledger.c.picture_bytes + ROW_BYTES
    total = int(connection.execute(sa.select(sa.func.sum(size))).scalar_one() or 0)
    if total > most_bytes:
        gone += _forget_oldest(connection, total - most_bytes)
    return gone


def _forget_oldest(connection: Connection, excess: int) -> list[str]:
    last = 0
    for row in connection.execute(sa.select(ledger.c.seq, ledger.c.picture_bytes).order_by(ledger.c.seq)):
        last, excess = row.seq, excess - row.picture_bytes - ROW_BYTES
        if excess <= 0:
            break
    return list(connection.execute(sa.delete(ledger).where(ledger.c.seq <= last).returning(ledger.c.id)).scalars())


def _conditions(wanted: EntryFilter) -> list[sa.ColumnElement[bool]]:
    said = asdict(wanted)
    since, until = said.pop("since"), said.pop("until")
    found = [ledger.c[name] == value for name, value in said.items() if value is not None]
    if since is not None:
        found.append(ledger.c.given_up_at >= since)
    if until is not None:
        found.append(ledger.c.given_up_at < until)
    return found


def _entry(row: Row[Any]) -> Entry:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Entry(**values | {"box": tuple(row.box)})
