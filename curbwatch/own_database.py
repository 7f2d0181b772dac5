# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol's own SQLite files, all opened in one way."""

import sqlite3
from pathlib import Path
from typing import Literal

from curbwatch.errors import Damaged, SpoolError


def own_database(path: Path, what: str, schema: str, *, synchronous: Literal["FULL", "NORMAL"]) -> sqlite3.Connection:
    """Open, or make, a file that several threads may use under a lock; SpoolError names it and says what to check."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(f"PRAGMA synchronous={synchronous}")
            database.executescript(schema)
        except sqlite3.Error:
            database.close()
            raise
    except (OSError, sqlite3.Error) as error:
        if type(error) is sqlite3.DatabaseError:  # itself: those below it are faults of the folder, or of ours
            raise Damaged(
                f"cannot open the {what} {path}: {error}; put back a copy, or move it away (messages in it that were "
                "not delivered are lost)"
            ) from error
        raise SpoolError(f"cannot open the {what} {path}: {error}; check the folder's rights and space") from error
    return database
