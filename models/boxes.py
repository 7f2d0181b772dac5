# SPDX-License-Identifier: AGPL-3.0-or-later
"""Letterbox, head decoding and non-maximum suppression in NumPy.

The service has its own in `detector`; this copy keeps the figures of a model card independent of
it, so that a mistake in one shows against the other.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Image = NDArray[np.uint8]

GREY = 114


class Found(NamedTuple):
    """What a model found in one picture."""

    boxes: Floats  # [N, 4] xyxy, pixels of the picture
    scores: Floats  # [N]
    classes: Ints  # [N]


class Fit(NamedTuple):
    """How a picture was laid into the square: there = pixel of the picture * scale + left (or top)."""

    scale: float
    left: int
    top: int


def letterbox(picture: Image, side: int) -> tuple[Image, Fit]:
    """Fit a BGR picture into a grey square, centred."""
    height, width = picture.shape[:2]
    scale = min(side / height, side / width)
    new = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, new, interpolation=cv2.INTER_LINEAR)
    left, top = (side - new[0]) // 2, (side - new[1]) // 2
    square = np.full((side, side, 3), GREY, np.uint8)
    square[top : top + new[1], left : left + new[0]] = small
    return square, Fit(scale, left, top)


def as_input(squares: list[Image]) -> Floats:
    """Stack BGR squares into the model's float32[N, 3, side, side], RGB, 0..1."""
    stack = np.stack(squares)[..., ::-1].transpose(0, 3, 1, 2)
    return np.ascontiguousarray(stack / 255, dtype=np.float32)


def overlap(first: Floats, second: Floats) -> Floats:
    """Return the intersection over union of every pair, float32[N, M]."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    union = area(first)[:, None] + area(second)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def covered(first: Floats, second: Floats) -> Floats:
    """Return which share of every first box each second box hides, float32[N, M]."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    return np.asarray(shared / np.maximum(area(first)[:, None], 1e-9), np.float32)


def area(boxes: Floats) -> Floats:
    """Return the area of every box, float32[N]."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def suppress(found: Found, iou: float) -> Found:
    """Greedy non-maximum suppression within each class; the best first."""
    order = np.argsort(-found.scores, kind="stable")
    # Classes are moved apart so that one pass over the boxes serves them all.
    apart = found.boxes + found.classes[:, None].astype(np.float32) * np.float32(10_000)
    keep: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        keep.append(int(best))
        order = rest[overlap(apart[best : best + 1], apart[rest])[0] <= iou]
    return Found(found.boxes[keep], found.scores[keep], found.classes[keep])


def decode(head: Floats, fit: Fit, shape: tuple[int, int], least: float, iou: float) -> Found:
    """Turn one raw head output [4 + classes, anchors] into boxes on the picture of (height, width)."""
    scores = head[4:].max(axis=0)
    picked = np.flatnonzero(scores >= least)
    centre, size = head[:2, picked].T, head[2:4, picked].T
    square = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    boxes = (square - np.array([fit.left, fit.top] * 2)) / fit.scale
    height, width = shape
    inside: Floats = np.asarray(np.clip(boxes, 0, np.array([width, height] * 2)), np.float32)
    classes = head[4:, picked].argmax(axis=0).astype(np.int64)
    return suppress(Found(inside, np.asarray(scores[picked], np.float32), classes), iou)
