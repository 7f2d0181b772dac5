# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that decides a training run besides the data; no torch here, so that a command can read it."""

import fcntl
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recipe:
    """One run.

    start: ONNX weights of ours, a checkpoint of ours, or an ultralytics checkpoint of yolo11n; run: folder of the
    checkpoint and the log. The run ends after so many epochs (of `steps` steps of `batch` pictures on each of
    `workers` processes) or minutes, whichever comes first; with minutes the clock has a say in rate and mosaics, and
    no two runs make the same weights. side: pixels; frozen: first layers to leave as they are; rate: of AdamW at its
    highest; warm_up: steps; mosaics: share of pictures that are mosaics until `calm` of the run is done.
    """

    start: Path
    run: Path
    epochs: int = 30
    minutes: float = math.inf
    side: int = 416
    batch: int = 16
    workers: int = 2
    frozen: int = 0
    steps: int = 48
    rate: float = 1e-3
    warm_up: int = 60
    mosaics: float = 0.5
    calm: float = 0.85
    seed: int = 11


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """One training a folder: a second would write its checkpoints over the first one's. ValueError while there is one.

    What is forked within this holds the folder, too, for as long as it lives.
    """
    run.mkdir(parents=True, exist_ok=True)
    with (run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system lets go of it however the processes end
        except BlockingIOError as error:
            message = f"{run}: a training is under way here; wait for its end, or stop all its processes"
            raise ValueError(message) from error
        yield
