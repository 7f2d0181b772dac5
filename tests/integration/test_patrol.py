# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol over real readers of pictures on disk and a real, tiny model: what is inferred, repeated and promised."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from curbwatch.judging import Judge, Post
from curbwatch.patrol import Patrol
from curbwatch.patrol_metrics import PatrolMetrics
from curbwatch.schedule import Pace
from curbwatch.spool import Spool
from curbwatch.turns import Turn
from detector.detections import Detections
from detector.model import Model, load_model
from detector.reading import Seen
from detector.rules import rules_for
from detector.watch import Watch
from detector.zones import Zone
from streams.frame import Pixels
from streams.reader import CameraReader
from streams.source import Source
from support.cameras import until
from support.tiny_model import tiny_model

EVERY_S = 0.1
WHOLE = Zone("whole", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
Counts = Callable[..., float]


def street(brightness: int) -> Pixels:
    rng = np.random.default_rng(3)
    return np.asarray(
        cv2.resize(rng.integers(brightness - 20, brightness + 20, (18, 32, 3), dtype=np.uint8), (320, 180)), np.uint8
    )


def folder_of(path: Path, *pictures: Pixels) -> Path:
    path.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(path / f"{number:02d}.png"), picture)
    return path


def counts(metrics: PatrolMetrics, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


class Street:
    """A patrol that watches folders of pictures until the block ends."""

    def __init__(self, tmp_path: Path, folders: list[Path], *, repeat_s: float, batch: int = 2) -> None:
        self._stack, self.there, self.metrics = ExitStack(), threading.Event(), PatrolMetrics(by_camera=True)
        self.spool = Spool(tmp_path / "spool.db")
        self._stack.callback(self.spool.close)
        model = load_model(tiny_model(tmp_path / "model"), threads=1)
        self.turns = {folder.name: self._turn(folder) for folder in folders}
        judge = Judge(self.spool, "tiny", cutting=tmp_path / "cutting", on_event=lambda: None)
        self.patrol = Patrol(
            self.turns, model, judge, batch=batch, repeat_s=repeat_s, metrics=self.metrics, frame_there=self.there
        )

    def _turn(self, folder: Path) -> Turn:
        source = Source(folder.name, str(folder), every_s=EVERY_S, clip_s=0.0, loop=True)
        reader = self._stack.enter_context(CameraReader(source, on_frame=self.there.set))
        post = Post(reader, rules_for([WHOLE]), Watch(folder.name))
        return Turn(post, Pace(EVERY_S, EVERY_S))

    def looks(self, **labels: str) -> float:
        return counts(self.metrics, "curbwatch_looks_total", **labels)

    def __enter__(self) -> Self:
        self.patrol.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.patrol.stop()
        self._stack.close()


def test_what_does_not_change_is_inferred_once_and_then_repeated(tmp_path: Path) -> None:
    still = folder_of(tmp_path / "still", street(60))
    with Street(tmp_path, [still], repeat_s=25.0) as patrol:
        assert until(lambda: patrol.looks(how="gated") >= 5)
        assert patrol.looks(how="inferred") <= 3  # more only where a busy machine paused longer than a repeat may last
        assert counts(patrol.metrics, "curbwatch_looks_promised_total", camera="still") >= 5
        assert counts(patrol.metrics, "curbwatch_cameras_looked_at") == 1


def test_every_change_is_seen_by_the_model(tmp_path: Path) -> None:
    thing = street(60)
    thing[90:130, 100:140] = 200
    busy = folder_of(tmp_path / "busy", street(60), thing)
    with Street(tmp_path, [busy], repeat_s=25.0) as patrol:
        assert until(lambda: patrol.looks(how="inferred") >= 5)
        assert patrol.looks(how="gated") <= patrol.looks(how="inferred")


def test_nothing_is_repeated_when_that_is_switched_off(tmp_path: Path) -> None:
    still = folder_of(tmp_path / "still", street(60))
    with Street(tmp_path, [still], repeat_s=0.0) as patrol:
        assert until(lambda: patrol.looks(how="inferred") >= 5)
        assert patrol.looks(how="gated") == 0


@pytest.mark.parametrize("batch", [1, 2])
def test_overloaded_it_looks_at_no_camera_again_before_the_others_that_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    judged: list[str] = []
    usual = Model.detect

    def judge(_judge: Judge, _post: Post, look: Seen, **_how: bool) -> bool:
        judged.append(look.frame.camera_id)
        return True

    def detect(model: Model, pictures: Sequence[Pixels], **how: bool) -> list[Detections]:
        time.sleep(EVERY_S)
        return usual(model, pictures, weak=how["weak"])

    monkeypatch.setattr(Judge, "judge", judge)
    monkeypatch.setattr(Model, "detect", detect)
    names = ["one", "two", "three", "four", "five"]
    with Street(tmp_path, [folder_of(tmp_path / n, street(60)) for n in names], repeat_s=0.0, batch=batch):
        assert until(lambda: len(judged) >= 25, 30.0)
    assert all(len({*judged[at : at + 4]}) == 4 for at in range(5, 20)), judged


def test_a_silent_camera_does_not_hold_up_the_others_and_sites_outlive_the_patrol(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    folders = [tmp_path / "empty", folder_of(tmp_path / "one", street(60)), folder_of(tmp_path / "two", street(70))]
    with Street(tmp_path, folders, repeat_s=25.0) as patrol:
        assert until(lambda: min(patrol.looks(camera=name) for name in ("one", "two")) >= 3)
        assert patrol.looks(camera="empty") == 0
        assert counts(patrol.metrics, "curbwatch_looks_lost_total", reason="error") == 0
    again = Spool(tmp_path / "spool.db")
    for name in ("one", "two"):
        assert again.watch(name) == patrol.turns[name].post.watch
        assert again.watch(name) != Watch(name)
    again.close()


def test_sites_are_saved_before_clips_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Watch] = []
    monkeypatch.setattr(Judge, "finish", lambda judge: saved.append(judge._spool.watch("one")))
    with Street(tmp_path, [folder_of(tmp_path / "one", street(60))], repeat_s=25.0) as patrol:
        assert until(lambda: patrol.looks() >= 3)
    assert saved == [patrol.turns["one"].post.watch]
    assert saved != [Watch("one")]


@pytest.mark.parametrize("repeat_s", [0.0, 25.0])
def test_a_picture_that_cannot_be_decoded_is_counted_and_the_patrol_goes_on(tmp_path: Path, repeat_s: float) -> None:
    torn = folder_of(tmp_path / "torn", street(60), street(70))
    whole = (torn / "01.png").read_bytes()
    (torn / "01.png").write_bytes(whole[: len(whole) // 2])
    with Street(tmp_path, [torn], repeat_s=repeat_s) as patrol:
        assert until(lambda: counts(patrol.metrics, "curbwatch_looks_lost_total", reason="damaged") >= 2)
        before = patrol.looks()
        assert until(lambda: patrol.looks() > before)
