# SPDX-License-Identifier: AGPL-3.0-or-later
"""Device tickets: a camera that sees nothing, or badly, for too long needs somebody; it never makes a case."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from api import camera_state_rows, event_log, fault_texts
from api.errors import NotFound
from api.model import CameraState, Ticket, TicketStatus
from api.tables import tickets
from api.text import Bilingual

NO_FAULT = ("ok", "learning")
OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a camera, and since when."""

    name: str
    since: datetime
    reason: dict[str, Any] | None
    text: Bilingual


def get(connection: Connection, ticket_id: str) -> Ticket:
    """One ticket; raises NotFound."""
    row = connection.execute(sa.select(tickets).where(tickets.c.id == ticket_id)).one_or_none()
    if row is None:
        raise NotFound(f"no ticket {ticket_id}: list tickets with GET /api/v1/tickets")
    return _ticket(row)


def page(
    connection: Connection,
    *,
    camera_id: str | None = None,
    status: TicketStatus | None = None,
    limit: int = 50,
    before_seq: int | None = None,
) -> list[Ticket]:
    """Up to `limit` matching tickets, newest first, older than `before_seq`."""
    query = sa.select(tickets)
    if camera_id is not None:
        query = query.where(tickets.c.camera_id == camera_id)
    if status is not None:
        query = query.where(tickets.c.closed_at.is_(None) if status == "open" else tickets.c.closed_at.is_not(None))
    if before_seq is not None:
        query = query.where(tickets.c.seq < before_seq)
    return [_ticket(row) for row in connection.execute(query.order_by(tickets.c.seq.desc()).limit(limit))]


def follow(connection: Connection, camera_id: str, state: CameraState, *, after_s: float, now: datetime) -> None:
    """Opens a ticket for a fault that lasts, closes it when the fault is over; another fault is another ticket."""
    if state.status == "connecting":
        return  # neither news of a fault nor of its end
    fault = fault_of(connection, camera_id, state, now=now)
    known = next(iter(page(connection, camera_id=camera_id, status="open", limit=1)), None)
    if known is not None and (fault is None or fault.name != known.fault):
        close(connection, camera_id, now=now)
        known = None
    if known is None and fault is not None and (now - fault.since).total_seconds() >= after_s:
        _open(connection, camera_id, fault, now=now)


def close(connection: Connection, camera_id: str, *, now: datetime) -> None:
    """Closes a camera's open ticket, if it has one."""
    for ticket in page(connection, camera_id=camera_id, status="open", limit=1):
        connection.execute(sa.update(tickets).where(tickets.c.id == ticket.id).values(closed_at=now))
        _announce(connection, get(connection, ticket.id), now=now)


def fault_of(connection: Connection, camera_id: str, state: CameraState, *, now: datetime) -> Fault | None:
    """What is wrong with a camera that is in this state; None if nothing is."""
    health = state.health
    if state.status == "retrying":
        since = camera_state_rows.since_when(connection, camera_id, now) or now
        return Fault(OFFLINE, since, None, _offline(state.error))
    if state.status != "live" or health is None or health["state"] in NO_FAULT:
        return None
    text = health.get("text") or {"en": f"the camera is {health['state']}", "zh": f"摄像机异常：{health['state']}"}
    return Fault(health["state"], datetime.fromisoformat(health["since"]), health.get("reason"), text)


def _offline(error: str | None) -> Bilingual:
    said = fault_texts.lasting(error or "retrying")
    return {"en": f"the camera gives no picture ({said})", "zh": f"摄像机没有画面（{fault_texts.fault(said, 'zh')}）"}


def _open(connection: Connection, camera_id: str, fault: Fault, *, now: datetime) -> None:
    ticket_id = "T" + secrets.token_hex(10)
    row = {"id": ticket_id, "camera_id": camera_id, "fault": fault.name, "since": fault.since, "opened_at": now}
    connection.execute(sa.insert(tickets).values(**row, closed_at=None, reason=fault.reason, text=fault.text))
    _announce(connection, get(connection, ticket_id), now=now)


def _announce(connection: Connection, ticket: Ticket, *, now: datetime) -> None:
    event_log.append(connection, "ticket.updated", ticket.id, status=ticket.status, camera_id=ticket.camera_id, now=now)


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
