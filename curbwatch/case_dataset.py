# SPDX-License-Identifier: AGPL-3.0-or-later
"""Turns what operators judged into a data set for the next training: YOLO folders with an index.

A case that people took further is a labelled picture, a false alarm a picture with nothing to find. Nobody labelled
the rest of these pictures, so training looks away from it: from people and vehicles everywhere, in a labelled picture
also from further stalls and debris, in a false alarm from cases that stood there then. Whole cameras are held out.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile

from api.model import Case, Evidence
from api.workflow import Status
from models.classes import CLASSES, TARGETS

JUDGED_TRUE = (Status.CONFIRMED, Status.DISPATCHED, Status.HANDLED, Status.CLOSED)
HELD_OUT = 0.15  # of the cameras for each of val and test
WHOLE = (0.0, 0.0, 1.0, 1.0)
CONTEXT = tuple(range(len(TARGETS), len(CLASSES)))
Row = tuple[int, tuple[float, float, float, float]]  # class, xyxy as shares


@dataclass(frozen=True, slots=True)
class Judged:
    """One picture for training, in the form of a line of the index."""

    name: str
    kind: str
    source: str
    sha256: str
    split: str


def split_of(camera_id: str) -> str:
    """Train, val or test: the same for all pictures of a camera, and for every export."""
    lot = int(hashlib.sha256(camera_id.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return "test" if lot < HELD_OUT else "val" if lot < 2 * HELD_OUT else "train"


def write(cases: Iterable[Case], evidence: Path, out: Path) -> list[Judged]:
    """Write pictures, labels and index; evidence: the folder of blobs. Cases nobody judged give no picture."""
    by_camera: dict[str, list[Case]] = {}
    for case in cases:
        by_camera.setdefault(case.camera_id, []).append(case)
    found = {entry.sha256: entry for some in by_camera.values() for entry in _camera(some, evidence, out)}
    entries = sorted(found.values(), key=lambda entry: entry.name)
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.json").write_text(json.dumps([asdict(entry) for entry in entries], indent=0) + "\n", "utf-8")
    return entries


def _camera(cases: list[Case], evidence: Path, out: Path) -> Iterator[Judged]:
    # false alarms last: where one picture shows both, it is a false alarm with a labelled box beside it
    for case in sorted(cases, key=lambda case: case.status is Status.FALSE_ALARM):
        picture = _picture(case)
        path = evidence / "blobs" / picture.sha256[:2] / picture.sha256 if picture else None
        if picture is None or path is None or not path.exists() or not _is_judged(case):
            continue
        there = [other for other in cases if _stood(other, picture.taken_at)]
        yield _write_one(case, picture, path, there, out)


def _is_judged(case: Case) -> bool:
    return case.class_name in CLASSES and (case.status in JUDGED_TRUE or case.status is Status.FALSE_ALARM)


def _picture(case: Case) -> Evidence | None:
    """The unmarked picture of the decision."""
    return next((e for e in case.evidence if e.kind == "during" and e.media_type == "image/jpeg"), None)


def _stood(case: Case, at: datetime) -> bool:
    return case.class_name in CLASSES and case.first_seen_at <= at <= (case.stood_until or at)


def _write_one(case: Case, picture: Evidence, path: Path, there: list[Case], out: Path) -> Judged:
    false = case.status is Status.FALSE_ALARM
    true = {c.id: c for c in (*there, case) if c.status in JUDGED_TRUE}.values()
    unsure = [c for c in there if c.status is Status.NEW]
    learn = [_row(c) for c in true]
    away: list[Row] = [(number, WHOLE) for number in (CONTEXT if false else range(len(CLASSES)))]
    away += [_row(c) for c in unsure]
    kind = "false_alarms" if false and not learn else "cases"
    split = split_of(case.camera_id)
    entry = Judged(picture.sha256[:16], kind, case.camera_id, picture.sha256, split)
    for folder, rows in (("labels", learn), ("ignore", away)):
        target = out / folder / split / f"{entry.name}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(_line(row) for row in rows), "utf-8")
    target = out / "images" / split / f"{entry.name}.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    copyfile(path, target)
    return entry


def _row(case: Case) -> Row:
    return CLASSES.index(case.class_name), case.box


def _line(row: Row) -> str:
    number, (x0, y0, x1, y1) = row
    return f"{number} {(x0 + x1) / 2:.5f} {(y0 + y1) / 2:.5f} {x1 - x0:.5f} {y1 - y0:.5f}\n"
