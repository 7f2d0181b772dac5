# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol saw, as data beside the words of the history: from these it is told when a thing stood there."""

import sqlalchemy as sa
from alembic import op

from api.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# what the notes of older rows begin with; when it was seen they do not say
WORDS = {"cleared": "cleared:", "relapsed": "relapsed:", "relapsed_open": "relapsed,", "resumed": "still there:"}


def upgrade() -> None:
    op.add_column("history", sa.Column("fact", sa.String(length=16), nullable=True))
    op.add_column("history", sa.Column("fact_at", UtcDateTime(), nullable=True))
    history = sa.table("history", sa.column("note"), sa.column("text"), sa.column("fact"))
    told = sa.update(history).where(history.c.text.is_not(None))  # people's own notes have one language
    for fact, words in WORDS.items():
        op.execute(told.where(history.c.note.startswith(words)).values(fact=fact))


def downgrade() -> None:
    op.drop_column("history", "fact_at")
    op.drop_column("history", "fact")
