# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps the training pictures in memory and deals them out."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.random import Generator

from models.augment import Sample, finished, mosaic, single
from models.boxes import Floats, Image
from models.classes import CLASSES, TARGETS
from models.label_store import edges_of
from models.pictures import pictures_below
from models.splits import THUMBNAILS

# Share of the pictures of an epoch by set; what a data set lacks, the others share. "own" and "own_clean" are the
# pictures of a data set without an index, "cases" and "false_alarms" what operators judged.
SHARES = {
    "stalls_unboxed": 0.24,
    "markets": 0.13,
    "debris_piles": 0.18,
    "debris_bags": 0.06,
    "building_sites": 0.06,
    "synthetic": 0.25,
    "shop_fronts": 0.10,
    "street": 0.08,
    "travel": 0.08,
    "scenes": 0.04,
    "own": 0.27,
    "own_clean": 0.10,
    "cases": 0.27,
    "false_alarms": 0.10,
}
NEGATIVE = ("shop_fronts", "street", "travel", "scenes", "own_clean", "false_alarms")
SPLITS = ("train", "val", "test")
NAMED_IN = ("data.yaml", "data.yml", "dataset.yaml", "classes.txt", "labels/classes.txt")
NEGATIVE_SHARE = 0.3  # without them half of all shop fronts raised an alarm
INDEXED = ("name", "split", "kind")
SLACK = 0.005  # how far, in shares of the picture, a number may lie outside before it is taken for something else


def index(dataset: Path) -> list[dict[str, str]]:
    """Return the pictures of a data set: name, split, kind; from its index, or from its folders where it has none.

    A name is the picture's path below its split, without `.jpg`. Raises ValueError when there are no pictures, when one
    is of no split or has no label file, or when its index, its labels or its classes are not ours.
    """
    listed = dataset / "index.json"
    if listed.exists():
        return [entry for entry in _listed(listed) if entry["split"] != "drop"]
    _check_names(dataset)
    pictures = pictures_below(dataset / "images")
    if not pictures:
        message = f"{dataset}: no pictures in images/train/; a data set has images/SPLIT/ and labels/SPLIT/"
        raise ValueError(message)
    _check_labelled(dataset, pictures)
    return [_entry(dataset, picture) for picture in pictures]


def _listed(path: Path) -> list[dict[str, str]]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        found = None
    whole = isinstance(found, list) and all(isinstance(entry, dict) for entry in found)
    if not whole or not all(isinstance(entry.get(key), str) for entry in found for key in INDEXED):
        message = f'{path}: no list of pictures, each with "name", "split" and "kind"; correct it, or take it away'
        raise ValueError(message)
    return list(found)


def _entry(dataset: Path, picture: Path) -> dict[str, str]:
    split, *below = picture.relative_to(dataset / "images").parts
    kind = "own" if np.isin(_rows(_labels_of(dataset, picture))[:, 0], TARGETS).any() else "own_clean"
    return {"name": "/".join(below).removesuffix(".jpg"), "split": split, "kind": kind}


def _check_labelled(dataset: Path, pictures: list[Path]) -> None:
    """A picture that nobody has labelled is no picture of nothing, and one of no split would not be seen at all."""
    for picture in pictures:
        if picture.relative_to(dataset / "images").parts[0] not in SPLITS:
            message = f"{picture}: of no split; pictures lie in images/train/, images/val/ and images/test/"
            raise ValueError(message)
    if bare := [picture for picture in pictures if not _labels_of(dataset, picture).exists()]:
        message = (
            f"{_labels_of(dataset, bare[0])}: no such file; {len(bare)} of {len(pictures)} pictures have no labels: an "
            "empty file says that nothing is to be found, or take them out of images/"
        )
        raise ValueError(message)


def _labels_of(dataset: Path, picture: Path, folder: str = "labels") -> Path:
    return (dataset / folder / picture.relative_to(dataset / "images")).with_suffix(".txt")


def _check_names(dataset: Path) -> None:
    ours = {str(number): name for number, name in enumerate(CLASSES)}
    for path in (dataset / name for name in NAMED_IN):
        if path.exists():
            given = _names_in(path)
            named = dict(enumerate(given)) if isinstance(given, list) else given
            told = {str(n): str(name) for n, name in named.items()} if isinstance(named, dict) else {}
            if not told or not told.items() <= ours.items():
                message = f"{path}: names are {given}; number the classes as {list(CLASSES)}"
                raise ValueError(message)


def _names_in(path: Path) -> Any:
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix == ".txt":
            return [line.strip() for line in text.strip().splitlines()]
        about = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path}: not readable as YAML or as text in UTF-8 ({error}); correct it"
        raise ValueError(message) from error
    return about.get("names") if isinstance(about, dict) else None


def labels(path: Path, width: int, height: int) -> Floats:
    """Read YOLO lines as float32[N, 5]: class, then xyxy in pixels; no file, no boxes.

    An outline counts as the box round it. Raises ValueError, with file and line, for what is neither.
    """
    return _rows(path) * np.array([1, width, height, width, height], np.float32)


