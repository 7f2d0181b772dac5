# SPDX-License-Identifier: AGPL-3.0-or-later
"""The generator's process: serves, obeys one JSON order per line on stdin, accounts for itself on stdout."""

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load.packets import Broadcast
from benchmarks.load.server import FAULTS, City, Viewer, city, misbehave, pace
from streams.loopback.clip import read_clip


async def serve(clip: Path, other: Path, cameras: int, port: int, *, controlled: bool) -> None:
    """Serve until stdin ends (controlled) or for ever; the first line on stdout names the port."""
    served = city(Broadcast(read_clip(clip)), Broadcast(read_clip(other)), cameras)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Viewer(served), "127.0.0.1", port, backlog=1024)
    _say({"port": server.sockets[0].getsockname()[1]})
    pacing = asyncio.create_task(pace(served))
    orders = asyncio.create_task(_obey(served)) if controlled else pacing
    done, _ = await asyncio.wait({pacing, orders}, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    for task in done:
        task.result()
    pacing.cancel()


async def _obey(served: City) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        _say(_done(served, json.loads(line)))


def _done(served: City, order: dict[str, Any]) -> dict[str, Any]:
    if order["do"] == "account":
        return account(served)
    if order["do"] != "fault" or order["fault"] not in FAULTS:
        return {"error": f"no such order: {order}"}
    misbehave([served.cameras[number] for number in order["cameras"]], order["fault"])
    return {}


def account(served: City) -> dict[str, Any]:
    """What was sent since the last account and how late, and the processor time since the start."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    late = served.late_s or [0.0]
    told = {
        "cpu_s": used.ru_utime + used.ru_stime,
        "watched": sum(bool(camera.viewers) for camera in served.cameras),
        "pictures": len(served.late_s),
        "mbit": round(served.bytes * 8 / 1e6, 1),
        "late_p99_ms": round(float(np.percentile(late, 99)) * 1000, 2),
        "skipped": served.skipped,
    }
    served.late_s, served.bytes, served.skipped = [], 0, 0
    return told


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
