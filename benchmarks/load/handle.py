# SPDX-License-Identifier: AGPL-3.0-or-later
"""The generator as a benchmark holds it: started, given orders, asked for its account, ended."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchError
from benchmarks.load.server import Fault


@dataclass(frozen=True, slots=True)
class Load:
    """A running generator."""

    process: "subprocess.Popen[str]"
    port: int
    cameras: int

    def urls(self) -> list[str]:
        return [f"rtsp://127.0.0.1:{self.port}/cam-{number}" for number in range(self.cameras)]

    def misbehave(self, cameras: Iterable[int], fault: Fault) -> None:
        """Switch a fault of some cameras on, or back to "none"."""
        self._order({"do": "fault", "cameras": list(cameras), "fault": fault})

    def account(self) -> dict[str, Any]:
        """What was sent since the last account, and the generator's processor time since its start."""
        return self._order({"do": "account"})

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        if self.process.stdin is None or self.process.stdout is None:
            raise BenchError("the load generator was started without pipes")
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        said: dict[str, Any] = json.loads(self.process.stdout.readline() or '{"error": "the load generator died"}')
        if "error" in said:
            raise BenchError(said["error"])
        return said


@contextmanager
def load(clip: Path, *, cameras: int, other: Path | None = None) -> Iterator[Load]:
    """So many loopback cameras playing a clip until the block ends; `other` is for a change of resolution."""
    arguments = ["--clip", str(clip), "--other", str(other or clip), "--cameras", str(cameras), "--control"]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.load", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        said = process.stdout.readline() if process.stdout else ""
        if not said:
            raise BenchError("the load generator ended at its start; its message stands above")
        yield Load(process, json.loads(said)["port"], cameras)
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait(10)
        if process.stdout:
            process.stdout.close()
