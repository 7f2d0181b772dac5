# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of the page: the case wall, one case, cameras, signing in."""

from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AfterValidator
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api import camera_rows, case_rows, ledger_rows, places, problems, sessions, ticket_rows
from api import report as reports
from api.auth import Reader, by_cookie
from api.errors import NotAllowed, NotFound, NotSignedIn
from api.ledger_model import EntryFilter
from api.model import Case, CaseFilter, Ticket
from api.page import assets, telling, views
from api.page.rendering import LANGUAGE_COOKIE, Viewer, address_of, language_of, render
from api.page.views import CHOICES, CameraView, Chosen
from api.roles import Permission
from api.routes.login import own_path
from api.services import Services, ServicesDep
from api.shapes import plain
from api.why import answer
from api.workflow import DONE
from detector.language import Language

PAGE = 30
MOST_IDS = 100
PERIODS = (7, 30, 90, 365)  # days that the report offers
TICKETS = 2000
YEAR_S = 365 * 24 * 3600
LATELY = timedelta(minutes=5)  # a standing thing is seen anew every minute


class PageRoute(APIRoute):
    """Tells refusals in HTML: to sign in, or why there is nothing to see."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler with its refusals turned into pages."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                return RedirectResponse("/login?" + urlencode({"next": address_of(request)}), 303)
            except NotAllowed:
                return render(
                    Viewer(request), "message.html", page="message", status=403, message="message.not_allowed"
                )
            except (NotFound, RequestValidationError):
                return render(Viewer(request), "message.html", page="message", status=404, message="message.not_found")

        return handled


router = APIRouter(route_class=PageRoute, include_in_schema=False)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """The framework's refusals; an address that there is not is told to people as a page."""
    lost = isinstance(error, HTTPException) and error.status_code == 404 and not request.url.path.startswith("/api/")
    if lost and "text/html" in request.headers.get("accept", ""):
        return render(Viewer(request), "message.html", page="message", status=404, message="message.not_found")
    return await problems.on_http_exception(request, error)


def _chosen(
    status: Annotated[str, Query()] = "open",
    class_name: Annotated[str, Query(alias="class", max_length=64)] = "",
    camera: Annotated[str, Query(max_length=64)] = "",
    q: Annotated[str, Query(max_length=200), AfterValidator(plain)] = "",
    since: Annotated[str, Query(max_length=40)] = "",
    until: Annotated[str, Query(max_length=40)] = "",
) -> Chosen:
    wanted = status if status in CHOICES else "open"
    return Chosen(wanted, class_name, camera, q.strip(), views.day_of(since), views.day_of(until))


ChosenDep = Annotated[Chosen, Depends(_chosen)]
Before = Annotated[int | None, Query(ge=0, le=2**53)]


@router.get("/")
def wall(request: Request, by: Reader, services: ServicesDep, chosen: ChosenDep, before: Before = None) -> Response:
    """The case wall."""
    with services.store.read() as connection:
        found = _page(connection, chosen.filter(services.config.tz), limit=PAGE, before=before)
        values = _cards(connection, services, chosen, found)
    return render(Viewer(request, by), "wall.html", page="wall", **values)


