# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a camera could see at any moment of the last days: one row for each change of its state."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from api.model import CameraMoment, CameraState
from api.tables import camera_states

SILENT = "unknown"
REMOVED = "removed"


def note(connection: Connection, camera_id: str, state: CameraState, *, now: datetime) -> bool:
    """Keeps a state if it says anything new; whether it did."""
    known = at(connection, camera_id, now)
    health = state.health
    told = (state.status, state.error, health and health.get("state"), health and health.get("since"))
    if known is not None:
        before = known.health
        if told == (known.status, known.error, before and before.get("state"), before and before.get("since")):
            return False
    values = {"status": state.status, "error": state.error, "health": health}
    connection.execute(sa.insert(camera_states).values(camera_id=camera_id, at=now, **values))
    return True


def note_silence(connection: Connection, camera_id: str, *, since: datetime) -> None:
    """Keeps that nobody reported for a camera after `since`."""
    _keep(connection, camera_id, SILENT, since)


def note_removal(connection: Connection, camera_id: str, *, now: datetime) -> None:
    """Keeps that nobody watches a camera from now on."""
    _keep(connection, camera_id, REMOVED, now)


def _keep(connection: Connection, camera_id: str, status: str, at: datetime) -> None:
    row = {"camera_id": camera_id, "at": at, "status": status, "error": None, "health": None}
    connection.execute(sa.insert(camera_states).values(row))


def at(connection: Connection, camera_id: str, moment: datetime) -> CameraMoment | None:
    """What was known of a camera at a moment; None before its first report, or when that is no longer kept."""
    query = sa.select(camera_states).where(camera_states.c.camera_id == camera_id, camera_states.c.at <= moment)
    newest = query.order_by(camera_states.c.at.desc(), camera_states.c.seq.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else _moment(row)


def since_when(connection: Connection, camera_id: str, moment: datetime) -> datetime | None:
    """Since when a camera had been reported without pictures at a moment; None where it was live or unheard of."""
    query = sa.select(camera_states.c.at, camera_states.c.status).where(
        camera_states.c.camera_id == camera_id, camera_states.c.at <= moment
    )
    began = None
    for row in connection.execute(query.order_by(camera_states.c.at.desc(), camera_states.c.seq.desc()).limit(1000)):
        if row.status in ("live", SILENT, REMOVED):  # what nobody reported is no fault of the camera
            break
        began = row.at
    return began


def forget(connection: Connection, *, before: datetime) -> int:
    """Deletes rows older than `before`, but for each camera's newest of them, which still held; returns how many."""
    old = camera_states.c.at < before
    newest = sa.select(sa.func.max(camera_states.c.seq)).where(old).group_by(camera_states.c.camera_id)
    return connection.execute(sa.delete(camera_states).where(old, camera_states.c.seq.not_in(newest))).rowcount


def _moment(row: Row[tuple[object, ...]]) -> CameraMoment:
    return CameraMoment(row.at, row.status, row.error, row.health)
