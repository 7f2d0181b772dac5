# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the picture to metres on the street: one homography a camera, in metres that all cameras of a city share."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.boxes import Box
from detector.errors import GroundError
from detector.zones import Point

WIDE = 16 / 9  # width over height of nearly every camera
FAR_M = 500.0  # beyond it a pixel is metres wide: no place can be told
HIGHEST_M = 200.0

Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """A plane seen by a camera.

    to_metres: rows of the homography from normalised picture coordinates (x right, y down) to city-local metres,
    signed so that its third row is positive on the ground and negative above the horizon.
    aspect: width over height of the scene that the picture shows; None where it is that of its pixels.
    """

    to_metres: tuple[Row, Row, Row]
    aspect: float | None = None


def ground_from_points(picture: tuple[Point, ...], metres: tuple[Point, ...], *, aspect: float | None = None) -> Ground:
    """A calibration from four points: normalised picture ↔ metres on the ground. GroundError if they contradict.

    aspect: width over height of the scene; only heights need it.
    """
    if len(picture) != 4 or len(metres) != 4:
        raise GroundError("a calibration needs exactly four points in the picture and the same four in metres")
    for points, where in ((picture, "picture"), (metres, "street")):
        _check_spread(points, where)
    if _turn(picture) * _turn(metres) > 0:  # y runs down in the picture and up on a map: a true pair turns opposite
        raise GroundError(
            "the street is mirrored; count metres to the right and away from the camera, or east and north"
        )
    rows = [_equations(p, m) for p, m in zip(picture, metres, strict=True)]
    system = np.array([row for pair in rows for row in pair])
    if np.linalg.cond(system[:, :8]) > 1e10:
        raise GroundError("the four points determine no plane; take four corners of a large area, no three in a line")
    solved = np.append(np.linalg.solve(system[:, :8], system[:, 8]), 1.0).reshape(3, 3)
    depths = [float(solved[2] @ (x, y, 1.0)) for x, y in picture]
    if min(depths) <= 0 < max(depths):
        raise GroundError(
            "the four points contradict each other: some would lie above the horizon; "
            "list them in the same order in the picture and in metres"
        )
    return _ground(solved * math.copysign(1.0, depths[0]), aspect)


def ground_from_horizon(
    horizon_y: float,
    height_m: float,
    *,
    fov_deg: float,
    aspect: float = WIDE,
    stands_at: Point = (0.0, 0.0),
    heading_deg: float = 0.0,
) -> Ground:
    """A calibration of a level camera: horizon (share of the height), metres above ground, vertical field of view.

    stands_at, heading_deg: the pole in city-local metres and where the camera looks, clockwise from north; left out,
    metres count from the pole, x to the right and y ahead. aspect: width over height of the scene, whatever its pixels.
    """
    if not 0 < height_m <= HIGHEST_M:
        raise GroundError(f"a camera {height_m:g} m above the ground; give the height of its pole in metres")
    if not 5 <= fov_deg <= 150:
        raise GroundError(f"a vertical field of view of {fov_deg:g}° is none; most cameras have 25 to 60")
    if not -2 < horizon_y < 0.95:
        raise GroundError(f"a horizon at {horizon_y:g} leaves no ground in the picture; 0 is its top and 1 its bottom")
    focal = 0.5 / math.tan(math.radians(fov_deg) / 2)  # in picture heights
    tilt = math.atan2(0.5 - horizon_y, focal)  # below level
    sine, cosine = math.sin(tilt), math.cos(tilt)
    # a ray's drop per unit, its way ahead and to the right, each linear in (x, y, 1)
    right = np.array([aspect, 0.0, -aspect / 2])
    ahead = np.array([0.0, -sine, 0.5 * sine + focal * cosine])
    drop = np.array([0.0, cosine, -0.5 * cosine + focal * sine])
    east, north = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
    x = height_m * (north * right + east * ahead) + stands_at[0] * drop
    y = height_m * (north * ahead - east * right) + stands_at[1] * drop
    return _ground(np.stack([x, y, drop]), aspect)


def to_ground(ground: Ground, point: Point) -> tuple[float, float] | None:
    """Where on the street a normalised picture point lies, in metres; None on or above the horizon."""
    x, y = point
    (a, b, c), (d, e, f), (g, h, i) = ground.to_metres
    depth = g * x + h * y + i
    if depth <= 1e-9:
        return None
    return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth


def size_m(ground: Ground, box: Box, *, aspect: float = WIDE) -> tuple[float, float] | None:
    """Width and height in metres of what stands on the lower edge of a normalised box; None where that is no ground.

    The height takes the thing to be upright and the camera to look at it nearly level. aspect: width over height of the
    picture in pixels, for a ground that has none of its own.
    """
    left, right = to_ground(ground, (box[0], box[3])), to_ground(ground, (box[2], box[3]))
    if left is None or right is None or box[2] <= box[0]:
        return None
    width = math.dist(left, right)
    height = width * (box[3] - box[1]) / (box[2] - box[0]) / (ground.aspect or aspect)
    return (width, height) if width <= FAR_M else None


def _ground(matrix: NDArray[np.float64], aspect: float | None) -> Ground:
    a, b, c = ((float(row[0]), float(row[1]), float(row[2])) for row in matrix)
    return Ground((a, b, c), aspect)


def _equations(picture: Point, metres: Point) -> tuple[list[float], list[float]]:
    (x, y), (u, v) = picture, metres
    return [x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]


def _turn(points: tuple[Point, ...]) -> float:
    """Twice the signed area of a polygon."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True))


def _check_spread(points: tuple[Point, ...], where: str) -> None:
    if not all(math.isfinite(v) for point in points for v in point):
        raise GroundError(f"a point of the calibration in the {where} is no number")
    widest = max(math.dist(a, b) for a in points for b in points)
    for n in range(4):
        a, b, c = (points[m] for m in range(4) if m != n)
        twice_area = abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))
        if twice_area <= 1e-3 * widest * widest:
            raise GroundError(f"three of the four points lie in one line in the {where}; take the corners of an area")
