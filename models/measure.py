# SPDX-License-Identifier: AGPL-3.0-or-later
"""Average precision, precision and recall of one class, with intervals over pictures.

Detections on a hard or doubtful region are neither right nor wrong. Intervals are 95 % bootstrap
intervals that draw whole pictures, since boxes of one picture stand and fall together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.boxes import Floats, covered, overlap

MATCH = 0.5
ROUNDS = 1000
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One class in one picture: scores of the detections that count, which are right, boxes there."""

    scores: Floats
    right: NDArray[np.bool_]
    boxes: int


def judge(boxes: Floats, scores: Floats, truth: Floats, ignore: Floats) -> Judged:
    """Match detections to truth, the surest first; all boxes xyxy in the same unit."""
    order = np.argsort(-scores, kind="stable")
    taken = np.zeros(len(truth), bool)
    right = np.zeros(len(boxes), bool)
    ious = overlap(boxes, truth)
    for number in order:
        free = np.where(taken, 0, ious[number])
        if free.size and free.max() >= MATCH:
            taken[free.argmax()] = right[number] = True
    away = _on_ignored(boxes, ignore) & ~right
    return Judged(scores[~away], right[~away], len(truth))


def _on_ignored(boxes: Floats, ignore: Floats) -> NDArray[np.bool_]:
    same = (overlap(boxes, ignore) >= MATCH) | (covered(boxes, ignore) >= MATCH)
    return np.asarray(same.any(axis=1), bool)


def average_precision(judged: Sequence[Judged]) -> float:
    """Return the area under the precision-recall curve; NaN without boxes to find."""
    boxes = sum(j.boxes for j in judged)
    if not boxes:
        return float("nan")
    scores = np.concatenate([j.scores for j in judged])
    right = np.concatenate([j.right for j in judged])[np.argsort(-scores, kind="stable")]
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(hits) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best_from_here * right).sum() / boxes)


def precision(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of detections at or above the threshold that are right."""
    kept = sum(int((j.scores >= threshold).sum()) for j in judged)
    return _hits(judged, threshold) / kept if kept else float("nan")


def recall(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of boxes found at or above the threshold."""
    boxes = sum(j.boxes for j in judged)
    return _hits(judged, threshold) / boxes if boxes else float("nan")


def f1(judged: Sequence[Judged], threshold: float) -> float:
    """Return the harmonic mean of precision and recall, 0 where undefined."""
    boxes = sum(j.boxes for j in judged)
    kept = sum(int((j.scores >= threshold).sum()) for j in judged)
    return 2 * _hits(judged, threshold) / max(boxes + kept, 1)


def alarm_share(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of pictures with any detection at or above the threshold."""
    alarms = [bool((j.scores >= threshold).any()) for j in judged]
    return sum(alarms) / len(alarms) if alarms else float("nan")


def _hits(judged: Sequence[Judged], threshold: float) -> int:
    return sum(int((j.right & (j.scores >= threshold)).sum()) for j in judged)


def interval(
    judged: Sequence[Judged], figure: Callable[[Sequence[Judged]], float], rng: Generator
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a figure over pictures."""
    drawn = rng.integers(len(judged), size=(ROUNDS, len(judged)))
    values: Array = np.array([figure([judged[i] for i in row]) for row in drawn])
    known = values[~np.isnan(values)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
