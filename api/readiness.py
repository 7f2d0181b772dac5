# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether this process could take a case right now: database writable, tables right, evidence writable."""

import threading
import time

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from api.blobs import Blobs
from api.errors import SchemaOutdated, StorageFull
from api.store import Store, check_schema
from api.tables import probe
from api.times import Clock

KEEP_S = 1.0


class Readiness:
    """Looks at most once a second, so that asking is cheap for everybody."""

    def __init__(self, store: Store, blobs: Blobs, clock: Clock) -> None:
        """Nothing has been looked at yet."""
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = -KEEP_S
        self._found: dict[str, str] = {}

    def faults(self) -> dict[str, str]:
        """What is wrong and what to do about it, by part; empty when ready."""
        with self._lock:
            if time.monotonic() - self._looked_at >= KEEP_S:
                self._found = self._look()
                self._looked_at = time.monotonic()
            return dict(self._found)

    def _look(self) -> dict[str, str]:
        found = {}
        try:
            check_schema(self._store)
            self._write_probe()
        except SchemaOutdated as error:
            found["database"] = str(error)
        except SQLAlchemyError as error:
            found["database"] = f"not writable ({type(error).__name__}): check that it runs and has room"
        try:
            self._blobs.check_writable()
        except (OSError, StorageFull) as error:
            found["evidence"] = f"not writable ({type(error).__name__}): check the folder's owner and its disk"
        return found

    def _write_probe(self) -> None:
        now = self._clock()
        with self._store.write() as connection:
            if not connection.execute(sa.update(probe).values(at=now)).rowcount:
                connection.execute(sa.insert(probe).values(id=1, at=now))
