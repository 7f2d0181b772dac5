# SPDX-License-Identifier: AGPL-3.0-or-later
"""Prometheus metrics of one app, in a registry of its own."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

CaseCounts = Callable[[], Iterable[tuple[str, str, int]]]
CameraStatuses = Callable[[], Iterable[str]]


class Metrics:
    """Requests as they happen; cases and cameras are counted when somebody asks."""

    def __init__(self) -> None:
        """Starts at nought."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "curbwatch_http_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "curbwatch_http_request_seconds",
            "Seconds until the answer began.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.listeners = Gauge("curbwatch_event_listeners", "Open event streams.", registry=self.registry)
        self.errors = Counter(
            "curbwatch_http_errors_total", "Requests that broke on the server.", registry=self.registry
        )
        self.tail_failures = Counter(
            "curbwatch_event_tail_failures_total", "Looks at the event log that broke.", registry=self.registry
        )
        self.housekeeping_failures = Counter(
            "curbwatch_housekeeping_failures_total", "Housekeeping rounds that broke.", registry=self.registry
        )

    def watch(self, cases: CaseCounts, cameras: CameraStatuses) -> None:
        """Counts cases by status and class, and cameras by status, at each scrape."""
        self.registry.register(_City(cases, cameras))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Notes one answer; `route` is the template, never the address itself."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class _City:
    def __init__(self, cases: CaseCounts, cameras: CameraStatuses) -> None:
        self._cases = cases
        self._cameras = cameras

    def describe(self) -> Iterator[Metric]:
        # said without a look at the database, which may not be there yet
        yield GaugeMetricFamily("curbwatch_cases", "Cases.", labels=("status", "class"))
        yield GaugeMetricFamily("curbwatch_cameras", "Cameras.", labels=("status",))

    def collect(self) -> Iterator[Metric]:
        found = GaugeMetricFamily("curbwatch_cases", "Cases.", labels=("status", "class"))
        for status, class_name, count in self._cases():
            found.add_metric((status, class_name), count)
        yield found
        cameras = GaugeMetricFamily("curbwatch_cameras", "Cameras.", labels=("status",))
        for status, count in Tally(self._cameras()).items():
            cameras.add_metric((status,), count)
        yield cameras
