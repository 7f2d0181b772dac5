# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a look does to a camera: its sites, its spool, its pictures and clips; and what a repeated look never does."""

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from curbwatch import judging
from curbwatch.judging import OBSERVED_S, Judge, Post
from curbwatch.memories import Memories
from curbwatch.messages import unmarked
from curbwatch.spool import Spool
from detector.boxes import Box
from detector.look import Look, Sighting
from detector.observe import Memory, Watching
from detector.reading import Seen
from detector.registration import Shift
from detector.rules import rules_for
from detector.watch import Watch
from detector.zones import Zone
from streams.coded import Coded
from streams.frame import Frame
from streams.reader import CameraReader
from streams.source import Source
from support.seen_street import START as STREET_START
from support.seen_street import empty, learnt, live

START = datetime(2026, 11, 30, 8, tzinfo=UTC)
ZONES = (Zone("whole", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), dwell_s=10.0, clear_s=10.0),)
STALL = Sighting("stall", 0.9, (0.4, 0.4, 0.6, 0.8))
CLIP_S = 7.0


class Kept(CameraReader):
    """A reader that keeps no packets and notes for which seconds it was asked."""

    def packets(self, *, since: datetime, until: datetime) -> list[Coded]:
        self.asked = [*getattr(self, "asked", []), (since, until)]
        return []


@dataclass
class Camera:
    """A judge and one camera, looked at every two seconds."""

    spool: Spool
    folder: Path
    news: list[str] = field(default_factory=list)
    second: int = 0

    def __post_init__(self) -> None:
        self.memories = Memories(self.folder / "memories")
        self.judge = Judge(
            self.spool,
            "tiny",
            cutting=self.folder / "cutting",
            on_event=lambda: self.news.append("news"),
            memories=self.memories,
        )
        self.reader = Kept(Source("cam-1", "none.mp4", clip_s=CLIP_S))
        self.post = Post(self.reader, rules_for(ZONES), Watch("cam-1"), watching=Watching(health=False, changes=False))

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.second)

    def look(self, *seen: Sighting, covers: tuple[Box, ...] = (), gated: bool = False) -> bool:
        self.second += 2
        self.last = Seen(self.frame(), Look("cam-1", self.now, seen, covers), ())
        return self.judge.judge(self.post, self.last, gated=gated)

    def frame(self) -> Frame:
        return Frame("cam-1", np.full((90, 160, 3), self.second, np.uint8), self.now, self.second)

    def stands(self, *seen: Sighting, looks: int) -> None:
        for _ in range(looks):
            assert self.look(*seen)

    def told(self) -> list[str]:
        return [json.loads(m.body).get("kind", m.kind) for m in self.spool.waiting()]


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Camera]:
    spool = Spool(tmp_path / "spool.db")
    yield Camera(spool, tmp_path)
    spool.close()


def test_a_case_is_told_with_its_sites_its_first_sight_and_its_clip(camera: Camera) -> None:
    camera.look()
    camera.look(STALL)
    first = unmarked(camera.last)
    camera.look(covers=(STALL.box,))  # hidden: what it looked like first stays what it was
    camera.stands(STALL, looks=10)
    case, *pictures = camera.spool.waiting()
    assert [json.loads(picture.body)["kind"] for picture in pictures] == ["during", "before", "context"]
    assert camera.spool.attachment(pictures[1]) == first
    assert camera.spool.watch("cam-1").sites[0].is_open, "a kill now would tell the case twice"
    opened = datetime.fromisoformat(json.loads(case.body)["confirmed_at"])
    assert camera.reader.asked == [(opened - timedelta(seconds=CLIP_S), opened)]
    assert camera.post.first_sights == {}
    assert camera.news == ["news"]


