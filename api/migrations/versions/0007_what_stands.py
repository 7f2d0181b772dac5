# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases and ledger entries are found by their keys, as often as the patrol says what still stands."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cases_key", "cases", ["key", "seq"])
    op.create_index("ix_ledger_key", "ledger", ["key", "seq"])


def downgrade() -> None:
    op.drop_index("ix_ledger_key", "ledger")
    op.drop_index("ix_cases_key", "cases")
