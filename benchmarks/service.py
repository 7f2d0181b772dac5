# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole service on the demo street: start, memory, processor, and how soon a case is visible."""

import json
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from benchmarks import running
from benchmarks.errors import BenchError
from benchmarks.latency.cases import visible_ms
from benchmarks.latency.stopwatch import percentiles
from benchmarks.machine import facts
from benchmarks.running import Service
from streams.loopback import loopback_camera

START_LIMIT_S = 60.0


def measure(street: Path, *, cameras: int, seconds: float) -> dict[str, Any]:
    """Start the service on `cameras` loopback cameras and watch it; returns plain values for a report."""
    machine = facts()
    with TemporaryDirectory(prefix="curbwatch-bench-") as folder, ExitStack() as stack:
        urls = [stack.enter_context(loopback_camera(street / "street.mp4")).url for _ in range(cameras)]
        settings = _settings(Path(folder), street, urls)
        key = running.viewer_key(settings)
        service = stack.enter_context(running.running(settings))
        client = stack.enter_context(running.api(service.address(), key))
        report = _watch(service, client, cameras=cameras, seconds=seconds)
    return {"machine": machine} | report


def _watch(service: Service, client: httpx2.Client, *, cameras: int, seconds: float) -> dict[str, Any]:
    first_look_s = _wait_for_snapshot(client, service.began)
    since, busy = time.monotonic(), service.cpu_s()
    time.sleep(seconds)
    cpu = (service.cpu_s() - busy) / (time.monotonic() - since) / cameras
    memory_mb, found = service.rss_mb(), running.cases(client)
    return {
        "cameras": cameras,
        "first_look_s": round(first_look_s, 2),
        "rss_mb": round(memory_mb, 1),
        "cpu_s_per_camera_s": round(cpu, 4),
        "cases": len(found),
        "case_visible": percentiles([visible_ms(case) for case in found]) if found else None,
    }


def _wait_for_snapshot(client: httpx2.Client, began: float) -> float:
    while time.monotonic() - began < START_LIMIT_S:
        cameras = client.get("/api/v1/cameras").raise_for_status().json()["items"]
        if any(camera["snapshot"] for camera in cameras):
            return time.monotonic() - began
        time.sleep(0.02)
    raise BenchError(f"no look within {START_LIMIT_S:.0f} s; is the machine busy?")


def _settings(folder: Path, street: Path, urls: list[str]) -> Path:
    truth = json.loads((street / "street.json").read_text("utf-8"))
    lines = ["[service]", "port = 0", 'data_dir = "data"', "[patrol]", "heartbeat_s = 1.0"]
    for number, url in enumerate(urls):
        lines += ["[[cameras]]", f'id = "cam-{number}"', f'url = "{url}"', "every_s = 1.0"]
        for zone in truth["zones"]:
            lines += ["[[cameras.zones]]", f"name = {json.dumps(zone['name'])}", f'kind = "{zone["kind"]}"']
            lines += [f"polygon = {json.dumps(zone['polygon'])}", "dwell_s = 8.0", "clear_s = 6.0", "hit_ratio = 0.35"]
    path = folder / "bench.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
