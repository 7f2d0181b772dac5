# SPDX-License-Identifier: AGPL-3.0-or-later
"""Times models in turns, so that a busy machine is as unfair to one as to the other.

    python -m models.latency A.onnx B.onnx --rounds 60

Prints the median inference of one picture and, paired by round, its ratio to the first model's with a 95 % bootstrap
interval over rounds.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.runner import Infer, onnx_infer


def in_turns(engines: Mapping[str, tuple[Infer, int]], rounds: int) -> dict[str, dict[str, Any]]:
    """Time one picture on each engine in every round, in another order each time; the first two rounds warm up."""
    rng = np.random.default_rng(0)
    pictures = {name: rng.random((1, 3, side, side), np.float32) for name, (_, side) in engines.items()}
    times: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds + 2):
        for number in rng.permutation(len(engines)):
            name = list(engines)[number]
            started = time.perf_counter()
            engines[name][0](pictures[name])
            times[name].append(1000 * (time.perf_counter() - started))
    return _summed({name: np.array(some[2:]) for name, some in times.items()}, rng)


def _summed(times: dict[str, Any], rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    first = next(iter(times.values()))
    drawn = rng.integers(len(first), size=(1000, len(first)))
    out = {}
    for name, some in times.items():
        ratios = some / first
        low, high = np.percentile(np.median(ratios[drawn], axis=1), [2.5, 97.5])
        out[name] = {
            "median_ms": round(float(np.median(some)), 1),
            "ratio": round(float(np.median(ratios)), 3),
            "ratio_interval": [round(float(low), 3), round(float(high), 3)],
        }
    return out


def main() -> None:
    """Print the times of some ONNX models."""
    parser = argparse.ArgumentParser(description="Time models in turns.")
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    found = in_turns({str(path): onnx_infer(path, args.threads) for path in args.weights}, args.rounds)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
