# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pinhole camera of a scene: world metres to picture pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.scenes.shapes import Floats, Point


@dataclass(frozen=True, slots=True)
class Camera:
    """Position in metres, yaw from +y to +x and downward pitch in radians, focal length and size in pixels."""

    position: tuple[float, float, float]
    yaw: float
    pitch: float
    focal_px: float
    size: tuple[int, int]

    def axes(self) -> Floats:
        """Right, up and forward unit vectors as rows."""
        forward = np.array(
            [np.sin(self.yaw) * np.cos(self.pitch), np.cos(self.yaw) * np.cos(self.pitch), -np.sin(self.pitch)]
        )
        right = np.array([np.cos(self.yaw), -np.sin(self.yaw), 0.0])
        return np.stack([right, np.cross(right, forward), forward])

    def project(self, points: Floats | Sequence[Point]) -> Floats:
        """Points float64[N,3] in metres to float64[N,3]: x, y in pixels and depth in metres."""
        seen = (np.asarray(points, float) - np.asarray(self.position)) @ self.axes().T
        depth = np.maximum(seen[:, 2], 0.1)
        x = self.size[0] / 2 + self.focal_px * seen[:, 0] / depth
        y = self.size[1] / 2 - self.focal_px * seen[:, 1] / depth
        return np.stack([x, y, seen[:, 2]], axis=1)
