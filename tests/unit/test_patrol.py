# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol does with a frame in hand: looks closer, repeats, asks for the next look, saves now and then."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from curbwatch.judging import Judge, Post
from curbwatch.memories import Memories
from curbwatch.patrol import Patrol, Ready
from curbwatch.patrol_metrics import PatrolMetrics
from curbwatch.schedule import Pace
from curbwatch.spool import Spool
from curbwatch.turns import Turn
from detector.gate import Inferred, luma
from detector.look import Sighting
from detector.model import Model
from detector.observe import Watching
from detector.rules import rules_for
from detector.sites import Site, born
from detector.watch import Watch
from detector.zones import Zone
from streams.frame import Frame
from streams.reader import CameraReader
from streams.source import Source
from streams.state import CameraState
from support.detections import SIZE, Eye
from support.seen_street import learnt

AT = datetime(2026, 11, 30, 3, tzinfo=UTC)
WHOLE = Zone("whole", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
MODEL_ONLY = Watching(health=False, changes=False)
STALL = replace(born("cam-1", Sighting("stall", 0.8, (0.1, 0.1, 0.4, 0.6)), AT), zone="whole")


class Asked(CameraReader):
    """A reader of a camera with a keyframe a second, which notes how often it is to be looked at."""

    every_s = 0.0

    def state(self) -> CameraState:
        return replace(super().state(), gop_s=1.0)

    def look_every(self, every_s: float) -> None:
        self.every_s = every_s


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.db")) as spool:
        yield spool


def turn_with(*sites: Site, watching: Watching = MODEL_ONLY) -> Turn:
    reader = Asked(Source("cam-1", "none.mp4"))
    return Turn(Post(reader, rules_for([WHOLE]), Watch("cam-1", sites), watching), Pace(2.0, 10.0))


def patrol(turn: Turn, eye: Eye, spool: Spool, memories: Memories | None = None) -> Patrol:
    judge = Judge(spool, "told", cutting=Path("no clips"), on_event=lambda: None, memories=memories)
    return Patrol(
        {"cam-1": turn}, cast(Model, eye), judge, batch=1, repeat_s=30.0, metrics=PatrolMetrics(),
        frame_there=threading.Event(),
    )  # fmt: skip


def test_a_live_camera_that_was_never_looked_at_is_unseen_since_the_start(spool: Spool) -> None:
    turn = turn_with()
    asked = patrol(turn, Eye([]), spool)._metrics.registry.get_sample_value
    assert asked("curbwatch_longest_unseen_seconds") == 0
    turn.post.reader._enter("live")
    unseen_s = asked("curbwatch_longest_unseen_seconds")
    assert unseen_s is not None
    assert unseen_s > 0


def ready(turn: Turn, *, after_s: float = 0.0) -> Ready:
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    frame = Frame("cam-1", picture, AT + timedelta(seconds=after_s), 1, 100.0 + after_s)
    return Ready(turn, frame, luma(frame))


def test_what_is_faint_is_looked_at_close_up_and_that_is_judged(spool: Spool) -> None:
    turn = turn_with()
    eye = Eye([("debris", 0.9, (192, 108, 288, 162))], far=[("debris", 0.4, (768, 540, 864, 594))])
    patrol(turn, eye, spool)._look([ready(turn)])
    assert [round(site.confidence, 1) for site in turn.post.watch.sites] == [0.9]
    assert turn.inferred is not None
    assert turn.inferred.found.confidence.round(1).tolist() == [pytest.approx(0.9)]


def test_a_repeat_from_which_something_would_follow_is_looked_at_by_the_model_at_once(spool: Spool) -> None:
    turn, eye = turn_with(), Eye([])
    seen = ready(turn)
    turn.inferred = Inferred(AT, seen.luma, eye.found([("stall", 0.9, (200, 200, 600, 700))]))
    patrol(turn, eye, spool)._look([ready(turn, after_s=2)])
    assert (len(eye.shown), turn.post.watch.sites) == (1, ())
    turn.inferred = Inferred(AT, seen.luma, eye.found([]))
    patrol(turn, eye, spool)._look([ready(turn, after_s=4)])
    assert len(eye.shown) == 1


@pytest.mark.parametrize(
    ("sites", "watching", "quiet_s", "every_s"),
    [
        ((), MODEL_ONLY, 0.0, 2.0),
        ((STALL,), MODEL_ONLY, 0.0, 1.0),
        ((), Watching(), 0.0, 10.0),  # the picture is black
        ((), MODEL_ONLY, 700.0, 4.0),
    ],
)
def test_the_next_look_is_asked_for_as_the_last_one_was(
    spool: Spool, sites: tuple[Site, ...], watching: Watching, quiet_s: float, every_s: float
) -> None:
    turn = turn_with(*sites, watching=watching)
    turn.looked, turn.eventful = 99.0, 100.0 - quiet_s
    patrol(turn, Eye([]), spool)._look([ready(turn)])
    assert cast(Asked, turn.post.reader).every_s == every_s


def test_sites_are_saved_every_ten_seconds_and_all_that_is_known_at_the_end(spool: Spool, tmp_path: Path) -> None:
    turn = turn_with(STALL)
    turn.post.memory, turn.unsaved = learnt(), True
    one = patrol(turn, Eye([]), spool, Memories(tmp_path / "memories"))
    saved = []
    for late_s in (5.0, 5.0):
        one._saved_at -= late_s
        one._frame_there.set()
        one._round()
        saved.append(spool.watch("cam-1").sites)
    assert (saved, turn.unsaved) == ([(), (STALL,)], False)
    turn.post.watch = Watch("cam-1")
    one.stop()
    assert spool.watch("cam-1").sites == ()
    assert [path.name for path in (tmp_path / "memories").iterdir()] == ["cam-1.npz"]
