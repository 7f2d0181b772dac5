# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything the API refuses.

ApiError
├── NotSignedIn            no key, no session, or one that is no longer valid
│   └── SignInRefused      wrong name, password or API key at /login
├── NotAllowed             signed in, but the role may not do this
│   └── ForgedRequest      a session's unsafe request without its CSRF token
├── TooManyAttempts        wrong passwords, too often, or too many sign-ins at once
├── NotFound               no such case, evidence, camera, key or user
│   └── Forgotten          it was there, and is kept no longer
├── Conflict
│   ├── MoveRefused        the workflow has no such move from here
│   ├── VersionChanged     somebody changed the case in between
│   ├── PlaceHasOpenCase   the same place already has an open case
│   └── NameTaken          a key or user of this name exists
├── TooLarge               the body is over its limit
├── WrongMediaType         not the media type it says, or not one that is taken
├── Invalid                well-formed, but cannot be taken as it is
│   └── KeyReused          an Idempotency-Key came back with another body
├── Unavailable            try again later: no model, busy, too many listeners
├── StorageFull            no room for evidence
└── SchemaOutdated         the database does not have this version's tables, or cannot hold them

`api.problems` gives each its HTTP status.
"""


class ApiError(Exception):
    """Base of all refusals; the message says what to do next, `extra` goes into the problem document."""

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message)
        self.extra = extra


class NotSignedIn(ApiError):
    """No key, no session, or one that is no longer valid."""


class SignInRefused(NotSignedIn):
    """Wrong name, password or API key at /login."""


class NotAllowed(ApiError):
    """Signed in, but the role may not do this."""


class ForgedRequest(NotAllowed):
    """A session's unsafe request without its CSRF token."""


class TooManyAttempts(ApiError):
    """Wrong passwords, too often, or too many sign-ins at once; `retry_after_s` says how long to wait."""


class NotFound(ApiError):
    """No such case, evidence, camera, key or user."""


class Forgotten(NotFound):
    """It was there, and is kept no longer."""


class Conflict(ApiError):
    """The request does not fit the present state."""


class MoveRefused(Conflict):
    """The workflow has no such move from here."""


class VersionChanged(Conflict):
    """Somebody changed the case in between."""


class PlaceHasOpenCase(Conflict):
    """The same place already has an open case."""


class NameTaken(Conflict):
    """A key or user of this name exists."""


class TooLarge(ApiError):
    """The body is over its limit."""


class WrongMediaType(ApiError):
    """Not the media type it says, or not one that is taken here."""


class Invalid(ApiError):
    """Well-formed, but cannot be taken as it is."""


class KeyReused(Invalid):
    """An Idempotency-Key came back with another body."""


class Unavailable(ApiError):
    """Try again later: no model, busy, too many listeners."""


class StorageFull(ApiError):
    """No room for evidence."""


class SchemaOutdated(ApiError):
    """The database does not have this version's tables, or cannot hold them."""
