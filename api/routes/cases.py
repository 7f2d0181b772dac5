# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases over HTTP."""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.engine import Connection

from api import case_rows, cases, event_log
from api import report as reports
from api.auth import Mover, Reader, Reporter, Shower
from api.idempotency import Answer
from api.model import Case, CaseFilter, NewCase, Observation
from api.routes.shared import (
    EVENT_HEADER,
    REPLAY,
    STORED,
    Cursor,
    IdempotencyKey,
    MaybeIdempotencyKey,
    cursor_behind,
    headers,
    refusals,
    seq_of,
    write_once,
)
from api.schemas import (
    CaseCount,
    CaseIn,
    CaseListed,
    CaseOut,
    CasePage,
    NoteIn,
    ObservationIn,
    ReportOut,
    Summary,
    TransitionIn,
)
from api.services import ServicesDep
from api.shapes import Name, ShapeIn, Time
from api.workflow import DONE, Status

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])
REPORTED = timedelta(days=30)
CaseId = Annotated[str, Path(pattern=r"^C\d{8}-\d{4,9}$", examples=["C20261121-0001"])]


@router.post(
    "",
    status_code=201,
    response_model=CaseOut,
    summary="Report a confirmed violation",
    responses=refusals(413, 415)
    | {
        200: {"model": CaseOut, "description": "The place has an open case already: this one."} | headers(*STORED),
        201: headers(*STORED),
    },
)
def create(body: CaseIn, request: Request, key: IdempotencyKey, by: Reporter, services: ServicesDep) -> Response:
    """Opens a case, or returns the open case of the same `key`. Send it again, with the same
    `Idempotency-Key`, until it is answered: there will be one case."""
    new = NewCase(**body.model_dump())

    def act(connection: Connection) -> Answer:
        now, config = services.clock(), services.config
        case, fresh = cases.register(connection, new, by=by, now=now, tz=config.tz, same_place_m=config.same_place_m)
        return Answer(201 if fresh else 200, _json(case), f"/api/v1/cases/{case.id}")

    return write_once(services, request, key, _said(body), act)


def wanted_cases(
    status: Annotated[list[Status] | None, Query(description="May be given more than once.")] = None,
    class_name: Annotated[list[Name] | None, Query(alias="class", description="May be repeated.")] = None,
    camera_id: Annotated[Name | None, Query()] = None,
    zone: Annotated[Name | None, Query()] = None,
    since: Annotated[Time | None, Query(description="Registered at or after this time.")] = None,
    until: Annotated[Time | None, Query(description="Registered before this time.")] = None,
    q: Annotated[Name | None, Query(description="Part of id, key, camera, zone or class.")] = None,
) -> CaseFilter:
    """The filters of the address line as one value."""
    return CaseFilter(tuple(status or ()), tuple(class_name or ()), camera_id, zone, since, until, q)


