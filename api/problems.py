# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals as RFC 9457 problem documents: one table from error to HTTP status."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api import errors

MEDIA_TYPE = "application/problem+json"
RETRY_S = 2

STATUS: dict[type[errors.ApiError], int] = {
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.WrongMediaType: 415,
    errors.Invalid: 422,
    errors.TooManyAttempts: 429,
    errors.SchemaOutdated: 503,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}

ADVICE = {
    400: "the request could not be read: check its body and headers",
    404: "there is nothing at this address: see /api/v1/openapi.json for what there is",
    405: "this address does not take this method: see the Allow header",
    413: "the body is too large: send a smaller one",
    415: "this media type is not taken here: see /api/v1/openapi.json",
    416: "the range lies outside the file: ask for bytes within its Content-Length",
    500: "something broke on the server; it has been logged: try again, then tell the administrator",
}


def problem(
    request_path: str,
    status: int,
    detail: str,
    *,
    slug: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: object,
) -> Response:
    """One problem document; `slug` names its type, the HTTP phrase does otherwise."""
    phrase = HTTPStatus(status).phrase
    name = slug or re.sub(r"[^a-z]+", "-", phrase.lower())
    document = {
        "type": f"urn:curbwatch:problem:{name}",
        "title": name.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": request_path,
    }
    body = json.dumps(document | extra, ensure_ascii=True, default=str)
    return Response(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


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
    return problem(request.url.path, status, str(error), slug=_slug(error), headers=headers, **error.extra)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """The framework's refusals: unknown address, wrong method, bodies that cannot be read."""
    if not isinstance(error, HTTPException):
        raise TypeError from error
    detail = ADVICE.get(error.status_code, error.detail)
    return problem(request.url.path, error.status_code, detail, headers=error.headers)


async def on_invalid(request: Request, error: Exception) -> Response:
    """Bodies, queries and headers of the wrong shape; what was sent is never repeated."""
    if not isinstance(error, RequestValidationError):
        raise TypeError from error
    found = [_finding(entry) for entry in error.errors()]
    return problem(
        request.url.path,
        422,
        "the request does not have the right shape: correct what `errors` names",
        slug="invalid",
        errors=found,
    )


def _finding(entry: Mapping[str, Any]) -> dict[str, str]:
    where, *path = entry["loc"]
    pointer = "#/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return {"in": str(where), "pointer": pointer, "detail": str(entry["msg"])}


async def on_database_error(request: Request, error: Exception) -> Response:
    """A database that is locked, full or gone: the caller's retry will find it well. Others are our bugs."""
    if not _is_away(error):
        raise error
    return problem(
        request.url.path,
        503,
        "the database does not answer or is busy: send the same request again later",
        slug="database-away",
        headers={"Retry-After": str(RETRY_S)},
    )


def _is_away(error: Exception) -> bool:
    return isinstance(error, PoolTimeout | OperationalError | InterfaceError)
