# SPDX-License-Identifier: AGPL-3.0-or-later
"""All of `bench latency`: sessions in turn, round after round, so that what else the machine does falls on all."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.errors import BenchError
from benchmarks.latency.looks import BESIDE_INFERENCE, DECIDING, BareDecoder, Bench, Looking
from benchmarks.latency.sessions import PEER_SIDE, BareNetwork, Kind, bare_network
from benchmarks.latency.stopwatch import Stopwatch, figures, percentiles, ratio_of

WARM_UP = 5
COLD_RUNS = 3


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is timed: rounds, and looks of every session in each."""

    rounds: int = 6
    looks: int = 24


def measure(
    bench: Bench, kinds: Sequence[Kind], batches: Sequence[int], effort: Effort, say: Callable[[str], None]
) -> dict[str, Any]:
    """Sessions and peers, warm; returns `sessions` and `peers` of the report."""
    opened = [Looking(bench, kind, batch) for kind in kinds for batch in batches if kind.only in {0, batch}]
    if not opened:
        raise BenchError(f"these weights take batches of {kinds[0].only} only; measure with --batch {kinds[0].only}")
    network, what = bare_network(kinds[0].manifest, kinds[0].threads)
    bare, peers = BareDecoder(), Stopwatch()
    for looking in opened:
        looking.round(max(1, WARM_UP // looking.batch))
    watches: list[list[Stopwatch]] = [[] for _ in opened]
    medians: list[dict[str, float]] = []
    for number in range(effort.rounds):
        say(f"round {number + 1} of {effort.rounds}")
        for which in np.roll(np.arange(len(opened)), number):
            looking = opened[which]
            watches[which].append(looking.round(max(2, effort.looks // looking.batch)))
        medians.append(_peers(bench, network, bare, peers, effort.looks))
    rows = [_row(looking, some) for looking, some in zip(opened, watches, strict=True)]
    return {"sessions": rows, "peers": _peer_rows(peers, medians, watches[0], what)}


def _peers(
    bench: Bench, network: BareNetwork | None, bare: BareDecoder, clock: Stopwatch, looks: int
) -> dict[str, float]:
    """The peers' turn; medians of this round."""
    before = {name: len(spans) for name, spans in clock.spans.items()}
    for number in range(looks):
        with clock.stage("decode"):
            bare.decode(bench.keyframes[number % len(bench.keyframes)])
    if network is not None:
        picture = np.zeros((1, 3, PEER_SIDE, PEER_SIDE), np.float32)
        for _ in range(looks):
            with clock.stage("infer"):
                network.run(picture)
    return {name: float(np.median(spans[before.get(name, 0) :])) for name, spans in clock.spans.items()}


def _peer_rows(
    peers: Stopwatch, medians: Sequence[dict[str, float]], ours: Sequence[Stopwatch], what: str
) -> dict[str, Any]:
    """Our first session against the peers, round by round."""
    told: dict[str, Any] = {"network": what}
    for name, spans in peers.spans.items():
        ratios = [float(np.median(mine.spans[name])) / theirs[name] for mine, theirs in zip(ours, medians, strict=True)]
        ratio, between = ratio_of(ratios)
        told[name] = percentiles(spans) | {"our_ratio": ratio, "our_ratio_interval": between}
    return told


def _row(looking: Looking, rounds: Sequence[Stopwatch]) -> dict[str, Any]:
    names = list(rounds[0].spans)
    total = figures([one.total(DECIDING) for one in rounds])
    infer = float(np.median([span for one in rounds for span in one.spans["infer"]]))
    beside = float(np.median([span for one in rounds for span in one.total(BESIDE_INFERENCE)]))
    return {
        "session": looking.kind.name,
        "model": looking.kind.manifest.name,
        "input": looking.kind.manifest.input_size,
        "batch": looking.batch,
        "threads": looking.kind.threads,
        "stages": {name: figures([one.spans[name] for one in rounds]) for name in names},
        "total": total,
        "beside_inference": round(beside / infer, 4),
        "p99_over_p50": round(float(np.divide(total["p99_ms"], total["p50_ms"])), 3),
    }


def cold(manifest: Path, clip: Path, threads: int, runs_wanted: int) -> dict[str, Any]:
    """A fresh process each time: import, load, the first looks, memory; medians."""
    runs = [_cold_once(manifest, clip, threads) for _ in range(runs_wanted)]
    first = np.median([run.pop("first_looks_ms") for run in runs], axis=0)
    told = {name: round(float(np.median([run[name] for run in runs])), 1) for name in runs[0]}
    return told | {"first_looks_ms": [round(float(value), 2) for value in first]}


def _cold_once(manifest: Path, clip: Path, threads: int) -> dict[str, Any]:
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.latency.cold", str(manifest), str(clip), str(threads)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(f"a cold start failed: {done.stderr.strip().splitlines()[-1]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"process_ms": round((time.perf_counter() - began) * 1000, 1)}
