# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where things can be planted on a real street: on flat ground that walkers cross, in the size the walkers have."""

from collections.abc import Sequence
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely import MultiPoint, Point, Polygon, get_coordinates

from benchmarks.scenarios.backdrop import Backdrop, Spot, Unfit
from detector.boxes import Box
from detector.model import Model
from detector.zones import Point as Corner

LOOKED_AT = 16  # pictures of a clip in which people are measured
EDGE = 0.02  # of the picture: who touches its border is not seen whole
WIDE, TALL = 1.3, 1.4  # of a walker's height: room for a stall
FEWEST = 4  # people to take a scale from
TALLEST = 0.5  # of the picture: things would not fit
STEPS = 24
MARGIN = 0.03

Floats = NDArray[np.float64]


def people(scene: Backdrop, model: Model) -> list[Box]:
    """Boxes (normalised xyxy) of the people that the model sees in a clip, none of them cut by the border."""
    height, width = scene.plate.shape[:2]
    person = model.manifest.classes.index("person")
    chosen = np.linspace(0, len(scene.moments) - 1, min(LOOKED_AT, len(scene.moments))).round().astype(int).tolist()
    found = (model.detect([scene.moments[n].picture])[0] for n in chosen)
    boxes = np.concatenate([d.xyxy[d.class_id == person] for d in found]) / (width, height, width, height)
    whole = (boxes[:, :2] > EDGE).all(axis=1) & (boxes[:, 2:] < 1 - EDGE).all(axis=1)
    return [(b[0], b[1], b[2], b[3]) for b in boxes[whole].tolist()]


def spots(scene: Backdrop, walkers: Sequence[Box], count: int = 2) -> tuple[Spot, ...]:
    """Places for `count` things, best first: those of the sidecar, or found from who walks where; Unfit if none."""
    if scene.spots:
        return tuple(scene.spots[n % len(scene.spots)] for n in range(count))
    if len(walkers) < FEWEST:
        cure = f'write the places into {scene.name}.json: {{"spots": [{{"x": 0.5, "y": 0.8, "height": 0.2}}]}}'
        raise Unfit(f"{scene.name}: {len(walkers)} people were seen whole, too few to take a scale from; {cure}")
    slope, level = _heights(walkers)
    flat, ground = _flatness(scene), _hull(walkers)
    rated = []
    for x in np.linspace(0.08, 0.92, STEPS).tolist():
        for y in np.linspace(0.3, 0.96, STEPS).tolist():
            spot = (x, y, float(np.clip(slope * y + level, 0.02, TALLEST)))
            if ground.contains(Point(x, y)) and (rate := _rate(scene, flat, spot)) is not None:
                rated.append((rate, spot))
    return _apart(scene, [spot for _, spot in sorted(rated, reverse=True)], count)


def watched(scene: Backdrop, walkers: Sequence[Box], chosen: Sequence[Spot]) -> tuple[Corner, ...]:
    """The ground that is watched: where feet pass and things are planted, with a margin."""
    shape = scene.plate.shape
    around = [(x + side * WIDE * tall * shape[0] / shape[1], y) for x, y, tall in chosen for side in (-0.5, 0.5)]
    whole = MultiPoint([*((((b[0] + b[2]) / 2), b[3]) for b in walkers), *around]).convex_hull.buffer(MARGIN)
    corners = np.clip(get_coordinates(whole.simplify(0.01))[:-1], 0, 1)
    return tuple((round(x, 4), round(y, 4)) for x, y in corners.tolist())


def _heights(walkers: Sequence[Box]) -> tuple[float, float]:
    """Walkers' height over the row of their feet, a line by medians: slope and level."""
    feet, tall = np.array([b[3] for b in walkers]), np.array([b[3] - b[1] for b in walkers])
    slopes = [(tall[a] - tall[b]) / (feet[a] - feet[b]) for a, b in combinations(range(len(feet)), 2)
              if abs(feet[a] - feet[b]) > 0.05]  # fmt: skip
    slope = max(0.0, float(np.median(slopes))) if slopes else 0.0
    return slope, float(np.median(tall - slope * feet))


def _hull(walkers: Sequence[Box]) -> Polygon:
    hull = MultiPoint([((b[0] + b[2]) / 2, b[3]) for b in walkers]).convex_hull.buffer(0.01)
    return Polygon(hull.exterior)


def _flatness(scene: Backdrop) -> Floats:
    """Summed table of the plate's edges, float64[H+1,W+1]: benches and steps have many, ground has few."""
    soft = cv2.GaussianBlur(scene.plate, (0, 0), scene.plate.shape[0] / 240).astype(np.float32)
    edges = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)).max(axis=2)
    return np.asarray(cv2.integral(edges), np.float64)


def _pixels(scene: Backdrop, spot: Spot, above: float) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the room over a spot, `above` walkers high."""
    height, width = scene.plate.shape[:2]
    tall = spot[2] * height
    x, y = spot[0] * width, spot[1] * height
    return round(x - WIDE * tall / 2), round(y - above * tall), round(x + WIDE * tall / 2), round(y + 0.12 * tall)


def _rate(scene: Backdrop, flat: Floats, spot: Spot) -> float | None:
    """How good a spot is: flat, and crossed by walkers but not hidden by them; None where nothing fits."""
    height, width = scene.plate.shape[:2]
    x0, y0, x1, y1 = _pixels(scene, spot, TALL)
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
        return None
    hidden = np.array([(m.walkers[y0:y1, x0:x1] > spot[1] * height).mean() for m in scene.moments])
    if (hidden < 0.3).mean() < 0.8:
        return None
    left, top, right, bottom = _pixels(scene, spot, 0.5)
    edges = flat[bottom, right] - flat[top, right] - flat[bottom, left] + flat[top, left]
    crossed = min(float((hidden > 0.04).mean()), 0.3)
    return crossed - float(edges / ((right - left) * (bottom - top))) / 60


def _apart(scene: Backdrop, rated: Sequence[Spot], count: int) -> tuple[Spot, ...]:
    chosen: list[Spot] = []
    aspect = scene.plate.shape[0] / scene.plate.shape[1]
    for spot in rated:
        if all(_distance(spot, other, aspect) > 1.0 for other in chosen):
            chosen.append(spot)
    if len(chosen) < count:
        raise Unfit(f"{scene.name}: no room for {count} things where people walk; write places into {scene.name}.json")
    return tuple(chosen[:count])


def _distance(a: Spot, b: Spot, aspect: float) -> float:
    """How far two spots lie apart, in rooms for a stall."""
    tall = max(a[2], b[2])
    return max(abs(a[0] - b[0]) / (WIDE * tall * aspect), abs(a[1] - b[1]) / (TALL * tall))
