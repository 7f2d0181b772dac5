# SPDX-License-Identifier: AGPL-3.0-or-later
"""Measures an exported model on a split of the data set, through onnxruntime alone.

    python -m models.evaluate --manifest models/curbwatch-n-v7.toml --dataset DATASET --json FILE
    python -m models.evaluate --model RUN/model.onnx --dataset DATASET --choose

``--choose`` prints thresholds picked on the validation split instead (see models/thresholds.py).
"""

import argparse
import json
import math
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from models.augment import Sample
from models.boxes import Floats, Found
from models.classes import CLASSES, TARGETS
from models.feed import index, read
from models.measure import (
    Judged,
    alarm_share,
    average_precision,
    curve,
    interval,
    judge,
    precision,
    rank,
    recall,
    rightly_alarmed,
    well_placed,
)
from models.runner import Runner, onnx_infer
from models.splits import THUMBNAILS
from models.thresholds import FALLBACK, choose_for, few

LEAST = 0.01
POINTS = 60  # of a drawn curve
NEGATIVES = ("shop_fronts", "street", "travel", "traffic_cameras", "scenes", "own_clean", "false_alarms")
CHECKED = tuple(kind for kind in NEGATIVES if kind != "scenes")  # nobody has looked at every thumbnail
OWN = ("own", "cases")
SETS = {
    "stall": ("stalls_unboxed", "markets", *OWN),
    "debris": ("debris_rubble", "debris_bags", "debris_piles", "building_sites", *OWN),
}


@dataclass(frozen=True, slots=True)
class Looked:
    """One picture, its set, and what the model found in it."""

    kind: str
    sample: Sample
    found: Found

    def judged(self, number: int) -> Judged:
        """Judge one class."""
        mine = self.found.classes == number
        truth, ignore = (rows_of(r, number) for r in (self.sample.learn, self.sample.ignore))
        return judge(self.found.boxes[mine], self.found.scores[mine], truth, ignore)


def rows_of(rows: Floats, number: int) -> Floats:
    """Return the boxes of one class."""
    return rows[rows[:, 0] == number, 1:]


def pictures(dataset: Path, split: str) -> list[tuple[str, Sample]]:
    """Read a split, each picture with its set; ValueError where that fails."""
    mine = [e for e in index(dataset) if e["split"] == split and e["kind"] != "synthetic"]
    return [(e["kind"], read(dataset, split, e["name"])) for e in mine]


def look(runner: Runner, given: Sequence[tuple[str, Sample]], iou: float) -> list[Looked]:
    """Run the model over pictures."""
    found = runner.find([sample.picture for _, sample in given], least=LEAST, iou=iou)
    return [Looked(kind, sample, f) for (kind, sample), f in zip(given, found, strict=True)]


def figures(looked: Sequence[Looked], number: int, threshold: float) -> dict[str, Any]:
    """Return the figures of one class over pictures, each with its interval."""
    judged = [one.judged(number) for one in looked]
    rng = np.random.default_rng(0)
    out: dict[str, Any] = {"pictures": len(judged), "boxes": sum(j.boxes for j in judged)}
    wanted: dict[str, Callable[[Sequence[Judged]], float]] = {
        "ap50": average_precision,
        "precision": partial(precision, threshold=threshold),
        "recall": partial(recall, threshold=threshold),
    }
    for name, figure in wanted.items():
        out[name] = rounded(figure(judged))
        out[f"{name}_interval"] = [rounded(v) for v in interval(judged, figure, rng)]
    return out | {"curve": drawn_curve(judged)}


def drawn_curve(judged: Sequence[Judged]) -> list[list[float]]:
    """Return recall, precision and confidence along a class's curve, thinned."""
    ranked = rank(judged)
    if not ranked.scores.size:
        return []
    found, best = curve(ranked)
    kept = np.unique(np.searchsorted(found, np.linspace(0, found[-1], POINTS), side="left"))
    return [[round(float(v[n]), 3) for v in (found, best, ranked.scores)] for n in kept]


def alarms(looked: Sequence[Looked], thresholds: dict[str, float]) -> dict[str, Any]:
    """Return the share of pictures with any stall or debris box at its threshold."""
    judged = [_alarm(one, thresholds) for one in looked]
    share = partial(alarm_share, threshold=0.5)
    low, high = interval(judged, share, np.random.default_rng(0))
    return {
        "pictures": len(judged),
        "with_box_share": rounded(share(judged)),
        "interval": [rounded(low), rounded(high)],
        **{CLASSES[n]: _count(looked, n, thresholds[CLASSES[n]]) for n in TARGETS},
    }


