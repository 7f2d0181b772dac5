# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live events over HTTP: server-sent events that go on where a listener stopped."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.auth import Reader, still_may
from api.errors import Unavailable
from api.hub import Hub
from api.model import Event
from api.roles import Permission
from api.routes.shared import refusals
from api.services import Services, ServicesDep

router = APIRouter(prefix="/api/v1", tags=["events"])
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
EXAMPLE = (
    "id: 42\nevent: case.created\n"
    'data: {"id": "C20261121-0001", "status": "new", "class": "stall", "camera_id": "cam-12"}\n\n'
)
EventId = Annotated[int | None, Query(ge=0, le=2**63 - 1)]


@router.get(
    "/events",
    summary="Follow what happens",
    response_class=StreamingResponse,
    responses=refusals()
    | {200: {"description": "Events for ever.", "content": {"text/event-stream": {"example": EXAMPLE}}}},
)
async def follow(
    request: Request,
    _by: Reader,
    services: ServicesDep,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**63 - 1)] = None,
    after: EventId = None,
) -> StreamingResponse:
    """`case.created`, `case.updated`, `camera.updated` and `ticket.updated`, each once. Goes on after `Last-Event-ID`
    (or `?after=`, the `Event-Id` header of a list of cases); without either, with what happens from now on.
    `stream.reset` says that events in between are no longer kept: read the lists again."""
    hub = services.hub
    if hub.closed or hub.listeners >= services.config.event_clients:
        raise Unavailable("too many event streams are open: close some, then try again", retry_after_s=15)
    start = last_event_id if last_event_id is not None else after
    return _Followed(services, request, start)


class _Followed(StreamingResponse):
    """Counts as a listener from when it is let in, so that many who come at once are not all let in."""

    def __init__(self, services: Services, request: Request, start: int | None) -> None:
        super().__init__(_stream(services, request, start), media_type="text/event-stream", headers=HEADERS)
        self._services = services
        services.hub.listeners += 1
        services.metrics.listeners.inc()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # not where the stream ends: whoever leaves early never begins it
            self._services.hub.listeners -= 1
            self._services.metrics.listeners.dec()


async def _stream(services: Services, request: Request, start: int | None) -> AsyncIterator[str]:
    hub, heartbeat_s = services.hub, services.config.heartbeat_s
    yield "retry: 2000\n: welcome\n\n"
    with suppress(SQLAlchemyError):  # the database is away: a listener comes back and goes on where it was
        last_id, greeting = await _begin(hub, start)
        yield greeting
        checked = time.monotonic()
        while not hub.closed:
            for event in await hub.after(last_id):
                yield _text(event)
                last_id = event.id
            if not await hub.changed(last_id, timeout_s=heartbeat_s):
                yield ": still here\n\n"
            if time.monotonic() - checked >= heartbeat_s:
                checked = time.monotonic()
                if not await asyncio.to_thread(still_may, request, services, Permission.READ):
                    return


async def _begin(hub: Hub, start: int | None) -> tuple[int, str]:
    """The id to go on after, and what a listener must know first."""
    if start is None:  # told where it stands, so that it can come back before it has heard of anything
        return hub.head, f"id: {hub.head}\n\n"
    if await hub.reachable(start):
        return start, ""
    return hub.head, f"id: {hub.head}\nevent: stream.reset\ndata: {{}}\n\n"


def _text(event: Event) -> str:
    return f"id: {event.id}\nevent: {event.event}\ndata: {event.data}\n\n"
