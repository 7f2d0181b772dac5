# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases in SQL: rows in, frozen cases out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from api import places
from api.errors import NotFound
from api.model import Case, CaseFilter, Evidence, HistoryRow, NewCase, Stay
from api.tables import cameras, case_numbers, cases, evidence, history
from api.workflow import DONE, Status

PAGE = 500
EVERY = CaseFilter()


def get(connection: Connection, case_id: str) -> Case:
    """The whole case; raises NotFound."""
    row = connection.execute(sa.select(cases).where(cases.c.id == case_id)).one_or_none()
    if row is None:
        raise NotFound(f"no case {case_id}: list cases with GET /api/v1/cases")
    return _whole(connection, [row])[0]


def open_case_id(connection: Connection, key: str) -> str | None:
    """Id of the case of this place that is not yet done, if there is one."""
    query = sa.select(cases.c.id).where(cases.c.key == key, cases.c.status.not_in(DONE))
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def newest(connection: Connection, keys: Collection[str]) -> list[Row[Any]]:
    """Id, key, status, last_seen_at and cleared_at of the newest case of each of these keys."""
    last = sa.select(sa.func.max(cases.c.seq)).where(cases.c.key.in_(keys)).group_by(cases.c.key)
    columns = (cases.c.id, cases.c.key, cases.c.status, cases.c.last_seen_at, cases.c.cleared_at)
    return list(connection.execute(sa.select(*columns).where(cases.c.seq.in_(last)).order_by(cases.c.seq)))


def standing(connection: Connection, camera_id: str, at: datetime) -> list[tuple[Case, Stay]]:
    """The cases of a camera whose things stood there at a moment, the one confirmed last first."""
    gone = sa.func.coalesce(cases.c.cleared_at, cases.c.last_seen_at)
    stands = sa.and_(cases.c.cleared_at.is_(None), cases.c.status.not_in(DONE))
    query = sa.select(cases).where(
        cases.c.camera_id == camera_id, cases.c.first_seen_at <= at, sa.or_(stands, gone >= at)
    )
    rows = connection.execute(query.order_by(cases.c.confirmed_at.desc(), cases.c.seq.desc())).all()
    stays = ((case, case.stay_at(at)) for case in _whole(connection, rows))  # it may have been gone in between
    return [(case, stay) for case, stay in stays if stay]


def page(connection: Connection, wanted: CaseFilter, *, limit: int, before_seq: int | None = None) -> list[Case]:
    """Up to `limit` matching cases, newest first, older than `before_seq`; their traces stay empty."""
    return _page(connection, wanted, cases.c.seq, limit=limit, before=before_seq)


def latest_new(connection: Connection, wanted: CaseFilter, *, limit: int, before: int | None = None) -> list[Case]:
    """As `page`, but what became new last comes first, a case that was closed and is back too; older than `before`."""
    return _page(connection, wanted, cases.c.raised_seq, limit=limit, before=before)


def _page(
    connection: Connection, wanted: CaseFilter, order: sa.Column[int], *, limit: int, before: int | None
) -> list[Case]:
    columns = [sa.literal(None).label("trace") if column is cases.c.trace else column for column in cases.columns]
    query = sa.select(*columns).where(*_conditions(wanted))
    if before is not None:
        query = query.where(order < before)
    rows = connection.execute(query.order_by(order.desc()).limit(limit)).all()
    return _whole(connection, rows)


def every(connection: Connection, wanted: CaseFilter) -> Iterator[Case]:
    """All matching cases without their traces, newest first; page by page, so that years need no memory."""
    before: int | None = None
    while found := page(connection, wanted, limit=PAGE, before_seq=before):
        yield from found
        before = found[-1].seq


def counts(connection: Connection, wanted: CaseFilter = EVERY) -> list[tuple[Status, str, int]]:
    """How many matching cases there are of each status and class."""
    query = sa.select(cases.c.status, cases.c.class_name, sa.func.count()).where(*_conditions(wanted))
    rows = connection.execute(query.group_by(cases.c.status, cases.c.class_name))
    return [(Status(status), class_name, count) for status, class_name, count in rows]


def insert(connection: Connection, new: NewCase, *, now: datetime, tz: ZoneInfo) -> str:
    """Writes a new case under the next number of the city's day; returns its id."""
    case_id = _next_number(connection, now.astimezone(tz).strftime("%Y%m%d"))
    place = places.place_of(connection, new)
    values = asdict(new) | {"id": case_id, "status": Status.NEW, "relapses": 0, "version": 1, "place": place}
    connection.execute(sa.insert(cases).values(**values, created_at=now, updated_at=now))
    return case_id


