# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shapes that travel: what the model found in a picture."""

from typing import Any

from pydantic import ConfigDict, Field

from api.shapes import ShapeOut

DETECTIONS: dict[str, Any] = {
    "width": 1280,
    "height": 720,
    "detections": [{"class": "stall", "confidence": 0.87, "xyxy": [410.5, 220.0, 702.3, 512.8]}],
}


class DetectionOut(ShapeOut):
    """One found thing; `xyxy` in pixels of the picture."""

    class_name: str = Field(alias="class", validation_alias="class_name")
    confidence: float
    xyxy: tuple[float, float, float, float]


class DetectionsOut(ShapeOut):
    """What the model found in one picture."""

    model_config = ConfigDict(json_schema_extra={"examples": [DETECTIONS]})

    width: int
    height: int
    detections: list[DetectionOut]