@router.get("", summary="List cases, newest first", responses=refusals() | {200: headers(EVENT_HEADER)})
def index(
    services: ServicesDep,
    _by: Reader,
    response: Response,
    wanted: Annotated[CaseFilter, Depends(wanted_cases)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> CasePage:
    """One page of cases without their traces. The header `Event-Id` names the last event that this
    answer knows of: start `/events` after it and nothing is missed. Of a list of several pages take that of the
    first one: what changes while you read on is told after it."""
    before = seq_of(cursor)
    with services.store.read() as connection:
        response.headers[EVENT_HEADER] = str(event_log.bounds(connection)[1])
        found = case_rows.page(connection, wanted, limit=limit + 1, before_seq=before)
    more = cursor_behind(found, limit)
    return CasePage(items=[CaseListed.model_validate(case) for case in found[:limit]], next_cursor=more)


@router.get("/summary", summary="Count cases", responses=refusals())
def summary(services: ServicesDep, _by: Reader) -> Summary:
    """How many cases there are by status and class."""
    with services.store.read() as connection:
        found = case_rows.counts(connection)
    by_status: Counter[str] = Counter(dict.fromkeys(Status, 0))
    by_class: Counter[str] = Counter()
    for status, class_name, count in found:
        by_status[status] += count
        by_class[class_name] += count
    return Summary(
        total=by_status.total(),
        open=sum(count for status, count in by_status.items() if status not in DONE),
        by_status=dict(by_status),
        by_class=dict(by_class),
        counts=[CaseCount(status=status, class_name=name, count=count) for status, name, count in found],
    )


@router.get("/report", summary="Sum a period up", responses=refusals())
def report(
    services: ServicesDep,
    _by: Reader,
    since: Annotated[Time | None, Query(description="Registered at or after; default: 30 days before `until`.")] = None,
    until: Annotated[Time | None, Query(description="Registered before; default: now.")] = None,
) -> ReportOut:
    """How many cases of the period were true, and how long deciding, dispatching, handling and clearing took."""
    end = until or services.clock()
    begin = since or end - REPORTED
    with services.store.read() as connection:
        found = reports.report(case_rows.every(connection, CaseFilter(since=begin, until=until)))
    return ReportOut.model_validate(asdict(found) | {"since": begin, "until": end})


@router.get("/{case_id}", summary="Show one case", responses=refusals(404))
def show(case_id: CaseId, services: ServicesDep, _by: Shower) -> CaseOut:
    """The whole case with trace, evidence and history."""
    with services.store.read() as connection:
        return CaseOut.model_validate(case_rows.get(connection, case_id))


@router.post(
    "/{case_id}/transitions",
    response_model=CaseOut,
    summary="Move a case",
    responses=refusals(404, 409, 413, 415) | {200: headers(REPLAY)},
)
def move(
    case_id: CaseId,
    body: TransitionIn,
    request: Request,
    by: Mover,
    services: ServicesDep,
    key: MaybeIdempotencyKey = None,
) -> Response:
    """Moves a case along the workflow, as an operator decides."""

    def act(connection: Connection) -> Answer:
        case = cases.move(
            connection,
            case_id,
            body.to,
            by=by,
            now=services.clock(),
            note=body.note,
            version=body.version,
        )
        return Answer(200, _json(case))

    return write_once(services, request, key, _said(body), act, by=by)


@router.post(
    "/{case_id}/notes",
    response_model=CaseOut,
    summary="Add a note",
    responses=refusals(404, 413, 415) | {200: headers(REPLAY)},
)
def add_note(
    case_id: CaseId,
    body: NoteIn,
    request: Request,
    by: Mover,
    services: ServicesDep,
    key: MaybeIdempotencyKey = None,
) -> Response:
    """Writes a note into the history of a case, open or closed, without moving it."""

    def act(connection: Connection) -> Answer:
        return Answer(200, _json(cases.add_note(connection, case_id, body.note, by=by, now=services.clock())))

    return write_once(services, request, key, _said(body), act, by=by)


@router.post(
    "/{case_id}/observations",
    response_model=CaseOut,
    summary="Report what became of a violation",
    responses=refusals(404, 413, 415) | {200: headers(REPLAY)},
)
def observe(
    case_id: CaseId,
    body: ObservationIn,
    request: Request,
    key: IdempotencyKey,
    by: Reporter,
    services: ServicesDep,
) -> Response:
    """Records a fact: still seen, cleared, relapsed or resumed. A closed case that relapses is new again."""
    fact = Observation(**body.model_dump())

    def act(connection: Connection) -> Answer:
        return Answer(200, _json(cases.observe(connection, case_id, fact, by=by, now=services.clock())))

    return write_once(services, request, key, _said(body), act)


def _said(body: ShapeIn) -> object:
    """What was sent, without defaults: a field that an upgrade adds makes no other body of the same bytes."""
    return body.model_dump(mode="json", exclude_unset=True)


def _json(case: Case) -> str:
    return CaseOut.model_validate(case).model_dump_json(by_alias=True)
