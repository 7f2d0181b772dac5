# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many messages of a camera did not arrive, as its patrol says."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("messages_waiting", "messages_refused")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("cameras", sa.Column(column, sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_column("cameras", column)
