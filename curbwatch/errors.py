# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong in the composition root.

CurbwatchError
├── SettingsError   the settings file is missing, malformed or contradicts itself
├── SpoolError      the patrol's spool cannot be opened
│   └── Damaged     it is no database, or no longer
└── ApiRefused      the dispatch API answered a post with an error that retrying cannot mend
"""


class CurbwatchError(Exception):
    """Base of every error of the service; its text says what to do next and never holds a secret."""


class SettingsError(CurbwatchError):
    """The settings file is missing, malformed or contradicts itself."""


class SpoolError(CurbwatchError):
    """The patrol's spool cannot be opened."""


class Damaged(SpoolError):
    """A file of the patrol is no database, or no longer."""


class ApiRefused(CurbwatchError):
    """The dispatch API refused a post for good; status is its HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"the API answered {status}: {reason}")
        self.status = status
