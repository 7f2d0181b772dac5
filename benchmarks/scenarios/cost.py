# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the engine costs per look when much stands in the picture: 20 sites in 10 zones."""

import time
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.scenarios.clockwork import BEGIN
from detector.boxes import Box
from detector.look import Look, Sighting
from detector.rules import rules_for
from detector.watch import Watch, watch
from detector.zones import Zone

LIMIT_MS = 0.5
SITES, ZONES = 20, 10
WARM_LOOKS, LOOKS = 60, 400


def look_cost(looks: int = LOOKS) -> dict[str, Any]:
    """Processor time of a look: median and 95th percentile in milliseconds, and the median over the limit."""
    zones = [Zone(f"zone {n}", _strip(n)) for n in range(ZONES)]
    rules, known = rules_for(zones), Watch("cam-cost")
    spans_ms = []
    for number, look in enumerate(_looks(WARM_LOOKS + looks, np.random.default_rng(0))):
        began = time.thread_time_ns()
        known, _ = watch(known, look, rules)
        if number >= WARM_LOOKS:
            spans_ms.append((time.thread_time_ns() - began) / 1e6)
    p50, p95 = np.percentile(spans_ms, (50, 95)).tolist()
    return {
        "sites": len(known.sites),
        "zones": ZONES,
        "p50_ms": round(p50, 4),
        "p95_ms": round(p95, 4),
        "limit_ms": LIMIT_MS,
        "ratio_to_limit": round(p50 / LIMIT_MS, 3),
    }


def _strip(number: int) -> tuple[tuple[float, float], ...]:
    left, right = number / ZONES, (number + 1) / ZONES
    return (left, 0.3), (right, 0.3), (right, 1.0), (left, 1.0)


def _looks(count: int, dice: np.random.Generator) -> list[Look]:
    """Everything stands there all the time, is seen at three looks of five, and people walk past it."""
    return [
        Look("cam-cost", BEGIN + timedelta(seconds=4 * n), _seen(dice), tuple(_cover(dice) for _ in range(4)))
        for n in range(count)
    ]


def _seen(dice: np.random.Generator) -> tuple[Sighting, ...]:
    return tuple(Sighting("stall", 0.6, _place(n, dice)) for n in range(SITES) if dice.random() < 0.6)


def _place(number: int, dice: np.random.Generator) -> Box:
    x, y = (number % 10) / 10 + 0.01, 0.35 + 0.3 * (number // 10)
    a, b, c, d = (float(v) for v in np.array((x, y, x + 0.08, y + 0.2)) + dice.normal(0, 0.003, 4))
    return max(a, 0.0), b, min(c, 1.0), d


def _cover(dice: np.random.Generator) -> Box:
    x, y = float(dice.uniform(0, 0.95)), float(dice.uniform(0.3, 0.8))
    return x, y, x + 0.05, y + 0.2
