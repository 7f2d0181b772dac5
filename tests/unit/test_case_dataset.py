# SPDX-License-Identifier: AGPL-3.0-or-later
"""Operators' verdicts become training pictures: labels for what was true, hard negatives for what was not."""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.model import Case, Evidence, HistoryRow
from api.schemas import CASE_IN
from api.workflow import Status
from benchmarks.accuracy.folders import read_folder
from curbwatch import case_dataset
from curbwatch.case_dataset import split_of, write
from curbwatch.cli import app
from curbwatch.errors import CurbwatchError
from models.feed import index, labels
from support import drawn_stalls
from support.trial import trial

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOX = (0.2, 0.4, 0.6, 0.8)
TRAINED = next(name for name in (f"cam-{n}" for n in range(20)) if split_of(name) == "train")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


def case(
    evidence: Path, name: str, status: Status, class_name: str = "stall", at: datetime = AT, camera: str = TRAINED
) -> Case:
    """A case whose picture is the bytes of its name."""
    sha = hashlib.sha256(name.encode()).hexdigest()
    path = evidence / "blobs" / sha[:2] / sha
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode())
    shown = [Evidence(f"E{kind}", name, kind, "image/jpeg", 9, sha, at) for kind in ("context", "during")]
    shown[0] = replace(shown[0], sha256="0" * 64)
    return Case(
        f"key {name}", class_name, camera, "gate", 0.8, BOX, at - timedelta(minutes=5), at, at + timedelta(minutes=5),
        "m", {}, [], seq=1, id=name, status=status, cleared_at=None, relapses=0, created_at=at, updated_at=at,
        version=1, evidence=tuple(shown),
    )  # fmt: skip


def told(hours: float, before: Status | None, to: Status, fact: str | None = None) -> HistoryRow:
    """A row of the history, so many hours after the picture; the API hears of facts a minute later."""
    at = AT + timedelta(hours=hours)
    return HistoryRow(at + timedelta(minutes=1), "x", before, to, None, None, fact, at if fact else None)


def rows(out: Path, folder: str, name: str) -> list[list[float]]:
    sha = hashlib.sha256(name.encode()).hexdigest()
    found: list[list[float]] = labels(out / folder / "train" / f"{sha[:16]}.txt", 100, 100).round(3).tolist()
    return found


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.DISPATCHED, Status.HANDLED, Status.CLOSED])
def test_a_case_that_people_took_further_is_a_labelled_picture(tmp_path: Path, evidence: Path, status: Status) -> None:
    (entry,) = write([case(evidence, "a", status)], evidence, tmp_path / "out")
    assert entry.kind == "cases"
    assert rows(tmp_path / "out", "labels", "a") == [[0, 20, 40, 60, 80]]
    picture = tmp_path / "out" / "images" / "train" / f"{entry.name}.jpg"
    assert picture.read_bytes() == b"a"  # the unmarked one


def test_a_false_alarm_is_a_picture_with_nothing_to_find(tmp_path: Path, evidence: Path) -> None:
    (entry,) = write([case(evidence, "a", Status.FALSE_ALARM)], evidence, tmp_path / "out")
    assert entry.kind == "false_alarms"
    assert rows(tmp_path / "out", "labels", "a") == []
    away = {int(row[0]) for row in rows(tmp_path / "out", "ignore", "a")}
    assert away == {2, 3, 4, 5}  # people and vehicles were never labelled, stalls and debris were judged


