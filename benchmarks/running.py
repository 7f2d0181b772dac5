# SPDX-License-Identifier: AGPL-3.0-or-later
"""The service as its user starts it: `curbwatch run` as a process of its own, watched from outside."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx2
import psutil

from benchmarks.errors import BenchError

ADDRESS = re.compile(r"API at (http://[^\s;]+)")
START_LIMIT_S = 120.0
ENGINE = re.compile(r"(inference by [^\n\x1b]+)")
LINES_KEPT = 40

Part = Literal["all", "api", "patrol"]


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A running service; its log is drained so that it never blocks, the last lines are kept."""

    process: "subprocess.Popen[str]"
    began: float
    log: deque[str] = field(repr=False)
    found: list[str] = field(repr=False)  # the API's address, once it listens
    engine: list[str] = field(repr=False)  # what the service says of its inference engine

    def address(self) -> str:
        """The API's address, once it listens."""
        while not self.found:
            if self.process.poll() is not None or time.monotonic() - self.began > START_LIMIT_S:
                raise BenchError("the service did not start:\n" + "".join(self.log))
            time.sleep(0.05)
        return self.found[0]

    def cpu_s(self) -> float:
        """Processor seconds of the process so far, user and system."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def rss_mb(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def threads(self) -> int:
        return psutil.Process(self.process.pid).num_threads()

    def kill(self) -> None:
        """What a power cut does."""
        self.process.kill()
        self.process.wait(10)


@contextmanager
def running(settings: Path, *, cpus: Sequence[int]) -> Iterator[Service]:
    """`curbwatch run SETTINGS` until the block ends, bound to these processors if there are any."""
    service = start(settings, "all", cpus=cpus)
    try:
        yield service
    finally:
        stop(service)


def start(
    settings: Path, part: Part, *, cpus: Sequence[int] = (), environment: Mapping[str, str] | None = None
) -> Service:
    """Start the service, in an environment of its own if one is given; whoever starts it stops it."""
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", "curbwatch", "run", str(settings), "--only", part],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    bind(process.pid, cpus)
    service = Service(process, began, deque(maxlen=LINES_KEPT), [], [])
    threading.Thread(target=_drain, args=(service,), name="service-log", daemon=True).start()
    return service


def stop(service: Service) -> None:
    """Ask the service to end; it gets half a minute."""
    if service.process.poll() is None:
        service.process.send_signal(signal.SIGTERM)
        try:
            service.process.wait(30)
        except subprocess.TimeoutExpired:
            service.kill()


def bind(pid: int, cpus: Sequence[int]) -> None:
    """Keep a process on some processors, so that two that are compared do not take each other's time."""
    if cpus:
        os.sched_setaffinity(pid, cpus)


def _drain(service: Service) -> None:
    if service.process.stderr is None:
        return
    with service.process.stderr as lines:
        for line in lines:
            service.log.append(line)
            if address := ADDRESS.search(line):
                service.found.append(address[1])
            if engine := ENGINE.search(line):
                service.engine.append(engine[1])


def command(*arguments: str) -> str:
    """Run one command of the product to its end; what it printed."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "curbwatch", *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


def viewer_key(settings: Path) -> str:
    """A key that may read cases and cameras."""
    return command("keys", "add", "-s", str(settings), "bench", "--role", "viewer").strip()


@contextmanager
def api(address: str, key: str) -> Iterator[httpx2.Client]:
    """A client of a running service."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=address, headers=headers, trust_env=False, timeout=20) as client:
        yield client


def cases(client: httpx2.Client) -> list[dict[str, Any]]:
    """All cases, newest first."""
    found, cursor = list[dict[str, Any]](), ""
    while True:
        page = client.get("/api/v1/cases", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))
        told = page.raise_for_status().json()
        found += told["items"]
        cursor = told.get("next_cursor") or ""
        if not cursor:
            return found
