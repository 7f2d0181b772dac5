# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers kept under their Idempotency-Key, so that a repeated request changes nothing."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.errors import KeyReused
from api.tables import idempotency


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: status, JSON text, Location; `replayed` when it was given before."""

    status: int
    body: str
    location: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that wants to happen once: its path, its key and what its body holds."""

    scope: str
    key: str
    fingerprint: str


def fingerprint(*parts: object) -> str:
    """A digest of what a request asks for; key order and white space of JSON do not matter."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def once(connection: Connection, attempt: Attempt, act: Callable[[], Answer], *, now: datetime) -> Answer:
    """The answer of `act`, or the one given before; raises KeyReused when the body is another one."""
    return answered(connection, attempt) or _first(connection, attempt, act(), now=now)


def answered(connection: Connection, attempt: Attempt) -> Answer | None:
    """The answer given before, None for a fresh key; raises KeyReused when the body is another one."""
    known = connection.execute(
        sa.select(idempotency).where(idempotency.c.scope == attempt.scope, idempotency.c.key == attempt.key)
    ).one_or_none()
    if known is None:
        return None
    if known.fingerprint != attempt.fingerprint:
        raise KeyReused("this Idempotency-Key was used with another body: send a new key for a new request")
    return Answer(known.status, known.body, known.location, replayed=True)


def _first(connection: Connection, attempt: Attempt, answer: Answer, *, now: datetime) -> Answer:
    connection.execute(
        sa.insert(idempotency).values(
            scope=attempt.scope,
            key=attempt.key,
            fingerprint=attempt.fingerprint,
            status=answer.status,
            location=answer.location,
            body=answer.body,
            created_at=now,
        )
    )
    return answer


def forget(connection: Connection, *, before: datetime) -> int:
    """Deletes answers older than `before`; returns how many."""
    return connection.execute(sa.delete(idempotency).where(idempotency.c.created_at < before)).rowcount
