# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals as RFC 9457 problem documents: one table from error to HTTP status."""

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from api import errors

MEDIA_TYPE = "application/problem+json"
RETRY_S = 2
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

STATUS: dict[type[errors.ApiError], int] = {
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Forgotten: 410,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.WrongMediaType: 415,
    errors.Invalid: 422,
    errors.TooManyAttempts: 429,
    errors.SchemaOutdated: 503,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}

# the framework's own refusals; http.HTTPStatus words them differently from one Python to the next
ADVICE: dict[int, tuple[str, str]] = {
    400: ("bad-request", "the request could not be read: check its body and headers"),
    404: ("not-found", "there is nothing at this address: see /api/v1/openapi.json for what there is"),
    405: ("method-not-allowed", "this address does not take this method: see the Allow header"),
    413: ("too-large", "the body is too large: send a smaller one"),
    415: ("wrong-media-type", "this media type is not taken here: see /api/v1/openapi.json"),
    416: ("range-not-satisfiable", "the range lies outside the file: ask for bytes within its length"),
    500: (
        "internal-error",
        "something broke on the server; it has been logged: try again, then tell the administrator",
    ),
}


def document(path: str, status: int, slug: str, detail: str) -> dict[str, object]:
    """What every problem document holds; `slug` names its type."""
    return {
        "type": f"urn:curbwatch:problem:{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": path,
    }


def problem(
    path: str,
    status: int,
    slug: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    """One problem document about a request to `path`."""
    standard = document(path, status, slug, detail)
    body = json.dumps(standard | dict(extra or {}) | standard, default=str)
    return Response(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def broken(path: str) -> Response:
    """The answer when something broke that nobody foresaw."""
    return problem(path, 500, *ADVICE[500])


def _slug(error: Exception) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


def _status(error: errors.ApiError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


async def on_api_error(request: Request, error: Exception) -> Response:
    """Our own refusals."""
    if not isinstance(error, errors.ApiError):
        raise TypeError from error
    status = _status(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    retry_after = error.extra.get("retry_after_s", RETRY_S if status == 503 else None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return problem(request.url.path, status, _slug(error), str(error), headers=headers, extra=error.extra)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """The framework's refusals: unknown address, wrong method, bodies that cannot be read."""
    if not isinstance(error, HTTPException):
        raise TypeError from error
    slug, detail = ADVICE.get(error.status_code, ("refused", error.detail))
    headers = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else error.headers
    return problem(request.url.path, error.status_code, slug, detail, headers=headers)


def _methods(request: Request) -> list[str]:
    """What the address takes; the framework names the methods of one of its routes only."""
    tried = ({**request.scope, "method": method} for method in METHODS)
    routes = request.app.routes
    return [scope["method"] for scope in tried if any(route.matches(scope)[0] == Match.FULL for route in routes)]


async def on_invalid(request: Request, error: Exception) -> Response:
    """Bodies, queries and headers of the wrong shape; what was sent is never repeated."""
    if not isinstance(error, RequestValidationError):
        raise TypeError from error
    if isinstance(error.body, bytes):  # not said to be JSON, so not read as such
        return problem(request.url.path, 415, "wrong-media-type", "send the body as `Content-Type: application/json`")
    found = [_finding(entry) for entry in error.errors()]
    return problem(
        request.url.path,
        422,
        "invalid",
        "the request does not have the right shape: correct what `errors` names",
        extra={"errors": found},
    )


def _finding(entry: Mapping[str, Any]) -> dict[str, str]:
    where, *path = entry["loc"]
    if entry["type"] == "json_invalid":  # FastAPI's path into it is a number of characters
        return {"in": str(where), "pointer": "#", "detail": f"{entry['ctx']['error']} at character {path[0]}"}
    pointer = "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return {"in": str(where), "pointer": pointer, "detail": str(entry["msg"])}


async def on_database_error(request: Request, error: Exception) -> Response:
    """A database that is locked, full or gone: the caller's retry will find it well. Others are our bugs.

    A value that it cannot hold is the caller's: PostgreSQL refuses a NUL in a text, wherever it came from.
    """
    if isinstance(error, DataError):
        return problem(request.url.path, 422, "invalid", "a value cannot be stored: take NUL characters out of it")
    if not _is_away(error):
        raise error
    return problem(
        request.url.path,
        503,
        "database-away",
        "the database does not answer, is busy or full: send the same request again later",
        headers={"Retry-After": str(RETRY_S)},
    )


def _is_away(error: Exception) -> bool:
    return isinstance(error, PoolTimeout | OperationalError | InterfaceError)
