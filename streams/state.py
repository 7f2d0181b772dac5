# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is known about a camera at this moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal["connecting", "live", "retrying", "stopped"]


@dataclass(frozen=True, slots=True)
class CameraState:
    """A snapshot for the page, the metrics and the log; `error` is redacted and says what to do."""

    camera_id: str
    status: Status = "stopped"
    last_frame_at: datetime | None = None
    frame_age_s: float | None = None
    frames: int = 0  # looks handed to the slot
    drops: int = 0  # looks replaced before anyone took them
    damaged: int = 0  # packets or pictures that could not be decoded whole
    reconnects: int = 0  # connections lost or refused since the start
    error: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    gop_s: float | None = None  # seconds between keyframes as they arrive
