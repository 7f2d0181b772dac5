# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo: a loopback RTSP camera plays the demo street, the whole service watches it, nothing to configure."""

import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from api.roles import Role
from curbwatch.service import SAMPLE, end_key, fresh_key, service
from curbwatch.settings import CameraSettings, ServiceSettings, Settings
from streams.loopback import loopback_camera

STREET = Path(__file__).parent / "street"
KEY = "demo"
DWELL_S = 8.0
CLEAR_S = 6.0
HIT_RATIO = 0.35  # the model sees the pile in half of the looks, and no background knows the street so soon


def play_demo(told: threading.Event, *, seconds: float, port: int, data_dir: Path | None) -> dict[str, Any]:
    """Run the demo until told to stop or the time is over; returns its cases and the seconds to the first."""
    with _folder(data_dir) as folder, loopback_camera(SAMPLE) as camera:
        began = time.monotonic()
        settings = demo_settings(camera.url, folder, _free_port(port))
        with service(settings) as api_url:
            token = fresh_key(settings, KEY, Role.ADMIN)
            try:
                _say(f"Curbwatch demo: open {api_url}/login#token={token}")
                _say(f"  API key (shown once): {token}")
                return _follow(api_url, token, told, began=began, seconds=seconds)
            finally:
                end_key(settings, KEY)


def demo_settings(url: str, folder: Path, port: int) -> Settings:
    """Settings of a service that watches the demo street at `url`, with short dwell times.

    The environment's settings are left alone: they are those of a real service, which may run on this machine.
    """
    truth = json.loads((STREET / "street.json").read_text("utf-8"))
    zones = [
        {
            "name": zone["name"],
            "polygon": zone["polygon"],
            "kind": zone["kind"],
            "dwell_s": DWELL_S,
            "hit_ratio": HIT_RATIO,
            "clear_s": CLEAR_S,
        }
        for zone in truth["zones"]
    ]
    camera = CameraSettings.model_validate(
        {"id": "demo-street", "name": "演示街 Demo street", "url": url, "every_s": 1.0, "zones": zones}
    )
    return Settings.model_construct(service=ServiceSettings(port=port, data_dir=folder), cameras=(camera,))


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is not None:
        yield data_dir
        return
    with tempfile.TemporaryDirectory(prefix="curbwatch-demo-") as folder:
        yield Path(folder)


def _free_port(wanted: int) -> int:
    """The wanted port if nobody has it, else any: a demo must not fail because something else runs."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            _say(f"port {wanted} is taken: using a free one")
            return 0
    return wanted


def _follow(api_url: str, token: str, told: threading.Event, *, began: float, seconds: float) -> dict[str, Any]:
    """Announce cases as they come."""
    known: dict[str, dict[str, Any]] = {}
    first_case_s: float | None = None
    with httpx2.Client(base_url=api_url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        while not told.wait(0.5) and not (seconds and time.monotonic() - began > seconds):
            try:
                answer = client.get("/api/v1/cases", params={"limit": 200}).raise_for_status()
            except httpx2.HTTPError:  # a busy machine: the next look tells the same
                continue
            for case in reversed(answer.json()["items"]):
                if case["id"] not in known:
                    first_case_s = first_case_s or round(time.monotonic() - began, 1)
                    _say(f"  case {case['id']}: {case['class']} in {case['zone']}, {api_url}/cases/{case['id']}")
                known[case["id"]] = case
    fields = ("id", "class", "zone", "status", "box", "confirmed_at", "cleared_at")
    return {"cases": [{name: case[name] for name in fields} for case in known.values()], "first_case_s": first_case_s}


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
