# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plain geometry of axis-aligned boxes, xyxy in any one unit."""

from collections.abc import Iterable
from itertools import pairwise

Box = tuple[float, float, float, float]


def area(box: Box) -> float:
    x0, y0, x1, y1 = box
    return (x1 - x0) * (y1 - y0) if x0 < x1 and y0 < y1 else 0.0


def shared(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    x0, y0, x1, y1 = a
    left, top, right, bottom = b
    if x1 <= left or right <= x0 or y1 <= top or bottom <= y0:
        return 0.0  # most pairs of a street, and the quickest to tell
    # calls of min and max would cost more than all the rest of it
    wide = (x1 if x1 < right else right) - (x0 if x0 > left else left)  # noqa: FURB136
    return wide * ((y1 if y1 < bottom else bottom) - (y0 if y0 > top else top))  # noqa: FURB136


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


def covered(box: Box, covers: Iterable[Box]) -> float:
    """Share of a box that other boxes hide, overlaps counted once."""
    left, top, right, bottom = box
    over = [c for c in covers if c[0] < right and left < c[2] and c[1] < bottom and top < c[3]]
    if not over:
        return 0.0
    whole = area(box)
    if len(over) == 1 or not whole:
        return shared(box, over[0]) / whole if whole else 0.0
    cuts = sorted({left, right, *(x for c in over for x in (c[0], c[2]) if left < x < right)})
    hidden = 0.0
    for x0, x1 in pairwise(cuts):
        spans = sorted((max(c[1], top), min(c[3], bottom)) for c in over if c[0] <= x0 and x1 <= c[2])
        hidden += (x1 - x0) * _length(spans)
    return hidden / whole


def _length(spans: Iterable[tuple[float, float]]) -> float:
    """How much of a line sorted spans take together."""
    total, reached = 0.0, float("-inf")
    for begin, end in spans:
        if end > reached:
            total += end - max(begin, reached)
            reached = end
    return total
