# SPDX-License-Identifier: AGPL-3.0-or-later
"""Milliseconds by stage, and what they say: percentiles, and intervals from interleaved rounds."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

SHARES = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "max_ms": 100}
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
Figures = dict[str, float | list[float]]


def student(values: int) -> float:
    """Student's t for a 95 % interval of the mean of so many values, two or more; to the third digit."""
    free = values - 1
    # beyond the table the expansion of Cornish and Fisher about the normal distribution's 1.96
    return STUDENT.get(values) or 1.95996 + 2.37227 / free + 2.82250 / free**2 + 2.55585 / free**3


class Stopwatch:
    """Milliseconds per stage, one value per look."""

    def __init__(self) -> None:
        self.spans: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def stage(self, name: str, looks: int = 1) -> Iterator[None]:
        """Time what several looks share; each is booked its part."""
        began = time.perf_counter()
        yield
        self.spans[name].append((time.perf_counter() - began) * 1000 / looks)

    def total(self, names: Sequence[str]) -> list[float]:
        """The sums of some stages, look by look; stages that were not there count nought."""
        there = [self.spans[name] for name in names if self.spans.get(name)]
        return [sum(spans) for spans in zip(*there, strict=True)]


def figures(rounds: Sequence[Sequence[float]]) -> Figures:
    """Percentiles over all rounds; p50_interval: 95 % for the median, from the rounds' medians (Student's t)."""
    spans = [span for one in rounds for span in one]
    told: Figures = {name: round(float(np.percentile(spans, share)), 4) for name, share in SHARES.items()}
    return told | {"p50_interval": interval([float(np.median(one)) for one in rounds])}


def interval(values: Sequence[float]) -> list[float]:
    """95 % interval of a mean of independent values; a single one has none but itself."""
    middle = float(np.mean(values))
    half = student(len(values)) * float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0
    return [round(middle - half, 4), round(middle + half, 4)]


def ratio_of(ratios: Sequence[float]) -> tuple[float, list[float | None]]:
    """Geometric mean of rounds' ratios and its 95 % interval (Student's t over rounds); none from one round."""
    logs = np.log(ratios)
    middle = float(logs.mean())
    if len(logs) < 2:
        return round(float(np.exp(middle)), 4), [None, None]
    half = student(len(logs)) * float(logs.std(ddof=1)) / len(logs) ** 0.5
    return round(float(np.exp(middle)), 4), [round(float(np.exp(middle + side * half)), 4) for side in (-1, 1)]


def percentiles(spans_ms: Sequence[float]) -> dict[str, float]:
    """Median and tail of a list of milliseconds."""
    return {name: round(float(np.percentile(spans_ms, share)), 3) for name, share in SHARES.items()}
