# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol promised and kept, for Prometheus."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import psutil
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from streams.reader import CameraReader

Lost = Literal["replaced", "old", "damaged", "error"]
AGES = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, 20.0)
GAPS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 15.0, 20.0, 30.0, 60.0)

Held = Callable[[], Iterable[tuple[CameraReader, float | None]]]


class PatrolMetrics:
    """Counts looks as they happen; what the cameras hold is asked for at each scrape."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._looks = Counter("curbwatch_looks", "Looks by how they were decided.", ("how",), registry=self.registry)
        self._promised = Counter("curbwatch_looks_promised", "Looks with an interval to keep.", registry=self.registry)
        self._kept = Counter("curbwatch_looks_kept", "Looks that kept their interval.", registry=self.registry)
        self._lost = Counter("curbwatch_looks_lost", "Frames not looked at.", ("reason",), registry=self.registry)
        self._age = Histogram(
            "curbwatch_look_age_seconds", "From arrival to decision.", buckets=AGES, registry=self.registry
        )
        self._gap = Histogram(
            "curbwatch_look_gap_seconds", "Between two looks of a camera.", buckets=GAPS, registry=self.registry
        )
        for how in ("inferred", "gated"):
            self._looks.labels(how)
        for reason in ("replaced", "old", "damaged", "error"):
            self._lost.labels(reason)

    def looked(self, *, gated: bool, age_s: float) -> None:
        """Note a look that was decided."""
        self._looks.labels("gated" if gated else "inferred").inc()
        self._age.observe(age_s)

    def came_after(self, gap_s: float, *, kept: bool) -> None:
        """Note how long after the camera's last look this one came."""
        self._gap.observe(gap_s)
        self._promised.inc()
        self._kept.inc(kept)

    def lost(self, reason: Lost, count: int = 1) -> None:
        """Note frames that nobody looked at."""
        self._lost.labels(reason).inc(count)

    def watch(self, held: Held) -> None:
        """Ask the cameras at each scrape: each reader, and when its last look's frame came (monotonic)."""
        self.registry.register(_Cameras(held))


class _Cameras:
    def __init__(self, held: Held) -> None:
        self._held, self._process = held, psutil.Process()

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now, cameras = time.monotonic(), list(self._held())
        ages = [now - looked for reader, looked in cameras if looked is not None and reader.state().status == "live"]
        kept = sum(reader.kept_bytes for reader, _ in cameras)
        rss = self._process.memory_info().rss
        yield GaugeMetricFamily("curbwatch_cameras_watched", "Cameras of this patrol.", len(cameras))
        yield GaugeMetricFamily(
            "curbwatch_longest_unseen_seconds", "Oldest look of a live camera.", max(ages, default=0)
        )
        yield GaugeMetricFamily("curbwatch_ring_bytes", "Packets kept for clips.", kept)
        yield GaugeMetricFamily("curbwatch_resident_bytes", "Memory of this process.", rss)
