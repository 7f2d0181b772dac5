# SPDX-License-Identifier: AGPL-3.0-or-later
"""Since when no patrol watches a camera any more."""

import sqlalchemy as sa
from alembic import op

from api.tables import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cameras", sa.Column("removed_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("cameras", "removed_at")
