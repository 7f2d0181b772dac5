# SPDX-License-Identifier: AGPL-3.0-or-later
"""How good a model is on labelled pictures, and how often it alarms where nothing is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.datasets import Dataset, Fault, Labelled, pictures_below
from benchmarks.errors import DataError
from benchmarks.figures import SEED, figures, limits, rounded
from benchmarks.looking import LEAST, Naming, Rows, compared, detect, each_picture, name_classes
from benchmarks.machine import facts
from detector.manifest import Manifest
from detector.model import Model
from detector.zones import VIOLATIONS
from models.measure import draws
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
    return {
        "machine": facts(),
        "model": model.manifest.name,
        "input": model.manifest.input_size,
        "data": str(data.root),
        "dataset": about(data),
        "classes": by_class(rows, naming.classes, thresholds),
        "negatives": _negatives(clean, thresholds),
        "chosen_thresholds": {name: _chosen(name, rows, clean) for name in naming.classes},
        "faults": [asdict(fault) for fault in faults],
    }


def operating_point(manifest: Manifest, min_confidence: float | None) -> dict[str, float]:
    """The threshold of every class."""
    return {n: manifest.threshold(n) if min_confidence is None else min_confidence for n in manifest.classes}


def about(data: Dataset) -> dict[str, Any]:
    """What was measured on."""
    return {"kind": data.kind, "split": data.split, "labelled_pictures": len(data.pictures)}


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


def _chosen(name: str, rows: Rows, clean: Rows) -> float:
    """The threshold that this data would choose; people may well walk through pictures without stalls."""
    judged = [row[name].judged() for row in rows]
    nothing_there = [row[name].judged() for row in clean] if name in VIOLATIONS else []
    return choose_for(name, judged + nothing_there, nothing_there)


def worse(report: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[str]:
    """What is worse than in an earlier report of the same data: outside the earlier interval, on its bad side."""
    out = []
    for name, before in baseline["classes"].items():
        if before.get("ap50") is None:
            continue  # the data had no box of it then, either
        now = report["classes"].get(name)
        low = (before.get("ap50_interval") or [None])[0]
        if now is None or now["ap50"] is None:
            out.append(f"{name}: no longer measured")
        elif low is not None and now["ap50"] < low:
            out.append(f"{name}: AP50 {now['ap50']:.3f} is below {low:.3f}, the lower end of the baseline's interval")
    high = (baseline.get("negatives", {}).get("with_box_share_interval") or [None, None])[1]
    share = report["negatives"]["with_box_share"]
    if high is not None and share is None:
        out.append("negatives: no longer measured")
    elif high is not None and share > high:
        out.append(f"negatives: {share:.3f} with a box is above {high:.3f}, the upper end of the baseline's interval")
    return out
