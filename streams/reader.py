# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads one camera for ever in a thread of its own."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from streams.backoff import Backoff
from streams.coded import Coded
from streams.connection import Connection
from streams.decoder import Chooser, Decoded, to_pixels
from streams.errors import BadStream, StreamEnded, StreamError
from streams.failures import no_picture, no_whole_picture, stream_ended
from streams.frame import Frame, Pixels, Planes, plane_of
from streams.keyframes import decode_keyframe
from streams.pictures import is_pictures, live_pictures
from streams.redact import redact
from streams.ring import PacketRing
from streams.source import Source
from streams.state import CameraState, Status

REOPENED_AFTER_S = 1.0  # a recording that loops
OPENING_S = 1.0  # stopping waits so long for a camera that is being opened: it has nobody to say goodbye to

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """What can be taken: a keyframe, or what was decoded from the packets up to this one."""

    coded: Coded
    pixels: Pixels | Planes | None
    sequence: int
    connection: int


class CameraReader:
    """The newest picture of a camera, whatever the camera does: reconnects for ever, never queues.

    The reader's thread only receives; a keyframe is decoded by whoever takes it, with few decoders for all cameras.
    `jitter` (0..1) spreads the retries, `on_frame` is called in the reader's thread when there is something new to
    take. A reader can be started once.
    """

    def __init__(
        self,
        source: Source,
        *,
        jitter: Callable[[], float] = random.random,
        on_frame: Callable[[], None] | None = None,
    ) -> None:
        self.source = source
        self._on_frame = on_frame
        self._backoff = Backoff(jitter)
        self._ring = PacketRing(source.clip_s, source.clip_bytes)
        self._quit = Event()
        self._opening = False
        self._thread = Thread(target=self._run, name=f"camera-{source.camera_id}", daemon=True)
        self._every_s = source.every_s
        self._lock = Lock()  # guards everything below
        self._slot: _Waiting | None = None
        self._state = CameraState(source.camera_id)
        self._frame_mono: float | None = None  # when the newest picture came that is whole for all we know
        self._whole_mono: float | None = None  # when the newest came that was decoded whole
        self._doubtful = False  # the last keyframe could not be decoded: the next must prove itself
        self._undecodable = 0
        self._shown = set[Path]()  # of a folder's pictures
        self._over = False  # a recording was played to its end
        self._connection = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to read."""
        self._enter("connecting")
        self._thread.start()

    def stop(self, timeout_s: float = 12.0) -> bool:
        """Stop and release the socket; whether the thread has ended within the time, while opening within a second."""
        self._quit.set()
        if self._thread.ident is not None:
            self._thread.join(min(timeout_s, OPENING_S) if self._opening else timeout_s)
        self._enter("stopped")
        return not self._thread.is_alive()

    @property
    def waiting_since(self) -> float | None:
        """When the frame arrived (monotonic seconds) that nobody has taken yet; None when there is none."""
        slot = self._slot
        return slot.coded.mono if slot else None

    @property
    def kept_bytes(self) -> int:
        """Bytes of packets kept for clips."""
        return self._ring.bytes

    def look_every(self, seconds: float) -> None:
        """Want pictures at another interval from now on."""
        self._every_s = seconds

    def drop(self) -> None:
        """Give up the frame that nobody has taken, unlooked at and undecoded."""
        with self._lock:
            dropped, self._slot = self._slot is not None, None
            self._state = replace(self._state, drops=self._state.drops + dropped)

    def take(self) -> Frame | None:
        """The newest frame if nobody has taken it yet, decoded now; None also when it is not whole."""
        with self._lock:
            waiting, self._slot = self._slot, None
        if waiting is None:
            return None
        pixels = waiting.pixels if waiting.pixels is not None else _decoded(waiting.coded)
        if pixels is None:
            self._not_whole()
            return None
        self._whole(waiting, pixels)
        return Frame(self.source.camera_id, pixels, waiting.coded.at, waiting.sequence, waiting.coded.mono)

    def state(self) -> CameraState:
        """How the camera is now. One that is silent for too long is not called live."""
        now = time.monotonic()
        with self._lock:
            age_s = None if self._frame_mono is None else now - self._frame_mono
            state = replace(self._state, frame_age_s=age_s)
        if state.status == "live" and age_s is not None and age_s > self._look_limit_s():
            return replace(state, status="retrying", error=str(no_picture(self.source, age_s)))
        return state

    def packets(self, *, since: datetime, until: datetime) -> list[Coded]:
        """What is kept from the keyframe at or before `since` to `until` (aware), for a clip; nothing if it is gone."""
        return self._ring.cut(since, until)

    def _run(self) -> None:
        while not self._quit.is_set():
            self._enter("connecting")
            began = time.monotonic()
            error = self._watch_until_it_fails()
            if error is None:  # a recording of a few pictures must not be opened all the time
                self._quit.wait(began + REOPENED_AFTER_S - time.monotonic())
            elif not self._quit.is_set():
                healthy_s = (self._frame_mono or 0.0) - began
                self._retry(error, self._backoff.next_s(error, max(0.0, healthy_s)))
        self._enter("stopped")

    def _watch_until_it_fails(self) -> StreamError | None:
        """None when asked to stop, or when a looping recording begins again."""
        try:
            self._watch()
        except StreamEnded as error:
            self._over = not self.source.is_network
            return None if self._over and self.source.loop else error
        except StreamError as error:
            return error
        except Exception as error:  # the outermost loop of the worker: a camera must never end its watch
            log.exception("reading %s failed unexpectedly", self.source.camera_id)
            kind = type(error).__name__
            return BadStream(self.source.camera_id, f"reading {self.source.camera_id} failed ({kind}): see the log")
        return None

    def _watch(self) -> None:
        chooser, damaged, undecodable = Chooser(self._every_s, self.source.decode), 0, self._undecodable
        began = last_packet = time.monotonic()
        for coded in self._packets():
            if coded is not None:
                self._ring.add(coded)
                last_packet, chooser.every_s = coded.mono, self._every_s
                if due := chooser.feed(coded):
                    self._publish(due, coded, chooser)
            if chooser.damaged != damaged:
                self._count_damage(chooser.damaged - damaged)
                damaged = chooser.damaged
            self._check_age(began, last_packet, damaged + self._undecodable - undecodable)

    def _packets(self) -> Iterator[Coded | None]:
        if is_pictures(self.source.url):
            yield from live_pictures(self.source, self._shown, quit_event=self._quit)
            return
        if self._over and not self.source.loop:
            raise stream_ended(self.source)
        self._opening = True
        try:
            connection = Connection(self.source, quit_event=self._quit)
        finally:
            self._opening = False
        with connection:
            yield from connection

    def _look_limit_s(self) -> float:
        return self.source.stale_after_s + 2 * self._every_s

    def _check_age(self, began: float, last_packet: float, damaged: int) -> None:
        now = time.monotonic()
        if self.source.is_network and now - last_packet > self.source.stale_after_s:
            raise no_picture(self.source, now - last_packet)
        age_s = now - max(began, self._frame_mono or 0.0)
        if age_s > self._look_limit_s():
            raise no_whole_picture(self.source, age_s, damaged)

    def _publish(self, due: Coded | Decoded, coded: Coded, chooser: Chooser) -> None:
        pixels = due.pixels if isinstance(due, Decoded) else None
        waiting = _Waiting(coded, pixels, self._state.frames, self._connection)
        if pixels is not None:
            self._whole(waiting, pixels)
        with self._lock:
            sequence, drops = waiting.sequence, self._state.drops + (self._slot is not None)
            self._slot = waiting
            self._state = replace(
                self._state, frames=sequence + 1, drops=drops, codec=coded.track.codec, gop_s=chooser.gop_s
            )
            if not self._doubtful:
                self._alive(coded.mono, coded.at)
        if self._on_frame:
            self._on_frame()

    def _whole(self, waiting: _Waiting, pixels: Pixels | Planes) -> None:
        height, width = plane_of(pixels).shape[:2]
        mono = waiting.coded.mono
        with self._lock:
            self._doubtful, self._whole_mono = False, mono
            self._state = replace(self._state, width=width, height=height)
            # what was taken after the line broke does not mend it
            if waiting.connection == self._connection and self._state.status in ("connecting", "live"):
                newer = self._state.last_frame_at if mono < (self._frame_mono or 0.0) else waiting.coded.at
                self._alive(max(mono, self._frame_mono or 0.0), newer)

    def _not_whole(self) -> None:
        with self._lock:
            self._doubtful, self._frame_mono = True, self._whole_mono
            self._undecodable += 1
            self._state = replace(self._state, damaged=self._state.damaged + 1)

    def _alive(self, mono: float, at: datetime | None) -> None:
        """Note a picture; the lock must be held."""
        self._frame_mono = mono
        self._state = replace(self._state, status="live", error=None, last_frame_at=at)

    def _retry(self, error: StreamError, delay_s: float) -> None:
        message = redact(f"{error}; retrying in {delay_s:.0f} s")
        log.warning("%s", message)
        with self._lock:
            self._state = replace(self._state, status="retrying", error=message, reconnects=self._state.reconnects + 1)
        self._quit.wait(delay_s)

    def _enter(self, status: Status) -> None:
        with self._lock:
            self._connection += status == "connecting"
            self._state = replace(self._state, status=status)

    def _count_damage(self, more: int) -> None:
        with self._lock:
            self._state = replace(self._state, damaged=self._state.damaged + more)


def _decoded(coded: Coded) -> Pixels | Planes | None:
    frame = decode_keyframe(coded)
    return None if frame is None else to_pixels(frame)
