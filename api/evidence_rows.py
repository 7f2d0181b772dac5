# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence in SQL; a row is written only after its file is complete and durable."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.case_rows import evidence_from
from api.errors import NotFound
from api.model import Evidence, NewEvidence
from api.tables import cases, evidence, history
from api.workflow import DONE

AT_ONCE = 500  # other writers wait meanwhile


def get(connection: Connection, evidence_id: str) -> Evidence:
    """One piece of evidence; raises NotFound."""
    row = connection.execute(sa.select(evidence).where(evidence.c.id == evidence_id)).one_or_none()
    if row is None:
        raise NotFound(f"no evidence {evidence_id}: a case lists its evidence with GET /api/v1/cases/{{id}}")
    return evidence_from(row)


def same(connection: Connection, new: NewEvidence, sha256: str) -> Evidence | None:
    """The evidence of this case and kind with the same bytes, if there is one."""
    query = sa.select(evidence).where(
        evidence.c.case_id == new.case_id, evidence.c.kind == new.kind, evidence.c.sha256 == sha256
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else evidence_from(row)


def insert(connection: Connection, new: NewEvidence, sha256: str, size: int, *, now: datetime) -> Evidence:
    """Writes one row for a file of `size` bytes that is on disk under `sha256`."""
    evidence_id = "E" + secrets.token_hex(10)
    values = asdict(new) | {"id": evidence_id, "bytes": size, "sha256": sha256, "created_at": now}
    connection.execute(sa.insert(evidence).values(**values))
    return get(connection, evidence_id)


def outdated(connection: Connection, *, before: datetime) -> Sequence[str]:
    """SHA-256 of at most 500 files that evidence of cases done since `before` still has."""
    query = sa.select(evidence.c.sha256).distinct().where(_outdated(before)).limit(AT_ONCE)
    return connection.execute(query).scalars().all()


def forget(connection: Connection, sha256s: Sequence[str], *, before: datetime, now: datetime) -> set[str]:
    """Notes that evidence of cases done since `before` is kept no longer; returns which files nobody points to now."""
    some = evidence.c.sha256.in_(sha256s)
    connection.execute(sa.update(evidence).where(some, _outdated(before)).values(forgotten_at=now))
    shared = sa.select(evidence.c.sha256).where(some, evidence.c.forgotten_at.is_(None))
    return {*sha256s} - {*connection.execute(shared).scalars()}


def _outdated(before: datetime) -> sa.ColumnElement[bool]:
    # not by when the case changed last: a note on a closed case keeps no pictures of a street for longer
    judged = sa.exists().where(
        history.c.case_id == cases.c.id,
        history.c.to_status == cases.c.status,
        history.c.from_status != history.c.to_status,
        history.c.at >= before,
    )
    done = sa.select(cases.c.id).where(cases.c.status.in_(DONE), ~judged)
    # what came of late, of a case long done, has its days, too
    return sa.and_(evidence.c.forgotten_at.is_(None), evidence.c.created_at < before, evidence.c.case_id.in_(done))
