# SPDX-License-Identifier: AGPL-3.0-or-later
"""One point of the capacity curve: the whole service on so many cameras for a while."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from benchmarks import running
from benchmarks.capacity.metrics import LOOKED_AT, LOOKS, RING, Scrape, between, looks, scrape
from benchmarks.capacity.setup import Plan, write_settings
from benchmarks.errors import BenchError
from benchmarks.load import Load, load
from benchmarks.running import Service

FIRST_LOOKS_LIMIT_S = 120.0
SETTLE_S = 30.0  # what every camera shows first is looked at afresh three times: its start, which is told by itself
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Field:
    """Where it is measured: the cameras' clip, the street with its zones, and who has which processors."""

    clip: Path
    street: Path
    plan: Plan
    service_cpus: tuple[int, ...]
    load_cpus: tuple[int, ...]


def processors(wanted: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """So many processors for the service and the rest for the load; none named where they cannot be kept apart."""
    there = sorted(os.sched_getaffinity(0))
    return (tuple(there[:wanted]), tuple(there[wanted:])) if wanted < len(there) else ((), ())


def measure_point(field: Field, cameras: int, seconds: float, say: Say) -> dict[str, Any]:
    """Start cameras and service, wait for every camera's first look, watch for some seconds."""
    with load(field.clip, cameras=cameras) as city:
        running.bind(city.process.pid, field.load_cpus)
        plan = replace(field.plan, threads=len(field.service_cpus) or field.plan.threads)
        with serving(field, city, plan) as (service, client):
            first_s = first_looks(client, service, cameras)
            say(f"{cameras} cameras: every one looked at after {first_s:.1f} s; watching for {seconds:.0f} s")
            time.sleep(min(SETTLE_S, seconds))
            point = watch(client, service, city, every_s=plan.every_s, seconds=seconds)
            point["engine"] = service.engine[-1] if service.engine else ""
    return point | {"first_look_s": round(first_s, 2)}


@contextmanager
def serving(field: Field, city: Load, plan: Plan) -> Iterator[tuple[Service, httpx2.Client]]:
    """The whole service on a city's cameras until the block ends, and a client that may read."""
    with TemporaryDirectory(prefix="curbwatch-bench-") as folder:
        settings = write_settings(Path(folder) / "bench.toml", field.street, city.urls(), plan)
        key = running.viewer_key(settings)
        with (
            running.running(settings, cpus=field.service_cpus) as service,
            running.api(service.address(), key) as client,
        ):
            yield service, client


def watch(client: httpx2.Client, service: Service, city: Load, *, every_s: float, seconds: float) -> dict[str, Any]:
    """One window of a running service."""
    cameras = city.cameras
    sent_before, before, busy, began = city.account(), scrape(client), service.cpu_s(), time.monotonic()
    time.sleep(seconds)
    passed, used, sent = time.monotonic() - began, service.cpu_s() - busy, city.account()
    after = scrape(client)
    window = between(before, after)
    return {
        "cameras": cameras,
        "seconds": round(passed, 1),
        "cpu_s_per_camera_s": round(used / passed / cameras, 5),
        "cpu_cores": round(used / passed, 4),
        **looks(window, cameras * passed / every_s),
        "looks_per_s": round(window.total(LOOKS) / passed, 2),
        "rss_mb": round(service.rss_mb(), 1),
        "ring_mb": round(after.total(RING) / 2**20, 1),
        "threads": service.threads(),
        "load": _load(sent, sent["cpu_s"] - sent_before["cpu_s"], passed),
    }


def _load(sent: dict[str, Any], used: float, passed: float) -> dict[str, Any]:
    return {
        "cpu_cores": round(used / passed, 4),
        "mbit_s": round(sent["mbit"] / passed, 1),
        **{name: sent[name] for name in ("watched", "late_p99_ms", "skipped")},
    }


def first_looks(client: httpx2.Client, service: Service, cameras: int) -> float:
    """Wait until every camera was looked at; seconds since the start of the process."""
    while (passed := time.monotonic() - service.began) < FIRST_LOOKS_LIMIT_S:
        if looked_at(scrape(client)) >= cameras:
            return passed
        if service.process.poll() is not None:
            break
        time.sleep(0.25)
    told = looked_at(scrape(client)) if service.process.poll() is None else 0
    raise BenchError(f"only {told} of {cameras} cameras were looked at in time:\n" + "".join(service.log))


def looked_at(now: Scrape) -> int:
    """How many cameras had a look since the service started."""
    return round(now.total(LOOKED_AT))