def test_an_export_that_is_cut_off_is_gone_on_with(
    tmp_path: Path, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [case(evidence, name, Status.CONFIRMED) for name in ("a", "b")]

    def until_b(case: Case, *rest: Any) -> Any:
        if case.id == "b":
            raise KeyboardInterrupt
        return write_one(case, *rest)

    write_one = case_dataset._write_one
    monkeypatch.setattr(case_dataset, "_write_one", until_b)
    with pytest.raises(KeyboardInterrupt):
        write(some, evidence, tmp_path / "out")
    monkeypatch.setattr(case_dataset, "_write_one", write_one)
    assert list((tmp_path / "out" / "images").rglob("*.jpg"))
    assert len(write(some, evidence, tmp_path / "out")) == len(index(tmp_path / "out")) == 2


def test_what_nobody_judged_gives_no_picture(tmp_path: Path, evidence: Path) -> None:
    assert write([case(evidence, "a", Status.NEW)], evidence, tmp_path / "out") == []


def test_a_true_case_that_stood_there_is_labelled_in_the_picture_of_a_false_one(tmp_path: Path, evidence: Path) -> None:
    false = case(evidence, "a", Status.FALSE_ALARM)
    true = case(evidence, "b", Status.CONFIRMED, "debris", AT + timedelta(minutes=2))
    write([false, true], evidence, tmp_path / "out")
    assert rows(tmp_path / "out", "labels", "a") == [[1, 20, 40, 60, 80]]


def test_a_case_still_open_is_looked_away_from(tmp_path: Path, evidence: Path) -> None:
    false, unsure = case(evidence, "a", Status.FALSE_ALARM), case(evidence, "b", Status.NEW, "debris")
    write([false, unsure], evidence, tmp_path / "out")
    assert [1, 20, 40, 60, 80] in rows(tmp_path / "out", "ignore", "a")


def test_one_of_an_hour_later_is_not(tmp_path: Path, evidence: Path) -> None:
    false = case(evidence, "a", Status.FALSE_ALARM)
    later = case(evidence, "b", Status.NEW, "debris", AT + timedelta(hours=1))
    write([false, later], evidence, tmp_path / "out")
    assert [1, 20, 40, 60, 80] not in rows(tmp_path / "out", "ignore", "a")


@pytest.mark.parametrize(("status", "stands"), [(Status.CONFIRMED, True), (Status.CLOSED, False)])
def test_what_was_not_seen_to_go_stands_while_its_case_is_open(
    tmp_path: Path, evidence: Path, status: Status, *, stands: bool
) -> None:
    false, earlier = case(evidence, "a", Status.FALSE_ALARM), case(evidence, "b", status, at=AT - timedelta(hours=1))
    write([false, earlier], evidence, tmp_path / "out")
    assert bool(rows(tmp_path / "out", "labels", "a")) == stands


def test_cases_whose_pictures_are_not_asked_for_still_tell_what_stood_in_the_others(
    tmp_path: Path, evidence: Path
) -> None:
    false, true = case(evidence, "a", Status.FALSE_ALARM), case(evidence, "b", Status.CONFIRMED, "debris")
    (entry,) = write([false, true], evidence, tmp_path / "out", asked={"a"})
    assert entry.name == hashlib.sha256(b"a").hexdigest()[:16]
    assert rows(tmp_path / "out", "labels", "a") == [[1, 20, 40, 60, 80]]


def test_an_export_of_false_alarms_alone_labels_the_true_cases_that_stood_there(tmp_path: Path) -> None:
    made = trial(tmp_path)
    http = TestClient(made.app)

    def post(path: str, key: str, **content: Any) -> Any:
        sent = made.headers("admin") | {"Idempotency-Key": key, "Content-Type": content.pop("kind", "application/json")}
        return http.post(f"/api/v1/{path}", headers=sent, **content).raise_for_status().json()

    for key, to in (("a", "false_alarm"), ("b", "confirmed")):
        number = post("cases", key, json=CASE_IN | {"key": key, "camera_id": TRAINED})["id"]
        picture = cv2.imencode(".jpg", np.full((90, 160, 3), ord(key), np.uint8))[1].tobytes()
        taken = f"cases/{number}/evidence?kind=during&taken_at={CASE_IN['confirmed_at']}"
        post(taken, key, content=picture, kind="image/jpeg")
        post(f"cases/{number}/transitions", key, json={"to": to})
    city, out = tmp_path / "city.toml", tmp_path / "out"
    city.write_text(f'[service]\ndata_dir = "."\ndatabase_url = "sqlite:///{tmp_path}/trial.db"\n', "utf-8")
    words = ("cases", "export", "-s", str(city), "--dataset", str(out), "--status", "false_alarm")
    assert "1 judged pictures" in CliRunner().invoke(app, words).output
    (label,) = (out / "labels" / "train").iterdir()
    assert len(label.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("judged", "fact", "back", "kind", "labels"),
    [
        (Status.CLOSED, "relapsed", Status.FALSE_ALARM, "cases", [[0, 20, 40, 60, 80]]),
        (Status.CLOSED, "relapsed", Status.NEW, "cases", [[0, 20, 40, 60, 80]]),
        (Status.CLOSED, "stands_on", Status.NEW, "cases", [[0, 20, 40, 60, 80]]),
        (Status.FALSE_ALARM, "relapsed", Status.CONFIRMED, "false_alarms", []),
    ],
)
def test_a_picture_is_judged_by_what_people_said_before_they_had_to_judge_anew(
    tmp_path: Path, evidence: Path, judged: Status, fact: str, back: Status, kind: str, labels: list[list[float]]
) -> None:
    story = (
        told(0, None, Status.NEW),
        told(1, Status.NEW, judged),
        *([told(2, judged, judged, "cleared")] if fact == "relapsed" else ()),
        told(30, judged, Status.NEW, fact),
        *([told(31, Status.NEW, back)] if back is not Status.NEW else ()),
    )
    (entry,) = write([replace(case(evidence, "a", back), history=story)], evidence, tmp_path / "out")
    assert (entry.kind, rows(tmp_path / "out", "labels", "a")) == (kind, labels)


def test_a_false_alarm_that_was_pressed_by_mistake_is_what_people_said_then(tmp_path: Path, evidence: Path) -> None:
    story = (
        told(0, None, Status.NEW),
        told(1, Status.NEW, Status.FALSE_ALARM),
        told(2, Status.FALSE_ALARM, Status.NEW),
        told(3, Status.NEW, Status.CONFIRMED),
    )
    (entry,) = write([replace(case(evidence, "a", Status.CONFIRMED), history=story)], evidence, tmp_path / "out")
    assert entry.kind == "cases"


@pytest.mark.parametrize(("hours", "stood"), [(-1, True), (1, False), (4, True)])
def test_what_came_back_is_labelled_in_no_picture_of_the_hours_when_it_was_gone(
    tmp_path: Path, evidence: Path, hours: int, *, stood: bool
) -> None:
    story = (
        told(-2, None, Status.NEW),
        told(-1.5, Status.NEW, Status.CONFIRMED),
        told(0, Status.CONFIRMED, Status.CONFIRMED, "cleared"),
        told(3, Status.CONFIRMED, Status.CONFIRMED, "relapsed"),
    )
    true = replace(case(evidence, "a", Status.CONFIRMED, at=AT - timedelta(hours=2)), history=story)
    false = case(evidence, "b", Status.FALSE_ALARM, at=AT + timedelta(hours=hours))
    write([true, false], evidence, tmp_path / "out")
    assert bool(rows(tmp_path / "out", "labels", "b")) == stood


def test_whole_cameras_are_held_out_and_the_index_says_so(tmp_path: Path, evidence: Path) -> None:
    found = [case(evidence, f"c{n}", Status.CONFIRMED, camera=f"cam-{n}") for n in range(40)]
    write(found, evidence, tmp_path / "out")
    splits = {entry["source"]: entry["split"] for entry in json.loads((tmp_path / "out" / "index.json").read_text())}
    assert set(splits.values()) == {"train", "val", "test"}
    assert {camera: split_of(camera) for camera in splits} == splits
    assert {entry["kind"] for entry in index(tmp_path / "out")} == {"cases"}


def test_a_case_whose_picture_is_gone_is_left_out(tmp_path: Path, evidence: Path) -> None:
    gone = case(evidence, "a", Status.CONFIRMED)
    next((evidence / "blobs").glob("*/*")).unlink()
    assert write([gone], evidence, tmp_path / "out") == []


def kinds(out: Path) -> dict[str, str]:
    """What the index says of each picture, by its bytes."""
    return {
        (out / "images" / entry["split"] / f"{entry['name']}.jpg").read_text(): entry["kind"] for entry in index(out)
    }


def files(out: Path) -> int:
    return sum(path.is_file() for folder in ("images", "labels", "ignore") for path in (out / folder).rglob("*"))


def test_a_later_export_into_the_same_folder_adds_to_it(tmp_path: Path, evidence: Path) -> None:
    out = tmp_path / "out"
    true, false = case(evidence, "a", Status.CONFIRMED), case(evidence, "b", Status.FALSE_ALARM, at=AT - timedelta(1))
    write([true, false], evidence, out, asked={"a"})
    assert len(write([true, false], evidence, out, asked={"b"})) == 2
    assert kinds(out) == {"a": "cases", "b": "false_alarms"}


def test_what_an_earlier_export_wrote_stays_when_its_case_is_gone(tmp_path: Path, evidence: Path) -> None:
    out = tmp_path / "out"
    write([case(evidence, "a", Status.CONFIRMED)], evidence, out)
    write([case(evidence, "b", Status.FALSE_ALARM)], evidence, out)
    assert kinds(out) == {"a": "cases", "b": "false_alarms"}


def test_what_an_earlier_export_wrote_is_judged_anew_when_its_evidence_is_gone(tmp_path: Path, evidence: Path) -> None:
    out = tmp_path / "out"
    judged = case(evidence, "a", Status.CONFIRMED)
    write([judged], evidence, out)
    next((evidence / "blobs").glob("*/*")).unlink()
    write([judged], evidence, out)
    assert (kinds(out), rows(out, "labels", "a")) == ({"a": "cases"}, [[0, 20, 40, 60, 80]])
    write([replace(judged, status=Status.FALSE_ALARM)], evidence, out)
    assert (kinds(out), rows(out, "labels", "a")) == ({"a": "false_alarms"}, [])


@pytest.mark.parametrize(
    ("now", "kind", "learnt"),
    [
        (Status.FALSE_ALARM, {"a": "false_alarms"}, []),
        (Status.CONFIRMED, {"a": "cases"}, [[0, 20, 40, 60, 80]]),
        (Status.NEW, {}, []),
    ],
)
@pytest.mark.parametrize("before", [Status.FALSE_ALARM, Status.CONFIRMED])
def test_pictures_of_earlier_exports_are_judged_anew(
    tmp_path: Path, evidence: Path, before: Status, now: Status, kind: dict[str, str], learnt: list[list[float]]
) -> None:
    out = tmp_path / "out"
    write([case(evidence, "a", before)], evidence, out)
    write([case(evidence, "a", now)], evidence, out, asked=set())
    assert kinds(out) == kind
    assert rows(out, "labels", "a") == learnt
    assert files(out) == 3 * len(kind)


def test_a_picture_of_two_cameras_is_in_one_split_alone(tmp_path: Path, evidence: Path) -> None:
    held_out = next(name for name in (f"cam-{n}" for n in range(40)) if split_of(name) == "test")
    first = case(evidence, "a", Status.CONFIRMED)
    write([first, replace(first, id="other", camera_id=held_out)], evidence, tmp_path / "out")
    assert files(tmp_path / "out") == 3
    assert kinds(tmp_path / "out") == {"a": "cases"}


def test_an_open_case_takes_no_picture_from_a_judged_one(tmp_path: Path, evidence: Path) -> None:
    true, out = case(evidence, "a", Status.CONFIRMED), tmp_path / "out"
    for _ in range(2):  # of the evidence, and of the earlier export
        write([true, replace(true, id="open", status=Status.NEW)], evidence, out)
        assert kinds(out) == {"a": "cases"}
        shutil.rmtree(evidence, ignore_errors=True)


def test_pictures_that_no_export_wrote_are_left_alone(tmp_path: Path, evidence: Path) -> None:
    drawn_stalls.write(tmp_path / "own")
    before = index(tmp_path / "own")
    with pytest.raises(CurbwatchError, match=r"own: .*not of an earlier export; name a new folder"):
        write([case(evidence, "a", Status.CONFIRMED)], evidence, tmp_path / "own")
    assert index(tmp_path / "own") == before


@pytest.mark.parametrize(
    "text", ["no json", '[{"name": "a", "kind": "cases", "split": "train"}]', '[{"name": "a", "kind": "own"}]']
)
def test_an_index_that_no_export_wrote_is_left_alone(tmp_path: Path, evidence: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(CurbwatchError, match=r"name a new folder"):
        write([case(evidence, "a", Status.CONFIRMED)], evidence, tmp_path)
    assert (tmp_path / "index.json").read_text() == text


def test_training_and_benchmarks_read_an_export(tmp_path: Path, evidence: Path) -> None:
    write([case(evidence, "a", Status.CONFIRMED)], evidence, tmp_path)
    (picture,) = read_folder(tmp_path, split="train").pictures
    assert [box.name for box in picture.boxes if not box.hard] == ["stall"]
    (tmp_path / "index.json").unlink()
    assert [entry["kind"] for entry in index(tmp_path)] == ["own"]
