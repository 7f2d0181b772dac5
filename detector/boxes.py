# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plain geometry of axis-aligned boxes, xyxy in any one unit."""

from collections.abc import Iterable

import numpy as np

Box = tuple[float, float, float, float]


def area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def shared(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    if a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]:
        return 0.0  # most pairs of a street, and the quickest to tell
    return area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def iou(a: Box, b: Box) -> float:
    """Shared area over joined area."""
    common = shared(a, b)
    return common / (area(a) + area(b) - common) if common else 0.0


def containment(a: Box, b: Box) -> float:
    """Shared area over the smaller box: 1 where one lies in the other."""
    common = shared(a, b)
    return common / min(area(a), area(b)) if common else 0.0


def joined(a: Box, b: Box) -> Box:
    """The smallest box round two boxes."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def covered(box: Box, covers: Iterable[Box], *, cells: int = 16) -> float:
    """Share of a box that other boxes hide, overlaps counted once, on a grid of cells×cells samples."""
    left, top, right, bottom = box
    over = [c for c in covers if c[0] < right and left < c[2] and c[1] < bottom and top < c[3]]
    if not over:
        return 0.0
    if len(over) == 1:
        return shared(box, over[0]) / area(box) if area(box) else 0.0
    xs = np.linspace(box[0], box[2], cells, endpoint=False) + (box[2] - box[0]) / (2 * cells)
    ys = np.linspace(box[1], box[3], cells, endpoint=False) + (box[3] - box[1]) / (2 * cells)
    hidden = np.zeros((cells, cells), np.bool_)
    for x0, y0, x1, y1 in over:
        hidden |= ((ys >= y0) & (ys <= y1))[:, None] & ((xs >= x0) & (xs <= x1))[None, :]
    return float(hidden.mean())
