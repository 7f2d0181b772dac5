# SPDX-License-Identifier: AGPL-3.0-or-later
"""What several routes need: idempotent writes, and how OpenAPI tells of refusals and raw bodies."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol

from fastapi import Header, Query, Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from sqlalchemy.engine import Connection
from starlette.responses import Response

from api import idempotency
from api.auth import SignedIn
from api.errors import Invalid
from api.idempotency import Answer, Attempt
from api.problems import document
from api.roles import Principal
from api.services import Services

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="Chosen by the caller; the same key with the same body gets the same answer again.",
        examples=["0198b5a2-6f0e-7c55-9d57-0d6ed3d2c1aa"],
    ),
]
MaybeIdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=128, pattern=r"^[!-~]+$"),
]
Cursor = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")]

EVENT_HEADER = "Event-Id"
LOCATION = "Location"
REPLAY = "Idempotent-Replay"
STORED = (LOCATION, REPLAY)
HEADERS = {
    EVENT_HEADER: "The last event that this answer knows of; of several pages the first one's counts.",
    LOCATION: "Where it is shown.",
    REPLAY: "`true` when this is the answer of before, under the same `Idempotency-Key`.",
    "Retry-After": "After how many seconds to send it again.",
    "ETag": "Send it back as `If-None-Match`.",
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do next."},
        "instance": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
PROBLEMS: dict[int, tuple[str, str, str]] = {
    400: ("bad-request", "The request cannot be read", "the request could not be read: check its body and headers"),
    401: ("not-signed-in", "No valid key or session", "a key is needed: send `Authorization: Bearer cw_…`"),
    403: ("not-allowed", "The role may not do this", "the role viewer may not move cases: ask for another key"),
    404: ("not-found", "No such thing", "no case C20261121-0009: list cases with GET /api/v1/cases"),
    409: ("move-refused", "The present state forbids it", "a case that is new cannot become closed: …"),
    410: ("forgotten", "Kept no longer", "evidence E5f0c1a9be2d34c7788aa was deleted at 2027-11-21 02:00 UTC: …"),
    413: ("too-large", "The body is too large", "the body is over 64 MiB: send a shorter clip"),
    415: ("wrong-media-type", "Not the media type it says", "this is no complete image/jpeg: …"),
    416: ("range-not-satisfiable", "The range lies outside the file", "ask for bytes within the file"),
    422: ("invalid", "The wrong shape", "the request does not have the right shape: correct what `errors` names"),
    429: ("too-many-attempts", "Too many failures", "too many wrong passwords or API keys: wait 300 s"),
    503: ("unavailable", "Try again later", "the database does not answer, is busy or full: send it again later"),
    507: ("storage-full", "No room for evidence", "the evidence folder is full: free space, then send again"),
}


async def named_parameters(request: Request, _by: SignedIn) -> None:
    """Refuses what the route does not name behind the `?` of an address: a mistyped filter would find everything."""
    if not request.query_params:
        return
    declared = get_flat_params(request.scope["route"].dependant)
    named = [field.alias for field in declared if isinstance(field.field_info, params.Query)]
    advice = {"type": "extra_forbidden", "msg": f"no such parameter: this address takes {', '.join(named) or 'none'}"}
    unknown = [advice | {"loc": ("query", name)} for name in request.query_params if name not in named]
    if unknown:
        raise RequestValidationError(unknown)


def headers(*names: str) -> dict[str, Any]:
    """OpenAPI for the headers of an answer."""
    return {"headers": {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for these statuses (400, 401, 403, 422 and 503 always), each with an example."""
    return {status: _refusal(status) for status in sorted({400, 401, 403, 422, 503, *statuses})}


def _refusal(status: int) -> dict[str, Any]:
    slug, description, detail = PROBLEMS[status]
    example = document("/api/v1/…", status, slug, detail)
    content = {"application/problem+json": {"schema": PROBLEM_SCHEMA, "example": example}}
    told = headers("Retry-After") if status in (429, 503) else {}
    return {"description": description, "content": content} | told


def raw_body(*media_types: str) -> dict[str, Any]:
    """OpenAPI for a body that is the file itself."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, binary)}}


def raw_answer(description: str, *media_types: str) -> dict[str, Any]:
    """OpenAPI for an answer that is the file itself, or, without media types, that it is still the same."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {"content": dict.fromkeys(media_types, binary)} if media_types else {}
    return {"description": description} | content | headers("ETag")


def kept_with(request: Request, sha256: str) -> tuple[dict[str, str], Response | None]:
    """Headers of a file that browsers may keep, and the answer to one that has it still.

    They ask for it anew each time: nobody sees it who has signed out.
    """
    cached = {"ETag": f'"{sha256}"', "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    same = cached["ETag"] in request.headers.get("if-none-match", "")
    return cached, Response(status_code=304, headers=cached) if same else None


def jpeg(request: Request, data: bytes) -> Response:
    """A picture; 304 if the browser has it."""
    cached, unchanged = kept_with(request, hashlib.sha256(data).hexdigest())
    return unchanged or Response(data, headers=cached, media_type="image/jpeg")


def write_once(
    services: Services,
    request: Request,
    key: str | None,
    body: object,
    act: Callable[[Connection], Answer],
    *,
    by: Principal | None = None,
) -> Response:
    """Runs `act` in one write transaction, at most once per Idempotency-Key and address, of `by` if that is given."""
    with services.store.write() as connection:
        if key is None:
            return as_response(act(connection))
        attempt = attempt_of(request, key, body, by=by)
        answer = idempotency.once(connection, attempt, lambda: act(connection), now=services.clock())
    return as_response(answer)


def attempt_of(request: Request, key: str, body: object, *, by: Principal | None = None) -> Attempt:
    """What a request with an Idempotency-Key is known by.

    What people do is known by who does it, too. A fact is the same whoever tells it: a patrol with a new API key goes
    on with the requests of the old one.
    """
    scope = f"{request.method} {request.url.path}" + (f" {by.actor}" if by else "")
    return Attempt(scope, key, idempotency.fingerprint(body))


def as_response(answer: Answer) -> Response:
    """An answer as HTTP."""
    told = {}
    if answer.location is not None:
        told[LOCATION] = answer.location
    if answer.replayed:
        told[REPLAY] = "true"
    return Response(answer.body, answer.status, headers=told, media_type="application/json")


class Numbered(Protocol):
    """A row of a list, with the number that the list is ordered by."""

    @property
    def seq(self) -> int: ...


def cursor_behind(found: Sequence[Numbered], limit: int) -> str | None:
    """Where a list goes on behind its first `limit` rows; None if these are all."""
    if len(found) <= limit:
        return None
    return base64.urlsafe_b64encode(f"s{found[limit - 1].seq}".encode()).decode().rstrip("=")


def seq_of(cursor: str | None) -> int | None:
    """The number that a cursor holds, None without one; raises Invalid."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        seq = int(text.removeprefix("s"))
    except (binascii.Error, ValueError) as error:
        raise Invalid("the cursor is not one of ours: take `next_cursor` as it is, or leave it out") from error
    if not 0 <= seq < 2**63:
        raise Invalid("the cursor is not one of ours: take `next_cursor` as it is, or leave it out")
    return seq
