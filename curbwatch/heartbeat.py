# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells the API every few seconds how each camera does, so that a silent feed is seen to be silent."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from math import inf

import structlog

from curbwatch.camera_messages import standing_at, state_of
from curbwatch.client import ApiAway, Client
from curbwatch.errors import ApiRefused
from curbwatch.judging import Post
from curbwatch.spool import Undelivered
from detector.evidence import blurred, jpeg

FIRST_PAUSE_S = 0.2
QUIETER = 3  # a camera without news is reported every third time,
LONGEST_S = 15.0  # but this often, for the API takes half a minute for silence
PICTURES = 1.5  # heartbeats at least between two pictures of a camera: every second one brings a new one,
PICTURES_PER_S = 2.0  # or fewer, for all cameras together send at most so many, evenly: each costs a third of a look
PASSING = {"at", "frame_age_s", "drops", "standing"}  # what is different at every report and no news

log = structlog.get_logger(__name__)


class Heartbeat:
    """A thread that reports camera definitions once, then states and snapshots until it is stopped.

    `former`: cameras of earlier settings, which the API is told to show no longer; `leave` hears of each that it was.
    """

    def __init__(
        self,
        posts: dict[str, Post],
        about: dict[str, dict[str, object]],
        client: Client,
        *,
        every_s: float,
        undelivered: Callable[[], Mapping[str, Undelivered]],
        former: Collection[str],
        leave: Callable[[str], None],
    ) -> None:
        self._posts, self._about, self._client, self._every_s = posts, about, client, every_s
        self._undelivered, self._former, self._leave = undelivered, sorted(former), leave
        self._picture_s = max(PICTURES * every_s, len(posts) / PICTURES_PER_S)
        self._allowed = self._most = max(every_s * PICTURES_PER_S, 1.0)  # pictures that may be sent now, and at most
        self._round_at = inf
        self._sent: dict[str, tuple[float, datetime]] = {}  # per camera: when, and the picture's time
        self._reported: dict[str, tuple[float, dict[str, object]]] = {}
        self._introduced: set[str] = set()
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._quit.set()
        self._thread.join(20)

    def _work(self) -> None:
        pause_s = FIRST_PAUSE_S  # until the API answers: it starts together with the patrol
        while not self._quit.is_set():
            try:
                if self._round(time.monotonic()):
                    pause_s = self._every_s
            except Exception:  # the worker's outermost loop: the next round tells the newest state
                log.exception("camera reports broken off")
                pause_s = self._every_s
            self._quit.wait(pause_s)
            pause_s = min(pause_s * 2, self._every_s)

    def _round(self, now: float) -> bool:
        """Report every camera that has news or was not heard of for a while; whether the API was there."""
        self._allow(now)
        try:
            for camera_id in self._posts:
                self._introduce(camera_id)
            self._tell(self._news(now), now)
            for camera_id, post in self._posts.items():
                self._show(camera_id, post, now)
        except ApiAway as error:  # of one that does not answer the courier already says so
            if error.status:
                log.warning("camera reports failed", reason=str(error))
            return bool(error.status)
        self._take_leave()
        return True

    @contextmanager
    def _minding(self, camera_id: str) -> Iterator[None]:
        """What the API says against one camera is logged, and does not keep the others from being reported."""
        try:
            yield
        except ApiRefused as error:
            self._forget(camera_id)
            log.warning("camera report refused", camera=camera_id, reason=str(error))
        except ApiAway as error:
            if not error.status:
                raise
            log.warning("camera report failed", camera=camera_id, reason=str(error))

    def _forget(self, camera_id: str) -> None:
        """Introduce it anew: a new or emptied API does not know the camera yet."""
        self._introduced.discard(camera_id)
        self._reported.pop(camera_id, None)

    def _take_leave(self) -> None:
        """Have the API show no longer what only earlier settings named."""
        with suppress(ApiAway):  # the next round goes on with it
            while self._former and not self._quit.is_set():
                with suppress(ApiRefused):  # it never heard of this camera
                    self._client.remove_camera(self._former[-1])
                self._leave(self._former.pop())

    def _allow(self, now: float) -> None:
        """So many pictures more as time went by: at the start all cameras have a new one, and the looks come first."""
        passed_s, self._round_at = max(now - self._round_at, 0.0), now
        self._allowed = min(self._allowed + passed_s * PICTURES_PER_S, self._most)

    def _introduce(self, camera_id: str) -> None:
        if camera_id in self._introduced or self._quit.is_set():  # a slow API must not hold up the end
            return
        with self._minding(camera_id):
            self._client.put_camera(camera_id, self._about[camera_id])
            self._introduced.add(camera_id)

    def _news(self, now: float) -> dict[str, dict[str, object]]:
        """The states of cameras that have news or were not heard of for a while."""
        standing = {camera_id: standing_at(post) for camera_id, post in self._posts.items()}
        undelivered, found = self._undelivered(), {}  # asked after: how it came to stand is told before that it stands
        for camera_id, post in self._posts.items():
            stuck = undelivered.get(camera_id, Undelivered())
            told = {
                "messages_waiting": stuck.messages_waiting,
                "messages_refused": stuck.messages_refused,
                "standing": [seen for seen in standing[camera_id] if seen["key"] not in stuck.sites],
            }
            # only what there is to say: an API of an older version knows no such fields
            state = state_of(post) | {name: value for name, value in told.items() if value}
            heard_at, heard = self._reported.get(camera_id, (-inf, {}))
            late = now - heard_at >= min(QUIETER * self._every_s, max(LONGEST_S, self._every_s))
            if camera_id in self._introduced and (late or _lasting(state) != heard):
                found[camera_id] = state
        return found

    def _tell(self, states: dict[str, dict[str, object]], now: float) -> None:
        """All of them at once, for each request costs the API more than a state does; or one by one if it minds."""
        if not states or self._quit.is_set():
            return
        try:
            unknown = self._client.put_states(states)
        except ApiRefused:  # for one of them, or as an API of an older version
            for camera_id, state in states.items():
                with self._minding(camera_id):
                    self._client.put_state(camera_id, state)
                    self._reported[camera_id] = now, _lasting(state)
            return
        self._reported |= {camera_id: (now, _lasting(state)) for camera_id, state in states.items()}
        for camera_id in unknown:
            self._forget(camera_id)

    def _show(self, camera_id: str, post: Post, now: float) -> None:
        """Send a camera's last picture if it is a new one and its turn."""
        last = post.last
        sent_at, taken_at = self._sent.get(camera_id, (-inf, None))
        due = now - sent_at >= self._picture_s and self._allowed >= 1 and not self._quit.is_set()
        if last is not None and last.frame.taken_at != taken_at and due and camera_id in self._introduced:
            self._allowed -= 1
            with self._minding(camera_id):
                self._client.put_snapshot(camera_id, jpeg(blurred(last.frame.picture, last.people)))
                self._sent[camera_id] = now, last.frame.taken_at


def _lasting(state: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in state.items() if name not in PASSING}
