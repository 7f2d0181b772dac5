# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looks at keyframes of a clip through one session, each stage timed.

As the patrol takes them, but each whole picture once: no close-ups, and nothing below its class's threshold.
`total` runs from the decoded frame in hand to the decision; demux, decode, jpeg and what follows stand apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from benchmarks.latency.sessions import Kind, Runs
from benchmarks.latency.stopwatch import Stopwatch
from detector.evidence import blurred, jpeg
from detector.gate import luma, unchanged, watched
from detector.letterbox import letterbox
from detector.look import Look
from detector.model import detections
from detector.observe import Memory, observe
from detector.reading import Seen, read_look
from detector.rules import Rules
from detector.watch import Watch, watch
from streams.coded import Coded, Track
from streams.decoder import to_pixels
from streams.frame import Frame, Pixels
from streams.keyframes import KeyframeDecoder

DECIDING = ("gate", "letterbox", "infer", "head", "observe", "rules")
BESIDE_INFERENCE = tuple(name for name in DECIDING if name != "infer")
START = datetime(2026, 1, 1, tzinfo=UTC)
EVERY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every look needs: keyframes, rules, and what puts a case with its picture into the spool."""

    keyframes: Sequence[Coded]
    rules: Rules
    spool: Callable[[bytes], None] | None = None


def read_keyframes(clip: Path) -> list[Coded]:
    """The keyframes of an H.264 clip as the streams hand them on."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        annexb = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [out for packet in container.demux(stream) if packet.size for out in annexb.filter(packet)]
        track = Track("h264", stream.width, stream.height)
    return [Coded(bytes(each), track, True, None, None, START, 0.0) for each in packets if each.is_keyframe]


class Looking:
    """One session's looks, batch by batch; what one look leaves behind is there for the next."""

    def __init__(self, bench: Bench, kind: Kind, batch: int) -> None:
        self._bench, self._manifest, self.kind, self.batch = bench, kind.manifest, kind, batch
        self._session: Runs = kind.open()
        track = bench.keyframes[0].track
        rows, columns = kind.room(track.width, track.height)
        self._input = np.zeros((batch, 3, rows, columns), np.float32)
        self._floors = np.array([kind.manifest.threshold(name) for name in kind.manifest.classes], np.float32)
        self._decoder, self._state, self._number = KeyframeDecoder(), Watch("bench"), 0
        self._before: Pixels | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._memory = Memory()

    def round(self, batches: int) -> Stopwatch:
        """So many batches of looks at the next keyframes."""
        stopwatch = Stopwatch()
        for _ in range(batches):
            self._look(stopwatch)
        return stopwatch

    def _look(self, clock: Stopwatch) -> None:
        with clock.stage("decode", self.batch):
            frames = [self._next_frame() for _ in range(self.batch)]
        with clock.stage("gate", self.batch):
            for frame in frames:
                self._gate(frame)
        with clock.stage("letterbox", self.batch):
            fits = [letterbox(frame.pixels, self._input[i]) for i, frame in enumerate(frames)]
        with clock.stage("infer", self.batch):
            outputs = self._session.run(self._input)
        with clock.stage("head", self.batch):
            found = [
                detections(output, fit, self._manifest, self._floors) for output, fit in zip(outputs, fits, strict=True)
            ]
        seen = [read_look(frame, some, self._manifest.by_class) for frame, some in zip(frames, found, strict=True)]
        with clock.stage("observe", self.batch):
            told = [self._observe(each) for each in seen]
        with clock.stage("rules", self.batch):
            for look in told:
                self._state, _ = watch(self._state, look, self._bench.rules)
        self._keep(clock, seen[-1])

    def _next_frame(self) -> Frame:
        coded = self._bench.keyframes[self._number % len(self._bench.keyframes)]
        picture = self._decoder.decode(coded)
        if picture is None:
            raise ValueError("a keyframe of the benchmark's clip cannot be decoded; delete the clip and start again")
        self._number += 1
        return Frame("bench", to_pixels(picture), START + EVERY * self._number, self._number)

    def _gate(self, frame: Frame) -> None:
        now = luma(frame)
        if self._mask is None or self._mask.shape != now.shape:
            self._mask = watched(self._bench.rules.zones, *now.shape)
        if self._before is not None:
            unchanged(self._before, now, self._mask)
        self._before = now

    def _observe(self, seen: Seen) -> Look:
        self._memory, told = observe(self._memory, seen)
        return told

    def _keep(self, clock: Stopwatch, seen: Seen) -> None:
        """What a case would cost; the patrol does it only for one."""
        with clock.stage("jpeg"):
            picture = jpeg(blurred(seen.frame.picture, seen.people))
        if self._bench.spool is not None:
            with clock.stage("spool"):
                self._bench.spool(picture)


class BareDecoder:
    """The peer: libavcodec alone on one thread, as little round it as Python allows."""

    def __init__(self) -> None:
        self._decoder = VideoCodecContext.create("h264", "r")
        self._decoder.thread_count = 1
        self._decoder.flags |= av.codec.context.Flags.low_delay

    def decode(self, coded: Coded) -> None:
        """One keyframe to planes."""
        packet = av.Packet(coded.data)
        packet.is_keyframe = True
        self._decoder.decode(packet)
