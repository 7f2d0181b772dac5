# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which cases are one place: over time by the patrol's memory, between cameras by metres on the ground."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.model import Case, Link, NewCase
from api.tables import case_links, cases, history
from api.workflow import DONE, Status


def place_of(connection: Connection, new: NewCase) -> str:
    """The name of a new case's place: that of the case it continues or was chased from, else its own key."""
    for key in (new.key, new.history_of, new.chased_from):
        if key and (known := _known_place(connection, key)):
            return known
    return new.history_of or new.key


def _known_place(connection: Connection, key: str) -> str | None:
    query = sa.select(cases.c.place).where(cases.c.key == key).order_by(cases.c.seq.desc()).limit(1)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def repetitions(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """For each case of these cases' places how often it had happened there before, false alarms not counted.

    It happens with each new case and each return of a closed one, in the order of the history.
    """
    begun = sa.and_(
        history.c.case_id == cases.c.id,
        history.c.to_status == Status.NEW,
        sa.func.coalesce(history.c.fact, "") != "stands_on",  # closed too early, it never left
    )
    places = sa.select(cases.c.place).where(cases.c.id.in_(ids))
    query = sa.select(cases.c.id, cases.c.place, cases.c.status).join(history, begun)
    query = query.where(
        cases.c.place.in_(places), sa.or_(history.c.from_status.is_(None), history.c.from_status == Status.CLOSED)
    )
    rows = connection.execute(query.order_by(history.c.seq)).all()
    latest = {row.id: number for number, row in enumerate(rows)}
    times, found = Counter[str](), dict[str, int]()
    for number, row in enumerate(rows):
        found[row.id] = times[row.place]
        # what came back later had been closed: only the last time may have been a false alarm
        times[row.place] += number != latest[row.id] or row.status != Status.FALSE_ALARM
    return found


def links_of(connection: Connection, ids: Sequence[str]) -> defaultdict[str, list[Link]]:
    """For each of these cases those of other cameras that are the same thing."""
    query = sa.select(case_links).where(case_links.c.case_id.in_(ids)).order_by(case_links.c.other_id)
    found: defaultdict[str, list[Link]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.case_id].append(Link(row.other_id, row.distance_m))
    return found


def neighbours(connection: Connection, new: NewCase, *, within_m: float) -> list[Link]:
    """Open cases of other cameras and the same class that stand within some metres, the nearest first."""
    if new.ground is None:
        return []
    query = sa.select(cases.c.id, cases.c.ground).where(
        cases.c.class_name == new.class_name,
        cases.c.camera_id != new.camera_id,
        cases.c.status.not_in(DONE),
        cases.c.cleared_at.is_(None),
        cases.c.ground.is_not(None),
    )
    found = [Link(row.id, math.dist(row.ground, new.ground)) for row in connection.execute(query)]
    return sorted((link for link in found if link.distance_m <= within_m), key=lambda link: link.distance_m)


def link(connection: Connection, case_id: str, other: Link, *, now: datetime) -> None:
    """Writes that two cases are one thing, both ways."""
    both = ((case_id, other.case_id), (other.case_id, case_id))
    rows = [{"case_id": a, "other_id": b, "distance_m": other.distance_m, "created_at": now} for a, b in both]
    connection.execute(sa.insert(case_links), rows)


def related(connection: Connection, case: Case) -> dict[str, str | None]:
    """Cases that this one goes back to, if there are: `earlier` at its place, `chased` from where it moved on."""
    keys = {"earlier": case.history_of, "chased": case.chased_from}
    return {name: _case_before(connection, case, key) if key else None for name, key in keys.items()}


def _case_before(connection: Connection, case: Case, key: str) -> str | None:
    query = sa.select(cases.c.id).where(cases.c.key == key, cases.c.seq < case.seq)
    found: str | None = connection.execute(query.order_by(cases.c.seq.desc()).limit(1)).scalar_one_or_none()
    return found