def _rows(path: Path) -> Floats:
    """Class, then xyxy as shares."""
    lines = path.read_text("utf-8-sig", "replace").splitlines() if path.exists() else []
    rows = [_row(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip()]
    return np.array(rows, np.float32).reshape(-1, 5)


def _row(line: str, where: str) -> list[float]:
    try:
        number, *shares = map(float, line.split())
        edges = edges_of(shares)
    except ValueError as error:
        message = f"{where}: {line[:80]!r}: write a class and four numbers, or an outline of three corners or more"
        raise ValueError(message) from error
    if number not in range(len(CLASSES)):
        message = f"{where}: class {number:g}; the classes are numbered from 0, as {list(CLASSES)}"
        raise ValueError(message)
    if not all(-SLACK <= share <= 1 + SLACK for share in shares):
        message = f"{where}: {line[:80]!r}: write places and sizes as shares of the picture, 0 to 1"
        raise ValueError(message)
    return [number, *edges]


def read(dataset: Path, split: str, name: str) -> Sample:
    """Read one picture of a data set with its labels."""
    path = dataset / "images" / split / f"{name}.jpg"
    path = path if path.exists() else path.with_name(path.stem)
    picture = cv2.imread(str(path))
    if picture is None:
        message = f"{name}: not in {dataset}/images/{split}"
        raise ValueError(message)
    height, width = picture.shape[:2]
    learn, ignore = (labels(_labels_of(dataset, path, folder), width, height) for folder in ("labels", "ignore"))
    return Sample(np.asarray(picture, np.uint8), learn, ignore)


class Feed:
    """The training split in memory; picture number n of epoch e is always the same for a seed."""

    def __init__(self, *datasets: Path, without: tuple[str, ...] = ()) -> None:
        self._sets: dict[str, list[Sample]] = {}
        for dataset in datasets:
            for entry in index(dataset):
                if entry["split"] == "train" and entry["kind"] not in without:
                    sample = read(dataset, "train", entry["name"])
                    self._sets.setdefault(entry["kind"], []).append(sample)
        self._positive = self._mix(negative=False)
        self._negative = self._mix(negative=True)
        if not self._positive[0]:
            message = f"{datasets[0]}: no training picture has a stall or debris; label some (docs/labelling.md)"
            raise ValueError(message)
        self._negative_share = NEGATIVE_SHARE if _whole(self._negative)[0] else 0.0

    def sizes(self) -> dict[str, int]:
        """Return how many pictures each set holds."""
        return {kind: len(samples) for kind, samples in self._sets.items()}

    def deal(self, side: int, rng: Generator, *, mosaics: float) -> Sample:
        """Draw one training picture; a mosaic is made of four negatives or of four that are not."""
        mix = self._negative if rng.random() < self._negative_share else self._positive
        if rng.random() < mosaics:
            made = mosaic([self._draw(mix, rng) for _ in range(4)], side, rng)
        else:
            made = single(self._draw(_whole(mix), rng), side, rng)
        return finished(made, rng)

    def _mix(self, *, negative: bool) -> tuple[list[str], Floats]:
        kinds = [k for k in self._sets if k in SHARES and (k in NEGATIVE) == negative]
        shares = np.array([SHARES[k] for k in kinds], np.float32)
        return kinds, shares / max(float(shares.sum()), 1e-6)

    def _draw(self, mix: tuple[list[str], Floats], rng: Generator) -> Sample:
        kinds, shares = mix
        kind = kinds[int(np.searchsorted(np.cumsum(shares), rng.random() * 0.9999))]
        samples = self._sets[kind]
        return samples[int(rng.integers(len(samples)))]


def _whole(mix: tuple[list[str], Floats]) -> tuple[list[str], Floats]:
    kinds, shares = mix
    # Thumbnails are too coarse to fill a picture: they only appear as a quarter of a mosaic.
    kept = [n for n, kind in enumerate(kinds) if kind not in THUMBNAILS]
    return [kinds[n] for n in kept], shares[kept] / max(float(shares[kept].sum()), 1e-6)


def stacked(samples: list[Sample]) -> tuple[Image, Floats, Floats]:
    """Stack samples into uint8[N, 3, side, side] RGB, and learn and ignore rows float32[M, 6].

    A row is the picture's number, the class, then centre and size as shares of the side.
    """
    pictures = np.stack([s.picture for s in samples])[..., ::-1].transpose(0, 3, 1, 2)
    side = pictures.shape[-1]
    learn = _numbered([s.learn for s in samples], side)
    ignore = _numbered([s.ignore for s in samples], side)
    return np.ascontiguousarray(pictures), learn, ignore


def _numbered(rows: list[Floats], side: int) -> Floats:
    out = []
    for number, row in enumerate(rows):
        low, high = row[:, 1:3] / side, row[:, 3:] / side
        first = np.full((len(row), 1), number, np.float32)
        out.append(np.concatenate([first, row[:, :1], (low + high) / 2, high - low], axis=1))
    return np.concatenate(out).astype(np.float32)
