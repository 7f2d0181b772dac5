# SPDX-License-Identifier: AGPL-3.0-or-later
"""API keys for machines and users for people; secrets are kept as hashes only."""

import functools
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection

from api.errors import Invalid, NameTaken, NotFound
from api.roles import Role
from api.store import Store
from api.tables import api_keys, sessions, users
from api.times import utc_now

PREFIX = "cw_"
SHORTEST_PASSWORD = 10
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine's key; the secret itself is shown once, when it is made."""

    id: int
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in to the page."""

    id: int
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


def digest(secret: str) -> str:
    """What is stored of a random secret: 256 bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def add_key(store: Store, name: str, role: Role | str) -> str:
    """Makes a key and returns its secret, which cannot be shown again; raises NameTaken."""
    name = _checked_name(name)
    secret = PREFIX + secrets.token_urlsafe(32)
    with store.write() as connection:
        live = sa.select(api_keys.c.id).where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
        if connection.execute(live).first():
            raise NameTaken(f"a key named {name} is in use: revoke it first or choose another name")
        connection.execute(
            sa.insert(api_keys).values(name=name, role=Role(role), hash=digest(secret), created_at=utc_now())
        )
    return secret


def list_keys(store: Store) -> list[ApiKey]:
    """All keys, oldest first, revoked ones too."""
    with store.read() as connection:
        rows = connection.execute(sa.select(api_keys).order_by(api_keys.c.id)).all()
    return [ApiKey(row.id, row.name, Role(row.role), row.created_at, row.revoked_at) for row in rows]


def revoke_key(store: Store, name: str) -> None:
    """Ends a key, and sessions signed in with it, at once; raises NotFound."""
    with store.write() as connection:
        live = sa.update(api_keys).where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
        if not connection.execute(live.values(revoked_at=utc_now())).rowcount:
            raise NotFound(f"no key named {name} is in use: see `curbwatch keys list`")


def key_by_secret(connection: Connection, secret: str) -> ApiKey | None:
    """The live key with this secret, if there is one."""
    query = sa.select(api_keys).where(api_keys.c.hash == digest(secret), api_keys.c.revoked_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else ApiKey(row.id, row.name, Role(row.role), row.created_at, None)


def add_user(store: Store, name: str, password: str, role: Role | str) -> User:
    """Adds a person; raises NameTaken, or Invalid for a short password or a role that is no person's."""
    name = _checked_name(name)
    values = {"name": name, "role": _persons(role), "password_hash": _hashed(password), "created_at": utc_now()}
    with store.write() as connection:
        known = connection.execute(sa.select(users.c.disabled_at).where(users.c.name == name)).one_or_none()
        if known is not None and known.disabled_at is not None:
            raise NameTaken(f"a user named {name} is disabled: `curbwatch users enable` lets them in again")
        if known is not None:
            raise NameTaken(f"a user named {name} exists: choose another name or set a new password")
        connection.execute(sa.insert(users).values(**values))
        return _user(connection, name)


def list_users(store: Store) -> list[User]:
    """All users by name, disabled ones too."""
    with store.read() as connection:
        names = connection.execute(sa.select(users.c.name).order_by(users.c.name)).scalars().all()
        return [_user(connection, name) for name in names]


def set_password(store: Store, name: str, password: str) -> User:
    """Gives a user, who may be disabled, a new password and ends all their sessions; raises NotFound, Invalid."""
    hashed = _hashed(password)
    with store.write() as connection:
        user = _user(connection, name)
        connection.execute(sa.update(users).where(users.c.id == user.id).values(password_hash=hashed))
        connection.execute(sa.delete(sessions).where(sessions.c.user_id == user.id))
    return user


def set_role(store: Store, name: str, role: Role | str) -> None:
    """Gives a user another role, in their open sessions too; raises NotFound, Invalid."""
    values = {"role": _persons(role)}
    with store.write() as connection:
        user = _user(connection, name)
        connection.execute(sa.update(users).where(users.c.id == user.id).values(**values))


def disable_user(store: Store, name: str) -> None:
    """Ends a user's access and sessions at once; their name stays in histories. Raises NotFound."""
    with store.write() as connection:
        user = _user(connection, name)
        connection.execute(sa.update(users).where(users.c.id == user.id).values(disabled_at=utc_now()))
        connection.execute(sa.delete(sessions).where(sessions.c.user_id == user.id))


def enable_user(store: Store, name: str) -> None:
    """Lets a disabled user sign in again, with their password and role of before. Raises NotFound."""
    with store.write() as connection:
        user = _user(connection, name)
        connection.execute(sa.update(users).where(users.c.id == user.id).values(disabled_at=None))


def check_password(store: Store, name: str, password: str) -> User | None:
    """The enabled user with this name and password, if there is one; takes as long when there is none."""
    with store.read() as connection:
        row = connection.execute(sa.select(users).where(users.c.name == name)).one_or_none()
    stored = _nobodys_hash() if row is None or row.disabled_at is not None else row.password_hash
    if not _matches(stored, password) or row is None or row.disabled_at is not None:
        return None
    return User(row.id, row.name, Role(row.role), row.created_at, None)


@functools.cache
def _nobodys_hash() -> str:
    """Checked when there is no such user, so that the time of an answer does not tell names."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"the password is too short: use at least {SHORTEST_PASSWORD} characters")
    return _hasher.hash(password)


def _persons(role: Role | str) -> Role:
    if Role(role) is Role.PATROL:
        raise Invalid(
            "a patrol is no person and sees no page: choose operator, viewer or admin; it signs in by API key"
        )
    return Role(role)


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Invalid("a name has 1 to 100 printable characters: choose another")
    return name.strip()


def _user(connection: Connection, name: str) -> User:
    row = connection.execute(sa.select(users).where(users.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"no user named {name}: see `curbwatch users list`")
    return User(row.id, row.name, Role(row.role), row.created_at, row.disabled_at)
