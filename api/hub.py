# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live events for many listeners: one task tails the event log, each listener keeps its own place in it.

A listener is only a number, the last id it was given. It reads on from the ring of recent events, or from
the database when it is further behind. So nothing is lost or doubled, and a slow one costs no memory.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from api import event_log
from api.model import Event
from api.store import Store

log = logging.getLogger(__name__)
RING = 2000
BATCH = 500


class Hub:
    """The newest events, and who waits for more. Lives in one event loop."""

    def __init__(self, store: Store, *, poll_s: float, failed: Callable[[], None]) -> None:
        """Looks at the database each `poll_s` seconds, and at once after a write of this process."""
        self._store = store
        self._failed = failed
        self._poll_s = poll_s
        self._ring: deque[Event] = deque(maxlen=RING)
        self._floor = 0
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.head = 0
        self.listeners = 0
        self.closed = False

    async def start(self) -> None:
        """Takes the newest event as the beginning and listens to this process's writes."""
        self._loop = asyncio.get_running_loop()
        _, self.head = await asyncio.to_thread(self._bounds)
        self._floor = self.head
        self._store.after_commit(self._nudge)

    async def tail(self) -> None:
        """Follows the event log for ever; when that fails it says so once, counts, and tries again."""
        failing = False
        while not self.closed:
            try:
                await self._follow()
                failing = False
            except Exception as error:  # noqa: BLE001 - without this loop every listener would wait for ever
                self._failed()
                if not failing:
                    log.warning("live events wait: the event log cannot be read (%s)", type(error).__name__)
                failing = True
                await asyncio.sleep(1.0)

    def close(self) -> None:
        """Ends all listeners' streams; their browsers come back by themselves."""
        self.closed = True
        self._wake.set()
        self._announce()

    async def after(self, last_id: int) -> list[Event]:
        """Events above `last_id`, oldest first; empty when there is none yet."""
        if last_id >= self.head:
            return []
        if last_id < self._floor:
            return await asyncio.to_thread(self._read, last_id)
        return [event for event in self._ring if event.id > last_id]

    async def reachable(self, last_id: int) -> bool:
        """Whether a listener that had `last_id` can go on without a gap."""
        oldest, newest = await asyncio.to_thread(self._bounds)
        return last_id <= newest and last_id >= oldest - 1

    async def changed(self, last_id: int, *, timeout_s: float) -> bool:
        """Waits until there is something above `last_id`; False when `timeout_s` seconds brought nothing."""
        if self.closed or self.head > last_id:
            return True
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def _follow(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._poll_s)
        self._wake.clear()
        fresh = await asyncio.to_thread(self._read, self.head)
        if fresh:
            self._take(fresh)

    def _take(self, fresh: list[Event]) -> None:
        for event in fresh:
            if len(self._ring) == RING:
                self._floor = self._ring[0].id
            self._ring.append(event)
        self.head = fresh[-1].id
        if len(fresh) == BATCH:
            self._wake.set()
        self._announce()

    def _announce(self) -> None:
        # each waiter holds the flag of its own round, so that no round can be missed
        self._changed.set()
        self._changed = asyncio.Event()

    def _nudge(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has just been closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._wake.set)

    def _read(self, last_id: int) -> list[Event]:
        with self._store.read() as connection:
            return event_log.after(connection, last_id, limit=BATCH)

    def _bounds(self) -> tuple[int, int]:
        with self._store.read() as connection:
            return event_log.bounds(connection)
