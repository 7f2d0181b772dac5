# SPDX-License-Identifier: AGPL-3.0-or-later
"""Slows down guessing: so many failures for one name or address, then a pause."""

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from api.errors import TooManyAttempts

log = logging.getLogger(__name__)
FAILURES = 8
WINDOW = timedelta(minutes=10)
MOST_REMEMBERED = 10_000
MOST_AT_ONCE = 20  # sign-ins, of the 40 threads in which everything else is answered


class Throttle:
    """Remembers recent failures per name and per address, in memory and bounded."""

    def __init__(self) -> None:
        """Nobody has failed yet."""
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._turn, self._room = threading.Lock(), threading.BoundedSemaphore(MOST_AT_ONCE)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Held from the check to its outcome; raises TooManyAttempts where too many wait for theirs.

        Guesses sent together are so counted one after the other, and cannot take the machine: to check a password
        takes 64 MiB and 50 ms of a core.
        """
        if not self._room.acquire(blocking=False):
            raise TooManyAttempts("too many sign-ins at once: wait 2 s, then try again", retry_after_s=2)
        try:
            with self._turn:
                yield
        finally:
            self._room.release()

    def check(self, *who: str, now: datetime) -> None:
        """Raises TooManyAttempts while one of `who` has failed too often of late."""
        longest = max(self._wait_s(name, now) for name in who)
        if longest > 0:
            raise TooManyAttempts(
                f"too many wrong passwords or API keys: wait {longest} s, then try again", retry_after_s=longest
            )

    def failed(self, *who: str, now: datetime) -> None:
        """Notes one failure for each of `who`; the one that begins a pause stands in the log."""
        for name in who:
            self._failures.setdefault(name, deque(maxlen=FAILURES)).append(now)
            self._failures.move_to_end(name)
        if any(self._wait_s(name, now) for name in who):
            told = ", ".join(map(repr, who))  # a name is what a stranger typed
            log.warning("sign-in held off: %d wrong passwords or API keys; the last one by %s", FAILURES, told)
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, *who: str) -> None:
        """Forgets the failures of `who`."""
        for name in who:
            self._failures.pop(name, None)

    def _wait_s(self, name: str, now: datetime) -> int:
        times = self._failures.get(name)
        if times is None or len(times) < FAILURES:
            return 0
        return max(0, int((times[0] + WINDOW - now).total_seconds()))
