# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions of the page: a random cookie, its hash in the database, a CSRF token beside it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.accounts import ApiKey, User, digest
from api.roles import Principal, Role
from api.tables import api_keys, sessions, users

COOKIE = "curbwatch_session"
CSRF_HEADER = "x-csrf-token"


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a browser gets: the cookie's value and the token its unsafe requests carry."""

    cookie: str
    csrf_token: str


def start(connection: Connection, who: User | ApiKey, *, now: datetime, hours: float) -> NewSession:
    """Signs somebody in until `hours` from now."""
    fresh = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    connection.execute(
        sa.insert(sessions).values(
            hash=digest(fresh.cookie),
            user_id=who.id if isinstance(who, User) else None,
            key_id=who.id if isinstance(who, ApiKey) else None,
            csrf_token=fresh.csrf_token,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    return fresh


def find(connection: Connection, cookie: str, *, now: datetime) -> Principal | None:
    """Who a cookie stands for; None when it has expired or its user or key has ended."""
    query = (
        sa.select(
            sessions.c.csrf_token,
            users.c.name.label("user_name"),
            users.c.role.label("user_role"),
            api_keys.c.name.label("key_name"),
            api_keys.c.role.label("key_role"),
        )
        .select_from(sessions)
        .outerjoin(users, sa.and_(users.c.id == sessions.c.user_id, users.c.disabled_at.is_(None)))
        .outerjoin(api_keys, sa.and_(api_keys.c.id == sessions.c.key_id, api_keys.c.revoked_at.is_(None)))
        .where(sessions.c.hash == digest(cookie), sessions.c.expires_at > now)
    )
    row = connection.execute(query).one_or_none()
    if row is not None and row.user_name is not None:
        return Principal("user", row.user_name, Role(row.user_role), row.csrf_token)
    if row is not None and row.key_name is not None:
        return Principal("key", row.key_name, Role(row.key_role), row.csrf_token)
    return None


def end(connection: Connection, cookie: str) -> None:
    """Signs one browser out."""
    connection.execute(sa.delete(sessions).where(sessions.c.hash == digest(cookie)))


def forget_expired(connection: Connection, *, now: datetime) -> int:
    """Deletes sessions that are over; returns how many."""
    return connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now)).rowcount
