# SPDX-License-Identifier: AGPL-3.0-or-later
"""COCO json: images, annotations, categories; crowds and ignored boxes are hard."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.accuracy.datasets import SPLITS, Dataset, Fault, Labelled, labelled, split_named
from benchmarks.errors import DataError
from models.label_store import Box
from models.pictures import pictures_below


def json_kind(path: Path) -> str:
    """What a json file holds: "coco", "store" or ""."""
    try:
        raw = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return ""
    if isinstance(raw, dict) and {"images", "annotations", "categories"} <= raw.keys():  # COCO's captions have no boxes
        return "coco"
    return "store" if isinstance(raw, dict) and "format" in raw and "pictures" in raw else ""


def coco_files(root: Path) -> list[Path]:
    """The COCO files of a folder: beside the pictures, in annotations/, or one per split."""
    found = sorted({*root.glob("*.json"), *root.glob("annotations/*.json"), *root.glob("*/*.coco.json")})
    return [path for path in found if json_kind(path) == "coco"]


def choose(files: Sequence[Path], split: str, root: Path) -> tuple[Sequence[Path], str]:
    """The files of a split, and the split's name: one that says so in its name, or all."""
    split_of = {path: _split_of(path, root) for path in files}
    chosen = split_named(split_of.values(), split)
    if chosen:
        return [path for path in files if split_of[path] == chosen], chosen
    if split in ("", "all"):
        return files, "all"
    named = ", ".join(path.name for path in files)
    raise DataError(
        f"{root}: by its name no label file is of the split {split!r} ({named}); one called {split}.json is"
    )


def _split_of(path: Path, root: Path) -> str:
    """What its name and its folders below the root say, if they say one thing; the root's own path says nothing."""
    within = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
    words = set(re.findall("[a-z]+", str(within).lower()))
    said = [split for split, names in SPLITS.items() if words & set(names)]
    return said[0] if len(said) == 1 else ""


def read_coco(root: Path, files: Sequence[Path], split: str, *, alone: bool) -> Dataset:
    """Read COCO files whose pictures lie below `root`; alone: no other file labels those folders' pictures."""
    faults: list[Fault] = []
    classes: list[str] = []
    pictures: list[Labelled] = []
    for file in files:
        names, some = _read(root, file, faults)
        classes += [name for name in names if name not in classes]
        pictures += some
    pictures = _once(pictures, faults)
    if alone:
        faults += _unlabelled(root, pictures)
    return Dataset(root, "COCO", split, tuple(classes), tuple(pictures), tuple(faults))


def _read(root: Path, file: Path, faults: list[Fault]) -> tuple[list[str], list[Labelled]]:
    """The class names and the pictures of one file."""
    raw = json.loads(file.read_text("utf-8-sig"))
    if not all(isinstance(raw.get(key), list) for key in ("images", "annotations", "categories")):
        raise DataError(f"{file}: images, annotations and categories must be lists")
    categories = _by_id(_rows(raw, "categories", ("id", "name"), faults), "category", faults)
    names = {key: str(row["name"]) for key, row in categories.items()}
    images = _by_id(_rows(raw, "images", ("id", "file_name"), faults), "image", faults)
    boxes = _boxes(_rows(raw, "annotations", ("image_id", "category_id"), faults), names, images, faults)
    find = _Finder(root, file)
    return list(names.values()), [p for key, row in images.items() if (p := _picture(row, boxes[key], find, faults))]


def _rows(raw: dict[str, Any], part: str, needed: tuple[str, str], faults: list[Fault]) -> list[dict[str, Any]]:
    """The rows of one part that have what they need: text or whole numbers (pandas writes 1.0)."""
    good = []
    for number, row in enumerate(raw[part]):
        if isinstance(row, dict) and all(_names_something(row.get(key)) for key in needed):
            good.append(row)
        else:
            faults.append(Fault("malformed label", f"{part}[{number}]", f"{' and '.join(needed)} expected"))
    return good


def _by_id(rows: list[dict[str, Any]], what: str, faults: list[Fault]) -> dict[Any, dict[str, Any]]:
    """The rows by id, without those that share one: nobody knows which of them an annotation means."""
    same: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row not in same[row["id"]]:
            same[row["id"]].append(row)
    for key, some in same.items():
        if len(some) > 1:
            told = ", ".join(str(row.get("file_name", row.get("name"))) for row in some)
            faults.append(Fault("id stands twice", f"{what} {key}", f"{told}: left out, with their boxes"))
    return {key: some[0] for key, some in same.items() if len(some) == 1}