def update(connection: Connection, case_id: str, **values: Any) -> None:
    """Sets columns of one case."""
    connection.execute(sa.update(cases).where(cases.c.id == case_id).values(**values))


def add_history(connection: Connection, case_id: str, row: HistoryRow) -> None:
    """Appends one entry to a case's history; a case that becomes new comes first on the wall."""
    written = sa.insert(history).values(case_id=case_id, **asdict(row)).returning(history.c.seq)
    seq = connection.execute(written).scalar_one()
    if row.to_status == Status.NEW != row.from_status:
        update(connection, case_id, raised_seq=seq)


def _next_number(connection: Connection, day: str) -> str:
    bump = sa.update(case_numbers).where(case_numbers.c.day == day).values(last=case_numbers.c.last + 1)
    last = connection.execute(bump.returning(case_numbers.c.last)).scalar_one_or_none()
    if last is None:
        last = 1
        connection.execute(sa.insert(case_numbers).values(day=day, last=last))
    return f"C{day}-{last:04d}"


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.status:
        found.append(cases.c.status.in_(wanted.status))
    if wanted.class_name:
        found.append(cases.c.class_name.in_(wanted.class_name))
    if wanted.camera_id is not None:
        found.append(cases.c.camera_id == wanted.camera_id)
    if wanted.zone is not None:
        found.append(cases.c.zone == wanted.zone)
    if wanted.since is not None:
        found.append(cases.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(cases.c.created_at < wanted.until)
    if wanted.ids:
        found.append(cases.c.id.in_(wanted.ids))
    if wanted.q:
        by_name = cases.c.camera_id.in_(sa.select(cameras.c.id).where(_says(wanted.q, cameras.c.name, cameras.c.place)))
        own = (cases.c.id, cases.c.key, cases.c.camera_id, cases.c.zone, cases.c.class_name)
        found.append(by_name | _says(wanted.q, *own))
    return found


def _says(words: str, *columns: sa.Column[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.icontains(words, autoescape=True) for column in columns))


def _whole(connection: Connection, rows: Sequence[Row[Any]]) -> list[Case]:
    ids = [row.id for row in rows]
    pictures = _evidence_of(connection, ids)
    stories = _history_of(connection, ids)
    links, repetitions = places.links_of(connection, ids), places.repetitions(connection, ids)
    described = _cameras_of(connection, {row.camera_id for row in rows})
    found = (_case(row, pictures[row.id], stories[row.id]) for row in rows)
    return [
        replace(
            case,
            links=tuple(links[case.id]),
            repetition=repetitions.get(case.id, 0),
            **described.get(case.camera_id, {}),
        )
        for case in found
    ]


def _cameras_of(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    query = sa.select(cameras.c.id, cameras.c.name, cameras.c.place).where(cameras.c.id.in_(ids))
    return {row.id: {"camera_name": row.name, "camera_place": row.place} for row in connection.execute(query)}


def _case(row: Row[Any], pictures: Iterable[Evidence], story: Iterable[HistoryRow]) -> Case:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["status"] = Status(row.status)
    values["box"] = tuple(row.box)
    values["trace"] = row.trace or []
    values["ground"] = row.ground and tuple(row.ground)
    return Case(**values, evidence=tuple(pictures), history=tuple(story))


def _evidence_of(connection: Connection, ids: Sequence[str]) -> defaultdict[str, list[Evidence]]:
    query = sa.select(evidence).where(evidence.c.case_id.in_(ids)).order_by(evidence.c.seq)
    found: defaultdict[str, list[Evidence]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.case_id].append(evidence_from(row))
    return found


def evidence_from(row: Row[Any]) -> Evidence:
    """One row of the evidence table as a value."""
    return Evidence(
        row.id, row.case_id, row.kind, row.media_type, row.bytes, row.sha256, row.taken_at, row.forgotten_at
    )


def _history_of(connection: Connection, ids: Sequence[str]) -> defaultdict[str, list[HistoryRow]]:
    query = sa.select(history).where(history.c.case_id.in_(ids)).order_by(history.c.seq)
    found: defaultdict[str, list[HistoryRow]] = defaultdict(list)
    for row in connection.execute(query):
        source = None if row.from_status is None else Status(row.from_status)
        told = HistoryRow(row.at, row.actor, source, Status(row.to_status), row.note, row.text, row.fact, row.fact_at)
        found[row.case_id].append(told)
    return found