@router.get("/cards")
def cards(
    request: Request,
    by: Reader,
    services: ServicesDep,
    chosen: ChosenDep,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
    ids: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """A piece of the wall: those of `ids` that belong on it, or its newest cases older than `before`."""
    wanted = chosen.filter(services.config.tz)
    with services.store.read() as connection:
        if ids:
            wanted = replace(wanted, ids=tuple(ids.split(",")[:MOST_IDS]))
            found = _page(connection, wanted, limit=MOST_IDS, before=None)
        else:
            found = _page(connection, wanted, limit=limit, before=before)
        values = _cards(connection, services, chosen, found)
    return render(Viewer(request, by), "cards.html", **values)


@router.get("/tiles")
def tiles(request: Request, by: Reader, services: ServicesDep) -> Response:
    """A piece of the wall: the cameras' tiles."""
    with services.store.read() as connection:
        found = _cameras(connection, services)
    return render(Viewer(request, by), "strip.html", cameras=found)


@router.get("/cases/{case_id}")
def case(case_id: str, request: Request, by: Reader, services: ServicesDep, chosen: ChosenDep) -> Response:
    """One case: evidence, decision, history; its address carries the wall's choices, to go back to them."""
    with services.store.read() as connection:
        found = case_rows.get(connection, case_id)
        names = camera_rows.names(connection)
        next_new = _next_new(connection, found, replace(chosen, status="new").filter(services.config.tz))
        related = places.related(connection, found)
        camera = (
            _camera_of(connection, found, services) if found.status not in DONE and found.camera_id in names else None
        )
    shown, pair = views.first_picture(found) or next(iter(views.clips(found)), None), views.pair(found)
    looks = telling.looks(found.trace)
    return render(
        Viewer(request, by),
        "case.html",
        page="case",
        case=found,
        chosen=chosen,
        names=names,
        pictures=views.pictures(found),
        clips=views.clips(found),
        pair=pair if found.cleared_at else None,
        shown="pair" if pair and found.cleared_at else shown.id if shown else None,
        rule=telling.rule_lines(found, language_of(request)),
        related=related,
        camera=camera,
        seen_at=found.last_seen_at if _seen_long_ago(found, services.clock()) else None,
        looks=looks,
        tally=telling.tally(looks),
        moves=views.move_buttons(found.status, by.role),
        may_move=by.may(Permission.MOVE),
        next_new=next_new,
    )


@router.get("/cameras")
def cameras(request: Request, by: Reader, services: ServicesDep) -> Response:
    """All cameras with their zones drawn over the last picture."""
    with services.store.read() as connection:
        found = _cameras(connection, services)
        removed = [camera for camera in camera_rows.every(connection) if camera.removed_at is not None]
    return render(Viewer(request, by), "cameras.html", page="cameras", cameras=found, removed=removed)


@router.get("/report")
def report(
    request: Request, by: Reader, services: ServicesDep, days: Annotated[int, Query(ge=1, le=366)] = PERIODS[1]
) -> Response:
    """How the city did with the cases of the last days."""
    until = services.clock()
    since = until - timedelta(days=days)
    with services.store.read() as connection:
        found = reports.report(case_rows.every(connection, CaseFilter(since=since)))
        names = camera_rows.names(connection)
    values: dict[str, Any] = {"report": found, "names": names, "since": since, "until": until, "days": days}
    return render(Viewer(request, by), "report.html", page="report", links=reports.LINKS, choices=PERIODS, **values)


@router.get("/cameras/{camera_id}/why")
def why(
    camera_id: str,
    request: Request,
    by: Reader,
    services: ServicesDep,
    at: Annotated[str, Query(max_length=40)] = "",
    before: Before = None,
) -> Response:
    """Why there was no case of a camera: at a moment of the city's time, and all candidates that became none."""
    now, config = services.clock(), services.config
    moment = views.moment_of(at, config.tz) or now
    with services.store.read() as connection:
        camera = camera_rows.get(connection, camera_id)
        found = ledger_rows.page(connection, EntryFilter(camera_id), limit=PAGE + 1, before_seq=before)
        said = answer(connection, camera, moment, now=now, config=config) if at else None
    entries = found[:PAGE]
    return render(
        Viewer(request, by),
        "why.html",
        page="why",
        camera=camera,
        said=said,
        asked=moment.astimezone(config.tz).strftime("%Y-%m-%dT%H:%M:%S"),
        entries=entries,
        older=entries[-1].seq if len(found) > PAGE else None,
    )


@router.get("/login")
def login(request: Request, next: str = "/", error: str = "") -> Response:  # noqa: A002 - as in the form
    """Where people sign in."""
    key = {"wrong": "js.login.refused", "wait": "js.login.slow_down"}.get(error)
    return render(Viewer(request), "login.html", page="login", next=own_path(next), error_key=key)


@router.get("/login/known")
def known(request: Request, services: ServicesDep) -> dict[str, bool]:
    """Whether this browser is signed in to see pages: a link from elsewhere comes without the strict cookie."""
    by = by_cookie(services, request.cookies.get(sessions.COOKIE, ""))
    return {"known": by is not None and by.may(Permission.READ)}


@router.get("/language")
def language(to: Language, next: str = "/") -> Response:  # noqa: A002 - as in the form
    """Remembers a language and goes back."""
    response = RedirectResponse(own_path(next), 303)
    response.set_cookie(LANGUAGE_COOKIE, to, max_age=YEAR_S, path="/", samesite="lax", httponly=True)
    return response


@router.get("/static/{edition}/{name}")
def static(edition: str, name: str) -> Response:
    """Style sheets, scripts, the icon; kept for ever when the address is of this edition."""
    asset = assets.ASSETS.get(name)
    if asset is None:
        raise NotFound(f"no file {name} in this version: load the page again")
    kept = "public, max-age=31536000, immutable" if edition == assets.EDITION else "no-cache"
    headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    return Response(asset.body, media_type=asset.media_type, headers=headers)


@router.get("/favicon.ico")
def favicon() -> Response:
    """Browsers ask for it whatever the page says."""
    return RedirectResponse(assets.address("favicon.svg"), 303)


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases, those that became new last first; `older` says where the next ones go on."""

    cases: list[Case]
    older: int | None


def _page(connection: Connection, wanted: CaseFilter, *, limit: int, before: int | None) -> Page:
    found = case_rows.latest_new(connection, wanted, limit=limit + 1, before=before)
    return Page(found[:limit], found[limit - 1].raised_seq if len(found) > limit else None)


def _cards(connection: Connection, services: Services, chosen: Chosen, found: Page) -> dict[str, Any]:
    cameras = _cameras(connection, services)
    names = camera_rows.names(connection)
    counts = case_rows.counts(connection, replace(chosen.filter(services.config.tz), status=()))
    return {
        "chosen": chosen,
        "cases": found.cases,
        "older": found.older,
        "older_href": chosen.address(before=str(found.older or "")),
        "choices": views.choices(chosen, counts),
        "names": names,
        "cameras": cameras,
        "unwatched": names.keys() - {camera.id for camera in cameras if camera.status == "live"},
    }


def _cameras(connection: Connection, services: Services) -> list[CameraView]:
    now, silent = services.clock(), services.config.silent_after_s
    waiting: defaultdict[str, list[Ticket]] = defaultdict(list)
    for ticket in ticket_rows.page(connection, status="open", limit=TICKETS):
        waiting[ticket.camera_id].append(ticket)
    found = [
        views.camera_view(camera, now=now, silent_after_s=silent, tickets=tuple(waiting[camera.id]))
        for camera in camera_rows.watched(connection)
    ]
    # what needs somebody comes first
    return sorted(
        found, key=lambda camera: camera.status == "live" and not camera.tickets and not camera.messages_refused
    )


def _camera_of(connection: Connection, case: Case, services: Services) -> CameraView:
    camera = camera_rows.get(connection, case.camera_id)
    tickets = tuple(ticket_rows.page(connection, camera_id=camera.id, status="open"))
    now, silent = services.clock(), services.config.silent_after_s
    found = views.camera_view(camera, now=now, silent_after_s=silent, tickets=tickets)
    return replace(found, status="removed") if camera.removed_at else found


def _seen_long_ago(case: Case, now: datetime) -> bool:
    return case.stood_until is None and now - case.last_seen_at > LATELY


def _next_new(connection: Connection, case: Case, waiting: CaseFilter) -> str | None:
    older = case_rows.latest_new(connection, waiting, limit=1, before=case.raised_seq)
    newest = case_rows.latest_new(connection, waiting, limit=1)
    return next((other.id for other in (*older, *newest) if other.id != case.id), None)
