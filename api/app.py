# SPDX-License-Identifier: AGPL-3.0-or-later
"""The application: wires store, evidence, events and routes together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from api import camera_rows, case_rows, page, problems
from api.auth import permit
from api.blobs import Blobs
from api.config import ApiConfig
from api.detecting import DetectFn, Detecting
from api.errors import ApiError
from api.housekeeping import keep_house
from api.hub import Hub
from api.metrics import Metrics
from api.middleware import BodyLimit, NoNul, Observed
from api.openapi import Described
from api.readiness import Readiness
from api.roles import Permission
from api.routes import cameras, cases, detect, events, evidence, health, ledger, login, tickets
from api.routes.shared import named_parameters
from api.services import Services
from api.store import Store, check_schema
from api.throttle import Throttle
from api.times import Clock, utc_now

DESCRIPTION = """Curbwatch turns confirmed street violations into cases and shows them to people.

All times are ISO 8601 UTC. Refusals are RFC 9457 problem documents whose `detail` says what to do next."""
TAGS = [
    {"name": "cases", "description": "The city's records of standing violations."},
    {"name": "evidence", "description": "Pictures and clips of cases."},
    {"name": "ledger", "description": "Candidates that did not become cases, and why."},
    {"name": "cameras", "description": "Cameras, their zones, states, newest pictures and device tickets."},
    {"name": "detection", "description": "The model, for a picture at hand."},
    {"name": "events", "description": "What happens, as it happens."},
    {"name": "session", "description": "Signing in to the page."},
    {"name": "health", "description": "For supervisors and monitoring."},
]


def create_app(config: ApiConfig, *, detect: DetectFn | None = None, clock: Clock = utc_now) -> FastAPI:
    """An application over an upgraded database; starting it raises SchemaOutdated over an older one."""
    services = _services(config, detect, clock)
    app = Described(
        title="Curbwatch",
        version=_version(),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # the stock pages load from a CDN, control rooms are offline
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.services = services
    _add_handlers(app)
    _add_routes(app, public_metrics=config.public_metrics)
    file_bytes = max(config.evidence_bytes, config.picture_bytes)
    app.add_middleware(BodyLimit, body_bytes=config.body_bytes, file_bytes=file_bytes)
    app.add_middleware(NoNul)
    app.add_middleware(Observed, metrics=services.metrics)
    return app


def _services(config: ApiConfig, detect: DetectFn | None, clock: Clock) -> Services:
    store = Store(config.database_url)
    blobs = Blobs(config.evidence_dir)
    metrics = Metrics()
    services = Services(
        config=config,
        store=store,
        blobs=blobs,
        hub=Hub(store, poll_s=config.poll_s, failed=metrics.tail_failures.inc),
        detect=Detecting(detect),
        metrics=metrics,
        readiness=Readiness(store, blobs, clock),
        throttle=Throttle(),
        clock=clock,
    )
    services.metrics.watch(lambda: _case_counts(services), lambda: _camera_statuses(services))
    return services


def _case_counts(services: Services) -> list[tuple[str, str, int]]:
    with services.store.read() as connection:
        return [(str(status), name, count) for status, name, count in case_rows.counts(connection)]


def _camera_statuses(services: Services) -> list[str]:
    now, silent_after_s = services.clock(), services.config.silent_after_s
    with services.store.read() as connection:
        found = camera_rows.watched(connection)
    return [camera.status_at(now, silent_after_s=silent_after_s) for camera in found]


def _add_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, problems.on_api_error)
    app.add_exception_handler(HTTPException, page.on_http_exception)
    app.add_exception_handler(RequestValidationError, problems.on_invalid)
    app.add_exception_handler(SQLAlchemyError, problems.on_database_error)


def _add_routes(app: FastAPI, *, public_metrics: bool) -> None:
    for module in (cases, evidence, ledger, cameras, tickets, detect, events):
        app.include_router(module.router, dependencies=[Depends(named_parameters)])
    for module in (login, health):
        app.include_router(module.router)
    app.include_router(page.router)
    guard: list[Any] = [] if public_metrics else [Depends(permit(Permission.METRICS))]
    app.include_router(health.metrics_router, dependencies=guard)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await asyncio.to_thread(check_schema, services.store)
    await services.hub.start()
    tasks = [asyncio.create_task(services.hub.tail()), asyncio.create_task(keep_house(services))]
    try:
        yield
    finally:
        services.hub.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        # a thread that still reads would bring its connection back to a store that is closed
        await asyncio.get_running_loop().shutdown_default_executor()
        services.store.close()


def _version() -> str:
    try:
        return version("curbwatch")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
