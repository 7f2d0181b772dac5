# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol promised and kept, for Prometheus."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import psutil
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from streams.reader import CameraReader

Lost = Literal["replaced", "old", "damaged", "error"]
AGES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.1, 2.25, 2.5, 3, 4, 6, 10, 20)
GAPS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 15.0, 20.0, 30.0, 60.0)

Held = Callable[[], Iterable[tuple[CameraReader, float | None]]]


class PatrolMetrics:
    """Counts looks as they happen; what the cameras hold is asked for at each scrape.

    by_camera: label looks with their camera; else the label is empty, and a thousand cameras cost one series.
    """

    def __init__(self, *, by_camera: bool = False) -> None:
        self._by_camera, self.registry = by_camera, CollectorRegistry()
        with_camera: dict[str, Any] = {"labelnames": ("camera",), "registry": self.registry}
        self._looks = Counter(
            "curbwatch_looks", "Looks by how they were decided.", ("camera", "how"), registry=self.registry
        )
        self._promised = Counter("curbwatch_looks_promised", "Looks with an interval to keep.", **with_camera)
        self._kept = Counter(
            "curbwatch_looks_kept", "Looks at most 1.25 intervals after the last, rounded to keyframes.", **with_camera
        )
        self._age = Histogram("curbwatch_look_age_seconds", "From arrival to decision.", buckets=AGES, **with_camera)
        self._gap = Histogram(
            "curbwatch_look_gap_seconds", "Between two looks of a camera.", buckets=GAPS, registry=self.registry
        )
        self._lost = Counter("curbwatch_looks_lost", "Frames not looked at.", ("reason",), registry=self.registry)
        self._close_ups = Counter("curbwatch_close_ups", "Places looked at again, close up.", registry=self.registry)
        self._spent = Counter("curbwatch_stage_seconds", "Seconds spent on looks.", ("stage",), registry=self.registry)
        for reason in ("replaced", "old", "damaged", "error"):
            self._lost.labels(reason)

    def looked(self, camera_id: str, *, gated: bool, age_s: float) -> None:
        """Note a look that was decided."""
        self._looks.labels(self._named(camera_id), "gated" if gated else "inferred").inc()
        self._age.labels(self._named(camera_id)).observe(age_s)

    def looked_closer(self, close_ups: int) -> None:
        """Note how many close-ups a look took."""
        self._close_ups.inc(close_ups)

    def came_after(self, camera_id: str, gap_s: float, *, kept: bool) -> None:
        """Note how long after the camera's last look this one came."""
        self._gap.observe(gap_s)
        self._promised.labels(self._named(camera_id)).inc()
        self._kept.labels(self._named(camera_id)).inc(kept)

    def lost(self, reason: Lost, count: int = 1) -> None:
        """Note frames that nobody looked at."""
        self._lost.labels(reason).inc(count)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the block's seconds to a stage."""
        began = time.perf_counter()
        yield
        self._spent.labels(name).inc(time.perf_counter() - began)

    def _named(self, camera_id: str) -> str:
        return camera_id if self._by_camera else ""

    def watch(self, held: Held) -> None:
        """Ask the cameras at each scrape: each reader, and when its last look's frame came (monotonic)."""
        self.registry.register(_Cameras(held))

    @contextmanager
    def spooled(self, count: Callable[[], tuple[int, int]]) -> Iterator[None]:
        """Ask the spool at each scrape, while the block lasts, how many messages wait and how many were refused."""
        collector = _Messages(count)
        self.registry.register(collector)
        try:
            yield
        finally:
            self.registry.unregister(collector)


class _Messages:
    def __init__(self, count: Callable[[], tuple[int, int]]) -> None:
        self._count = count

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        waiting, refused = self._count()
        yield GaugeMetricFamily("curbwatch_messages_waiting", "Messages that the API has not got yet.", waiting)
        yield GaugeMetricFamily("curbwatch_messages_refused", "Messages that the API will never take.", refused)


class _Cameras:
    def __init__(self, held: Held) -> None:
        self._held, self._process, self._began = held, psutil.Process(), time.monotonic()

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now, cameras = time.monotonic(), list(self._held())
        # one that was never looked at counts from the start: a patrol whose every look fails must not seem well
        ages = [now - (looked or self._began) for reader, looked in cameras if reader.state().status == "live"]
        looked_at = sum(looked is not None for _, looked in cameras)
        for name, words, value in (
            ("cameras_looked_at", "Cameras looked at since the start.", looked_at),
            ("longest_unseen_seconds", "Oldest look of a live camera.", max(ages, default=0)),
            ("ring_bytes", "Packets kept for clips.", sum(reader.kept_bytes for reader, _ in cameras)),
            ("resident_bytes", "Memory of this process.", self._process.memory_info().rss),
            ("threads", "Threads of this process.", self._process.num_threads()),
        ):
            yield GaugeMetricFamily(f"curbwatch_{name}", words, value)
