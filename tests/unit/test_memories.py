# SPDX-License-Identifier: AGPL-3.0-or-later
"""Memories live beside the sites, belong to the zones they were learnt with, and are never in the way."""

import errno
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from curbwatch.camera_messages import told_health
from curbwatch.judging import _on_picture
from curbwatch.memories import Memories
from detector.health import Health
from detector.look import Look, Sighting
from detector.observe import Memory
from detector.reasons import because
from detector.registration import Shift
from detector.rules import rules_for
from detector.watch import Event, Watch, watch
from detector.zones import Zone
from support.seen_street import START, learnt

ZONES = (Zone("kerb", ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0)), dwell_s=10),)
MOVED = because("camera_moved", dx=0.2, dy=0.0, degrees=0.0, scale=1.0)


def test_a_memory_is_there_after_a_restart(tmp_path: Path) -> None:
    Memories(tmp_path / "memories").put("cam-1", learnt(), ZONES)
    found, former = Memories(tmp_path / "memories").get("cam-1", ZONES)
    assert former is None
    assert found.health is not None
    assert found.health.state == "ok"
    assert found.street is not None
    assert [path.name for path in (tmp_path / "memories").iterdir()] == ["cam-1.npz"]


def test_zones_drawn_anew_make_the_new_view_the_reference(tmp_path: Path) -> None:
    memories = Memories(tmp_path)
    memories.put("cam-1", learnt(), ZONES)
    memory, former = memories.get("cam-1", drawn_anew())
    assert (memory.health, former and former.health and former.health.state) == (None, "ok")


def test_zones_drawn_anew_for_a_camera_that_was_called_moved_say_that_it_was_turned(tmp_path: Path) -> None:
    memories, health = Memories(tmp_path), learnt().health
    assert health is not None
    for fault in (MOVED, because("camera_moved_unclear")):
        memories.put("cam-1", Memory(replace(health, fault=fault)), ZONES)
        memory, former = memories.get("cam-1", drawn_anew())
        assert (memory.health, former and former.health and former.health.state) == (None, "moved")
        assert memories.get("cam-1", ZONES)[1] is None


def test_a_folder_that_cannot_be_written_is_told_and_survived(tmp_path: Path) -> None:
    (tmp_path / "memories").write_text("a file stands in the way")
    memories = Memories(tmp_path / "memories")
    with capture_logs() as logs:
        memories.put("cam-1", learnt(), ZONES)
        memory, former = memories.get("cam-1", ZONES)
    assert (memory.health, former) == (None, None)
    assert [log["log_level"] for log in logs] == ["warning", "warning"]


def test_a_full_disk_is_not_filled_up_with_halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memories = Memories(tmp_path)
    monkeypatch.setattr("curbwatch.memories.Path.replace", full)
    with capture_logs():
        for _ in range(3):
            memories.put("cam-1", learnt(), ZONES)
    assert len(list(tmp_path.iterdir())) == 1


def drawn_anew() -> tuple[Zone, ...]:
    return (replace(ZONES[0], polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0))),)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _events(confidence: float = 0.9) -> tuple[Event, ...]:
    state, rules = Watch("cam-1"), rules_for(ZONES)
    events: tuple[Event, ...] = ()
    for number in range(8):
        at = START + timedelta(seconds=3 * number)
        look = Look("cam-1", at, (Sighting("stall", confidence, (0.4, 0.4, 0.6, 0.8)),))
        state, news = watch(state, look, rules)
        events += news
    return events


def test_the_evidence_of_a_bumped_camera_is_framed_where_the_thing_is() -> None:
    health = learnt().health
    assert health is not None
    (opened,) = _events()
    told = _on_picture(opened, Memory(replace(health, shift=Shift(0.03, -0.02))))
    assert [round(v, 3) for v in told.site.box] == [0.43, 0.38, 0.63, 0.78]
    assert told.site.key == opened.site.key


def test_a_faults_report_has_its_words_and_a_well_camera_none() -> None:
    health = learnt().health
    assert health is not None
    well = told_health(health)
    ill = told_health(replace(health, fault=MOVED))
    assert well is not None
    assert ill is not None
    assert (well["state"], well["reason"], well["shift"]) == ("ok", None, [0.0, 0.0])
    assert ill["state"] == "moved"
    assert "+20%" in str(ill["text"])
    assert told_health(None) is None


def test_a_health_is_learning_before_it_is_anything_else() -> None:
    health = learnt().health
    assert isinstance(health, Health)
    assert replace(health, learnt=False).state == "learning"
