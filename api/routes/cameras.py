# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras over HTTP."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.engine import Connection

from api import camera_rows, cases, ledger_rows
from api.auth import Reader, Reporter, Shower
from api.blobs import Upload
from api.camera_schemas import (
    CameraIn,
    CameraList,
    CameraOut,
    CameraReportsIn,
    CameraReportsOut,
    CameraStateIn,
    camera_out,
)
from api.errors import NotFound
from api.ledger_schemas import WhyOut
from api.model import Camera, CameraState, MediaType
from api.roles import Principal
from api.routes.shared import jpeg, raw_answer, raw_body, refusals
from api.services import Services, ServicesDep
from api.shapes import CameraId, Time
from api.uploads import check_content, check_length, said_type, write_all
from api.why import answer

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])
CameraPath = Annotated[CameraId, Path(examples=["cam-12"])]


@router.put(
    "/{camera_id}",
    summary="Register or describe a camera",
    responses=refusals(413, 415) | {201: {"model": CameraOut, "description": "Registered."}},
)
def put(camera_id: CameraPath, body: CameraIn, response: Response, _by: Reporter, services: ServicesDep) -> CameraOut:
    """Replaces name, place and zones; its state stays."""
    zones = [zone.model_dump(mode="json") for zone in body.zones]
    now = services.clock()
    with services.store.write() as connection:
        camera, fresh = camera_rows.put(connection, camera_id, name=body.name, place=body.place, zones=zones, now=now)
    response.status_code = 201 if fresh else 200
    return _shown(services, camera)


@router.delete("/{camera_id}", status_code=204, summary="Remove a camera", responses=refusals(404))
def remove(camera_id: CameraPath, _by: Reporter, services: ServicesDep) -> None:
    """It is no longer watched: it leaves the lists, its device ticket is closed, its newest picture is deleted. Its
    cases, its ledger and what is known of it stay. Another `PUT` of its description or state brings it back."""
    with services.store.write() as connection:
        camera_rows.remove(connection, camera_id, now=services.clock())
    services.blobs.forget_snapshot(camera_id)


@router.put(
    "/{camera_id}/state",
    summary="Report how a camera is",
    responses=refusals(404, 413, 415),
)
def put_state(camera_id: CameraPath, body: CameraStateIn, by: Reporter, services: ServicesDep) -> CameraOut:
    """Send it at each change and at least every 10 s: after 30 s of silence the camera is shown as
    unknown. Listeners of `/events` hear of changes of status, error or health only. A fault that lasts
    opens a device ticket, never a case. `standing` moves `last_seen_at` of cases and ledger entries on, a minute at
    a time; a case that was closed while its thing stands on is new again after its dwell, 5 minutes at least."""
    with services.store.write() as connection:
        _keep_states(services, connection, {camera_id: body}, by)
        camera = camera_rows.get(connection, camera_id)
    return _shown(services, camera)


@router.patch("", summary="Report how several cameras are", responses=refusals(413, 415))
def put_states(body: CameraReportsIn, by: Reporter, services: ServicesDep) -> CameraReportsOut:
    """As the state of each, at once: it takes the API a sixth of the time. None is kept when one is refused."""
    with services.store.write() as connection:
        unknown = _keep_states(services, connection, {each.camera_id: each for each in body.items}, by)
    return CameraReportsOut(unknown=unknown)


@router.put(
    "/{camera_id}/snapshot",
    status_code=204,
    summary="Replace a camera's newest picture",
    openapi_extra=raw_body("image/jpeg"),
    responses=refusals(404, 413, 415, 507),
)
async def put_snapshot(camera_id: CameraPath, request: Request, _by: Reporter, services: ServicesDep) -> None:
    """The body is the JPEG itself."""
    media_type = said_type(request, ("image/jpeg",))
    check_length(request, services.config.picture_bytes)
    await asyncio.to_thread(_check_camera, services, camera_id)
    with services.blobs.receive() as upload:
        await write_all(request, upload, services.config.picture_bytes)
        await asyncio.to_thread(_keep_snapshot, services, camera_id, media_type, upload)


@router.get("", summary="List cameras", responses=refusals())
def index(services: ServicesDep, _by: Shower) -> CameraList:
    """All cameras that are watched, by id, with their states."""
    with services.store.read() as connection:
        found = camera_rows.watched(connection)
    return CameraList(items=[_shown(services, camera) for camera in found])


@router.get("/{camera_id}", summary="Show one camera", responses=refusals(404))
def show(camera_id: CameraPath, services: ServicesDep, _by: Shower) -> CameraOut:
    """One camera with its state."""
    with services.store.read() as connection:
        return _shown(services, camera_rows.get(connection, camera_id))


@router.get("/{camera_id}/why", summary="Why was there no case?", responses=refusals(404))
def why(
    camera_id: CameraPath,
    services: ServicesDep,
    _by: Reader,
    at: Annotated[Time | None, Query(description="The moment asked about; default: now.")] = None,
) -> WhyOut:
    """One sentence in both languages: the cases that stood then, or the candidate that was given up and why,
    or what the camera could not see, or that nothing was there."""
    now = services.clock()
    with services.store.read() as connection:
        camera = camera_rows.get(connection, camera_id)
        return answer(connection, camera, at or now, now=now, config=services.config)


@router.get(
    "/{camera_id}/snapshot",
    summary="Download a camera's newest picture",
    response_class=Response,
    responses=refusals(404)
    | {200: raw_answer("The picture.", "image/jpeg"), 304: raw_answer("Still the same picture.")},
)
def snapshot(
    camera_id: CameraPath,
    request: Request,
    _by: Reader,
    services: ServicesDep,
    _edition: Annotated[str | None, Query(alias="v", description="Anything: another one, another address.")] = None,
) -> Response:
    """Asks to be revalidated each time: send `If-None-Match`."""
    _check_camera(services, camera_id)
    try:
        data = services.blobs.snapshot_path(camera_id).read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"no picture of {camera_id} yet: wait for the patrol's first look") from error
    return jpeg(request, data)


def _keep_states(
    services: Services, connection: Connection, told: Mapping[str, CameraStateIn], by: Principal
) -> list[str]:
    seen = {each.key: each.last_seen_at for body in told.values() for each in body.standing}
    if seen:
        without_case = cases.still_stand(connection, seen, by=by, now=services.clock())
        ledger_rows.still_stand(connection, without_case)
    return camera_rows.put_states(
        connection,
        {camera_id: _reported(body) for camera_id, body in told.items()},
        now=services.clock(),
        silent_after_s=services.config.silent_after_s,
        ticket_after_s=services.config.ticket_after_s,
    )


def _reported(body: CameraStateIn) -> CameraState:
    health = body.health.model_dump(mode="json") if body.health else None
    told = body.model_dump(exclude={"at", "health", "camera_id", "standing"})
    return CameraState(**told, reported_at=body.at, health=health)


def _shown(services: Services, camera: Camera) -> CameraOut:
    return camera_out(camera, now=services.clock(), silent_after_s=services.config.silent_after_s)


def _check_camera(services: Services, camera_id: str) -> None:
    with services.store.read() as connection:
        camera_rows.get(connection, camera_id)


def _keep_snapshot(services: Services, camera_id: str, media_type: MediaType, upload: Upload) -> None:
    check_content(upload, media_type)
    services.blobs.keep_snapshot(upload, camera_id)
    with services.store.write() as connection:
        camera_rows.put_snapshot(connection, camera_id, now=services.clock())
