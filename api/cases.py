# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens to a case: registered, moved by people, observed by the patrol.

Each function runs inside one write transaction and leaves case, history and event together.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from api import case_rows, event_log, notes, places
from api.errors import PlaceHasOpenCase, VersionChanged
from api.model import Case, HistoryRow, Link, NewCase, Observation
from api.roles import Principal
from api.times import SEEN_EVERY
from api.workflow import DONE, Status, check_move

WEEK_S = 604_800.0
REMOVAL = timedelta(minutes=5)  # who closes a case may do so just before the thing is carried away
FALSE_ALARM_HOLDS = timedelta(days=1)  # what flickers in and out must not raise alarm after alarm


def register(
    connection: Connection,
    new: NewCase,
    *,
    by: Principal,
    now: datetime,
    tz: ZoneInfo,
    same_place_m: float = 0.0,
) -> tuple[Case, bool]:
    """Opens a case, or returns the open one of the same place; the flag says whether it is new."""
    known = case_rows.open_case_id(connection, new.key)
    if known is not None:
        return _seen_again(connection, case_rows.get(connection, known), new, by=by, now=now), False
    case_id = case_rows.insert(connection, new, now=now, tz=tz)
    case_rows.add_history(connection, case_id, HistoryRow(now, by.actor, None, Status.NEW, None))
    for other in places.neighbours(connection, new, within_m=same_place_m):
        _link(connection, case_rows.get(connection, case_id), other, by=by, now=now)
    case = case_rows.get(connection, case_id)
    _announce(connection, case, "case.created", now=now)
    return case, True


def _link(connection: Connection, case: Case, link: Link, *, by: Principal, now: datetime) -> None:
    """Two cameras see one thing: both cases say so, each stays a case that people decide on."""
    places.link(connection, case.id, link, now=now)
    other = case_rows.get(connection, link.case_id)
    case_rows.add_history(connection, case.id, _linked(case, other, link, by=by, now=now))
    # the new one has not been told yet; who decides on the other has not seen this
    _change(connection, other, _linked(other, case, link, by=by, now=now))


def _linked(this: Case, that: Case, link: Link, *, by: Principal, now: datetime) -> HistoryRow:
    text = notes.noted("linked", case=that.id, camera=that.camera_id, metres=link.distance_m)
    return HistoryRow(now, by.actor, this.status, this.status, text["en"], text)


def move(
    connection: Connection,
    case_id: str,
    to: Status,
    *,
    by: Principal,
    now: datetime,
    note: str | None = None,
    version: int | None = None,
) -> Case:
    """Moves a case along the workflow; raises MoveRefused, NotAllowed, VersionChanged, PlaceHasOpenCase."""
    case = case_rows.get(connection, case_id)
    if version is not None and version != case.version:
        raise VersionChanged(
            f"{case_id} has changed since version {version}: read it again (now version {case.version}, "
            f"{case.status}), then decide",
            case_version=case.version,
            case_status=str(case.status),
        )
    check_move(case.status, to, by.role)
    if case.status in DONE and to not in DONE:
        _refuse_second_open(connection, case)
    return _change(connection, case, HistoryRow(now, by.actor, case.status, to, note))


def add_note(connection: Connection, case_id: str, note: str, *, by: Principal, now: datetime) -> Case:
    """Writes a person's note into a case's history; the case stays where it is."""
    case = case_rows.get(connection, case_id)
    return _change(connection, case, HistoryRow(now, by.actor, case.status, case.status, note))


def observe(connection: Connection, case_id: str, fact: Observation, *, by: Principal, now: datetime) -> Case:
    """Records what the patrol saw at a case's place; facts are never refused."""
    case = case_rows.get(connection, case_id)
    if _overtaken(case, fact, now=now):
        return _change(connection, case, _saw(f"{fact.kind}_late", case, fact, by=by, now=now))
    if fact.kind == "cleared":
        return _cleared(connection, case, fact, by=by, now=now)
    if fact.kind == "relapsed":
        return _relapsed(connection, case, fact, by=by, now=now)
    if fact.kind == "resumed":
        return _resumed(connection, case, fact, by=by, now=now)
    return _seen(connection, case, fact.at, now=now)


def still_stand(
    connection: Connection, seen: Mapping[str, datetime], *, by: Principal, now: datetime
) -> dict[str, datetime]:
    """Takes in what the patrol sees standing, by keys, and when it last did: a case closed meanwhile is new again.

    Returns those that have no case.
    """
    without_case = dict(seen)
    for row in case_rows.newest(connection, seen):
        at = without_case.pop(row.key)
        if row.status == Status.CLOSED and row.cleared_at is None:
            _stands_on(connection, case_rows.get(connection, row.id), at, by=by, now=now)
        elif row.status not in DONE and at - row.last_seen_at >= SEEN_EVERY:
            case_rows.update(connection, row.id, last_seen_at=at, updated_at=now)
    return without_case


def _stands_on(connection: Connection, case: Case, at: datetime, *, by: Principal, now: datetime) -> None:
    dwell_s = case.rule.get("dwell_s")
    dwell = timedelta(seconds=dwell_s) if isinstance(dwell_s, int | float) and 0 <= dwell_s < WEEK_S else REMOVAL
    closed_at = next(row.at for row in reversed(case.history) if row.to_status == Status.CLOSED != row.from_status)
    if at - closed_at < max(dwell, REMOVAL) or case_rows.open_case_id(connection, case.key):
        return
    text = notes.noted("stands_on")
    row = HistoryRow(now, by.actor, case.status, Status.NEW, text["en"], text, "stands_on", at)
    _change(connection, case, row, last_seen_at=at)


