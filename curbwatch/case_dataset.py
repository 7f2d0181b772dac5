# SPDX-License-Identifier: AGPL-3.0-or-later
"""Turns what operators judged into a data set for the next training: YOLO folders with an index.

A case that people took further is a labelled picture, a false alarm a picture with nothing to find. Nobody labelled
the rest of these pictures, so training looks away from it: from people and vehicles everywhere, in a labelled picture
also from further stalls and debris, in a false alarm from cases that stood there then. Whole cameras are held out.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from api.blobs import blob_path
from api.model import AGAIN, Case, Evidence
from api.workflow import Status
from curbwatch.errors import CurbwatchError
from models.classes import CLASSES, TARGETS
from models.feed import index
from models.splits import lot

JUDGED_TRUE = (Status.CONFIRMED, Status.DISPATCHED, Status.HANDLED, Status.CLOSED)
HELD_OUT = 0.15  # of the cameras for each of val and test
WHOLE = (0.0, 0.0, 1.0, 1.0)
CONTEXT = tuple(range(len(TARGETS), len(CLASSES)))
KINDS = ("cases", "false_alarms")
FILES = {"images": ".jpg", "labels": ".txt", "ignore": ".txt"}
Row = tuple[int, tuple[float, float, float, float]]  # class, xyxy as shares


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture for training, in the form of a line of the index."""

    name: str
    kind: str
    source: str
    sha256: str
    split: str


def split_of(camera_id: str) -> str:
    """Train, val or test: the same for all pictures of a camera, and for every export."""
    drawn = lot(camera_id)
    return "test" if drawn < HELD_OUT else "val" if drawn < 2 * HELD_OUT else "train"


def write(cases: Iterable[Case], evidence: Path, out: Path, *, asked: Collection[str] | None = None) -> list[Entry]:
    """Write pictures, labels, index and class names, and return the index; evidence: the folder of blobs.

    asked: ids of the cases whose pictures are wanted, None for all; the others tell what else stood in these. Cases
    nobody judged give no picture. Pictures of earlier exports stay and are judged anew. CurbwatchError where `out`
    holds what no export wrote.
    """
    earlier = _listed(_earlier(out), out)  # before the first picture: an export that is cut off can be gone on with
    entries = {entry.sha256: entry for entry in earlier}
    by_camera: dict[str, list[Case]] = {}
    for case in cases:
        if case.class_name in CLASSES:
            by_camera.setdefault(case.camera_id, []).append(case)
    shown = [(case, picture) for some in by_camera.values() for case in some if (picture := _picture(case))]
    wanted = entries.keys() | {picture.sha256 for case, picture in shown if asked is None or case.id in asked}
    last = {picture.sha256: (case, picture) for case, picture in sorted(shown, key=lambda each: _turn(*each))}
    for case, picture in last.values():
        old = entries.get(picture.sha256)
        path = blob_path(evidence, picture.sha256)
        if old and not path.exists():  # evidence is not kept for ever
            path = _file(old, "images", out)
        if picture.sha256 in wanted and path.exists():
            content = path.read_bytes()
            if old:
                _remove(entries.pop(old.sha256), out)
            if _verdict(case, picture.taken_at) is not Status.NEW:
                there = [other for other in by_camera[case.camera_id] if other.stay_at(picture.taken_at)]
                entries[picture.sha256] = _write_one(case, picture, content, there, out)
    return _listed(sorted(entries.values(), key=lambda entry: entry.name), out)


def _earlier(out: Path) -> list[Entry]:
    if not any((out / name).exists() for name in ("index.json", "data.yaml", *FILES)):
        return []
    try:
        found = [Entry(**entry) for entry in index(out)]
    except (TypeError, ValueError):
        found = None
    if found is None or any(entry.kind not in KINDS for entry in found):
        raise CurbwatchError(f"{out}: holds what is not of an earlier export; name a new folder")
    return found


def _listed(entries: list[Entry], out: Path) -> list[Entry]:
    out.mkdir(parents=True, exist_ok=True)
    fresh = out / "index.json.next"  # half an index would be none of ours
    fresh.write_text(json.dumps([asdict(entry) for entry in entries], indent=0) + "\n", "utf-8")
    fresh.replace(out / "index.json")
    (out / "data.yaml").write_text(f"names: {json.dumps(CLASSES)}\n", "utf-8")
    return entries


def _turn(case: Case, picture: Evidence) -> int:
    """Of several cases of one picture the last decides: a false alarm before a true case, that before an open one."""
    verdict = _verdict(case, picture.taken_at)
    return (verdict is Status.FALSE_ALARM) - (verdict is Status.NEW)


def _verdict(case: Case, at: datetime) -> Status:
    """What people made of what stood there at a moment: when it is back later, they judge anew."""
    returns = (row for row in case.history if row.fact in AGAIN and row.from_status != row.to_status)
    judged = (row.from_status for row in returns if row.happened_at > at)
    return next(judged, None) or case.status


def _picture(case: Case) -> Evidence | None:
    """The unmarked picture of the decision."""
    return next((e for e in case.evidence if e.kind == "during" and e.media_type == "image/jpeg"), None)


def _file(entry: Entry, folder: str, out: Path) -> Path:
    return out / folder / entry.split / f"{entry.name}{FILES[folder]}"


def _remove(entry: Entry, out: Path) -> None:
    for folder in FILES:
        _file(entry, folder, out).unlink(missing_ok=True)


def _write_one(case: Case, picture: Evidence, content: bytes, there: list[Case], out: Path) -> Entry:
    at = picture.taken_at
    false = _verdict(case, at) is Status.FALSE_ALARM
    true = {c.id: c for c in (*there, case) if _verdict(c, at) in JUDGED_TRUE}.values()
    unsure = [c for c in there if _verdict(c, at) is Status.NEW]
    learn = [_row(c) for c in true]
    away: list[Row] = [(number, WHOLE) for number in (CONTEXT if false else range(len(CLASSES)))]
    away += [_row(c) for c in unsure]
    kind = "false_alarms" if false and not learn else "cases"
    split = split_of(case.camera_id)
    entry = Entry(picture.sha256[:16], kind, case.camera_id, picture.sha256, split)
    for folder, written in (("images", content), ("labels", _lines(learn)), ("ignore", _lines(away))):
        target = _file(entry, folder, out)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written)
    return entry


def _row(case: Case) -> Row:
    return CLASSES.index(case.class_name), case.box


def _lines(rows: list[Row]) -> bytes:
    return "".join(_line(row) for row in rows).encode()


def _line(row: Row) -> str:
    number, (x0, y0, x1, y1) = row
    return f"{number} {(x0 + x1) / 2:.5f} {(y0 + y1) / 2:.5f} {x1 - x0:.5f} {y1 - y0:.5f}\n"
