# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole service as its user starts it: `curbwatch run` as a process, loopback cameras, a real database."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil

from benchmarks.latency.stopwatch import percentiles
from benchmarks.machine import facts
from streams.loopback import loopback_camera

ADDRESS = re.compile(r"API at (http://\S+);")
START_LIMIT_S = 60.0


def measure(street: Path, *, cameras: int, seconds: float) -> dict[str, Any]:
    """Start the service on `cameras` loopback cameras and watch it; returns plain values for a report."""
    machine = facts()
    with tempfile.TemporaryDirectory(prefix="curbwatch-bench-") as folder, ExitStack() as stack:
        urls = [stack.enter_context(loopback_camera(street / "street.mp4")).url for _ in range(cameras)]
        settings = _settings(Path(folder), street, urls)
        key = _command("keys", "add", "-s", str(settings), "bench", "--role", "viewer").strip()
        report = _watch(settings, key, cameras=cameras, seconds=seconds)
    return {"machine": machine} | report


def _watch(settings: Path, key: str, *, cameras: int, seconds: float) -> dict[str, Any]:
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", "curbwatch", "run", str(settings)], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None  # noqa: S101 - asked for above
        address = _address(process)
        with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as api:
            first_look_s = _wait_for_snapshot(api, began)
            service, since, busy = psutil.Process(process.pid), time.monotonic(), _cpu_s(process.pid)
            time.sleep(seconds)
            cpu = (_cpu_s(process.pid) - busy) / (time.monotonic() - since) / cameras
            memory_mb = service.memory_info().rss / 2**20
            cases = api.get("/api/v1/cases", params={"limit": 200}).raise_for_status().json()["items"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    return {
        "cameras": cameras,
        "first_look_s": round(first_look_s, 2),
        "rss_mb": round(memory_mb, 1),
        "cpu_s_per_camera_s": round(cpu, 4),
        "cases": len(cases),
        "case_visible": percentiles([_visible_ms(case) for case in cases]) if cases else None,
    }


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None  # noqa: S101 - asked for above
    for line in process.stderr:
        if found := ADDRESS.search(line):
            return found[1]
    raise RuntimeError("the service ended before it listened; run the same settings with `curbwatch run`")


def _wait_for_snapshot(api: httpx2.Client, began: float) -> float:
    while time.monotonic() - began < START_LIMIT_S:
        cameras = api.get("/api/v1/cameras").raise_for_status().json()["items"]
        if any(camera["snapshot"] for camera in cameras):
            return time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError(f"no look within {START_LIMIT_S:.0f} s")


def _visible_ms(case: dict[str, Any]) -> float:
    """From the look that confirmed the violation to the case's row in the database."""
    times = [datetime.fromisoformat(case[name]) for name in ("confirmed_at", "created_at")]
    return (times[1] - times[0]).total_seconds() * 1000


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def _settings(folder: Path, street: Path, urls: list[str]) -> Path:
    truth = json.loads((street / "street.json").read_text("utf-8"))
    lines = ["[service]", "port = 0", 'data_dir = "data"', "[patrol]", "heartbeat_s = 1.0"]
    for number, url in enumerate(urls):
        lines += ["[[cameras]]", f'id = "cam-{number}"', f'url = "{url}"', "every_s = 1.0"]
        for zone in truth["zones"]:
            lines += ["[[cameras.zones]]", f"name = {json.dumps(zone['name'])}", f'kind = "{zone["kind"]}"']
            lines += [f"polygon = {json.dumps(zone['polygon'])}", "dwell_s = 8.0", "clear_s = 6.0"]
    path = folder / "bench.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _command(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "curbwatch", *arguments], check=True, capture_output=True, text=True, env=os.environ
    )
    return done.stdout
