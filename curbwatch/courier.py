# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carries the spool's messages to the API, in order per site, until each is accepted."""

import random
import sqlite3
import threading

import structlog

from curbwatch.client import ApiAway, Client
from curbwatch.errors import ApiRefused
from curbwatch.spool import Message, Spool

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STUMBLED = {413, 500, 507}  # a proxy's limit, a fault, a full disk: trouble with this message, not with the API

log = structlog.get_logger(__name__)


def deliver(spool: Spool, client: Client) -> int:
    """Post what waits, the most urgent first; returns how many messages are done with.

    ApiAway: something is to be repeated. A message at which the API stumbles holds up its own site only; anything
    else ends the round.
    """
    done, stuck = 0, dict[str, ApiAway]()
    while urgent := spool.waiting(besides=stuck, most=1):  # asked anew: a case may have come during the last post
        (message,) = urgent
        try:
            _deliver_one(spool, client, message)
        except ApiRefused as error:
            gone = spool.refused(message, str(error))
            log.error("message refused", site=message.site_key, kind=message.kind, reason=str(error), forgotten=gone)
        except ApiAway as error:
            spool.failed(message)
            if error.status not in STUMBLED:
                raise
            stuck[message.site_key] = error
            continue
        done += 1
    if stuck:
        raise next(iter(stuck.values()))
    return done


def _deliver_one(spool: Spool, client: Client, message: Message) -> None:
    case_id = spool.case_id(message.site_key)
    if message.kind not in ("case", "ledger") and case_id is None:
        raise ApiRefused(404, "its case was refused before")
    attachment = spool.attachment(message) if message.kind in ("evidence", "ledger") else b""
    spool.accepted(message, case_id=client.post(message, attachment, case_id))


class Courier:
    """A thread that delivers until it is stopped; wake() tells it that something new waits."""

    def __init__(self, spool: Spool, client: Client) -> None:
        self._spool, self._client = spool, client
        self._wake, self._quit = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self, timeout_s: float = 20.0) -> None:
        self._quit.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def _work(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._quit.is_set():
            self._wake.clear()
            if self._round():
                pause_s = FIRST_PAUSE_S
                self._wake.wait(5.0)
            else:
                self._quit.wait(pause_s * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, no secret
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _round(self) -> bool:
        try:
            while deliver(self._spool, self._client) and not self._quit.is_set():
                pass
        except ApiAway as error:
            log.warning("posts wait", reason=str(error))
        except sqlite3.Error as error:  # what was posted but not crossed out is posted again with the same key
            log.error("spool not writable", reason=str(error))
        except Exception:  # the worker's outermost loop: whatever it is, the next round tries again
            log.exception("round broken off")
        else:
            return True
        return False
