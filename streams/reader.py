# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads one camera for ever in a thread of its own."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

from streams.backoff import Backoff
from streams.clip import ClipInfo, write_clip
from streams.coded import Coded
from streams.connection import Clock, Connection, utc_now
from streams.decoder import Look, Looker
from streams.errors import BadStream, StreamEnded, StreamError
from streams.failures import no_picture, no_whole_picture
from streams.frame import Frame, plane_of
from streams.pictures import is_pictures, live_pictures
from streams.redact import redact
from streams.ring import PacketRing
from streams.source import Source
from streams.state import CameraState, Status

log = logging.getLogger(__name__)


class CameraReader:
    """The newest picture of a camera, whatever the camera does: reconnects for ever, never queues.

    `clock` stamps arrivals (aware UTC), `jitter` (0..1) spreads the retries, `on_frame` is called in the reader's
    thread after each new frame. A reader can be started once.
    """

    def __init__(
        self,
        source: Source,
        *,
        clock: Clock = utc_now,
        jitter: Callable[[], float] = random.random,
        on_frame: Callable[[], None] | None = None,
    ) -> None:
        self.source = source
        self._clock, self._on_frame = clock, on_frame
        self._backoff = Backoff(jitter)
        self._ring = PacketRing(source.clip_s, source.clip_bytes)
        self._quit = Event()
        self._thread = Thread(target=self._run, name=f"camera-{source.camera_id}", daemon=True)
        self._news = Condition()  # guards everything below
        self._slot: Frame | None = None
        self._state = CameraState(source.camera_id)
        self._frame_mono: float | None = None
        self._retry_at: float | None = None

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
        """Stop and release the socket; whether the thread has ended within the time."""
        self._quit.set()
        with self._news:
            self._news.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self._enter("stopped")
        return not self._thread.is_alive()

    def take(self) -> Frame | None:
        """The newest frame if nobody has taken it yet."""
        with self._news:
            frame, self._slot = self._slot, None
        return frame

    def wait(self, timeout_s: float) -> bool:
        """Wait for an unread frame; whether there is one. Returns early when the reader is stopped."""
        with self._news:
            self._news.wait_for(lambda: self._slot is not None or self._quit.is_set(), timeout_s)
            return self._slot is not None

    def state(self) -> CameraState:
        """How the camera is now. One that is silent for too long is not called live."""
        now = time.monotonic()
        with self._news:
            age_s = None if self._frame_mono is None else now - self._frame_mono
            retry_s = None if self._retry_at is None else max(0.0, self._retry_at - now)
            state = replace(self._state, frame_age_s=age_s, retry_in_s=retry_s)
        if state.status == "live" and age_s is not None and age_s > self._look_limit_s():
            return replace(state, status="retrying", error=str(no_picture(self.source, age_s)))
        return state

    def clip(self, path: Path, *, since: datetime, until: datetime) -> ClipInfo | None:
        """Write the kept packets from the keyframe at or before `since` to `until` (aware) as an MP4.

        None when nothing of that time is kept. OSError when the file cannot be written.
        """
        packets = self.packets(since=since, until=until)
        return write_clip(path, packets) if packets else None

    def packets(self, *, since: datetime, until: datetime) -> list[Coded]:
        """What `clip` would write, for a clip that is to be written when there is time."""
        return self._ring.cut(since, until)

    def _run(self) -> None:
        while not self._quit.is_set():
            self._enter("connecting")
            began = time.monotonic()
            error = self._watch_until_it_fails()
            if error is not None and not self._quit.is_set():
                healthy_s = (self._frame_mono or 0.0) - began
                self._retry(error, self._backoff.next_s(error, max(0.0, healthy_s)))
        self._enter("stopped")

    def _watch_until_it_fails(self) -> StreamError | None:
        """None when asked to stop, or when a looping recording begins again."""
        try:
            self._watch()
        except StreamEnded as error:
            return None if self.source.loop and not self.source.is_network else error
        except StreamError as error:
            return error
        except Exception as error:  # the outermost loop of the worker: a camera must never end its watch
            log.exception("reading %s failed unexpectedly", self.source.camera_id)
            kind = type(error).__name__
            return BadStream(self.source.camera_id, f"reading {self.source.camera_id} failed ({kind}): see the log")
        return None

    def _watch(self) -> None:
        looker, damaged_before = Looker(self.source.every_s, self.source.decode), self._state.damaged
        began = last_packet = time.monotonic()
        for coded in self._packets():
            if coded is not None:
                self._ring.add(coded)
                last_packet = coded.mono
                if look := looker.feed(coded):
                    self._publish(look, coded, looker)
            if looker.damaged != self._state.damaged - damaged_before:
                self._count_damage(damaged_before + looker.damaged)
            self._check_age(began, last_packet, looker.damaged)

    def _packets(self) -> Iterator[Coded | None]:
        if not self.source.is_network and is_pictures(self.source.url):
            yield from live_pictures(self.source, clock=self._clock, quit_event=self._quit)
            return
        with Connection(self.source, clock=self._clock, quit_event=self._quit) as connection:
            yield from connection

    def _look_limit_s(self) -> float:
        return self.source.stale_after_s + 2 * self.source.every_s

    def _check_age(self, began: float, last_packet: float, damaged: int) -> None:
        now = time.monotonic()
        if self.source.is_network and now - last_packet > self.source.stale_after_s:
            raise no_picture(self.source, now - last_packet)
        age_s = now - max(began, self._frame_mono or 0.0)
        if age_s > self._look_limit_s():
            raise no_whole_picture(self.source, age_s, damaged)

    def _publish(self, look: Look, coded: Coded, looker: Looker) -> None:
        height, width = plane_of(look.pixels).shape[:2]
        with self._news:
            sequence, drops = self._state.frames, self._state.drops + (self._slot is not None)
            self._slot = Frame(self.source.camera_id, look.pixels, look.at, sequence)
            self._frame_mono, self._retry_at = coded.mono, None
            self._state = replace(
                self._state, status="live", error=None, last_frame_at=look.at, frames=sequence + 1, drops=drops,
                codec=coded.track.codec, width=width, height=height, gop_s=looker.gop_s,
            )  # fmt: skip
            self._news.notify_all()
        if self._on_frame:
            self._on_frame()

    def _retry(self, error: StreamError, delay_s: float) -> None:
        message = redact(f"{error}; retrying in {delay_s:.0f} s")
        log.warning("%s", message)
        with self._news:
            self._retry_at = time.monotonic() + delay_s
            self._state = replace(self._state, status="retrying", error=message, reconnects=self._state.reconnects + 1)
        self._quit.wait(delay_s)

    def _enter(self, status: Status) -> None:
        with self._news:
            self._retry_at = None
            self._state = replace(self._state, status=status)

    def _count_damage(self, damaged: int) -> None:
        with self._news:
            self._state = replace(self._state, damaged=damaged)
