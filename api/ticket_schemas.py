# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shapes that travel: device tickets."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from api.model import TicketStatus
from api.shapes import ReasonOut, ShapeOut, TextOut

TICKET: dict[str, Any] = {
    "id": "T5f0c1a9be2d34c7788aa",
    "camera_id": "cam-12",
    "fault": "covered",
    "status": "open",
    "since": "2026-11-21T01:12:00Z",
    "opened_at": "2026-11-21T01:13:00Z",
    "closed_at": None,
    "reason": {"code": "camera_covered", "values": {"share": 0.9}},
    "text": {"en": "covered: 90 % of the picture shows no detail; clean the lens", "zh": "镜头被遮挡，请清洁镜头"},
}


class TicketOut(ShapeOut):
    """A camera that needs somebody."""

    model_config = ConfigDict(json_schema_extra={"examples": [TICKET]})

    id: str
    camera_id: str
    fault: str = Field(description="`offline`, or the state of health.")
    status: TicketStatus
    since: datetime
    opened_at: datetime
    closed_at: datetime | None
    reason: ReasonOut | None
    text: TextOut


class TicketPage(ShapeOut):
    """A page of device tickets, newest first."""

    items: list[TicketOut]
    next_cursor: str | None
