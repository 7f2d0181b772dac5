# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger over HTTP: what did not become a case, and why."""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api import ledger_rows
from api.auth import Reader, Reporter
from api.errors import NotFound
from api.housekeeping import bound_ledger
from api.ledger_model import Entry, EntryFilter, NewEntry
from api.ledger_schemas import EntryIn, EntryOut, EntryPage, entry_listed, entry_out
from api.routes.shared import LOCATION, Cursor, cursor_behind, headers, jpeg, raw_answer, refusals, seq_of
from api.services import Services, ServicesDep
from api.shapes import Name, Time
from api.uploads import check_content

router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"])
BOUND_EVERY = 500  # entries after which the ledger's bounds are looked at again, besides once an hour
EntryPath = Annotated[str, Path(pattern=r"^L[0-9a-f]{20}$", examples=["L5f0c1a9be2d34c7788aa"])]


@router.post(
    "",
    status_code=201,
    response_model=EntryOut,
    summary="Report a candidate that did not become a case",
    responses=refusals(413, 415, 507)
    | {
        200: {"model": EntryOut, "description": "The ledger has this candidate already."} | headers(LOCATION),
        201: headers(LOCATION),
    },
)
def create(body: EntryIn, _by: Reporter, services: ServicesDep) -> Response:
    """One entry for each camera, key and time of giving up, however often it is sent."""
    new, data = _new(body), base64.b64decode(body.picture or "")
    with services.store.read() as connection:
        known = ledger_rows.find(connection, ledger_rows.entry_id(new))
    if known is None and data:
        _keep_picture(services, ledger_rows.entry_id(new), data)
    with services.store.write() as connection:
        known = ledger_rows.find(connection, ledger_rows.entry_id(new))
        entry = known or ledger_rows.insert(connection, new, picture_bytes=len(data), now=services.clock())
    if entry.seq % BOUND_EVERY == 0:
        bound_ledger(services)
    return _answer(200 if known else 201, entry)


def wanted_entries(
    camera_id: Annotated[Name | None, Query()] = None,
    class_name: Annotated[Name | None, Query(alias="class")] = None,
    zone: Annotated[Name | None, Query()] = None,
    reason: Annotated[Name | None, Query(description="Code of a reason, such as `left`.")] = None,
    since: Annotated[Time | None, Query(description="Given up at or after this time.")] = None,
    until: Annotated[Time | None, Query(description="Given up before this time.")] = None,
) -> EntryFilter:
    """The filters of the address line as one value."""
    return EntryFilter(camera_id, class_name, zone, reason, since, until)


@router.get("", summary="List candidates that did not become cases, newest first", responses=refusals())
def index(
    services: ServicesDep,
    _by: Reader,
    wanted: Annotated[EntryFilter, Depends(wanted_entries)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> EntryPage:
    """One page of entries without their traces."""
    before = seq_of(cursor)
    with services.store.read() as connection:
        found = ledger_rows.page(connection, wanted, limit=limit + 1, before_seq=before)
    shown = [entry_listed(entry) for entry in found[:limit]]
    return EntryPage(items=shown, next_cursor=cursor_behind(found, limit))


@router.get("/{entry_id}", summary="Show one candidate that did not become a case", responses=refusals(404))
def show(entry_id: EntryPath, services: ServicesDep, _by: Reader) -> EntryOut:
    """The whole entry with its looks."""
    with services.store.read() as connection:
        return entry_out(ledger_rows.get(connection, entry_id))


@router.get(
    "/{entry_id}/picture",
    summary="Download the picture of a candidate",
    response_class=Response,
    responses=refusals(404)
    | {200: raw_answer("The picture.", "image/jpeg"), 304: raw_answer("Still the same picture.")},
)
def picture(entry_id: EntryPath, request: Request, services: ServicesDep, _by: Reader) -> Response:
    """The place when the candidate was first seen, people made unreadable."""
    with services.store.read() as connection:
        ledger_rows.get(connection, entry_id)
    try:
        data = services.blobs.ledger_path(entry_id).read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no picture of {entry_id}: the patrol sent none, or it is no longer kept") from error
    return jpeg(request, data)


def _new(body: EntryIn) -> NewEntry:
    said = body.model_dump(exclude={"picture", "reason"})
    return NewEntry(**said, reason=body.reason.code, values=body.reason.values)


def _keep_picture(services: Services, entry_id: str, data: bytes) -> None:
    with services.blobs.receive() as upload:
        upload.write(data)
        check_content(upload, "image/jpeg")
        services.blobs.keep_ledger_picture(upload, entry_id)


def _answer(status: int, entry: Entry) -> Response:
    body = entry_out(entry).model_dump_json(by_alias=True)
    told = {LOCATION: f"/api/v1/ledger/{entry.id}"}
    return Response(body, status, headers=told, media_type="application/json")
