# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads whatever kind of data folder it is given."""

from pathlib import Path

from benchmarks.accuracy.coco_file import choose, coco_files, json_kind, read_coco
from benchmarks.accuracy.datasets import Dataset, Fault, labelled
from benchmarks.accuracy.yolo_folder import is_yolo, read_yolo
from benchmarks.errors import DataError
from models import label_store
from models.pictures import pictures_below


def read_folder(root: Path, labels: Path | None = None, split: str = "") -> Dataset:
    """Read the labelled pictures of a folder.

    labels: a COCO file or a label store; None looks for YOLO's layout, then for such files in the folder.
    split: "test", "val", "train" or "all"; "" takes the test split, else the validation split, else all. DataError
    where the labels do not say that they are of the split that is asked for.
    """
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; name the one that holds the pictures")
    data = _read(root, labels, split)
    if not data.pictures:
        raise DataError(f"{root}: no labelled picture found ({len(data.faults)} faults{_first(data.faults)})")
    return data


def _read(root: Path, labels: Path | None, split: str) -> Dataset:
    if labels is not None:
        return _read_labels(root, labels, split)
    if is_yolo(root):
        return read_yolo(root, split)
    if files := coco_files(root):
        chosen, name = choose(files, split, root)
        return read_coco(root, chosen, name, alone=len(chosen) == len(files))
    if stores := [path for path in sorted(root.glob("*.json")) if json_kind(path) == "store"]:
        return _read_store(root, stores[0], split)
    raise DataError(f"{root}: no YOLO labels/, COCO json or label store here; name the file with --labels")


def _read_labels(root: Path, labels: Path, split: str) -> Dataset:
    kind = json_kind(labels)
    if kind == "coco":
        chosen, name = choose([labels], split, root)
        return read_coco(root, chosen, name, alone=True)
    if kind == "store":
        return _read_store(root, labels, split)
    raise DataError(f"{labels}: neither COCO json nor a label store; see docs/benchmarks.md")


def _read_store(root: Path, file: Path, split: str) -> Dataset:
    """Read the pictures that a label store knows, found by their sha256, except those it leaves out."""
    if split not in ("", "all"):
        raise DataError(f"{file}: a label store knows no splits, so not what is {split!r}; give YOLO or COCO labels")
    try:
        store = label_store.load(file)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise DataError(f"{file}: not a label store of format 1 ({error})") from error
    faults: list[Fault] = []
    pictures = []
    for path in pictures_below(root):
        record = store.get(label_store.digest(path))
        if record is None:
            faults.append(Fault("missing label", str(path), "not in the label store; left out"))
        elif record.exclude is None:
            pictures.append(labelled(path, record.boxes, (record.width, record.height), faults))
    classes = sorted({box.name for picture in pictures for box in picture.boxes})
    return Dataset(root, "label store", "all", tuple(classes), tuple(pictures), tuple(faults))


def _first(faults: tuple[Fault, ...]) -> str:
    return f", the first: {faults[0].kind}: {faults[0].where}" if faults else ""
