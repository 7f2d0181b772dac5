# SPDX-License-Identifier: AGPL-3.0-or-later
"""YOLO folders: data.yaml, images/ and labels/ with or without splits, boxes or outlines."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from benchmarks.accuracy.datasets import SPLITS, Dataset, Fault, Labelled, labelled, split_named
from benchmarks.errors import DataError
from models.label_store import Box, edges_of
from models.pictures import SUFFIXES, pictures_below

SPELLINGS = tuple(name for names in SPLITS.values() for name in names)


def is_yolo(root: Path) -> bool:
    """Whether a folder looks like one of YOLO's."""
    return bool(_yaml(root)) or any(root.glob("labels")) or any(root.glob("*/labels"))


def read_yolo(root: Path, split: str) -> Dataset:
    """Read one split; a picture or a label file without the other is a fault, an empty one a picture without boxes."""
    about = _about(root)
    names = _names(root, about)
    places = _splits(root, about)
    held = [name for name, found in places.items() if found or split]
    chosen = split_named(held, split) or ("all" if not split or split == "all" else None)
    if chosen is None:
        raise DataError(f"{root}: no split {split!r}; it has {', '.join(sorted(places)) or 'none'}")
    paths = sorted({p for name, found in places.items() if chosen in (name, "all") for p in found})
    if not paths:
        raise DataError(f"{root}: the split {chosen!r} holds no pictures; look at the paths in data.yaml")
    faults = []
    if not split and "test" in places and "test" not in held:
        faults.append(Fault("empty split", "test", f"no picture where data.yaml says; measured: {chosen}"))
    pictures = [p for path in paths if (p := _picture(root, path, names, faults))]
    faults += _without_picture(root, paths)
    faults += _sharing_labels(root, paths)
    seen = {box.name for picture in pictures for box in picture.boxes}
    classes = tuple(names.values()) or tuple(sorted(seen))
    return Dataset(root, "YOLO", chosen, classes, tuple(pictures), tuple(faults), numbered=not names)


def _yaml(root: Path) -> Path | None:
    return next((p for name in ("data.yaml", "data.yml", "dataset.yaml") if (p := root / name).is_file()), None)


def _about(root: Path) -> dict[str, Any]:
    path = _yaml(root)
    if path is None:
        return {}
    try:
        about = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable as YAML ({error}); correct it") from error
    if not isinstance(about, dict):
        raise DataError(f"{path}: expected `names:` and splits, as ultralytics writes them")
    return about


def _names(root: Path, about: dict[str, Any]) -> dict[int, str]:
    names = about.get("names")
    if isinstance(names, dict):
        if odd := [key for key in names if not str(key).isdecimal()]:
            raise DataError(f"{root}: names: {odd[0]!r} is no class number; write names as `0: stall`")
        return {int(number): str(name) for number, name in names.items()}
    if isinstance(names, list):
        return {number: str(name) for number, name in enumerate(names)}
    for path in (root / "classes.txt", root / "labels" / "classes.txt"):
        if path.is_file():
            return dict(enumerate(line.strip() for line in _text(path).splitlines()))
    return {}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not in UTF-8; save it so") from error


def _splits(root: Path, about: dict[str, Any]) -> dict[str, list[Path]]:
    told = {name: about[name] for name in SPELLINGS if about.get(name)}
    if told:
        bases = [root / str(about.get("path") or "."), root]
        return {name: _listed(bases, entry) for name, entry in told.items()}
    found = {n: p for n in SPELLINGS for p in (root / "images" / n, root / n / "images") if p.is_dir()}
    if found:
        return {name: pictures_below(folder) for name, folder in found.items()}
    return {"all": pictures_below(root / "images" if (root / "images").is_dir() else root)}


def _listed(bases: list[Path], entry: Any) -> list[Path]:
    """Pictures of a split's entry: a folder, a text file of paths, or a list of those."""
    if isinstance(entry, list):
        return [path for one in entry for path in _listed(bases, one)]
    # Roboflow writes ../train/images and means train/images
    candidates = [base / text for base in bases for text in (str(entry), str(entry).removeprefix("../"))]
    place = next((p for p in candidates if p.exists()), None)
    if place is None:
        return []
    if place.is_dir():
        return pictures_below(place)
    return [
        place.parent / line.strip() for line in place.read_text("utf-8-sig", "replace").splitlines() if line.strip()
    ]


def _label_file(root: Path, picture: Path, folder: str = "labels") -> Path:
    """In `labels` instead of the last `images` of the picture's path; beside it where there is none below the root."""
    base = root if picture.is_relative_to(root) else Path()
    parts = list(picture.relative_to(base).parts)
    for place in range(len(parts) - 1, -1, -1):
        if parts[place] == "images":
            parts[place] = folder
            break
    return base.joinpath(*parts).with_suffix(".txt")


def _sharing_labels(root: Path, pictures: list[Path]) -> Iterator[Fault]:
    by_labels: dict[Path, list[Path]] = {}
    for path in pictures:
        by_labels.setdefault(_label_file(root, path), []).append(path)
    for file, some in by_labels.items():
        if len(some) > 1:
            named = ", ".join(path.name for path in some)
            yield Fault("labels of several pictures", str(file), f"measured with each of {named}")


def _without_picture(root: Path, pictures: list[Path]) -> Iterator[Fault]:
    """Label files in the folders of these pictures' labels that no picture on disk belongs to."""
    for folder, labels in sorted({(path.parent, _label_file(root, path).parent) for path in pictures}):
        there = {path.stem for path in folder.glob("*") if path.suffix.lower() in SUFFIXES}
        for file in sorted(labels.glob("*.txt")):
            # beside pictures lie lists and notes, too
            if file.stem not in there and file.name != "classes.txt" and (labels != folder or _begins_as_label(file)):
                yield Fault("missing picture", str(file), "label without a picture; left out")


def _begins_as_label(file: Path) -> bool:
    return file.read_text("utf-8-sig", "replace").lstrip()[:1].isdigit()


def _picture(root: Path, path: Path, names: dict[int, str], faults: list[Fault]) -> Labelled | None:
    file, away = _label_file(root, path), _label_file(root, path, "ignore")
    if not file.exists():
        faults.append(Fault("missing label", str(path), "left out; an empty file says: nothing here"))
        return None
    try:
        boxes = list(_boxes(file, names, faults))
        # what training looks away from is neither hit nor miss
        doubtful = _boxes(away, names, faults) if away != file and away.exists() else ()
        boxes += [replace(box, hard=True) for box in doubtful]
    except (OSError, UnicodeDecodeError) as error:
        faults.append(Fault("unreadable label", str(file), f"picture left out: {error}"))
        return None
    return labelled(path, boxes, None, faults)


def _boxes(file: Path, names: dict[int, str], faults: list[Fault]) -> Iterator[Box]:
    for number, line in enumerate(file.read_text("utf-8-sig").splitlines(), start=1):
        if line.strip():
            yield from _box(line, f"{file}:{number}", names, faults)


def _box(line: str, where: str, names: dict[int, str], faults: list[Fault]) -> list[Box]:
    try:
        first, *numbers = (float(word) for word in line.split())
        number, edges = int(first), edges_of(numbers)
    except (ValueError, OverflowError):
        faults.append(Fault("malformed label", where, f"{line.strip()[:80]!r}: class and four numbers expected"))
        return []
    name = names.get(number, "" if names else str(number))
    if not name:
        faults.append(Fault("unknown class", where, f"class {number} has no name in the data's class list"))
        return []
    return [Box(name, edges)]
