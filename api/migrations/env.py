# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs migrations on the connection that `api.store.upgrade` hands over, inside its transaction."""

from alembic import context

from api.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
