# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 at random moments: a judge with its spool and courier, and an API with its database, as two processes.

Both are forked from this warm one, killed in turn or together and forked again, while a made-up street goes on:
whatever look was under way when the kill came is gone, as it would be. In the end the database must hold one case
per stand.
"""

import logging
import multiprocessing
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable
from ctypes import c_longlong
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from api.accounts import add_key
from api.app import create_app
from api.case_rows import every
from api.config import ApiConfig
from api.model import CaseFilter
from api.roles import Role
from api.server import Server, listen
from api.store import open_store, upgrade
from benchmarks.scenarios.kill_street import CAMERAS, PERIOD, SETTLED, ZONE, Told, judged, look
from curbwatch.client import Client
from curbwatch.courier import Courier
from curbwatch.errors import CurbwatchError
from curbwatch.judging import Judge, Post
from curbwatch.spool import Spool
from detector.observe import Watching
from detector.reading import Seen
from detector.rules import rules_for
from streams.frame import Frame
from streams.reader import CameraReader
from streams.source import Source

SAVED_LOOKS = 5 * len(CAMERAS)  # sites without news are written every 10 s: five looks of each camera
BACKLOG = 60  # unposted messages at which the street waits for the courier
BOTH, PATROL = 0.15, 0.75  # shares of the kills that take both processes, or the patrol's alone
AT_ONCE = 0.1  # share of the kills that come while what was killed before still starts
LIFE_LOOKS = 60  # other kills come after up to so many looks, whatever the machine's load, and some milliseconds
STUCK_S = 10.0  # the street does not move while the API is away and the backlog is full
DRAIN_LIMIT_S = 300.0
FORK = multiprocessing.get_context("fork")


def kill_test(kills: int, *, seed: int = 0, on_done: Callable[[], None]) -> dict[str, Any]:
    """Kill so often, let the street end in peace, compare; `on_done` is called after each kill."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="curbwatch-kills-") as folder, listen("127.0.0.1", 0) as listener:
        street = _Street(Path(folder), listener, seed)
        try:
            took = [street.kill(random.Random(seed * 1_000_003 + n), on_done) for n in range(kills)]  # noqa: S311
            looks = street.end()
        finally:
            street.stop()
        report = judged(street.told(), seed, looks)
    by = {name: took.count(name) for name in sorted(set(took))}
    return {"kills": kills, **report, "of": by, "looks": looks, "seconds": round(time.monotonic() - began, 1)}


class _Street:
    """Two child processes and what outlives them: a folder, a listening socket, how far the street has gone."""

    def __init__(self, folder: Path, listener: socket.socket, seed: int) -> None:
        self._folder, self._listener, self._seed = folder, listener, seed
        self._url = f"sqlite:///{folder / 'api.sqlite'}"
        upgrade(self._url)
        with open_store(self._url) as store:
            self._token = add_key(store, "patrol", Role.PATROL)
        # made once: nothing in it is open before it serves, and making it takes longer than a life
        self._app = create_app(ApiConfig(database_url=self._url, evidence_dir=folder / "evidence"))
        self._position, self._last = RawValue(c_longlong, 0), RawValue(c_longlong, 2**62)
        self._api, self._patrol = self._start(self._serve), self._start(self._watch)

    def kill(self, dice: random.Random, on_done: Callable[[], None]) -> str:
        """Wait for a random moment, kill one process or both, start again what was killed."""
        if dice.random() >= AT_ONCE:
            self._go_on(dice.randint(1, LIFE_LOOKS))
        time.sleep(dice.uniform(0, 0.03))
        draw = dice.random()
        name = "both" if draw < BOTH else "patrol" if draw < BOTH + PATROL else "api"
        if name != "patrol":
            _kill(self._api)
            self._api = self._start(self._serve)
        if name != "api":
            _kill(self._patrol)
            self._patrol = self._start(self._watch)
        on_done()
        return name

    def _go_on(self, looks: int) -> None:
        """Wait until the street has gone on so far."""
        until, late = self._position.value + looks, time.monotonic() + STUCK_S
        while self._position.value < until and time.monotonic() < late:
            time.sleep(0.001)

    def end(self) -> int:
        """Let the street go on until every stand so far is a case that is over, and everything is posted."""
        whole = PERIOD * len(CAMERAS)
        self._last.value = (self._position.value // whole + 1) * whole + 2 * SETTLED * len(CAMERAS)
        self._patrol.join(DRAIN_LIMIT_S)
        if self._patrol.is_alive() or self._patrol.exitcode:
            raise CurbwatchError(f"the patrol did not end its street in {DRAIN_LIMIT_S:.0f} s; free the machine")
        return int(self._last.value)

    def stop(self) -> None:
        _kill(self._patrol)
        _kill(self._api)

    def told(self) -> list[Told]:
        """The cases in the database."""
        with open_store(self._url) as store, store.read() as connection:
            found = list(every(connection, CaseFilter()))
        return [Told(c.camera_id, (c.box[0] + c.box[2]) / 2, c.confirmed_at, c.cleared_at is not None) for c in found]

    def _start(self, work: Callable[[], None]) -> Any:
        child = FORK.Process(target=_quietly, args=(work,), daemon=True)
        child.start()
        return child

    def _serve(self) -> None:
        Server(self._app).run(sockets=[self._listener])

    def _watch(self) -> None:
        """The patrol's work from the look on at which the last one was killed."""
        host, port = self._listener.getsockname()[:2]
        spool = Spool(self._folder / "spool.sqlite")
        courier = Courier(spool, Client(f"http://{host}:{port}", self._token))
        judge = Judge(spool, "kill test", cutting=self._folder / "cutting", on_event=courier.wake)
        posts = {name: _post(name, spool) for name in CAMERAS}
        courier.start()
        courier.wake()
        while self._position.value < self._last.value:
            number = self._position.value
            _take(judge, posts, look(self._seed, number), number)
            self._position.value = number + 1
            _wait_for(spool, BACKLOG)
        _wait_for(spool, 0)
        courier.stop()


def _post(name: str, spool: Spool) -> Post:
    """A camera's post; its reader never starts, so there are no packets and no clips."""
    rules = rules_for((ZONE,), relapse_s=1.0)  # every stand is a case of its own
    reader = CameraReader(Source(name, "street.mp4"))
    return Post(reader, rules, spool.watch(name), watching=Watching(health=False, changes=False))


def _take(judge: Judge, posts: dict[str, Post], seen: Any, number: int) -> None:
    picture = np.full((36, 64, 3), number % 250, np.uint8)
    frame = Frame(seen.camera_id, picture, seen.taken_at, number)
    judge.judge(posts[seen.camera_id], Seen(frame, seen, ()))
    if number % SAVED_LOOKS == 0:
        judge.save(list(posts.values()))


def _wait_for(spool: Spool, most: int) -> None:
    while spool.count()[0] > most:
        time.sleep(0.005)


def _quietly(work: Callable[[], None]) -> None:
    """Refused connections and half answers are what is tested: nobody wants to read of them a thousand times."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    work()


def _kill(child: Any) -> None:
    child.kill()
    child.join()
    os.sched_yield()
