# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras in SQL: what they watch and what the patrol last said about them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from api import camera_state_rows, event_log, ticket_rows
from api.errors import NotFound
from api.model import Camera, CameraState, is_silent
from api.tables import cameras


def get(connection: Connection, camera_id: str) -> Camera:
    """One camera; raises NotFound."""
    row = connection.execute(sa.select(cameras).where(cameras.c.id == camera_id)).one_or_none()
    if row is None:
        raise NotFound(f"no camera {camera_id}: register it first with PUT /api/v1/cameras/{camera_id}")
    return _camera(row)


def every(connection: Connection) -> list[Camera]:
    """All cameras by id, removed ones too: their cases stay."""
    return [_camera(row) for row in connection.execute(sa.select(cameras).order_by(cameras.c.id))]


def names(connection: Connection) -> dict[str, str]:
    """The names of all cameras by id, removed ones too."""
    return {row.id: row.name for row in connection.execute(sa.select(cameras.c.id, cameras.c.name))}


def watched(connection: Connection) -> list[Camera]:
    """The cameras that have not been removed, by id."""
    return [camera for camera in every(connection) if camera.removed_at is None]


def put(
    connection: Connection,
    camera_id: str,
    *,
    name: str,
    place: str | None,
    zones: list[dict[str, Any]],
    now: datetime,
) -> tuple[Camera, bool]:
    """Registers a camera, replaces its description or takes it back; the flag says whether it is new."""
    values = {"name": name, "place": place, "zones": zones, "removed_at": None}
    known = connection.execute(sa.select(cameras).where(cameras.c.id == camera_id)).one_or_none()
    if known is not None and all(getattr(known, column) == value for column, value in values.items()):
        return _camera(known), False
    if known is None:
        row = sa.insert(cameras).values(id=camera_id, created_at=now, updated_at=now, **values)
        connection.execute(row)
    else:
        _update(connection, camera_id, updated_at=now, **values)
    _announce(connection, camera_id, None if known is None else known.status, now=now)
    return get(connection, camera_id), known is None


def put_states(
    connection: Connection,
    states: Mapping[str, CameraState],
    *,
    now: datetime,
    silent_after_s: float,
    ticket_after_s: float,
) -> list[str]:
    """Records cameras' states; returns the ids that nobody has registered, of which nothing is kept.

    Listeners hear of a camera when its status, error or health have changed. What is reported is watched again, whoever
    removed it: it may have gone from one patrol to another.
    """
    query = sa.select(cameras.c.id, cameras.c.received_at).where(cameras.c.id.in_(states))
    # in one order, whoever reports: two transactions that wait for each other's rows would both fail
    heard = {row.id: row.received_at for row in connection.execute(query.order_by(cameras.c.id))}
    for camera_id, received_at in heard.items():
        state = states[camera_id]
        if received_at is not None and is_silent(received_at, now, after_s=silent_after_s):
            camera_state_rows.note_silence(connection, camera_id, since=received_at)
        if camera_state_rows.note(connection, camera_id, state, now=now):
            _announce(connection, camera_id, state.status, now=now)
        _update(connection, camera_id, received_at=now, removed_at=None, **asdict(state))
        ticket_rows.follow(connection, camera_id, state, after_s=ticket_after_s, now=now)
    return [camera_id for camera_id in states if camera_id not in heard]


def remove(connection: Connection, camera_id: str, *, now: datetime) -> None:
    """Notes that a camera is no longer watched; its cases and what is known of it stay, its picture does not.

    Raises NotFound.
    """
    if get(connection, camera_id).removed_at is not None:
        return
    _update(connection, camera_id, removed_at=now, snapshot_at=None)
    camera_state_rows.note_removal(connection, camera_id, now=now)
    ticket_rows.close(connection, camera_id, now=now)
    _announce(connection, camera_id, camera_state_rows.REMOVED, now=now)


def put_snapshot(connection: Connection, camera_id: str, *, now: datetime) -> None:
    """Notes that a camera has a new picture; raises NotFound."""
    get(connection, camera_id)
    _update(connection, camera_id, snapshot_at=now)


def _update(connection: Connection, camera_id: str, **values: Any) -> None:
    connection.execute(sa.update(cameras).where(cameras.c.id == camera_id).values(**values))


def _announce(connection: Connection, camera_id: str, status: str | None, *, now: datetime) -> None:
    event_log.append(connection, "camera.updated", camera_id, status=status, camera_id=camera_id, now=now)


def _camera(row: Row[Any]) -> Camera:
    state = None
    if row.status is not None:
        state = CameraState(
            row.status,
            row.frame_age_s,
            row.error,
            row.codec,
            row.width,
            row.height,
            row.drops,
            row.reconnects,
            row.reported_at,
            row.health,
            row.messages_waiting,
            row.messages_refused,
        )
    return Camera(
        row.id,
        row.name,
        row.place,
        row.zones,
        row.created_at,
        row.updated_at,
        state,
        row.received_at,
        row.snapshot_at,
        row.removed_at,
    )