def test_of_what_left_there_is_no_clip(camera: Camera) -> None:
    camera.stands(STALL, looks=10)
    camera.stands(looks=20)
    assert camera.told()[-2:] == ["cleared", "after"]
    assert len(camera.reader.asked) == 1
    camera.stands(replace(STALL, box=(0.1, 0.1, 0.2, 0.3)), looks=3)
    camera.stands(looks=20)
    assert camera.told()[-1] == "ledger"
    assert len(camera.reader.asked) == 1


def test_a_repeated_look_opens_nothing_and_the_model_is_asked(camera: Camera) -> None:
    assert not camera.look(STALL, gated=True)
    assert camera.post.watch.sites == ()
    while not camera.spool.waiting():
        before = camera.post.watch
        if not camera.look(STALL, gated=True):
            assert camera.post.watch == before
            assert camera.look(STALL)
    assert camera.told() == ["case", "during", "before", "context"]
    opened = json.loads(camera.spool.waiting()[0].body)["confirmed_at"]
    assert camera.post.last is not None
    assert opened.startswith(camera.post.last.frame.taken_at.isoformat()[:19]), "decided by a look that was repeated"


def test_the_picture_that_is_shown_of_a_camera_is_one_that_the_model_saw(camera: Camera) -> None:
    camera.look()
    seen = camera.post.last
    assert camera.look(gated=True)
    assert camera.post.last is seen


def _full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_what_cannot_be_written_has_not_happened_and_is_told_when_it_can(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.stands(STALL, looks=2)
    with monkeypatch.context() as disk, capture_logs():
        disk.setattr(Spool, "put", _full)
        took = [camera.look(STALL) for _ in range(10)]
    assert took[-1] is False
    assert not camera.post.watch.sites[0].is_open
    assert (camera.news, getattr(camera.reader, "asked", [])) == ([], [])
    assert camera.look(STALL)
    assert camera.told() == ["case", "during", "before", "context"]


def test_entries_that_a_full_disk_refused_cost_a_camera_nothing(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.stands(STALL, looks=3)
    with monkeypatch.context() as disk, capture_logs():
        disk.setattr(Spool, "put", _full)
        assert [camera.look() for _ in range(60)][-1] is False
    assert camera.look()
    assert camera.told() == ["ledger"]
    assert json.loads(camera.spool.waiting()[0].body)["skipped"] == 0


def test_a_bumped_cameras_case_is_told_where_it_is_seen(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    health = learnt().health
    assert health is not None
    bumped = Memory(replace(health, shift=Shift(0.03, -0.02)))
    monkeypatch.setattr(judging, "_observed", lambda _post, seen, **_: (bumped, seen.look))
    camera.stands(STALL, looks=10)
    assert json.loads(camera.spool.waiting()[0].body)["box"] == pytest.approx([0.43, 0.38, 0.63, 0.78])


@pytest.mark.parametrize("part", ["health", "street"])
def test_what_is_known_of_a_picture_is_written_every_ten_minutes(camera: Camera, part: str) -> None:
    camera.post.memory = replace(Memory(), **{part: getattr(learnt(), part)})
    camera.post.remembered_at = time.monotonic() - 570
    camera.judge.save([camera.post])
    assert camera.memories.get("cam-1", ZONES)[0].at is None
    camera.post.remembered_at = time.monotonic() - 600
    camera.judge.save([camera.post])
    assert camera.memories.get("cam-1", ZONES)[0].at == learnt().at


@pytest.mark.parametrize(("after_s", "looked_at"), [(1.0, False), (OBSERVED_S, True), (-60.0, True)])
def test_a_still_street_is_looked_at_every_few_seconds_and_when_the_clock_was_set_back(
    camera: Camera, after_s: float, looked_at: bool
) -> None:
    camera.post.watching, camera.post.memory = Watching(), learnt()
    known = learnt().at
    assert known is not None
    assert known > STREET_START
    now = known + timedelta(seconds=after_s)
    frame = Frame("cam-1", live(empty(), 3), now, 99)
    assert camera.judge.judge(camera.post, Seen(frame, Look("cam-1", now, ()), ()), gated=True)
    assert camera.post.memory.at == (now if looked_at else known)
