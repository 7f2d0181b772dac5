# SPDX-License-Identifier: AGPL-3.0-or-later
"""What requests work with, made once per app."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.blobs import Blobs
from api.config import ApiConfig
from api.detecting import Detecting
from api.hub import Hub
from api.metrics import Metrics
from api.readiness import Readiness
from api.store import Store
from api.throttle import Throttle
from api.times import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """The app's long-lived pieces."""

    config: ApiConfig
    store: Store
    blobs: Blobs
    hub: Hub
    detect: Detecting
    metrics: Metrics
    readiness: Readiness
    throttle: Throttle
    clock: Clock


def services_of(request: Request) -> Services:
    """The services of the app that got this request."""
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services_of)]
