# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a case stands on the wall: the row of its history with which it last became new."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("raised_seq", sa.BigInteger(), nullable=False, server_default="0"))
    cases = sa.table("cases", sa.column("id"), sa.column("raised_seq"))
    history = sa.table("history", *(sa.column(name) for name in ("seq", "case_id", "from_status", "to_status")))
    became_new = sa.and_(
        history.c.case_id == cases.c.id,
        history.c.to_status == "new",
        sa.func.coalesce(history.c.from_status, "") != "new",
    )
    op.execute(
        sa.update(cases).values(raised_seq=sa.select(sa.func.max(history.c.seq)).where(became_new).scalar_subquery())
    )
    op.create_index("ix_cases_raised_seq", "cases", ["raised_seq"])


def downgrade() -> None:
    op.drop_index("ix_cases_raised_seq", "cases")
    op.drop_column("cases", "raised_seq")