def alarmed(looked: Sequence[Looked], number: int, threshold: float) -> dict[str, Any]:
    """Return of the pictures that a class alarms on, negatives included, how many hold it and have a right box."""
    judged = [one.judged(number) for one in looked]
    raised = sum(bool((j.scores >= threshold).any()) for j in judged)
    out: dict[str, Any] = {"pictures": raised}
    for name, figure in (("precision", rightly_alarmed), ("well_placed", well_placed)):
        share = partial(figure, threshold=threshold)
        out[name] = rounded(share(judged))
        out[f"{name}_interval"] = [rounded(v) for v in interval(judged, share, np.random.default_rng(0))]
    return out


def rounded(value: float) -> float | None:
    """Return three digits; None where a figure is not defined (JSON knows no NaN)."""
    return None if math.isnan(value) else round(value, 3)


def _alarm(one: Looked, thresholds: dict[str, float]) -> Judged:
    raised = any(_count([one], n, thresholds[CLASSES[n]]) for n in TARGETS)
    return Judged(np.array([float(raised)], np.float32), np.zeros(1, bool), 0)


def _count(looked: Sequence[Looked], number: int, threshold: float) -> int:
    return sum(bool((one.found.scores[one.found.classes == number] >= threshold).any()) for one in looked)


def report(looked: Sequence[Looked], thresholds: dict[str, float]) -> dict[str, Any]:
    """Return all figures of a split."""
    out: dict[str, Any] = {"thresholds": thresholds, "classes": {}, "alarmed": {}, "negatives": {}}
    out["teacher_agreement"] = {}
    for name, kinds in SETS.items():
        mine = [one for one in looked if one.kind in (*kinds, *NEGATIVES)]
        if mine:
            out["alarmed"][name] = alarmed(mine, CLASSES.index(name), thresholds[name])
        for kind in kinds:
            some = [one for one in looked if one.kind == kind]
            if some:
                number = CLASSES.index(name)
                out["classes"][f"{name}/{kind}"] = figures(some, number, thresholds[name])
    for kind in NEGATIVES:
        some = [one for one in looked if one.kind == kind]
        if some:
            out["negatives"][kind] = alarms(some, thresholds)
    if out["negatives"]:
        out["negatives"]["all"] = alarms([o for o in looked if o.kind in NEGATIVES], thresholds)
    for name in CLASSES[len(TARGETS) :]:
        number = CLASSES.index(name)
        out["teacher_agreement"][name] = figures(looked, number, thresholds[name])
    return out


def chosen(looked: Sequence[Looked], before: Mapping[str, float]) -> dict[str, float]:
    """Choose a threshold per class on validation pictures; before: those that stay where there are too few boxes."""
    out = {}
    for number, name in enumerate(CLASSES):
        clean = [one.judged(number) for one in looked if name in SETS and one.kind in NEGATIVES]
        out[name] = choose_for(name, _checked(looked, name), clean, before.get(name, FALLBACK))
    return out


def undecided(looked: Sequence[Looked]) -> list[str]:
    """Return the classes of which there are too few boxes to choose a threshold by."""
    return [name for name in CLASSES if few(_checked(looked, name))]


def _checked(looked: Sequence[Looked], name: str) -> list[Judged]:
    kinds, number = SETS.get(name, ()), CLASSES.index(name)
    return [
        one.judged(number)
        for one in looked
        if (one.kind in (*kinds, *CHECKED) if kinds else one.kind not in THUMBNAILS)
    ]


def main() -> None:
    """Print the figures of a model, or choose its thresholds."""
    parser = argparse.ArgumentParser(description="Measure a model on the data set.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--manifest", type=Path)
    which.add_argument("--model", type=Path)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    manifest = tomllib.loads(args.manifest.read_text()) if args.manifest else {}
    model = args.manifest.parent / manifest["file"] if manifest else args.model
    split = "val" if args.choose else args.split
    looked = look(Runner(*onnx_infer(model)), pictures(args.dataset, split), manifest.get("iou", 0.6))
    thresholds = manifest.get("thresholds") or dict.fromkeys(CLASSES, 0.4)
    out = (
        chosen(looked, manifest.get("thresholds", {})) if args.choose else report(looked, thresholds) | {"split": split}
    )
    text = json.dumps(out, indent=1)
    sys.stdout.write(text + "\n")
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
