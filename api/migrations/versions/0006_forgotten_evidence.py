# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence whose file is no longer kept stays on record."""

import sqlalchemy as sa
from alembic import op

from api.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("forgotten_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("evidence", "forgotten_at")
