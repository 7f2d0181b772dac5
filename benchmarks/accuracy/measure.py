# SPDX-License-Identifier: AGPL-3.0-or-later
"""How good a model is on labelled pictures, and how often it alarms where nothing is."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.datasets import Dataset, Fault, Labelled
from benchmarks.accuracy.figures import SEED, figures
from benchmarks.accuracy.looking import LEAST, Naming, Rows, compared, detect, each_picture, name_classes
from benchmarks.errors import DataError
from benchmarks.machine import facts
from benchmarks.rounding import limits, rounded
from detector.manifest import Manifest
from detector.model import Model
from detector.zones import VIOLATIONS
from models.label_store import digest
from models.measure import draws
from models.pictures import pictures_below
from models.thresholds import choose_for


def nothing() -> None:
    """Called after each picture if nobody wants to know."""


def negatives_in(folder: Path | None) -> list[Labelled]:
    """The pictures of a folder in which nothing is to be found."""
    if folder is None:
        return []
    found = [Labelled(path, ()) for path in pictures_below(folder)]
    if not found:
        raise DataError(f"{folder}: no pictures here; name a folder of pictures without anything to find")
    return found


def measure(
    model: Model,
    data: Dataset,
    *,
    negatives: Sequence[Labelled] = (),
    min_confidence: float | None = None,
    rename: Mapping[str, str] | None = None,
    on_done: Callable[[], None] = nothing,
) -> dict[str, Any]:
    """Look at every picture; returns the report that `bench accuracy --json` writes.

    min_confidence: the operating point of every class, instead of the manifest's thresholds.
    """
    naming = name_classes(data, model.manifest.classes, rename or {}, model.manifest.classes)
    thresholds = operating_point(model.manifest, min_confidence)
    faults = [*data.faults, *naming.faults]
    look = partial(_looks, model, naming=naming, least=min(LEAST, *thresholds.values()), on_done=on_done, faults=faults)
    rows, clean = look(data.pictures), look(negatives)
    if not rows:
        raise DataError(f"{data.root}: none of its {len(data.pictures)} labelled pictures can be read")
    classes, before = by_class(rows, naming.classes, thresholds), model.manifest.thresholds
    return {
        "machine": facts(),
        "model": model.manifest.name,
        "input": model.manifest.input_size,
        "data": str(data.root),
        "dataset": about(data, negatives),
        "classes": classes,
        "negatives": _negatives(clean, thresholds),
        "chosen_thresholds": {
            name: _chosen(name, rows, clean, before[name]) for name, row in classes.items() if row["boxes"]
        },
        "faults": [asdict(fault) for fault in faults],
    }


def operating_point(manifest: Manifest, min_confidence: float | None) -> dict[str, float]:
    """The threshold of every class."""
    return {n: manifest.threshold(n) if min_confidence is None else min_confidence for n in manifest.classes}


def about(data: Dataset, negatives: Sequence[Labelled] = ()) -> dict[str, Any]:
    """What was measured on."""
    told = {"kind": data.kind, "split": data.split, "labelled_pictures": len(data.pictures)}
    told["sha256"] = _sha256(data.pictures)
    return told | ({"negatives_sha256": _sha256(negatives)} if negatives else {})


def _sha256(pictures: Sequence[Labelled]) -> str:
    """Of the sha256s of the pictures, sorted, a line each: the same wherever they lie and whatever they are called."""
    # one that cannot be read is listed as a fault
    read = [one.path for one in pictures if one.path.is_file() and os.access(one.path, os.R_OK)]
    lines = sorted(f"{digest(path)}\n" for path in read)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def by_class(rows: Rows, classes: Sequence[str], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """The figures of every class that the data speaks of."""
    return {name: figures([row[name] for row in rows], thresholds[name]) for name in classes}


def _looks(
    model: Model,
    pictures: Sequence[Labelled],
    *,
    naming: Naming,
    least: float,
    faults: list[Fault],
    on_done: Callable[[], None],
) -> Rows:
    """What the model finds in pictures, per class of the model, beside what is there."""
    return [
        compared(detect(model, picture, least), model, labelled, picture, naming)
        for labelled, picture in each_picture(pictures, faults, on_done)
    ]


def _negatives(clean: Rows, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """The share of pictures with any box of a class that opens cases (of any class if the model has none)."""
    if not clean:
        return {"pictures": 0, "with_box_share": None}
    alarming: list[str] = [name for name in VIOLATIONS if name in thresholds] or list(thresholds)
    alarms = np.array([[(row[name].scores >= thresholds[name]).any() for name in alarming] for row in clean], bool)
    any_box = alarms.any(axis=1)
    drawn = draws(len(clean), np.random.default_rng(SEED))
    return {
        "pictures": len(clean),
        "with_box_share": rounded(any_box.mean()),
        "with_box_share_interval": limits(drawn @ any_box / len(clean)),
        "by_class": {name: rounded(alarms[:, number].mean()) for number, name in enumerate(alarming)},
    }


def _chosen(name: str, rows: Rows, clean: Rows, before: float) -> float:
    """The threshold that this data would choose; people may well walk through pictures without stalls."""
    judged = [row[name].judged() for row in rows]
    nothing_there = [row[name].judged() for row in clean] if name in VIOLATIONS else []
    return choose_for(name, judged + nothing_there, nothing_there, before)