def _overtaken(case: Case, fact: Observation, *, now: datetime) -> bool:
    """Whether a fact comes so late that a later one has said the contrary already."""
    if fact.kind == "cleared":
        later = None if case.cleared_at else case.last_seen_at
    else:
        later = None if fact.kind == "seen" else case.cleared_at
    # what lies ahead of now was told before a clock was set back: it says nothing of the order
    return later is not None and fact.at < later <= now


def _seen_again(connection: Connection, case: Case, new: NewCase, *, by: Principal, now: datetime) -> Case:
    # a patrol that lost its memory confirms a cleared place anew: that is a relapse of the same case
    if case.cleared_at is not None and new.last_seen_at > case.cleared_at:
        text = notes.noted("reported_again")
        again = Observation("relapsed", new.last_seen_at, new.confidence, text["en"], text)
        return _relapsed(connection, case, again, by=by, now=now)
    return _seen(connection, case, new.last_seen_at, now=now)


def _seen(connection: Connection, case: Case, at: datetime, *, now: datetime) -> Case:
    if at > case.last_seen_at:
        case_rows.update(connection, case.id, last_seen_at=at, updated_at=now)
    return case_rows.get(connection, case.id)


def _cleared(connection: Connection, case: Case, fact: Observation, *, by: Principal, now: datetime) -> Case:
    if case.cleared_at is not None:
        return case
    return _change(connection, case, _saw("cleared", case, fact, by=by, now=now), cleared_at=fact.at)


def _relapsed(connection: Connection, case: Case, fact: Observation, *, by: Principal, now: datetime) -> Case:
    if case.cleared_at is None and case.status != Status.CLOSED:
        return _seen(connection, case, fact.at, now=now)
    returns = case.status == Status.CLOSED or _muted_no_more(case, fact.at)
    successor = case_rows.open_case_id(connection, case.key) if returns else None
    if successor is not None:
        return _change(connection, case, _saw("relapsed_open", case, fact, by=by, now=now, case=successor))
    changes = {
        "cleared_at": None,
        "relapses": case.relapses + 1,
        "last_seen_at": max(case.last_seen_at, fact.at),
    }
    row = _saw("relapsed", case, fact, by=by, now=now)
    return _change(connection, case, replace(row, to_status=Status.NEW) if returns else row, **changes)


def _resumed(connection: Connection, case: Case, fact: Observation, *, by: Principal, now: datetime) -> Case:
    if case.status in DONE:  # people have decided since: what stands there now is for them to decide anew
        return _relapsed(connection, case, fact, by=by, now=now)
    if case.cleared_at is None:
        return _seen(connection, case, fact.at, now=now)
    changes = {"cleared_at": None, "last_seen_at": max(case.last_seen_at, fact.at)}
    return _change(connection, case, _saw("resumed", case, fact, by=by, now=now), **changes)


def _muted_no_more(case: Case, at: datetime) -> bool:
    """Whether a false alarm was judged so long ago that what stands there now deserves a look of its own."""
    judged = [row.at for row in case.history if row.from_status != row.to_status == Status.FALSE_ALARM]
    return case.status == Status.FALSE_ALARM and at - max(judged, default=at) > FALSE_ALARM_HOLDS


def _saw(what: str, case: Case, fact: Observation, /, *, by: Principal, now: datetime, **values: object) -> HistoryRow:
    """What the history says of a fact that moves no case."""
    detail = fact.text or ({"en": fact.note, "zh": fact.note} if fact.note else None)
    text = notes.noted(what, detail, **values)
    return HistoryRow(
        now, by.actor, case.status, case.status, text["en"], text, what, min(fact.since or fact.at, fact.at)
    )


def _refuse_second_open(connection: Connection, case: Case) -> None:
    other = case_rows.open_case_id(connection, case.key)
    if other is not None:
        raise PlaceHasOpenCase(
            f"{case.id} cannot be opened again: {other} is already open for this place, work on that one",
            open_case=other,
        )


def _change(connection: Connection, case: Case, row: HistoryRow, **columns: Any) -> Case:
    values = {"status": row.to_status, "version": case.version + 1, "updated_at": row.at}
    case_rows.update(connection, case.id, **values, **columns)
    case_rows.add_history(connection, case.id, row)
    changed = case_rows.get(connection, case.id)
    _announce(connection, changed, "case.updated", now=row.at)
    return changed


def announce_evidence(connection: Connection, case_id: str, *, now: datetime) -> None:
    """Tells listeners that a case got another picture or clip; who decides on it meanwhile is not held up by that."""
    case_rows.update(connection, case_id, updated_at=now)
    _announce(connection, case_rows.get(connection, case_id), "case.updated", now=now)


def _announce(connection: Connection, case: Case, event: event_log.EventName, *, now: datetime) -> None:
    event_log.append(
        connection, event, case.id, status=case.status, camera_id=case.camera_id, class_name=case.class_name, now=now
    )
