# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ours and the peers in turn, on the same cameras in the same minutes; ratios with intervals over the repeats."""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import running
from benchmarks.capacity.metrics import LOOKS, rounded, scrape
from benchmarks.capacity.points import Field, Say, first_looks, serving
from benchmarks.latency.stopwatch import ratio_of
from benchmarks.load import Load, load
from detector.manifest import Manifest

CONTESTANTS = Path(__file__).parent / "contestants"
START_LIMIT_S = 120.0
SETTLE_S = 5.0
ERROR = re.compile(r"[\w.]*(Error|Exception): ")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A peer: what starts it, and the weights it is given."""

    name: str
    command: tuple[str, ...]
    weights: str


@dataclass(frozen=True, slots=True)
class Match:
    """What everybody has to do."""

    field: Field
    path: Path  # of the manifest
    manifest: Manifest
    cameras: int
    seconds: float
    fps: int


class Unfit(Exception):
    """A contestant cannot take part; says why."""


def contestants(manifest: Manifest, *, python: Path | None, roboflow: Path | None, pt: str) -> list[Contestant]:
    """All that can be tried: those of other environments only if one is named."""
    ours, onnx = (sys.executable, "-m"), str(manifest.weights.resolve())
    out = []
    if python is not None:
        script = str(CONTESTANTS / "ultralytics_stream.py")
        out.append(Contestant("ultralytics stream, .pt", (str(python), script), pt))
        out.append(Contestant("ultralytics stream, ONNX", (str(python), script), onnx))
    package = "benchmarks.peers.contestants"
    out.append(Contestant("OpenCV VideoCapture + same session", (*ours, f"{package}.opencv_capture"), onnx))
    if shutil.which("ffmpeg"):
        out.append(Contestant("Frigate-style: ffmpeg child, motion", (*ours, f"{package}.frigate_style"), onnx))
    if roboflow is not None:
        out.append(Contestant("roboflow inference", (str(roboflow), str(CONTESTANTS / "roboflow_pipeline.py")), onnx))
    return out


def compete(match: Match, peers: Sequence[Contestant], repeats: int, say: Say) -> dict[str, Any]:
    """Everybody in turn, `repeats` times, in turning order."""
    ours, rounds, unfit = list[dict[str, float]](), dict[str, list[dict[str, float]]](), dict[str, str]()
    for repeat in range(repeats):
        say(f"round {repeat + 1} of {repeats}: ours")
        ours.append(_ours(match))
        for peer in turned(peers, repeat):
            if peer.name not in unfit:
                say(f"round {repeat + 1} of {repeats}: {peer.name}")
                try:
                    rounds.setdefault(peer.name, []).append(_peer(match, peer))
                except Unfit as error:
                    unfit[peer.name] = str(error)
    found = [row for peer in peers if (row := _row(peer.name, rounds.get(peer.name, []), ours))]
    return {"ours": _summed(ours), "peers": found, "unfit": unfit}


def turned(peers: Sequence[Contestant], by: int) -> list[Contestant]:
    """Another one begins each time."""
    first = by % len(peers) if peers else 0
    return [*peers[first:], *peers[:first]]


def _ours(match: Match) -> dict[str, float]:
    with _cameras(match) as city, serving(match.field, city, match.field.plan) as (service, client):
        first_looks(client, service, match.cameras)
        time.sleep(min(SETTLE_S, match.seconds))
        looks, busy, began = scrape(client).total(LOOKS), service.cpu_s(), time.monotonic()
        time.sleep(match.seconds)
        passed, used = time.monotonic() - began, service.cpu_s() - busy
        return _rates(used, scrape(client).total(LOOKS) - looks, passed, match)


def _peer(match: Match, peer: Contestant) -> dict[str, float]:
    with _cameras(match) as city, _playing(match, peer, city) as player:
        player.wait_for_all(match.cameras)
        time.sleep(min(SETTLE_S, match.seconds))
        looks, busy, began = player.looks.total(), tree_cpu_s(player.process.pid), time.monotonic()
        time.sleep(match.seconds)
        passed, used = time.monotonic() - began, tree_cpu_s(player.process.pid) - busy
        if player.process.poll() is not None:
            raise Unfit(player.last_words())
        return _rates(used, player.looks.total() - looks, passed, match)


def _rates(used: float, looks: float, passed: float, match: Match) -> dict[str, float]:
    promised = match.cameras * passed / match.field.plan.every_s
    return {"cpu_s_per_camera_s": used / passed / match.cameras, "looks_made": looks / promised}


@contextmanager
def _cameras(match: Match) -> Iterator[Load]:
    with load(match.field.clip, cameras=match.cameras) as city:
        running.bind(city.process.pid, match.field.load_cpus)
        yield city


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """A running contestant and its looks by camera so far."""

    process: "subprocess.Popen[str]"
    looks: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def wait_for_all(self, cameras: int) -> None:
        """Until each camera was looked at; Unfit when that takes too long or it ends before."""
        until = time.monotonic() + START_LIMIT_S
        while len(self.looks) < cameras:
            if self.process.poll() is not None or time.monotonic() > until:
                raise Unfit(f"{len(self.looks)} of {cameras} cameras looked at; {self.last_words()}")
            time.sleep(0.1)

    def last_words(self) -> str:
        """The last error it named, else the last line it said: what dies in threads says more behind its reason."""
        said = [line.strip()[:300] for line in reversed(self.errors) if line.strip()]
        return next((line for line in said if ERROR.match(line)), next(iter(said), "it said nothing"))


@contextmanager
def _playing(match: Match, peer: Contestant, city: Load) -> Iterator[Player]:
    task = {
        "urls": city.urls(), "every_s": match.field.plan.every_s, "fps": match.fps, "weights": peer.weights,
        "manifest": str(match.path.resolve()),
        "input": match.manifest.input_size, "threads": max(1, len(match.field.service_cpus)),
    }  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - our own programs
        [*peer.command, json.dumps(task)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    running.bind(process.pid, match.field.service_cpus)
    player = Player(process)
    readers = [threading.Thread(target=_count, args=(player,)), threading.Thread(target=_hear, args=(player,))]
    for reader in readers:
        reader.start()
    try:
        yield player
    finally:
        _end(process)
        for reader in readers:
            reader.join(10)


def _count(player: Player) -> None:
    for line in player.process.stdout or ():
        if line.startswith("looks "):
            player.looks[line.split()[1]] += 1


def _hear(player: Player) -> None:
    for line in player.process.stderr or ():
        player.errors.append(line)
        del player.errors[:-50]


def _end(process: "subprocess.Popen[str]") -> None:
    children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()


def tree_cpu_s(pid: int) -> float:
    """Processor seconds of a process and its children so far."""
    used = 0.0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system
    return used


def _summed(rounds: Sequence[dict[str, float]]) -> dict[str, Any]:
    return {name: rounded(float(np.mean([one[name] for one in rounds])), 5) for name in rounds[0]} if rounds else {}


def _row(name: str, rounds: Sequence[dict[str, float]], ours: Sequence[dict[str, float]]) -> dict[str, Any] | None:
    if not rounds:
        return None
    ratios = [
        theirs["cpu_s_per_camera_s"] / mine["cpu_s_per_camera_s"] for theirs, mine in zip(rounds, ours, strict=False)
    ]
    ratio, interval = ratio_of(ratios)
    return {"name": name, **_summed(rounds), "ratio": ratio, "ratio_interval": interval}
