# SPDX-License-Identifier: AGPL-3.0-or-later
"""Device tickets over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api import ticket_rows
from api.auth import Reader
from api.model import TicketStatus
from api.routes.shared import Cursor, cursor_behind, refusals, seq_of
from api.services import ServicesDep
from api.shapes import Name
from api.ticket_schemas import TicketOut, TicketPage

router = APIRouter(prefix="/api/v1/tickets", tags=["cameras"])
TicketPath = Annotated[str, Path(pattern=r"^T[0-9a-f]{20}$", examples=["T5f0c1a9be2d34c7788aa"])]


@router.get("", summary="List device tickets, newest first", responses=refusals())
def index(
    services: ServicesDep,
    _by: Reader,
    camera_id: Annotated[Name | None, Query()] = None,
    status: Annotated[TicketStatus | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> TicketPage:
    """Cameras that need somebody: without pictures, black, frozen, blurred, covered, over-exposed, corrupted, moved."""
    before = seq_of(cursor)
    with services.store.read() as connection:
        found = ticket_rows.page(connection, camera_id=camera_id, status=status, limit=limit + 1, before_seq=before)
    shown = [TicketOut.model_validate(ticket) for ticket in found[:limit]]
    return TicketPage(items=shown, next_cursor=cursor_behind(found, limit))


@router.get("/{ticket_id}", summary="Show one device ticket", responses=refusals(404))
def show(ticket_id: TicketPath, services: ServicesDep, _by: Reader) -> TicketOut:
    """One ticket."""
    with services.store.read() as connection:
        return TicketOut.model_validate(ticket_rows.get(connection, ticket_id))
