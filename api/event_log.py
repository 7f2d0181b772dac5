# SPDX-License-Identifier: AGPL-3.0-or-later
"""The event log: each state change appends one row in its own transaction."""

import json
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.model import Event
from api.tables import events

EventName = Literal["case.created", "case.updated", "camera.updated", "ticket.updated"]


def append(
    connection: Connection,
    event: EventName,
    subject: str,
    *,
    status: str | None,
    camera_id: str,
    class_name: str | None = None,
    now: datetime,
) -> None:
    """Writes one event of a case, a camera or a ticket; it becomes visible with the transaction that caused it."""
    data = {"id": subject, "status": status, "class": class_name, "camera_id": camera_id}
    text = json.dumps(data, ensure_ascii=False)
    connection.execute(sa.insert(events).values(at=now, event=event, data=text))


def after(connection: Connection, last_id: int, *, limit: int) -> list[Event]:
    """Up to `limit` events with ids above `last_id`, oldest first."""
    query = sa.select(events.c.id, events.c.event, events.c.data).where(events.c.id > last_id)
    rows = connection.execute(query.order_by(events.c.id).limit(limit))
    return [Event(row.id, row.event, row.data) for row in rows]


def bounds(connection: Connection) -> tuple[int, int]:
    """Ids of the oldest and the newest event kept; (0, 0) when there is none."""
    row = connection.execute(sa.select(sa.func.min(events.c.id), sa.func.max(events.c.id))).one()
    return row[0] or 0, row[1] or 0


def forget(connection: Connection, *, before: datetime) -> int:
    """Deletes events older than `before`, but never the newest; returns how many."""
    newest = sa.select(sa.func.max(events.c.id)).scalar_subquery()
    return connection.execute(sa.delete(events).where(events.c.at < before, events.c.id < newest)).rowcount
