# SPDX-License-Identifier: AGPL-3.0-or-later
"""What did not become a case, what cameras could see when, device tickets, and the place a case belongs to."""

import sqlalchemy as sa
from alembic import op

from api.tables import MaybeJson, Serial, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("ground", "repeats", "chased_from", "history_of", "place")


def upgrade() -> None:
    op.add_column("cases", sa.Column("place", sa.String(length=200), nullable=True))
    op.add_column("cases", sa.Column("history_of", sa.String(length=200), nullable=True))
    op.add_column("cases", sa.Column("chased_from", sa.String(length=200), nullable=True))
    op.add_column("cases", sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("ground", MaybeJson, nullable=True))
    op.create_index("ix_cases_place", "cases", ["place", "seq"], unique=False)
    op.execute(sa.text("UPDATE cases SET place = key"))
    op.add_column("history", sa.Column("text", MaybeJson, nullable=True))
    op.add_column("cameras", sa.Column("health", MaybeJson, nullable=True))
    _case_links()
    _camera_states()
    _tickets()
    _ledger()


def downgrade() -> None:
    for table in ("ledger", "tickets", "camera_states", "case_links"):
        op.drop_table(table)
    op.drop_index("ix_cases_place", "cases")
    op.drop_column("cameras", "health")
    op.drop_column("history", "text")
    for column in COLUMNS:
        op.drop_column("cases", column)


def _case_links() -> None:
    op.create_table(
        "case_links",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("other_id", sa.String(length=32), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_links_case_id")),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name=op.f("fk_case_links_other_id")),
        sa.PrimaryKeyConstraint("case_id", "other_id", name=op.f("pk_case_links")),
    )


def _camera_states() -> None:
    op.create_table(
        "camera_states",
        sa.Column("seq", Serial, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("health", MaybeJson, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_camera_states")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_camera_states_camera_id", "camera_states", ["camera_id", "at"], unique=False)
    op.create_index(op.f("ix_camera_states_at"), "camera_states", ["at"], unique=False)


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("seq", Serial, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("reason", MaybeJson, nullable=True),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_tickets")),
        sa.UniqueConstraint("id", name=op.f("uq_tickets_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tickets_camera_id", "tickets", ["camera_id", "seq"], unique=False)
    op.create_index(
        "uq_tickets_open",
        "tickets",
        ["camera_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("seq", Serial, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("class_name", sa.String(length=64), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("zone", sa.String(length=200), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("given_up_at", UtcDateTime(), nullable=False),
        sa.Column("stood_s", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("picture_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_camera_id", "ledger", ["camera_id", "given_up_at"], unique=False)
    op.create_index(op.f("ix_ledger_given_up_at"), "ledger", ["given_up_at"], unique=False)
