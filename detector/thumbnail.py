# SPDX-License-Identifier: AGPL-3.0-or-later
"""The small picture that camera health and the background model look at, and its light-proof channels."""

import math
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.boxes import Box

LONGEST = 240  # pixels of the longer side
MOST = 240 * 136  # pixels in all
CELL = 4  # pixels of a cell's side: what is judged together
UNITS = 82.0  # of log light per e-fold: 0..255 spans what 8 bits hold
DARK = 12.0  # grey levels: below it light counts linearly, because there it is mostly noise
_LOG = (UNITS * np.log1p(np.arange(256) / DARK)).astype(np.float32)

Colour = NDArray[np.uint8]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


def thumbnail(picture: Colour) -> Colour:
    """A small BGR uint8[H,W,3] picture as uint8[h,w,3]: at most 240 pixels long, 32,640 in all, whole double cells."""
    height, width = picture.shape[:2]
    scale = min(LONGEST / max(height, width), math.sqrt(MOST / (height * width)))
    step = 2 * CELL
    size = (max(step, round(width * scale / step) * step), max(step, round(height * scale / step) * step))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def log_light(colour: Colour) -> Plane:
    """Log light of a thumbnail, float32[h,w]: a change of light adds a constant, whatever it shines on."""
    return np.asarray(cv2.LUT(np.ascontiguousarray(colour[:, :, 1]), _LOG), np.float32)


def log_levels(pixels: Colour) -> Plane:
    """Log light of every channel of some pixels, uint8[n,3] to float32[n,3]."""
    return _LOG[pixels]


def log_chroma(colour: Colour) -> Plane:
    """Log red over green and blue over green at half the size, float32[h/2,w/2,2]; shadows hardly touch it."""
    half = cv2.resize(colour, (colour.shape[1] // 2, colour.shape[0] // 2), interpolation=cv2.INTER_AREA)
    blue, green, red = cv2.split(np.asarray(cv2.LUT(half, _LOG), np.float32))
    return np.asarray(cv2.merge((red - green, blue - green)), np.float32)


def slopes(plane: Plane) -> Plane:
    """Size of the gradient of a float32[h,w] plane, per pixel."""
    return np.asarray(
        cv2.magnitude(
            cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3, scale=0.125),
            cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3, scale=0.125),
        ),
        np.float32,
    )


def by_cell(plane: Plane) -> Plane:
    """Means over cells of 4×4 pixels, float32[h/4,w/4]."""
    height, width = plane.shape[:2]
    return np.asarray(cv2.resize(plane, (width // CELL, height // CELL), interpolation=cv2.INTER_AREA), np.float32)


def by_pixel(cells: Plane, size: int = CELL) -> Plane:
    """Each cell's value for all its pixels; `size` 2 for planes of half the size."""
    rows, columns = cells.shape
    wide = cv2.resize(cells, (columns * size, rows * size), interpolation=cv2.INTER_NEAREST)
    return np.asarray(wide, np.float32)


def in_boxes(shape: tuple[int, int], boxes: Iterable[Box], *, margin: float = 0.01) -> Mask:
    """Cells of a [rows,columns] grid that boxes (normalised xyxy) touch, with a margin in shares of the picture."""
    rows, columns = shape
    hidden = np.zeros(shape, np.bool_)
    for x0, y0, x1, y1 in boxes:
        left, top = max(0, int((x0 - margin) * columns)), max(0, int((y0 - margin) * rows))
        hidden[top : int(np.ceil((y1 + margin) * rows)), left : int(np.ceil((x1 + margin) * columns))] = True
    return hidden
