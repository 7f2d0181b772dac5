# SPDX-License-Identifier: AGPL-3.0-or-later
"""The model over HTTP."""

from fastapi import APIRouter, Request

from api.auth import Detector
from api.detection_schemas import DetectionsOut
from api.routes.shared import raw_body, refusals
from api.services import ServicesDep
from api.uploads import read_all, said_type

router = APIRouter(prefix="/api/v1", tags=["detection"])


@router.post(
    "/detect",
    summary="Run the model on a picture",
    openapi_extra=raw_body("image/jpeg", "image/png"),
    responses=refusals(413, 415),
)
async def detect(request: Request, _by: Detector, services: ServicesDep) -> DetectionsOut:
    """The body is the picture itself; nothing is stored."""
    said_type(request, ("image/jpeg", "image/png"))
    data = await read_all(request, services.config.picture_bytes)
    return DetectionsOut.model_validate(await services.detect(data))