def _names_something(value: Any) -> bool:
    return isinstance(value, int | str) or (isinstance(value, float) and value.is_integer())


def _boxes(
    rows: list[dict[str, Any]], names: dict[Any, str], images: dict[Any, dict[str, Any]], faults: list[Fault]
) -> dict[Any, list[tuple[str, list[float], bool]]]:
    """Per picture: class name, x y width height in pixels, hard."""
    out: dict[Any, list[tuple[str, list[float], bool]]] = defaultdict(list)
    for row in rows:
        where = f"annotation {row.get('id', '?')}"
        box = _numbers(row.get("bbox"))
        if row.get("image_id") not in images:
            faults.append(Fault("missing picture", where, f"image {row.get('image_id')} is not in images, or twice"))
        elif row.get("category_id") not in names:
            faults.append(
                Fault("unknown class", where, f"category {row.get('category_id')} not in categories, or twice")
            )
        elif len(box) != 4:
            told = f"bbox {str(row.get('bbox'))[:80]}: x, y, width, height expected"
            faults.append(Fault("malformed label", where, told))
        else:
            hard = bool(row.get("iscrowd") or row.get("ignore"))
            out[row["image_id"]].append((names[row["category_id"]], box, hard))
    return out


def _numbers(values: Any) -> list[float]:
    """A list of numbers as floats; empty where it is none, or one of them is more than a float can hold."""
    if not isinstance(values, list) or not all(isinstance(value, int | float) for value in values):
        return []
    try:
        return [float(value) for value in values]
    except OverflowError:
        return []


class _Finder:
    """Finds the pictures that a COCO file names; index of the folder made once, when first needed."""

    def __init__(self, root: Path, file: Path) -> None:
        split = file.stem.removeprefix("instances_")
        self._places = (root, file.parent, root / "images", root / split, root / "images" / split)
        self._root = root
        self._by_name: dict[str, list[Path]] | None = None

    def find(self, name: str) -> Path | None:
        """The picture, by its path or else by its bare name if only one bears it."""
        near = next((p for place in self._places if (p := place / name).is_file()), None)
        if near:
            return near
        if self._by_name is None:
            self._by_name = defaultdict(list)
            for path in pictures_below(self._root):
                self._by_name[path.name].append(path)
        same = self._by_name.get(Path(name).name, [])
        return same[0] if len(same) == 1 else None


def _picture(
    row: dict[str, Any], boxes: list[tuple[str, list[float], bool]], find: _Finder, faults: list[Fault]
) -> Labelled | None:
    path = find.find(str(row["file_name"]))
    if path is None:
        faults.append(Fault("missing picture", str(row["file_name"]), "left out"))
        return None
    size = _numbers([row.get("width"), row.get("height")])
    if not size or not all(side > 0 and side.is_integer() for side in size):
        faults.append(Fault("malformed label", str(path), "no width and height in images; left out"))
        return None
    width, height = (int(side) for side in size)
    shares = [
        Box(name, (x / width, y / height, (x + w) / width, (y + h) / height), hard)
        for name, (x, y, w, h), hard in boxes
    ]
    return labelled(path, shares, (width, height), faults)


def _once(pictures: list[Labelled], faults: list[Fault]) -> list[Labelled]:
    """Each file one time, with the boxes of all its rows."""
    found: dict[Path, Labelled] = {}
    for picture in pictures:
        path = picture.path.resolve()
        before = found.get(path)
        if before is None:
            found[path] = picture
            continue
        if more := tuple(box for box in picture.boxes if box not in before.boxes):
            faults.append(Fault("picture listed twice", str(picture.path), "counted once, with the boxes of both"))
            found[path] = replace(before, boxes=before.boxes + more)
    return list(found.values())


def _unlabelled(root: Path, pictures: list[Labelled]) -> list[Fault]:
    known = {picture.path.resolve() for picture in pictures}
    folders = {path.parent for path in known}
    return [
        Fault("missing label", str(path), "not in the COCO file; left out")
        for path in pictures_below(root)
        if path.resolve().parent in folders and path.resolve() not in known
    ]
