# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does memory stay flat while cameras come and go for hours?"""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import running
from benchmarks.capacity.metrics import between, looks, rounded, scrape
from benchmarks.capacity.points import Field, Say, first_looks, serving
from benchmarks.load import Load, load
from benchmarks.load.server import Fault
from benchmarks.running import Service

SAMPLE_S = 5.0
WARM_UP = 0.25  # share of the time that does not count for the slope: rings and allocators fill
BLOCKS = 10
STUDENT = 2.306  # 95 %, both sides, for a line through ten blocks
KINDS: tuple[Fault, ...] = ("none", "none", "stall", "hang_up", "refuse", "garbage", "other")
SHOWN = 400


def soak(field: Field, other: Path, counts: tuple[int, int], minutes: float, say: Say) -> dict[str, Any]:
    """Run the service on counts[0] cameras for so many minutes while the first counts[1] come and go."""
    cameras, flapping = counts
    with load(field.clip, cameras=cameras, other=other) as city:
        running.bind(city.process.pid, field.load_cpus)
        plan = replace(field.plan, threads=len(field.service_cpus) or field.plan.threads)
        with serving(field, city, plan) as (service, client):
            first_looks(client, service, cameras)
            say(f"soak: {cameras} cameras, {flapping} of them flapping, for {minutes:g} min")
            before = scrape(client)
            curve = _watch(service, city, flapping, minutes)
            told = looks(between(before, scrape(client)), 0)
    return {"cameras": cameras, "flapping": flapping, "minutes": minutes, "looks": told} | slope(curve)


def _watch(service: Service, city: Load, flapping: int, minutes: float) -> list[tuple[float, float]]:
    """Minutes and megabytes, a sample every five seconds; at each one camera changes its mind."""
    dice, began, curve = random.Random(0), time.monotonic(), list[tuple[float, float]]()  # noqa: S311 - no secret
    while (passed := time.monotonic() - began) < 60 * minutes:
        if flapping:
            city.misbehave([dice.randrange(min(flapping, city.cameras))], dice.choice(KINDS))
        curve.append((round(passed / 60, 3), round(service.rss_mb(), 2)))
        time.sleep(min(SAMPLE_S, 60 * minutes / 40))
    return curve


def slope(curve: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Megabytes per hour after the warm-up, with a 95 % interval from block means (samples hang together)."""
    kept = np.array(curve[int(len(curve) * WARM_UP) :], np.float64)
    blocks = np.array([some.mean(axis=0) for some in np.array_split(kept, BLOCKS)])
    hours, megabytes = blocks[:, 0] / 60, blocks[:, 1]
    rate, base = np.polyfit(hours, megabytes, 1)
    rest = megabytes - base - rate * hours
    error = float(np.sqrt((rest**2).sum() / (BLOCKS - 2) / ((hours - hours.mean()) ** 2).sum()))
    ends = (kept[0, 0], kept[-1, 0])
    return {
        "mb_per_hour": rounded(float(rate), 2),
        "mb_per_hour_interval": [rounded(float(rate) + side * STUDENT * error, 2) for side in (-1, 1)],
        "rss_mb_first": curve[0][1],
        "rss_mb_last": curve[-1][1],
        "rss_mb_most": max(megabytes for _, megabytes in curve),
        "curve": list(curve[:: max(1, len(curve) // SHOWN)]),
        "line": [(round(float(at), 3), round(float(base + rate * at / 60), 2)) for at in ends],
    }
