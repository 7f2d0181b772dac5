# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forgets what is no longer needed: old events, kept answers, expired sessions, broken-off uploads, the old ledger."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from api import event_log, idempotency, ledger_rows, moments, sessions
from api.services import Services

log = logging.getLogger(__name__)
EVERY_S = 3600.0


async def keep_house(services: Services) -> None:
    """Tidies at the start and then each hour, for ever."""
    while True:
        try:
            await asyncio.to_thread(tidy, services)
        except (SQLAlchemyError, OSError) as error:
            services.metrics.housekeeping_failures.inc()
            log.warning("housekeeping broke off (%s): it tries again in an hour", type(error).__name__)
        await asyncio.sleep(EVERY_S)


def tidy(services: Services) -> None:
    """One round."""
    now, config = services.clock(), services.config
    services.blobs.sweep()
    with services.store.write() as connection:
        sessions.forget_expired(connection, now=now)
        event_log.forget(connection, before=now - timedelta(days=config.events_days))
        idempotency.forget(connection, before=now - timedelta(days=config.idempotency_days))
        moments.forget(connection, before=now - timedelta(days=config.ledger_days))
    bound_ledger(services)


def bound_ledger(services: Services) -> None:
    """Forgets ledger entries that are too old, and the oldest when there are too many bytes; rows before pictures."""
    before = services.clock() - timedelta(days=services.config.ledger_days)
    with services.store.write() as connection:
        gone = ledger_rows.forget(connection, before=before, most_bytes=services.config.ledger_bytes)
    services.blobs.forget_ledger_pictures(gone)
