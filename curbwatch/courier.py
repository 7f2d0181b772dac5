# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carries the spool's messages to the API, in order per site, until each is accepted."""

import random
import sqlite3
import threading
from typing import Literal

import structlog

from curbwatch.client import TIMEOUT_S, ApiAway, Client
from curbwatch.errors import ApiRefused
from curbwatch.spool import Message, Spool

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
GRACE_S = 5.0  # when it is to stop, what waits may still arrive for so long
STUMBLED = {413, 500, 507}  # a proxy's limit, a fault, a full disk: trouble with this message, not with the API

Outcome = Literal["done", "stumbled", "away"]

log = structlog.get_logger(__name__)


class Stumbled(ApiAway):
    """The API is there and has taken what it can; messages of some sites are to be repeated."""


def deliver(spool: Spool, client: Client, quit_event: threading.Event) -> int:
    """Post what waits, the most urgent first, until nothing does or the event is set; how many are done with.

    A message at which the API stumbles holds up its own site only (Stumbled, when all others are done with); any
    other ApiAway ends the round. A full disk holds up nothing: what is accepted is crossed out when there is room.
    """
    done, stuck = 0, dict[str, ApiAway]()
    try:
        spool.catch_up()
    except sqlite3.Error as error:
        log.error("spool not writable", reason=str(error))
    # asked anew for each: a case may have come during the last post
    while not quit_event.is_set() and (urgent := spool.waiting(besides=stuck, most=1)):
        (message,) = urgent
        try:
            _deliver_one(spool, client, message)
        except sqlite3.Error as error:  # it is refused and cannot be set aside: posted again in the next round
            stuck[message.site_key] = ApiAway(f"spool not writable: {error}")
            continue
        except ApiAway as error:
            spool.failed(message)
            if error.status not in STUMBLED:
                raise
            stuck[message.site_key] = error
            continue
        done += 1
    if stuck:
        first = next(iter(stuck.values()))
        raise Stumbled(str(first), first.status) from first
    return done


def _deliver_one(spool: Spool, client: Client, message: Message) -> None:
    try:
        spool.accepted(message, case_id=_post(spool, client, message))
    except ApiRefused as error:
        gone = spool.refused(message, str(error))
        log.error("message refused", site=message.site_key, kind=message.kind, reason=str(error), forgotten=gone)


def _post(spool: Spool, client: Client, message: Message) -> str | None:
    case_id = spool.case_id(message.site_key)
    if message.kind not in ("case", "ledger") and case_id is None:
        raise ApiRefused(404, "its case was refused before")
    attachment = spool.attachment(message) if message.kind in ("evidence", "ledger") else b""
    return client.post(message, attachment, case_id)


class Courier:
    """A thread that delivers until it is stopped; wake() tells it that something new waits."""

    def __init__(self, spool: Spool, client: Client) -> None:
        self._spool, self._client = spool, client
        self._wake, self._quit, self._cut = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """End after the post under way; a long backlog waits in the spool for the next start."""
        self._quit.set()
        self._wake.set()
        self._thread.join(GRACE_S)
        self._cut.set()
        self._thread.join(TIMEOUT_S)

    def _work(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._quit.is_set():
            self._wake.clear()
            outcome = self._round()
            if outcome == "done":
                pause_s = FIRST_PAUSE_S
                self._wake.wait(5.0)
                continue
            # what comes anew waits while the API is away, but not for a message of another site
            until = self._wake if outcome == "stumbled" else self._quit
            until.wait(pause_s * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, no secret
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _round(self) -> Outcome:
        try:
            deliver(self._spool, self._client, self._cut)
        except Stumbled as error:
            log.warning("posts wait", reason=str(error))
            return "stumbled"
        except ApiAway as error:
            log.warning("posts wait", reason=str(error))
        except sqlite3.Error as error:
            log.error("spool not readable", reason=str(error))
        except Exception:  # the worker's outermost loop: whatever it is, the next round tries again
            log.exception("round broken off")
        else:
            return "done"
        return "away"
