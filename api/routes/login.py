# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in and out of the page, and asking who one is."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ConfigDict
from starlette.responses import JSONResponse, RedirectResponse, Response

from api import accounts, sessions
from api.accounts import ApiKey, User
from api.auth import SignedIn, by_cookie, check_csrf, check_same_site
from api.errors import Invalid, SignInRefused, TooManyAttempts
from api.roles import Role
from api.routes.shared import named_parameters, refusals
from api.services import Services, ServicesDep
from api.sessions import NewSession
from api.shapes import ShapeOut

router = APIRouter(tags=["session"])
FIELD_LETTERS = 500
FieldText = Annotated[str, Form(max_length=FIELD_LETTERS)]


class SessionOut(ShapeOut):
    """Who is signed in; `csrf_token` goes into the header X-CSRF-Token of unsafe requests."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "user", "name": "li", "role": "operator", "csrf_token": "b3BlbiB1cA"}]}
    )

    kind: str
    name: str
    role: Role
    csrf_token: str | None


@router.post(
    "/login",
    response_model=SessionOut,
    summary="Sign in",
    responses=refusals(413, 429) | {303: {"description": "For browsers: on to the page."}},
)
def login(
    request: Request,
    services: ServicesDep,
    name: FieldText = "",
    password: FieldText = "",
    token: FieldText = "",
    next: FieldText = "/",  # noqa: A002 - the field's name in the form
) -> Response:
    """With name and password, or with an API key as `token`. Sets the session cookie. A browser (one that
    accepts text/html) is sent on to `next`, or back to `/login?error=…`; others get JSON."""
    check_same_site(request)
    to_html = "text/html" in request.headers.get("accept", "")
    try:
        who = _who(request, services, name, password, token)
    except (Invalid, SignInRefused, TooManyAttempts) as error:
        if not to_html:
            raise
        reason = "wait" if isinstance(error, TooManyAttempts) else "wrong"
        return RedirectResponse("/login?" + urlencode({"error": reason, "next": own_path(next)}), 303)
    with services.store.write() as connection:
        hours = services.config.session_hours
        sessions.end(connection, request.cookies.get(sessions.COOKIE, ""))  # this browser holds one, the new one
        fresh = sessions.start(connection, who, now=services.clock(), hours=hours)
    response = RedirectResponse(own_path(next), 303) if to_html else _session_json(who, fresh)
    _set_cookie(services, response, fresh)
    return response


@router.post(
    "/logout",
    status_code=303,
    response_class=RedirectResponse,
    summary="Sign out",
    responses=refusals(413),
)
async def logout(request: Request, services: ServicesDep, csrf_token: FieldText = "") -> RedirectResponse:
    """Ends the session; the CSRF token comes as header or as form field. Goes to /login."""
    cookie = request.cookies.get(sessions.COOKIE, "")
    principal = await asyncio.to_thread(by_cookie, services, cookie)
    if principal is not None:
        check_csrf(request, principal, request.headers.get(sessions.CSRF_HEADER) or csrf_token)
        await asyncio.to_thread(_end, services, cookie)
    response = RedirectResponse("/login", 303, {"Clear-Site-Data": '"cache"'})  # pictures of a street lie in it
    response.delete_cookie(sessions.COOKIE, path="/")
    return response


@router.get("/api/v1/session", summary="Who am I?", dependencies=[Depends(named_parameters)], responses=refusals())
def session(by: SignedIn) -> SessionOut:
    """The key or user of this request."""
    return SessionOut(kind=by.kind, name=by.name, role=by.role, csrf_token=by.csrf_token)


def _who(request: Request, services: Services, name: str, password: str, token: str) -> User | ApiKey:
    if not name and not token:
        raise Invalid("send form fields: `name` and `password`, or an API key as `token`")
    now = services.clock()
    address = request.client.host if request.client else "?"
    # a token says who it is: whoever has one must not speak for the guesses at another's name
    suspects = [f"address:{address}"] + ([f"name:{name}"] if name and not token else [])
    with services.throttle.turn():
        services.throttle.check(*suspects, now=now)
        who = _by_token(services, token) if token else accounts.check_password(services.store, name, password)
        if who is None:
            services.throttle.failed(*suspects, now=now)
            raise SignInRefused("name, password or API key is wrong: try again, or ask an administrator")
        services.throttle.succeeded(*suspects)
    return who


def _by_token(services: Services, token: str) -> ApiKey | None:
    with services.store.read() as connection:
        return accounts.key_by_secret(connection, token.strip())


def _session_json(who: User | ApiKey, fresh: NewSession) -> Response:
    kind = "user" if isinstance(who, User) else "key"
    shown = SessionOut(kind=kind, name=who.name, role=who.role, csrf_token=fresh.csrf_token)
    return JSONResponse(shown.model_dump(mode="json"))


def _set_cookie(services: Services, response: Response, fresh: NewSession) -> None:
    response.set_cookie(
        sessions.COOKIE,
        fresh.cookie,
        max_age=int(services.config.session_hours * 3600),
        path="/",
        httponly=True,
        samesite="strict",
        secure=services.config.secure_cookie,
    )


def own_path(path: str) -> str:
    """`path` when it stays on this site and is no longer than a form takes; the front page otherwise."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if safe and len(path) <= FIELD_LETTERS else "/"


def _end(services: Services, cookie: str) -> None:
    with services.store.write() as connection:
        sessions.end(connection, cookie)
