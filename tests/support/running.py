# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real command line as a stranger uses it: processes, files, HTTP."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import httpx2
import pytest

from curbwatch.cli import main

STREET = Path(__file__).parents[2] / "curbwatch" / "street"
T = TypeVar("T")
ADDRESS = re.compile(r"API at (http\S+);")


def curbwatch(*arguments: str | Path, code: int = 0, **environment: str) -> str:
    """Run one command to its end and give its stdout; its exit code must be `code`."""
    done = subprocess.run(
        [sys.executable, "-m", "curbwatch", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=170,
        env=os.environ | environment,
        check=False,
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 or done.stdout else done.stderr


def command(*arguments: str | Path, code: int = 0, **environment: str) -> str:
    """As `curbwatch`, in this process, which saves seconds: for commands that leave logs and signals alone."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    typed = patch.object(sys, "argv", ["curbwatch", *map(str, arguments)])
    told = patch.dict(os.environ, environment)
    with typed, told, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
        main()
    out.seek(0)
    said, complained = out.read(), err.getvalue()
    assert stop.value.code == code, f"exit {stop.value.code}\n{said}\n{complained}"
    return said if code == 0 or said else complained


@dataclass(frozen=True, slots=True)
class Running:
    """A service in a process of its own."""

    process: "subprocess.Popen[str]"
    api_url: str
    log: Path

    def kill(self) -> None:
        """What a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def running(settings: Path, log: Path, *options: str) -> Iterator[Running]:
    """`curbwatch run SETTINGS` until the block ends; it must then stop by itself on SIGTERM."""
    with log.open("a") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "curbwatch", "run", settings, *options], stderr=out, text=True
        )
    try:
        yield Running(process, _address(process, log), log)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    def found() -> str | None:
        assert process.poll() is None, log.read_text()
        hits = ADDRESS.findall(log.read_text())
        return hits[-1] if hits else None

    return eventually(found, "the service listens", seconds=100)


def eventually(ask: Callable[[], T | None], what: str, *, seconds: float = 100) -> T:
    """Ask until the answer is truthy; fails with what was awaited."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.2)
    pytest.fail(f"did not happen within {seconds:.0f} s: {what}")


@dataclass(frozen=True, slots=True)
class Api:
    """A client with a key; an API that is away answers nothing."""

    url: str
    key: str

    def get(self, path: str, **params: str | int) -> Any:
        with httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, trust_env=False) as http:
            return http.get(f"/api/v1{path}", params=params).raise_for_status().json()

    def cases(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("/cases", limit=200)["items"]
        return items


def settings_text(url: str, *, zones: list[dict[str, Any]], port: int = 0, data: str = "data", extra: str = "") -> str:
    """A settings file for one camera."""
    lines = ["[service]", f"port = {port}", f'data_dir = "{data}"', extra]
    lines += ["[[cameras]]", 'id = "cam-1"', f'url = "{url}"', "every_s = 1.0"]
    for zone in zones:
        lines += ["[[cameras.zones]]", *(f"{name} = {json.dumps(value)}" for name, value in zone.items())]
    return "\n".join(lines) + "\n"


WHOLE_PICTURE = {"name": "whole picture", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "dwell_s": 3.0, "clear_s": 4.0}
