# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tables as SQLAlchemy sees them; `api/migrations` creates them, a test keeps both the same."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; `timestamptz` in PostgreSQL, naive UTC text in SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


MaybeJson = sa.JSON(none_as_null=True)
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("seq", Serial, primary_key=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("class_name", sa.String(64), nullable=False),
    sa.Column("camera_id", sa.String(64), nullable=False),
    sa.Column("zone", sa.String(200), nullable=False),
    sa.Column("confidence", sa.Float(), nullable=False),
    sa.Column("box", sa.JSON(), nullable=False),
    sa.Column("first_seen_at", UtcDateTime(), nullable=False),
    sa.Column("confirmed_at", UtcDateTime(), nullable=False),
    sa.Column("last_seen_at", UtcDateTime(), nullable=False),
    sa.Column("cleared_at", UtcDateTime()),
    sa.Column("relapses", sa.Integer(), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("rule", sa.JSON(), nullable=False),
    sa.Column("trace", sa.JSON(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("place", sa.String(200)),
    sa.Column("history_of", sa.String(200)),
    sa.Column("chased_from", sa.String(200)),
    sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("ground", MaybeJson),
    sa.Column("raised_seq", sa.BigInteger(), nullable=False, server_default="0"),
    sa.Index("ix_cases_raised_seq", "raised_seq"),
    sa.Index("ix_cases_place", "place", "seq"),
    sa.Index("ix_cases_status", "status", "seq"),
    sa.Index("ix_cases_class_name", "class_name", "seq"),
    sa.Index("ix_cases_camera_id", "camera_id", "seq"),
    sa.Index("ix_cases_created_at", "created_at"),
    sa.Index("ix_cases_key", "key", "seq"),
    sqlite_autoincrement=True,
)
# one place, one open case: the database itself refuses a second
open_key = sa.Index(
    "uq_cases_open_key",
    cases.c.key,
    unique=True,
    sqlite_where=sa.text("status NOT IN ('closed', 'false_alarm')"),
    postgresql_where=sa.text("status NOT IN ('closed', 'false_alarm')"),
)

case_numbers = sa.Table(
    "case_numbers",
    metadata,
    sa.Column("day", sa.String(8), primary_key=True),
    sa.Column("last", sa.Integer(), nullable=False),
)

history = sa.Table(
    "history",
    metadata,
    sa.Column("seq", Serial, primary_key=True),
    sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("from_status", sa.String(16)),
    sa.Column("to_status", sa.String(16), nullable=False),
    sa.Column("note", sa.Text()),
    sa.Column("text", MaybeJson),
    sa.Column("fact", sa.String(16)),
    sa.Column("fact_at", UtcDateTime()),
    sqlite_autoincrement=True,
)

case_links = sa.Table(
    "case_links",
    metadata,
    sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("other_id", sa.String(32), sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("distance_m", sa.Float(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("seq", Serial, primary_key=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("media_type", sa.String(32), nullable=False),
    sa.Column("bytes", sa.BigInteger(), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("taken_at", UtcDateTime(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("forgotten_at", UtcDateTime()),
    sa.UniqueConstraint("case_id", "kind", "sha256", name="uq_evidence_content"),
    sqlite_autoincrement=True,
)

cameras = sa.Table(
    "cameras",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("place", sa.String(200)),
    sa.Column("zones", sa.JSON(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.Column("status", sa.String(16)),
    sa.Column("frame_age_s", sa.Float()),
    sa.Column("error", sa.Text()),
    sa.Column("codec", sa.String(32)),
    sa.Column("width", sa.Integer()),
    sa.Column("height", sa.Integer()),
    sa.Column("drops", sa.BigInteger()),
    sa.Column("reconnects", sa.BigInteger()),
    sa.Column("reported_at", UtcDateTime()),
    sa.Column("received_at", UtcDateTime()),
    sa.Column("snapshot_at", UtcDateTime()),
    sa.Column("health", MaybeJson),
    sa.Column("messages_waiting", sa.BigInteger(), nullable=False, server_default="0"),
    sa.Column("messages_refused", sa.BigInteger(), nullable=False, server_default="0"),
    sa.Column("removed_at", UtcDateTime()),
)

# one row for each change of a camera's status, error or health: what it could see at any moment of the past
camera_states = sa.Table(
    "camera_states",
    metadata,
    sa.Column("seq", Serial, primary_key=True),
    sa.Column("camera_id", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("error", sa.Text()),
    sa.Column("health", MaybeJson),
    sa.Index("ix_camera_states_camera_id", "camera_id", "at"),
    sqlite_autoincrement=True,
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("seq", Serial, primary_key=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("camera_id", sa.String(64), nullable=False),
    sa.Column("fault", sa.String(32), nullable=False),
    sa.Column("since", UtcDateTime(), nullable=False),
    sa.Column("opened_at", UtcDateTime(), nullable=False),
    sa.Column("closed_at", UtcDateTime()),
    sa.Column("reason", MaybeJson),
    sa.Column("text", sa.JSON(), nullable=False),
    sa.Index("ix_tickets_camera_id", "camera_id", "seq"),
    sqlite_autoincrement=True,
)
open_ticket = sa.Index(
    "uq_tickets_open",
    tickets.c.camera_id,
    unique=True,
    sqlite_where=sa.text("closed_at IS NULL"),
    postgresql_where=sa.text("closed_at IS NULL"),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("seq", Serial, primary_key=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("class_name", sa.String(64), nullable=False),
    sa.Column("camera_id", sa.String(64), nullable=False),
    sa.Column("zone", sa.String(200), nullable=False),
    sa.Column("confidence", sa.Float(), nullable=False),
    sa.Column("box", sa.JSON(), nullable=False),
    sa.Column("first_seen_at", UtcDateTime(), nullable=False),
    sa.Column("last_seen_at", UtcDateTime(), nullable=False),
    sa.Column("given_up_at", UtcDateTime(), nullable=False, index=True),
    sa.Column("stood_s", sa.Float(), nullable=False),
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("values", sa.JSON(), nullable=False),
    sa.Column("text", sa.JSON(), nullable=False),
    sa.Column("rule", sa.JSON(), nullable=False),
    sa.Column("trace", sa.JSON(), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("skipped", sa.Integer(), nullable=False),
    sa.Column("picture_bytes", sa.BigInteger(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Index("ix_ledger_camera_id", "camera_id", "given_up_at"),
    sa.Index("ix_ledger_key", "key", "seq"),
    sqlite_autoincrement=True,
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("at", UtcDateTime(), nullable=False, index=True),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("data", sa.Text(), nullable=False),
    sqlite_autoincrement=True,
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("scope", sa.String(200), primary_key=True),
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer(), nullable=False),
    sa.Column("location", sa.String(200)),
    sa.Column("body", sa.Text(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False, index=True),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("revoked_at", UtcDateTime()),
    sqlite_autoincrement=True,
)
live_key_name = sa.Index(
    "uq_api_keys_live_name",
    api_keys.c.name,
    unique=True,
    sqlite_where=sa.text("revoked_at IS NULL"),
    postgresql_where=sa.text("revoked_at IS NULL"),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("disabled_at", UtcDateTime()),
    sqlite_autoincrement=True,
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("user_id", Serial, sa.ForeignKey("users.id")),
    sa.Column("key_id", Serial, sa.ForeignKey("api_keys.id")),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False, index=True),
)

probe = sa.Table(
    "probe",
    metadata,
    sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime(), nullable=False),
)
