# SPDX-License-Identifier: AGPL-3.0-or-later
"""The figures of one class over pictures, as plain values for a report."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.looking import Looked
from benchmarks.rounding import limits, rounded
from models.boxes import area
from models.measure import (
    Judged,
    area_under,
    average_precision,
    curve,
    draws,
    f_score,
    ignored,
    match,
    precision,
    rank,
    recall,
    well_placed,
)

STRICTNESS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
SIZES = {"small": (0.0, 0.01), "medium": (0.01, 0.1), "large": (0.1, math.inf)}  # shares of the picture's area
POINTS = 200  # of a curve in a report
SEED = 0
FEW = 5  # pictures: below, a bootstrap knows nothing of how they differ: from one its interval has no width
Array = NDArray[np.float64]


def figures(looked: Sequence[Looked], threshold: float) -> dict[str, Any]:
    """All figures of one class; at the operating point `threshold` where they need one."""
    judged = [one.judged() for one in looked]
    ranked = rank(judged)
    drawn = draws(len(judged), np.random.default_rng(SEED))
    at = _at_threshold(judged, threshold)
    return {
        "ap50": rounded(area_under(ranked)),
        "ap50_95": rounded(_ap50_95(looked, judged)),
        "precision": rounded(precision(judged, threshold)),
        "recall": rounded(recall(judged, threshold)),
        "threshold": threshold,
        "pictures": len(judged),
        "boxes": int(ranked.boxes.sum()),
        "ap50_interval": limits(np.array([area_under(ranked, weights) for weights in drawn])),
        "precision_interval": limits(_ratio(drawn @ at[0], drawn @ at[1])),
        "recall_interval": limits(_ratio(drawn @ at[0], drawn @ ranked.boxes)),
        "f1": rounded(f_score(judged, threshold)),
        "pictures_with_boxes": int((ranked.boxes > 0).sum()),
        "hard_boxes": sum(len(one.hard) for one in looked),
        "picture_precision": rounded(well_placed(judged, threshold)),
        "sizes": {name: _size(looked, threshold, low, high) for name, (low, high) in SIZES.items()},
        "curve": _points(judged),
    }


def _ap50_95(looked: Sequence[Looked], judged: Sequence[Judged]) -> float:
    rest = [average_precision([one.judged(least) for one in looked]) for least in STRICTNESS[1:]]
    return float(np.mean([average_precision(judged), *rest]))


def _at_threshold(judged: Sequence[Judged], threshold: float) -> NDArray[np.int64]:
    """Per picture: right detections, and all detections, at the operating point; int64[2, pictures]."""
    rows = [(int((j.right & (j.scores >= threshold)).sum()), int((j.scores >= threshold).sum())) for j in judged]
    return np.array(rows, np.int64).T


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64]) -> Array:
    return np.asarray(np.where(below > 0, above / np.maximum(below, 1), np.nan), np.float64)


def _size(looked: Sequence[Looked], threshold: float, low: float, high: float) -> dict[str, Any]:
    """Boxes of one size: those of other sizes, and false detections of other sizes, do not count (as COCO's)."""
    judged = [_sized(one, low, high) for one in looked]
    boxes = sum(j.boxes for j in judged)
    return {
        "share_from": low,
        "boxes": boxes,
        "ap50": rounded(average_precision(judged)),
        "recall": rounded(recall(judged, threshold)),
    }


def _sized(one: Looked, low: float, high: float) -> Judged:
    taken = match(one.boxes, one.scores, one.truth)
    fits = _within(one.truth, one.area, low, high)
    hit = taken >= 0
    right = np.zeros(len(taken), bool)
    right[hit] = fits[taken[hit]]
    away = ignored(one.boxes, one.hard)
    counts = right | (~hit & ~away & _within(one.boxes, one.area, low, high))
    return Judged(one.scores[counts], right[counts], int(fits.sum()))


def _within(boxes: NDArray[np.float32], whole: int, low: float, high: float) -> NDArray[np.bool_]:
    shares = area(boxes) / whole
    return np.asarray((shares >= low) & (shares < high), np.bool_)


def _points(judged: Sequence[Judged]) -> dict[str, list[float]]:
    """The curve, thinned: precision and recall down to each confidence."""
    ranked = rank(judged)
    found, _ = curve(ranked)
    count = len(found)
    exact = np.cumsum(ranked.right) / np.arange(1, count + 1)
    some = np.unique(np.linspace(0, max(count - 1, 0), min(POINTS, count)).round().astype(np.int64))
    return {
        "confidence": [round(float(ranked.scores[i]), 4) for i in some],
        "recall": [round(float(found[i]), 4) for i in some],
        "precision": [round(float(exact[i]), 4) for i in some],
    }
