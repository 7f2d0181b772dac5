# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forgets what is no longer needed: old events, kept answers, expired sessions, broken-off uploads."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from api import event_log, idempotency, sessions
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
