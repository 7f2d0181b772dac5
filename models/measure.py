# SPDX-License-Identifier: AGPL-3.0-or-later
"""Average precision, precision and recall of one class, with intervals over pictures.

Detections on a hard or doubtful region are neither right nor wrong, as on a crowd of COCO's. Average
precision is COCO's: the curve read at 101 recalls, so that figures compare with what others publish.
Intervals are 95 % bootstrap intervals that draw whole pictures, since boxes of one picture stand and
fall together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.boxes import Floats, Ints, covered, overlap

MATCH = 0.5
ROUNDS = 1000
RECALLS = np.linspace(0, 1, 101)
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One class in one picture: scores of the detections that count, which are right, boxes there."""

    scores: Floats
    right: NDArray[np.bool_]
    boxes: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """One class in all pictures, the surest detection first; `boxes` counts per picture."""

    scores: Floats
    right: NDArray[np.bool_]
    picture: Ints
    boxes: Ints


def match(boxes: Floats, scores: Floats, truth: Floats, least: float = MATCH) -> Ints:
    """Return which truth each detection takes, the surest first, or -1; all boxes xyxy in the same unit."""
    free = np.ones(len(truth), bool)
    taken = np.full(len(boxes), -1, np.int64)
    ious = overlap(boxes, truth)
    for number in np.argsort(-scores, kind="stable"):
        left = np.where(free, ious[number], 0)
        if left.size and left.max() >= least:
            taken[number] = left.argmax()
            free[taken[number]] = False
    return taken


def judge(boxes: Floats, scores: Floats, truth: Floats, ignore: Floats, least: float = MATCH) -> Judged:
    """Match detections to truth and leave out those that lie on something ignored."""
    right = match(boxes, scores, truth, least) >= 0
    away = ignored(boxes, ignore, least) & ~right
    return Judged(scores[~away], right[~away], len(truth))


def ignored(boxes: Floats, ignore: Floats, least: float = MATCH) -> NDArray[np.bool_]:
    """Return which detections lie on something ignored."""
    # a share covered is never below the intersection over union, so this holds the near misses too
    return np.asarray((covered(boxes, ignore) >= least).any(axis=1), np.bool_)


def rank(judged: Sequence[Judged]) -> Ranked:
    """Join the pictures of one class and sort their detections."""
    scores = np.concatenate([j.scores for j in judged])
    order = np.argsort(-scores, kind="stable")
    picture = np.repeat(np.arange(len(judged)), [len(j.scores) for j in judged])
    right = np.concatenate([j.right for j in judged])
    return Ranked(scores[order], right[order], picture[order], np.array([j.boxes for j in judged], np.int64))


def curve(ranked: Ranked, weights: Ints | None = None) -> tuple[Array, Array]:
    """Return recall and the best precision from there on, after each detection.

    weights: int64[pictures], how often each picture counts (a bootstrap draw); once each if None.
    """
    counts = np.ones(len(ranked.boxes), np.int64) if weights is None else weights
    each = counts[ranked.picture]
    hits, kept = np.cumsum(each * ranked.right), np.cumsum(each)
    best = np.maximum.accumulate((hits / np.maximum(kept, 1))[::-1])[::-1]
    return hits / max(int(counts @ ranked.boxes), 1), np.asarray(best, np.float64)


def area_under(ranked: Ranked, weights: Ints | None = None) -> float:
    """Return COCO's average precision of one class; NaN without boxes to find."""
    if not (ranked.boxes.sum() if weights is None else weights @ ranked.boxes):
        return float("nan")
    found, best = curve(ranked, weights)
    at = np.searchsorted(found, RECALLS, side="left")
    return float(np.append(best, 0.0)[at].mean())


def average_precision(judged: Sequence[Judged]) -> float:
    """Return COCO's average precision of one class; NaN without boxes to find."""
    return area_under(rank(judged)) if judged else float("nan")


def precision(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of detections at or above the threshold that are right."""
    kept = sum(int((j.scores >= threshold).sum()) for j in judged)
    return _hits(judged, threshold) / kept if kept else float("nan")


def recall(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of boxes found at or above the threshold."""
    boxes = sum(j.boxes for j in judged)
    return _hits(judged, threshold) / boxes if boxes else float("nan")


def f_score(judged: Sequence[Judged], threshold: float, beta: float = 1.0) -> float:
    """Return the weighted harmonic mean of precision and recall, 0 where undefined; below 1, beta favours precision.

    Source: van Rijsbergen, Information Retrieval (1979).
    """
    boxes = sum(j.boxes for j in judged)
    kept = sum(int((j.scores >= threshold).sum()) for j in judged)
    return (1 + beta**2) * _hits(judged, threshold) / max(beta**2 * boxes + kept, 1)


def alarm_share(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of pictures with any detection at or above the threshold."""
    alarms = [bool((j.scores >= threshold).any()) for j in judged]
    return sum(alarms) / len(alarms) if alarms else float("nan")


def rightly_alarmed(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of the pictures with a detection at or above the threshold in which there is something."""
    raised = [j for j in judged if (j.scores >= threshold).any()]
    return sum(j.boxes > 0 for j in raised) / len(raised) if raised else float("nan")


def well_placed(judged: Sequence[Judged], threshold: float) -> float:
    """Return the share of the pictures with a detection at or above the threshold in which one of these is right."""
    raised = [j for j in judged if (j.scores >= threshold).any()]
    good = sum(bool((j.right & (j.scores >= threshold)).any()) for j in raised)
    return good / len(raised) if raised else float("nan")


def _hits(judged: Sequence[Judged], threshold: float) -> int:
    return sum(int((j.right & (j.scores >= threshold)).sum()) for j in judged)


def interval(
    judged: Sequence[Judged], figure: Callable[[Sequence[Judged]], float], rng: Generator
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a figure over pictures."""
    drawn = rng.integers(len(judged), size=(ROUNDS, len(judged)))
    return spread(np.array([figure([judged[i] for i in row]) for row in drawn]))


def draws(pictures: int, rng: Generator) -> Ints:
    """Return bootstrap draws as int64[ROUNDS, pictures]: how often each picture counts."""
    return rng.multinomial(pictures, np.full(pictures, 1 / pictures), size=ROUNDS)


def spread(values: Array) -> tuple[float, float]:
    """Return between which values 95 % of a figure's bootstrap values lie; NaN values do not count."""
    known = values[~np.isnan(values)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
