# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol loop: the most urgent frames decoded, those that changed through the model, all of them judged."""

import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from curbwatch.allocator import give_back
from curbwatch.judging import SAVE_EVERY_S, Judge
from curbwatch.patrol_metrics import PatrolMetrics
from curbwatch.schedule import Waiting, interval_s, kept, most_urgent, too_old
from curbwatch.turns import Turn, may_repeat
from detector.closeups import look_closer
from detector.detections import Detections
from detector.gate import Inferred, luma
from detector.model import Model
from detector.reading import Seen, read_look
from streams.frame import Frame, Pixels
from streams.reader import CameraReader

MOST_DECODERS = 4  # threads: the one that decides could not follow more of them
IDLE_S = 1.0  # without any frame the loop comes round this often

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A camera's turn with its frame in hand and what the gate sees of it."""

    turn: Turn
    frame: Frame
    luma: Pixels


class Patrol:
    """Threads that look at every due frame until they are stopped: one decides, a few decode ahead of it."""

    def __init__(
        self,
        turns: dict[str, Turn],
        model: Model,
        judge: Judge,
        *,
        batch: int,
        repeat_s: float,
        metrics: PatrolMetrics,
        frame_there: threading.Event,
    ) -> None:
        self._turns, self._model, self._judge = turns, model, judge
        self._batch, self._repeat_s = batch, repeat_s
        self._metrics, self._frame_there, self._quit = metrics, frame_there, threading.Event()
        # each of these threads keeps decoders of its own, some 10 MB each; idle ones are not started
        decoders = min(MOST_DECODERS, os.cpu_count() or 1)
        self._decoders = ThreadPoolExecutor(decoders, thread_name_prefix="decode")
        self._most_ahead = max(batch, decoders) + 1
        self._ahead: deque[tuple[Turn, Future[Ready | None]]] = deque()
        self._thread = threading.Thread(target=self._work, name="patrol", daemon=True)
        self._saved_at = time.monotonic()
        metrics.watch(self._held)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop looking, save every camera's sites, and let clips under way be finished, which may take minutes."""
        self._quit.set()
        self._frame_there.set()
        if self._thread.is_alive():
            self._thread.join(30)
        self._decoders.shutdown()
        posts = [turn.post for turn in self._turns.values()]
        self._judge.save(posts)
        self._judge.remember(posts)
        self._judge.finish()

    def _held(self) -> Iterator[tuple[CameraReader, float | None]]:
        return ((turn.post.reader, turn.looked) for turn in self._turns.values())

    def _work(self) -> None:
        while not self._quit.is_set():
            try:
                self._round()
            except Exception:  # the worker's outermost loop: one bad round must not end the watch of a city
                log.exception("looks lost")
                self._metrics.lost("error")

    def _round(self) -> None:
        """Decode what is most urgent, look at what is decoded, and save now and then."""
        self._decode_ahead(time.monotonic())
        if not self._ahead:
            self._frame_there.wait(IDLE_S)
            self._frame_there.clear()
        elif ready := self._decoded():
            self._look(ready)
        if time.monotonic() - self._saved_at >= SAVE_EVERY_S:
            self._saved_at = time.monotonic()
            self._judge.save([turn.post for turn in self._turns.values() if turn.unsaved])
            for turn in self._turns.values():
                turn.unsaved = False
            give_back()

    def _decode_ahead(self, now: float, in_hand: Sequence[Ready] = ()) -> None:
        """Have the decoders busy with the most urgent frames; newer ones may still replace those that wait.

        in_hand: decoded and not yet judged, so their cameras look as urgent as before this look.
        """
        room = self._most_ahead - len(self._ahead)
        if room <= 0:
            return
        busy = {turn.post.reader.source.camera_id for turn, _ in self._ahead}
        busy |= {each.frame.camera_id for each in in_hand}
        for each in most_urgent(self._waiting(busy, now), room):
            turn = self._turns[each.camera_id]
            self._ahead.append((turn, self._decoders.submit(self._prepare, turn)))

    def _waiting(self, busy: set[str], now: float) -> Iterator[Waiting]:
        for camera_id, turn in self._turns.items():
            since = turn.post.reader.waiting_since
            if since is None or camera_id in busy:
                continue
            waiting = Waiting(camera_id, since, turn.looked, turn.interval_s)
            if too_old(waiting, now, turn.post.reader.source.stale_after_s):
                turn.post.reader.drop()
                turn.drops += 1  # told as old, not once more as replaced
                self._metrics.lost("old")
            else:
                yield waiting

    def _prepare(self, turn: Turn) -> Ready | None:
        """Runs in a decoder's thread."""
        with self._metrics.stage("decode"):
            frame = turn.post.reader.take()
        if frame is None:
            return None
        with self._metrics.stage("gate"):
            return Ready(turn, frame, luma(frame))

    def _decoded(self) -> list[Ready]:
        """The next frame, and those behind it that are done, as many as one inference takes."""
        ready: list[Ready] = []
        while self._ahead and len(ready) < self._batch and (not ready or self._ahead[0][1].done()):
            try:
                found = self._ahead[0][1].result()  # under way until then: it has taken its camera's frame
            finally:
                self._ahead.popleft()
            if found:
                ready.append(found)
            else:
                self._metrics.lost("damaged")
            self._decode_ahead(time.monotonic(), ready)
        return ready

    def _look(self, ready: list[Ready]) -> None:
        fresh = [each for each in ready if not self._repeated(each)]
        with self._metrics.stage("infer"):
            found = self._model.detect([each.frame.pixels for each in fresh], weak=True)
        for each, whole in zip(fresh, found, strict=True):
            seen, detections = self._closer(each, whole)
            with self._metrics.stage("judge"):
                self._judge.judge(each.turn.post, seen)
            each.turn.inferred = Inferred(each.frame.taken_at, each.luma, detections)
            self._done(each, seen, gated=False)

    def _closer(self, each: Ready, whole: Detections) -> tuple[Seen, Detections]:
        """The look, and what was found: looked at again close up where that may tell more."""
        post = each.turn.post
        with self._metrics.stage("closer"):
            seen, found, close_ups = look_closer(self._model, each.frame, whole, post.memory, post.rules)
        self._metrics.looked_closer(close_ups)
        return seen, found

    def _repeated(self, each: Ready) -> bool:
        """Whether nothing changed since the model last looked, and what it said then could be said again."""
        inferred = each.turn.inferred
        with self._metrics.stage("gate"):
            same = may_repeat(each.turn, each.frame, each.luma, self._repeat_s)
        if inferred is None or not same:
            return False
        seen = read_look(each.frame, inferred.found, self._model.manifest.by_class)
        with self._metrics.stage("judge"):
            if not self._judge.judge(each.turn.post, seen, gated=True):
                return False
        self._done(each, seen, gated=True)
        return True

    def _done(self, each: Ready, seen: Seen, *, gated: bool) -> None:
        turn, now = each.turn, time.monotonic()
        reader = turn.post.reader
        state = reader.state()
        camera_id = each.frame.camera_id
        self._metrics.looked(camera_id, gated=gated, age_s=now - each.frame.arrived)
        self._metrics.lost("replaced", turn.newly_dropped(state.drops))
        if turn.looked is not None and turn.interval_s:
            gap_s = each.frame.arrived - turn.looked
            self._metrics.came_after(camera_id, gap_s, kept=kept(gap_s, turn.interval_s, state.gop_s))
        turn.note(seen, arrived=each.frame.arrived)
        wanted = interval_s(
            turn.pace,
            gop_s=state.gop_s,
            candidate=bool(turn.candidates()),
            blind=turn.blind(),
            quiet_s=each.frame.arrived - turn.eventful,
        )
        if wanted != turn.interval_s:
            turn.interval_s = wanted
            reader.look_every(wanted)
