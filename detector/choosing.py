# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which engine computes the model on this machine: a short trial of both, the faster one that says the same wins."""

import io
import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector import boxes
from detector.detections import Detections
from detector.errors import SessionError
from detector.heads import decode
from detector.letterbox import letterbox, room
from detector.manifest import Manifest, load_manifest
from detector.openvino_session import OpenVinoSession
from detector.session import OnnxSession, Session
from streams.frame import Pixels

Engine = Literal["auto", "onnxruntime", "openvino"]

TRIAL_S = 1.0  # of runs of both, after loading
TRIALS = 6
TRIAL_LIMIT_S = 60.0  # with loading, on a machine that has other things to do
SAME_IOU = 0.8
SAME_SCORE = 0.08  # bfloat16 keeps three digits; scores of one thing were seen to move by 0.03
CLEAR = 0.5  # of a class's threshold, and SAME_SCORE above: what is fainter may be there for one and not the other

log = logging.getLogger(__name__)


def open_session(manifest: Manifest, engine: Engine, *, threads: int) -> Session:
    """The session of a named engine, "auto" being onnxruntime: see `faster` for a choice."""
    if engine == "openvino":
        return OpenVinoSession(manifest.weights, threads=threads)
    return OnnxSession(manifest.weights, threads=threads)


def faster(path: Path, picture: Pixels, *, threads: int) -> Engine:
    """The engine to take for a manifest on this machine, tried on a BGR uint8[H,W,3] picture; the log says why.

    The trial runs in a process of its own, which imports nothing from the current folder: the engine that loses would
    keep a hundred megabytes.
    """
    command = [sys.executable, "-P", "-m", "detector.choosing", str(path), str(threads)]
    sample = io.BytesIO()
    np.save(sample, picture)
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, input=sample.getvalue(), capture_output=True, check=True, timeout=TRIAL_LIMIT_S
        )
        told = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        log.warning("inference by onnxruntime: the trial of OpenVINO failed (%s)", type(error).__name__)
        return "onnxruntime"
    log.info("%s", told["why"])
    return "openvino" if told["engine"] == "openvino" else "onnxruntime"


def main() -> None:
    """A manifest and a number of threads as arguments, a picture (.npy) on stdin; prints what to take and why."""
    manifest, threads = load_manifest(Path(sys.argv[1])), int(sys.argv[2])
    picture = np.load(io.BytesIO(sys.stdin.buffer.read()))
    engine, why = compared(manifest, picture, threads)
    sys.stdout.write(json.dumps({"engine": engine, "why": why}))


def compared(manifest: Manifest, picture: Pixels, threads: int) -> tuple[Engine, str]:
    """Which engine to take, and why."""
    usual = OnnxSession(manifest.weights, threads=threads)
    try:
        other = OpenVinoSession(manifest.weights, threads=threads)
    except SessionError as error:
        return "onnxruntime", f"inference by {usual.name} ({error})"
    side = manifest.input_size
    free = not any(isinstance(axis, int) for axis in usual.input_shape[2:])
    rows, columns = room(picture.shape[1], picture.shape[0], side) if free else (side, side)
    sample = np.zeros((1, 3, rows, columns), np.float32)
    letterbox(picture, sample[0])
    wins, why = better(usual, other, manifest, sample)
    return "openvino" if wins else "onnxruntime", why


def better(usual: Session, other: Session, manifest: Manifest, sample: NDArray[np.float32]) -> tuple[bool, str]:
    """Whether the other session says the same of the sample, float32[1,3,H,W], and is faster; and a line about it."""
    said = [_read(session.run(sample), manifest) for session in (usual, other)]
    if not agree(said[0], said[1], _floors(manifest)):
        return False, f"inference by {usual.name}: {other.name} says something else of the same picture"
    usual_s, other_s = _race(usual, other, sample)
    chosen = other if other_s < usual_s else usual
    times = f"{usual.name} {usual_s * 1e3:.1f} ms, {other.name} {other_s * 1e3:.1f} ms"
    return chosen is other, f"inference by {chosen.name} ({times})"


def agree(one: Detections, two: Detections, floors: NDArray[np.float32]) -> bool:
    """Whether each of two answers holds every clear detection of the other: same class, place and score."""
    return _within(one, two, floors) and _within(two, one, floors)


def _within(some: Detections, all_of: Detections, floors: NDArray[np.float32]) -> bool:
    return all(
        score < floors[class_id] + SAME_SCORE or _has(all_of, box, float(score), int(class_id))
        for box, score, class_id in zip(some.xyxy, some.confidence, some.class_id, strict=True)
    )


def _has(found: Detections, box: NDArray[np.float32], score: float, class_id: int) -> bool:
    x0, y0, x1, y1 = box.tolist()
    return any(
        int(c) == class_id
        and abs(float(s) - score) <= SAME_SCORE
        and boxes.iou((x0, y0, x1, y1), (b[0], b[1], b[2], b[3])) >= SAME_IOU
        for b, s, c in zip(found.xyxy.tolist(), found.confidence, found.class_id, strict=True)
    )


def _floors(manifest: Manifest) -> NDArray[np.float32]:
    return np.array([CLEAR * manifest.threshold(name) for name in manifest.classes], np.float32)


def _read(output: NDArray[np.float32], manifest: Manifest) -> Detections:
    return decode(output[0], manifest, _floors(manifest))


def _race(usual: Session, other: Session, sample: NDArray[np.float32]) -> tuple[float, float]:
    """The quickest run of each in seconds, turn about: what else runs on the machine then slows both."""
    spent: tuple[list[float], list[float]] = [], []
    until = time.perf_counter() + TRIAL_S
    while not spent[1] or (len(spent[1]) < TRIALS and time.perf_counter() < until):
        for session, spans in zip((usual, other), spent, strict=True):
            began = time.perf_counter()
            session.run(sample)
            spans.append(time.perf_counter() - began)
    return min(spent[0]), min(spent[1])


if __name__ == "__main__":
    main()
