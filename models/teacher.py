# SPDX-License-Identifier: AGPL-3.0-or-later
"""Labels people, two-wheelers, vehicles and umbrellas with a COCO model, as nobody drew them."""

from dataclasses import dataclass

import numpy as np

from models.boxes import Floats, Found, Ints, covered, overlap
from models.classes import CONTEXT_OF_COCO, STALL, VEHICLE

SURE = 0.4
DOUBTFUL = 0.15


@dataclass(frozen=True, slots=True)
class Labels:
    """Boxes of one picture, float32[N, 4] in shares of width and height, with classes."""

    boxes: Floats
    classes: Ints

    def pick(self, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> "Labels":
        """Return the labels under a boolean mask."""
        return Labels(self.boxes[mask], self.classes[mask])

    def plus(self, other: "Labels") -> "Labels":
        """Return both one after the other."""
        boxes = np.concatenate([self.boxes, other.boxes]).astype(np.float32)
        return Labels(boxes, np.concatenate([self.classes, other.classes]))


NONE = Labels(np.zeros((0, 4), np.float32), np.zeros(0, np.int64))


def context(found: Found, width: int, height: int, drawn: Labels) -> tuple[Labels, Labels]:
    """Split a teacher's boxes into labels to train on and regions where training looks away."""
    known = np.isin(found.classes, list(CONTEXT_OF_COCO))
    classes = np.array([CONTEXT_OF_COCO[int(c)] for c in found.classes[known]], np.int64)
    boxes = (found.boxes[known] / np.array([width, height] * 2)).astype(np.float32)
    seen, scores = Labels(boxes, classes), found.scores[known]
    cart = _is_drawn(seen, drawn)
    sure = (scores >= SURE) & ~cart
    return seen.pick(sure), seen.pick(~sure)


def _is_drawn(seen: Labels, drawn: Labels) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    # A food cart or cargo tricycle that somebody drew as a stall is not a vehicle as well.
    stalls = drawn.boxes[drawn.classes == STALL]
    same = (overlap(seen.boxes, stalls) > 0.45) | (covered(seen.boxes, stalls) > 0.85)
    cart = same.any(axis=1) & (seen.classes == VEHICLE)
    return np.asarray(cart, dtype=np.bool_)
