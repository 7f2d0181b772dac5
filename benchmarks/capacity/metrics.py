# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the service says of itself (Prometheus text), read at both ends of a window; the one place that knows names."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families

LOOKS = "curbwatch_looks_total"  # how
PROMISED = "curbwatch_looks_promised_total"
KEPT = "curbwatch_looks_kept_total"
LOST = "curbwatch_looks_lost_total"  # reason
AGE = "curbwatch_look_age_seconds"  # a histogram
STAGES = "curbwatch_stage_seconds_total"  # stage
RING = "curbwatch_ring_bytes"
LOOKED_AT = "curbwatch_cameras_looked_at"

Labels = tuple[tuple[str, str], ...]
Cameras = Collection[str] | None  # None: all


@dataclass(frozen=True, slots=True)
class Scrape:
    """Samples by name and labels."""

    values: Mapping[str, Mapping[Labels, float]]

    def total(self, name: str, cameras: Cameras = None, **labels: str) -> float:
        """The sum of the samples with these labels."""
        return sum(value for told, value in self._some(name, cameras) if labels.items() <= told.items())

    def by(self, name: str, label: str, cameras: Cameras = None) -> dict[str, float]:
        """Sums by one label."""
        sums: dict[str, float] = defaultdict(float)
        for told, value in self._some(name, cameras):
            sums[told.get(label, "")] += value
        return dict(sums)

    def _some(self, name: str, cameras: Cameras) -> Iterable[tuple[dict[str, str], float]]:
        """Those of some cameras; what is not told by camera counts for all."""
        for labels, value in self.values.get(name, {}).items():
            told = dict(labels)
            if cameras is None or told.get("camera", "") in {"", *cameras}:
                yield told, value


def scrape(client: httpx2.Client) -> Scrape:
    """Read the service's metrics now."""
    return parsed(client.get("/metrics").raise_for_status().text)


def parsed(text: str) -> Scrape:
    """Read Prometheus text."""
    values: dict[str, dict[Labels, float]] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values[sample.name][tuple(sorted(sample.labels.items()))] = sample.value
    return Scrape(values)


def between(before: Scrape, after: Scrape) -> Scrape:
    """What counters and histograms counted from one scrape to the other; a restart counts from nought."""
    values: dict[str, dict[Labels, float]] = {}
    for name, rows in after.values.items():
        was = before.values.get(name, {})
        values[name] = {labels: _grown(was.get(labels, 0.0), value) for labels, value in rows.items()}
    return Scrape(values)


def _grown(before: float, after: float) -> float:
    return after - before if after >= before else after


def added(windows: Iterable[Scrape]) -> Scrape:
    """Several windows as one."""
    values: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
    for window in windows:
        for name, rows in window.values.items():
            for labels, value in rows.items():
                values[name][labels] += value
    return Scrape(values)


def quantiles(window: Scrape, wanted: Iterable[float], cameras: Cameras = None) -> list[float | None]:
    """Seconds of a frame's age at the decision, read from the histogram by straight lines within a bucket."""
    buckets = sorted((float(edge), count) for edge, count in window.by(f"{AGE}_bucket", "le", cameras).items())
    return [_quantile(buckets, share) for share in wanted]


def _quantile(buckets: list[tuple[float, float]], share: float) -> float | None:
    if not buckets or not buckets[-1][1]:
        return None
    rank = share * buckets[-1][1]
    low, below = 0.0, 0.0
    for edge, count in buckets:
        if count >= rank:
            if edge == float("inf"):
                return low  # older than the last bucket: at least so much
            return low + (edge - low) * (rank - below) / (count - below)
        low, below = edge, count
    return None


def looks(window: Scrape, due: float, cameras: Cameras = None) -> dict[str, Any]:
    """Looks promised and kept, by outcome, those lost by reason, and the frame ages of a window.

    `due` is how many looks the interval of the settings promises: the service itself counts a promise only when a look
    comes, so a camera that waits for ever would not count.
    """
    promised, kept = max(due, window.total(PROMISED, cameras)), window.total(KEPT, cameras)
    made = window.total(LOOKS)
    p50, p95, p99 = (rounded(age) for age in quantiles(window, (0.5, 0.95, 0.99), cameras))
    return {
        "looks_promised": round(promised),
        "looks_kept": rounded(kept / promised) if promised else None,
        "looks": {name: round(count) for name, count in window.by(LOOKS, "how", cameras).items()},
        "drops": {name: round(count) for name, count in window.by(LOST, "reason", cameras).items()},
        "stages_ms_per_look": {
            name: rounded(1000 * spent / made, 3) for name, spent in window.by(STAGES, "stage").items() if made
        },
        "frame_age_p50_s": p50,
        "frame_age_p95_s": p95,
        "frame_age_p99_s": p99,
    }


def rounded(value: float | None, digits: int = 4) -> float | None:
    """None stays None."""
    return None if value is None else round(value, digits)
