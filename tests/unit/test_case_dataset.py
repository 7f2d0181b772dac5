# SPDX-License-Identifier: AGPL-3.0-or-later
"""Operators' verdicts become training pictures: labels for what was true, hard negatives for what was not."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.model import Case, Evidence
from api.workflow import Status
from curbwatch.case_dataset import split_of, write
from models.feed import index, labels

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
        1, name, f"key {name}", status, class_name, camera, "gate", 0.8, BOX, at - timedelta(minutes=5), at,
        at + timedelta(minutes=5), None, 0, "m", {}, [], at, at, 1, evidence=tuple(shown),
    )  # fmt: skip


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
