# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which engine computes the model on this machine: a short trial of both, the faster one that says the same wins."""

import logging
import time
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector import boxes
from detector.detections import Detections
from detector.errors import SessionError
from detector.heads import decode
from detector.manifest import Manifest
from detector.openvino_session import OpenVinoSession
from detector.session import OnnxSession, Session

Engine = Literal["auto", "onnxruntime", "openvino"]

TRIAL_S = 1.0  # of runs of both, after loading
TRIALS = 12
SAME_IOU = 0.8
SAME_SCORE = 0.08  # bfloat16 keeps three digits; scores of one thing were seen to move by 0.03
CLEAR = 0.5  # of a class's threshold, and SAME_SCORE above: what is fainter may be there for one and not the other

log = logging.getLogger(__name__)


def open_session(
    manifest: Manifest, engine: Engine, *, threads: int, sample: NDArray[np.float32] | None = None
) -> Session:
    """The session to use. "auto" tries OpenVINO against onnxruntime on a sample float32[1,3,S,S], if it is there."""
    if engine == "openvino":
        return OpenVinoSession(manifest.weights, threads=threads)
    usual = OnnxSession(manifest.weights, threads=threads)
    if engine == "onnxruntime" or sample is None:
        return usual
    try:
        other = OpenVinoSession(manifest.weights, threads=threads)
    except SessionError as error:
        log.info("inference by %s (%s)", usual.name, error)
        return usual
    return better(usual, other, manifest, sample)


def better(usual: Session, other: Session, manifest: Manifest, sample: NDArray[np.float32]) -> Session:
    """The other session if it says the same of the sample and is faster, else the usual one; the log says why."""
    said = [_read(session.run(sample), manifest) for session in (usual, other)]
    if not agree(said[0], said[1], _floors(manifest)):
        log.warning("inference by %s: %s says something else of the same picture", usual.name, other.name)
        return usual
    usual_s, other_s = _race(usual, other, sample)
    chosen = other if other_s < usual_s else usual
    log.info(
        "inference by %s (%s %.1f ms, %s %.1f ms)", chosen.name, usual.name, usual_s * 1e3, other.name, other_s * 1e3
    )
    return chosen


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
