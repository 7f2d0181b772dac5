# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol loop: newest frames in, one batch through the model, events into the spool."""

import threading
from collections.abc import Iterator

import structlog

from curbwatch.judging import Judge, Post
from detector.looks import seen
from detector.model import Model
from streams.frame import Frame

log = structlog.get_logger(__name__)


class Patrol:
    """A thread that looks at every new frame until it is stopped."""

    def __init__(
        self,
        posts: dict[str, Post],
        model: Model,
        judge: Judge,
        *,
        batch: int,
        frame_there: threading.Event,
    ) -> None:
        self._posts, self._model, self._judge, self._batch = posts, model, judge, batch
        self._frame_there, self._quit = frame_there, threading.Event()
        self._thread = threading.Thread(target=self._work, name="patrol", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop looking, let clips under way be finished, and save every camera's sites."""
        self._quit.set()
        self._frame_there.set()
        if self._thread.is_alive():
            self._thread.join(30)
        self._judge.finish()
        for post in self._posts.values():
            self._judge.save(post)

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
        found = self._model.detect([frame.pixels for frame in frames])
        for frame, detections in zip(frames, found, strict=True):
            self._judge.judge(self._posts[frame.camera_id], seen(frame, detections, self._model.manifest.classes))


def _groups(posts: list[Post], size: int) -> Iterator[list[Post]]:
    return (posts[i : i + size] for i in range(0, len(posts), size))
