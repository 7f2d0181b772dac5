# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is it alive, is it ready, how is it doing."""

from fastapi import APIRouter, Response

from api.errors import Unavailable
from api.metrics import CONTENT_TYPE
from api.routes.shared import refusals
from api.services import ServicesDep

router = APIRouter(tags=["health"])
metrics_router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Answers as long as the process does."""
    return {"status": "alive"}


@router.get("/readyz", summary="Could it take a case now?", responses={503: refusals()[503]})
def readyz(services: ServicesDep) -> dict[str, str]:
    """Database writable and at the newest migration, evidence folder writable."""
    faults = services.readiness.faults()
    if faults:
        parts = "; ".join(f"{part}: {fault}" for part, fault in faults.items())
        raise Unavailable(f"not ready: {parts}", faults=faults)
    return {"status": "ready"}


@metrics_router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}},
        401: refusals()[401],
        403: refusals()[403],
        503: refusals()[503],
    },
)
def metrics(services: ServicesDep) -> Response:
    """Requests, cases by status and class, cameras by status."""
    return Response(services.metrics.text(), media_type=CONTENT_TYPE)
