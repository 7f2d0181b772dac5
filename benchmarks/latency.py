# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look, stage by stage, on keyframes of a clip: decode, letterbox, infer, head, rules, jpeg.

`total` runs from the decoded frame in hand to the decision; decode and jpeg stand apart.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from benchmarks.machine import facts
from detector.detections import Detections
from detector.evidence import blurred, jpeg
from detector.heads import decode
from detector.letterbox import letterbox, unletterbox
from detector.looks import seen
from detector.manifest import Manifest, load_manifest
from detector.rules import rules_for
from detector.session import OnnxSession
from detector.watch import Watch, watch
from detector.zones import Zone
from streams.frame import Frame

RULES = rules_for((Zone("whole picture", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))),))
DECIDING = ("letterbox", "infer", "head", "rules")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Stopwatch:
    """Milliseconds per stage, one value per look."""

    def __init__(self) -> None:
        self.spans: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.spans[name].append((time.perf_counter() - began) * 1000)

    def total(self, names: tuple[str, ...]) -> list[float]:
        return [sum(spans) for spans in zip(*(self.spans[name] for name in names), strict=True)]


def measure(model: Path, clip: Path, *, looks: int, threads: int) -> dict[str, Any]:
    """Time `looks` looks after five to warm up; returns the report that `bench latency --json` writes."""
    manifest = load_manifest(model)
    session = OnnxSession(manifest.weights, threads=threads)
    machine = facts()
    _run(manifest, session, clip, looks=5)
    stopwatch = _run(manifest, session, clip, looks=looks)
    row = {
        "session": "onnxruntime fp32",
        "model": manifest.name,
        "input": manifest.input_size,
        "batch": 1,
        "threads": threads,
        "stages": {name: percentiles(spans) for name, spans in stopwatch.spans.items()},
        "total": percentiles(stopwatch.total(DECIDING)),
    }
    return {"machine": machine, "looks": looks, "sessions": [row]}


def percentiles(spans_ms: list[float]) -> dict[str, float]:
    """Median and tail of a list of milliseconds."""
    p50, p95, p99 = np.percentile(spans_ms, (50, 95, 99)).tolist()
    return {"p50_ms": round(p50, 3), "p95_ms": round(p95, 3), "p99_ms": round(p99, 3)}


def _run(manifest: Manifest, session: OnnxSession, clip: Path, *, looks: int) -> Stopwatch:
    stopwatch, state = Stopwatch(), Watch("bench")
    floors = np.array([manifest.threshold(name) for name in manifest.classes], np.float32)
    batch = np.empty((1, 3, manifest.input_size, manifest.input_size), np.float32)
    for number, packet in enumerate(islice(cycle(_keyframes(clip)), looks)):
        with stopwatch.stage("decode"):
            frame = Frame("bench", packet(), START + timedelta(seconds=number), number)
        with stopwatch.stage("letterbox"):
            place = letterbox(frame.picture, batch[0])
        with stopwatch.stage("infer"):
            output = session.run(batch)[0]
        with stopwatch.stage("head"):
            found = decode(output, manifest, floors)
            found = Detections(unletterbox(found.xyxy, place), found.confidence, found.class_id)
        with stopwatch.stage("rules"):
            look = seen(frame, found, manifest.classes)
            state, _ = watch(state, look.look, RULES)
        with stopwatch.stage("jpeg"):
            jpeg(blurred(frame.picture, look.people))
    return stopwatch


def _keyframes(clip: Path) -> list[Any]:
    """One call per keyframe of the clip that decodes it afresh to BGR."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        codec, extradata = stream.codec_context.name, stream.codec_context.extradata
        packets = [bytes(packet) for packet in container.demux(stream) if packet.is_keyframe]
    decoder = cast("VideoCodecContext", VideoCodecContext.create(codec, "r"))
    decoder.extradata = extradata
    decoder.thread_count = 1
    decoder.flags |= Flags.low_delay

    def call(data: bytes) -> Any:
        return lambda: decoder.decode(av.Packet(data))[0].to_ndarray(format="bgr24")

    return [call(data) for data in packets]
