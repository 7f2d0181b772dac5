# SPDX-License-Identifier: AGPL-3.0-or-later
"""Around every request: a bound on bodies, a count, and an answer even when something breaks."""

import logging
import re
import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.problems import broken, problem

log = logging.getLogger("api.access")
QUIET_S = 60.0
NUL_ADVICE = "the address holds a NUL character (%00), which no name has: take it out"
FILES = (b"image/", b"video/")
# these read their body after they know who is asking; whole addresses, for a camera may be called `snapshot`
TAKES_FILES = re.compile(r"/api/v1/(cases/[^/]+/evidence|cameras/[^/]+/snapshot|detect)")


class BodyLimit:
    """Refuses bodies over a limit while they come; files may be larger than everything else."""

    def __init__(self, app: ASGIApp, *, body_bytes: int, file_bytes: int) -> None:
        """`file_bytes` holds for image/* and video/* where files are taken, `body_bytes` for all other bodies."""
        self._app = app
        self._body_bytes = body_bytes
        self._file_bytes = file_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with its body bounded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, seen = self._limit(scope), 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                # an HTTPException, because FastAPI turns all others from here into 400
                raise HTTPException(413)
            return message

        await self._app(scope, bounded, send)

    def _limit(self, scope: Scope) -> int:
        content_type = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        is_file = content_type.lower().startswith(FILES) and TAKES_FILES.fullmatch(scope["path"])
        return self._file_bytes if is_file else self._body_bytes


class NoNul:
    """Refuses addresses that hold a NUL: no name holds one, and PostgreSQL breaks on it where SQLite finds nothing."""

    def __init__(self, app: ASGIApp) -> None:
        """Stands before all routes, so that none has to think of it."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on unless its address holds a NUL."""
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            await problem(scope["path"].replace("\0", ""), 422, "invalid", NUL_ADVICE)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Observed:
    """Counts and times answers, logs what went wrong (each kind once a minute), never leaves without one."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        """Reports to `metrics` and to the logger `api.access`."""
        self._app = app
        self._metrics = metrics
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and watches its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, started = time.perf_counter(), False

        async def noted(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._answered(scope, message["status"], time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            self._answered(scope, 499, time.perf_counter() - began)
        except Exception as error:
            self._broke(scope, error)
            if started:
                raise
            await broken(scope["path"])(scope, receive, noted)

    def _answered(self, scope: Scope, status: int, seconds: float) -> None:
        route = _template(scope)
        self._metrics.answered(scope["method"], route, status, seconds)
        log.debug("%s %s %d %.1f ms", scope["method"], scope["path"], status, seconds * 1000)
        if status > 500:
            self._say(logging.WARNING, route, str(status), f"{scope['method']} {route} answered {status}")

    def _broke(self, scope: Scope, error: Exception) -> None:
        self._metrics.errors.inc()
        route = _template(scope)
        text = f"{scope['method']} {route} broke: {type(error).__name__}"
        self._say(logging.ERROR, route, type(error).__name__, text, error)

    def _say(self, level: int, route: str, kind: str, text: str, error: Exception | None = None) -> None:
        now = time.monotonic()
        last, kept_back = self._said.get((route, kind), (now - QUIET_S, 0))
        if now - last < QUIET_S:
            self._said[route, kind] = (last, kept_back + 1)
            return
        self._said[route, kind] = (now, 0)
        more = f" ({kept_back} more like it in the last minute)" if kept_back else ""
        log.log(level, "%s%s", text, more, exc_info=error)


def _template(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path", None) or "(none)"
