# SPDX-License-Identifier: AGPL-3.0-or-later
"""The exact truth of the demo street, as written beside the film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.scenes import layout
from models.scenes.timeline import FPS, PILE_CHANGES, SECONDS, STALL_CHANGES, Way

Box = tuple[float, float, float, float]
ROUND = 4


def truth(boxes: dict[str, Box], ways: Sequence[Way]) -> dict[str, Any]:
    """Events, zones and passers; boxes and polygons normalised to the frame, times in seconds."""
    return {
        "fps": FPS,
        "seconds": SECONDS,
        "size": list(layout.SIZE),
        "events": [
            event("licensed-stall", "stall", True, ((0.0, 0), (0.0, 1), (float(SECONDS), 0)), boxes["licensed"]),
            event("stall", "stall", False, STALL_CHANGES, boxes["stall"]),
            event("pile", "debris", False, PILE_CHANGES, boxes["pile"]),
        ],
        "zones": [
            {"name": "pavement", "polygon": polygon(layout.WATCH_GROUND), "kind": "watch"},
            {"name": "licensed pitch", "polygon": polygon(layout.PERMITTED_GROUND), "kind": "permitted"},
        ],
        "passers": [
            {"kind": way.label, "from_s": round(way.points[0][0], 2), "to_s": round(way.points[-1][0], 2)}
            for way in sorted(ways, key=lambda w: w.points[0][0])
        ],
    }


def event(name: str, kind: str, permitted: bool, changes: Sequence[tuple[float, int]], box: Box) -> dict[str, Any]:
    """One thing that stands: from its first part to its last, and when it is whole."""
    full = max(step for _, step in changes)
    return {
        "id": name,
        "class": kind,
        "permitted": permitted,
        "appears_s": changes[1][0],
        "complete_s": next(start for start, step in changes if step == full),
        "leaves_s": changes[-1][0],
        "box": [round(edge, ROUND) for edge in box],
    }


def polygon(ground: Sequence[tuple[float, float]]) -> list[list[float]]:
    """A ground polygon (metres on the pavement) in normalised picture coordinates."""
    points = layout.CAMERA.project(np.array([(x, y, layout.PAVEMENT_Z) for x, y in ground]))
    spots = (points[:, :2] / layout.SIZE).clip(0, 1)
    return [[round(float(x), ROUND), round(float(y), ROUND)] for x, y in spots]
