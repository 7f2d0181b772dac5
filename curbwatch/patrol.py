# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol loop: newest frames in, one batch through the model, events into the spool."""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from curbwatch.messages import clip_message, messages, unmarked
from curbwatch.spool import Spool
from detector.looks import Seen, seen
from detector.model import Model
from detector.watch import Event, Kind, Watch, watch
from detector.zones import Zone
from streams.clip import write_clip
from streams.coded import Coded
from streams.frame import Frame
from streams.reader import CameraReader

SAVE_EVERY_S = 10.0  # sites without news are written this often: what a kill can cost in dwell time

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Post:
    """One camera as the patrol holds it: its reader, its rules, its sites and what the last look saw."""

    reader: CameraReader
    zones: tuple[Zone, ...]
    watch: Watch
    clip_s: float
    last: Seen | None = None
    saved_at: float = 0.0
    first_sights: dict[str, bytes] = field(default_factory=dict)


class Patrol:
    """A thread that looks at every new frame until it is stopped."""

    def __init__(
        self,
        posts: dict[str, Post],
        model: Model,
        spool: Spool,
        *,
        batch: int,
        frame_there: threading.Event,
        on_event: Callable[[], None],
    ) -> None:
        self._posts, self._model, self._spool = posts, model, spool
        self._batch, self._on_event = batch, on_event
        self._frame_there, self._quit = frame_there, threading.Event()
        self._thread = threading.Thread(target=self._work, name="patrol", daemon=True)
        # clips are cut beside the loop: H.265 has to be encoded again, which takes seconds
        self._clips = ThreadPoolExecutor(1, thread_name_prefix="clips")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop looking, let clips under way be finished, and save every camera's sites."""
        self._quit.set()
        self._frame_there.set()
        if self._thread.is_alive():
            self._thread.join(30)
        self._clips.shutdown()
        for post in self._posts.values():
            self._save(post)

    def _work(self) -> None:
        while not self._quit.is_set():
            self._frame_there.wait(1.0)
            self._frame_there.clear()
            for group in _groups(list(self._posts.values()), self._batch):
                frames = [frame for post in group if (frame := post.reader.take())]
                try:
                    self._look(frames)
                except Exception:  # the worker's outermost loop: one bad look must not end the watch of a city
                    log.exception("looks lost", cameras=[frame.camera_id for frame in frames])

    def _look(self, frames: list[Frame]) -> None:
        found = self._model.detect([frame.picture for frame in frames])
        for frame, detections in zip(frames, found, strict=True):
            self._judge(self._posts[frame.camera_id], seen(frame, detections, self._model.manifest.classes))

    def _judge(self, post: Post, look: Seen) -> None:
        post.last = look
        after, events = watch(post.watch, look.look, post.zones)
        news = [event for event in events if event.kind is not Kind.GIVEN_UP]
        if news and not self._spooled(post, after, news, look):
            return  # as if this look had not been: the next one finds the same
        post.watch = after
        _remember_first_sights(post, look)
        _log(events)
        if news:
            self._on_event()
            self._order_clips(post, news)
        elif time.monotonic() - post.saved_at >= SAVE_EVERY_S:
            post.saved_at = time.monotonic()
            self._save(post)

    def _spooled(self, post: Post, after: Watch, news: list[Event], look: Seen) -> bool:
        name = self._model.manifest.name
        told = [m for e in news for m in messages(e, look, model=name, before=post.first_sights.get(e.site.key))]
        try:
            self._spool.put(after, told)
        except sqlite3.Error as error:
            log.error("spool not writable", camera=look.frame.camera_id, reason=str(error))
            return False
        return True

    def _order_clips(self, post: Post, news: list[Event]) -> None:
        for event in news:
            since = event.at - timedelta(seconds=post.clip_s)
            # taken now: by the time a queue of clips has been encoded the camera keeps later seconds only
            if event.kind is not Kind.CLEARED and (packets := post.reader.packets(since=since, until=event.at)):
                self._clips.submit(self._cut_clip, event, packets)

    def _cut_clip(self, event: Event, packets: list[Coded]) -> None:
        try:
            if clip := _clip(event, packets):
                self._spool.add(clip_message(event, clip))
                self._on_event()
        except sqlite3.Error as error:
            log.error("clip lost", camera=event.site.camera_id, reason=str(error))
        except Exception:  # the worker's outermost frame: nobody asks a clip's future what became of it
            log.exception("clip lost", camera=event.site.camera_id)

    def _save(self, post: Post) -> None:
        try:
            self._spool.put(post.watch)
        except sqlite3.Error as error:
            log.error("sites not saved", camera=post.watch.camera_id, reason=str(error))


def _groups(posts: list[Post], size: int) -> Iterator[list[Post]]:
    return (posts[i : i + size] for i in range(0, len(posts), size))


def _remember_first_sights(post: Post, look: Seen) -> None:
    born = [site.key for site in post.watch.sites if site.first_seen_at == look.frame.taken_at]
    kept = {site.key for site in post.watch.sites if site.confirmed_at is None}
    post.first_sights = {key: picture for key, picture in post.first_sights.items() if key in kept}
    if born:
        picture = unmarked(look)
        post.first_sights.update(dict.fromkeys(born, picture))


def _clip(event: Event, packets: list[Coded]) -> bytes | None:
    """The seconds before the event as MP4, or None where nothing of them can be decoded."""
    with tempfile.TemporaryDirectory(prefix="curbwatch-") as folder:
        path = Path(folder) / "clip.mp4"
        try:
            made = write_clip(path, packets)
        except OSError as error:
            log.warning("case without a clip", camera=event.site.camera_id, reason=str(error))
            return None
        return path.read_bytes() if made else None


def _log(events: tuple[Event, ...]) -> None:
    for event in events:
        log.info(
            event.kind.value,
            camera=event.site.camera_id,
            zone=event.site.zone,
            what=event.site.class_name,
            site=event.site.key,
            why=event.reason,
        )
