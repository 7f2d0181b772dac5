# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far a camera has turned since its reference: phase correlation first, features where that is not sure."""

import math
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.boxes import Box
from detector.thumbnail import Colour, Plane, slopes

STRONGEST = 24.0  # units of log light per pixel: stronger edges (lamps, signs) count as this one
STILL_PX = 0.75  # smaller shifts are wind and noise
ALIKE = 0.3  # correlation of edges from which two pictures show the same
GAIN = 0.08  # by which a shift must make them more alike to be believed
INLIERS, INLIER_SHARE = 12, 0.4

Pixels = TypeVar("Pixels", Plane, Colour)


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the reference's points lie in the picture now: turned, scaled about the middle, then moved.

    dx, dy: shares of width and height. degrees: clockwise as seen. scale: above 1 where things became larger.
    confidence: correlation of the edges after the shift is taken back, -1 to 1.
    """

    dx: float = 0.0
    dy: float = 0.0
    degrees: float = 0.0
    scale: float = 1.0
    confidence: float = 1.0

    @property
    def largest(self) -> float:
        """The furthest that a point of a 4:3 picture moves, share of its width."""
        return math.hypot(self.dx, self.dy) + 0.6 * (abs(math.radians(self.degrees)) + abs(self.scale - 1))

    @property
    def is_none(self) -> bool:
        return (self.dx, self.dy, self.degrees, self.scale) == (0.0, 0.0, 0.0, 1.0)


NO_SHIFT = Shift()


def edges(light: Plane) -> Plane:
    """What is registered: gradient sizes of log light float32[h,w], capped, without their mean."""
    size = np.minimum(slopes(light), STRONGEST)
    return np.asarray(size - size.mean(), np.float32)


def alike(a: Plane, b: Plane) -> float:
    """Correlation of two planes of edges."""
    norm = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / norm if norm else 0.0


def register(reference: Plane, light: Plane, *, usual: float = 0.6) -> Shift | None:
    """How the picture (log light float32[h,w]) lies to its reference; None where nothing fits.

    A look that is alike where it stands has no shift: the same street under another light stays where it is.
    usual: how alike this camera's looks are to the reference; well below it features are asked, which takes longer.
    """
    before, now = edges(reference), edges(light)
    here = alike(before, now)
    if here >= usual:
        return Shift(confidence=here)  # not turned: two pixels to the side and edges fit no more
    best = _by_phase(before, now, light, here)
    if best.confidence >= 0.7 * usual:
        return best
    turned = _by_features(reference, light)
    if turned and turned.confidence >= max(ALIKE, best.confidence + GAIN / 2):
        return turned
    return best if best.confidence >= ALIKE / 2 else None


def _by_phase(before: Plane, now: Plane, light: Plane, here: float) -> Shift:
    (x, y), _ = cv2.phaseCorrelate(before, now, _window(before.shape))
    if math.hypot(x, y) < STILL_PX:
        return Shift(confidence=max(here, 0.0))
    height, width = light.shape
    if abs(x) > width / 2 or abs(y) > height / 2:  # too little in common to be sure of
        return Shift(confidence=max(here, 0.0))
    there = alike(*_common(before, edges(taken_back(light, Shift(x / width, y / height))), x, y))
    if there >= max(ALIKE, here + GAIN):
        return Shift(x / width, y / height, confidence=there)
    return Shift(confidence=max(here, 0.0))


def taken_back(light: Pixels, shift: Shift) -> Pixels:
    """A plane or thumbnail as it would look from the reference's place."""
    matrix = _matrix(shift, light.shape[1], light.shape[0])
    size = light.shape[1], light.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    straight = cv2.warpAffine(light, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cast("Pixels", straight)


def to_reference(box: Box, shift: Shift) -> Box:
    """A box of the picture (normalised xyxy) in the reference's coordinates; its middle moves, its size scales."""
    return _moved(box, shift, back=True)


def to_picture(box: Box, shift: Shift) -> Box:
    """A box in the reference's coordinates where it lies in the picture now."""
    return _moved(box, shift, back=False)


def _moved(box: Box, shift: Shift, *, back: bool) -> Box:
    if shift.is_none:
        return box
    matrix = _matrix(shift, 1.0, 1.0)
    if back:
        matrix = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    x, y = matrix @ ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1.0)
    scale = 1 / shift.scale if back else shift.scale
    w, h = (box[2] - box[0]) * scale / 2, (box[3] - box[1]) * scale / 2
    return float(x - w), float(y - h), float(x + w), float(y + h)


def _matrix(shift: Shift, width: float, height: float) -> NDArray[np.float64]:
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -shift.degrees, shift.scale)
    moved = np.array(((0, 0, shift.dx * width), (0, 0, shift.dy * height)))
    return np.asarray(matrix + moved, np.float64)


def _common(before: Plane, now: Plane, x: float, y: float) -> tuple[Plane, Plane]:
    """The part that both pictures show after a shift of x, y pixels."""
    height, width = now.shape
    left, top = math.ceil(abs(x)) + 1, math.ceil(abs(y)) + 1
    part = slice(top, max(top + 1, height - top)), slice(left, max(left + 1, width - left))
    return before[part] - before[part].mean(), now[part] - now[part].mean()


def _window(shape: tuple[int, ...]) -> Plane:
    return np.asarray(cv2.createHanningWindow((shape[1], shape[0]), cv2.CV_32F), np.float32)


def _by_features(reference: Plane, light: Plane) -> Shift | None:
    """Turned or zoomed: a similarity that enough features agree on."""
    finder = cv2.ORB.create(nfeatures=400, scaleFactor=1.2, nlevels=4, edgeThreshold=12, patchSize=17, fastThreshold=8)
    (old, old_marks), (new, new_marks) = (_features(finder, plane) for plane in (reference, light))
    if min(len(old), len(new)) < INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(old_marks, new_marks)
    if len(pairs) < INLIERS:
        return None
    old, new = old[[pair.queryIdx for pair in pairs]], new[[pair.trainIdx for pair in pairs]]
    matrix, inliers = cv2.estimateAffinePartial2D(old, new, method=cv2.RANSAC, ransacReprojThreshold=2.0)
    if matrix is None or inliers.sum() < max(INLIERS, INLIER_SHARE * len(pairs)):
        return None
    shift = _read(np.asarray(matrix, np.float64), light.shape[1], light.shape[0])
    return replace(shift, confidence=alike(edges(reference), edges(taken_back(light, shift))))


def _features(finder: cv2.ORB, plane: Plane) -> tuple[Plane, NDArray[np.uint8]]:
    points, marks = finder.detectAndCompute(np.clip(plane, 0, 255).astype(np.uint8), None)
    found: object = marks  # None where a picture has no features, whatever OpenCV's types say
    marked = np.zeros((0, 32), np.uint8) if found is None else np.asarray(marks, np.uint8)
    return np.array([point.pt for point in points], np.float32), marked


def _read(matrix: NDArray[np.float64], width: int, height: int) -> Shift:
    x, y = matrix @ (width / 2, height / 2, 1.0)
    return Shift(
        dx=float(x / width - 0.5),
        dy=float(y / height - 0.5),
        degrees=math.degrees(math.atan2(matrix[1, 0], matrix[0, 0])),
        scale=math.hypot(matrix[0, 0], matrix[1, 0]),
    )
