# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is asking, and whether they may: dependencies of the routes."""

import secrets
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api import accounts, sessions
from api.errors import ForgedRequest, NotAllowed, NotSignedIn
from api.roles import Permission, Principal
from api.services import Services, ServicesDep

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="An API key: `Authorization: Bearer cw_…`")
_cookie = APIKeyCookie(
    name=sessions.COOKIE,
    auto_error=False,
    scheme_name="session",
    description="A session of the page; unsafe methods also need the header `X-CSRF-Token`.",
)


def signed_in(
    request: Request,
    services: ServicesDep,
    _bearer_doc: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    _cookie_doc: Annotated[str | None, Security(_cookie)],
) -> Principal:
    """Who is asking; raises NotSignedIn, or ForgedRequest for a session without its CSRF token."""
    principal = who_asks(request, services)
    if "authorization" not in request.headers and request.method not in SAFE_METHODS:
        check_csrf(request, principal, request.headers.get(sessions.CSRF_HEADER))
    return principal


def who_asks(request: Request, services: Services) -> Principal:
    """Who a request's key or session cookie stands for; raises NotSignedIn."""
    said = request.headers.get("authorization")
    if said is not None:
        return _by_key(services, said)
    cookie = request.cookies.get(sessions.COOKIE)
    if not cookie:
        raise NotSignedIn("a key is needed: send `Authorization: Bearer cw_…` or sign in at /login")
    principal = by_cookie(services, cookie)
    if principal is None:
        raise NotSignedIn("the session is over: sign in again at /login")
    return principal


def still_may(request: Request, services: Services, permission: Permission) -> bool:
    """Whether a long request would be let in again now."""
    try:
        return who_asks(request, services).may(permission)
    except NotSignedIn:
        return False


def by_cookie(services: Services, cookie: str) -> Principal | None:
    """Who a session cookie stands for, if it is still good."""
    with services.store.read() as connection:
        return sessions.find(connection, cookie, now=services.clock())


def check_csrf(request: Request, principal: Principal, token: str | None) -> None:
    """Raises ForgedRequest unless the request comes from our own page and carries the session's token."""
    check_same_site(request)
    expected = principal.csrf_token or ""
    if not token or not secrets.compare_digest(token.encode(), expected.encode()):
        raise ForgedRequest("the CSRF token is missing or old: load the page again, then repeat")


def check_same_site(request: Request) -> None:
    """Raises ForgedRequest for a request that another site made a browser send."""
    site = request.headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        raise ForgedRequest("this request comes from another site: use Curbwatch's own page")
    origin = request.headers.get("origin")
    if site is None and origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForgedRequest("this request comes from another site: use Curbwatch's own page")


def permit(permission: Permission) -> Callable[..., Principal]:
    """A dependency that lets through whoever may `permission`; raises NotSignedIn, NotAllowed."""

    def permitted(principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
        if not principal.may(permission):
            raise NotAllowed(f"the role {principal.role} may not {permission}: ask an administrator for another key")
        return principal

    return permitted


def _by_key(services: Services, said: str) -> Principal:
    scheme, _, secret = said.partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn("the Authorization header is not `Bearer cw_…`: send an API key that way")
    with services.store.read() as connection:
        key = accounts.key_by_secret(connection, secret.strip())
    if key is None:
        raise NotSignedIn("the key is unknown or revoked: ask an administrator for a new one")
    return Principal("key", key.name, key.role)


SignedIn = Annotated[Principal, Depends(signed_in)]
Reporter = Annotated[Principal, Depends(permit(Permission.REPORT))]
Shower = Annotated[Principal, Depends(permit(Permission.SHOW))]
Reader = Annotated[Principal, Depends(permit(Permission.READ))]
Mover = Annotated[Principal, Depends(permit(Permission.MOVE))]
Detector = Annotated[Principal, Depends(permit(Permission.DETECT))]
