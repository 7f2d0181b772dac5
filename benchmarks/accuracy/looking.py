# SPDX-License-Identifier: AGPL-3.0-or-later
"""A model's detections on labelled pictures, side by side with what is there."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.datasets import Dataset, Fault, Labelled, plain
from benchmarks.errors import DataError
from detector.detections import Detections
from detector.model import Model
from models.label_store import Box
from models.measure import MATCH, Judged, judge

LEAST = 0.01  # detections below say nothing about a curve that anybody would work on
Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """One class in one picture; boxes float32[N,4] xyxy in pixels, `area` the picture's."""

    boxes: Floats
    scores: Floats
    truth: Floats
    hard: Floats
    area: int

    def judged(self, least: float = MATCH) -> Judged:
        """Which detections are right at this overlap."""
        return judge(self.boxes, self.scores, self.truth, self.hard, least)


Rows = list[dict[str, Looked]]  # per picture and class


@dataclass(frozen=True, slots=True)
class Naming:
    """Which names of the data mean which class of the model, and what found no counterpart."""

    meaning: Mapping[str, str]
    classes: tuple[str, ...]
    faults: tuple[Fault, ...]


def name_classes(data: Dataset, known: Sequence[str], rename: Mapping[str, str], model: Sequence[str]) -> Naming:
    """Map the data's class names to those that are measured, by name; the rest is listed.

    model: all of the model's classes in their order, for data that gives numbers and no names.
    """
    ours = {plain(name): name for name in known}
    if data.numbered:
        ours |= {str(number): name for number, name in enumerate(model) if name in known}
    renamed = {plain(old): plain(new) for old, new in rename.items()}
    if odd := [new for new in rename.values() if plain(new) not in ours]:
        raise DataError(f"--rename: the model has no class {odd[0]!r}; it knows {', '.join(known)}")
    told = {name: renamed.get(plain(name), plain(name)) for name in data.classes}
    meaning = {name: ours[target] for name, target in told.items() if target in ours}
    if not meaning:
        raise DataError(
            f"{data.root}: no class of the data ({', '.join(data.classes) or 'none'}) is one of the model "
            f"({', '.join(known)}); say which is which, as in --rename rubbish={known[0]}"
        )
    used = set(meaning.values())
    return Naming(meaning, tuple(name for name in known if name in used), _unknown(data, meaning))


def _unknown(data: Dataset, meaning: Mapping[str, str]) -> tuple[Fault, ...]:
    counts = Counter(box.name for picture in data.pictures for box in picture.boxes)
    return tuple(
        Fault("unknown class", name, f"{counts[name]} boxes not measured; the model has no such class (--rename)")
        for name in data.classes
        if name not in meaning
    )


def each_picture(
    pictures: Iterable[Labelled], faults: list[Fault], on_done: Callable[[], None]
) -> Iterable[tuple[Labelled, Picture]]:
    """Read pictures one by one; what cannot be read or has another shape than its labels say is a fault."""
    for labelled in pictures:
        picture = read_picture(labelled.path)
        on_done()
        if picture is None:
            faults.append(Fault("unreadable picture", str(labelled.path), "left out"))
            continue
        height, width = picture.shape[:2]
        if labelled.size and labelled.size != (width, height):
            told = f"picture {width}×{height}, labels {labelled.size[0]}×{labelled.size[1]}: scaled"
            faults.append(Fault("size differs", str(labelled.path), told))
        yield labelled, picture


def read_picture(path: Path) -> Picture | None:
    """A picture as BGR uint8[H,W,3], or None if it cannot be read."""
    picture = cv2.imread(os.fspath(path), cv2.IMREAD_COLOR) if path.is_file() else None
    return None if picture is None else np.asarray(picture, np.uint8)


def detect(model: Model, picture: Picture, least: float = LEAST) -> Detections:
    """All detections down to a confidence."""
    return model.detect([picture], least=least)[0]


def compared(
    found: Detections, model: Model, labelled: Labelled, picture: Picture, naming: Naming
) -> dict[str, Looked]:
    """Detections and truth of one picture, per class of the model."""
    height, width = picture.shape[:2]
    out = {}
    for number, name in enumerate(model.manifest.classes):
        mine = found.class_id == number
        there = [box for box in labelled.boxes if naming.meaning.get(box.name) == name]
        truth, hard = (_pixels([b for b in there if b.hard is hard], width, height) for hard in (False, True))
        out[name] = Looked(found.xyxy[mine], found.confidence[mine], truth, hard, width * height)
    return out


def _pixels(boxes: list[Box], width: int, height: int) -> Floats:
    edges = np.array([box.edges for box in boxes], np.float64).reshape(-1, 4)
    return (edges * (width, height, width, height)).astype(np.float32)
