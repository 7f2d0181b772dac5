# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forgets what is no longer needed: old events, answers, sessions, broken-off uploads, old ledger and evidence."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from api import camera_state_rows, event_log, evidence_rows, idempotency, ledger_rows, sessions
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
        camera_state_rows.forget(connection, before=now - timedelta(days=config.ledger_days))
    bound_ledger(services)
    if config.evidence_days:
        forget_evidence(services, before=now - timedelta(days=config.evidence_days))


def bound_ledger(services: Services) -> None:
    """Forgets ledger entries that are too old, and the oldest when there are too many bytes.

    Pictures first, as in `forget_evidence`.
    """
    before = services.clock() - timedelta(days=services.config.ledger_days)
    with services.store.write() as connection:
        gone = ledger_rows.forget(connection, before=before, most_bytes=services.config.ledger_bytes)
        services.blobs.forget_ledger_pictures(gone)


def forget_evidence(services: Services, *, before: datetime) -> None:
    """Deletes the files of cases that have been done since `before`; what they were stays on record.

    Files first: a round that breaks off in between is done again. What came once more within the hour waits for a later
    round.
    """
    more: Sequence[str] = ("the first round",)
    while more:
        with services.store.write() as connection:
            found = evidence_rows.outdated(connection, before=before)
            more = [sha256 for sha256 in found if not services.blobs.is_young(sha256)]
            for sha256 in evidence_rows.forget(connection, more, before=before, now=services.clock()):
                services.blobs.forget(sha256)
