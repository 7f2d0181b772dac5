# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two models on the same pictures and machine: is B better than A?

Both look at each picture in turn, A first on one picture and B first on the next, so that whatever
else the machine does falls on both. Differences are paired: a bootstrap draw takes the same pictures
for both models.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.datasets import Dataset
from benchmarks.accuracy.figures import FEW, SEED
from benchmarks.accuracy.looking import (
    LEAST,
    Looked,
    Naming,
    Picture,
    Rows,
    compared,
    detect,
    each_picture,
    name_classes,
)
from benchmarks.accuracy.measure import about, by_class, nothing, operating_point
from benchmarks.errors import DataError
from benchmarks.machine import facts
from benchmarks.rounding import limits, rounded
from detector.model import Model
from models.measure import area_under, draws, rank

SPEED_MATTERS = 0.03  # a ratio of times nearer to 1 than this is no difference
Array = NDArray[np.float64]


def compare(
    models: tuple[Model, Model],
    data: Dataset,
    *,
    passes: int = 2,
    min_confidence: float | None = None,
    rename: Mapping[str, str] | None = None,
    on_done: Callable[[], None] = nothing,
) -> dict[str, Any]:
    """Compare two models; returns the report that `bench compare --json` writes."""
    naming = name_classes(data, _shared(models, data), rename or {}, models[0].manifest.classes)
    faults = [*data.faults, *naming.faults]
    rows, spans_ms = _look(models, data, naming, passes, on_done, faults)
    if not rows[0]:
        raise DataError(f"{data.root}: none of its {len(data.pictures)} labelled pictures can be read")
    sides = [_side(model, some, naming, min_confidence) for model, some in zip(models, rows, strict=True)]
    accuracy = {name: _difference(*([row[name] for row in some] for some in rows)) for name in naming.classes}
    latency = _latency(spans_ms)
    return {
        "machine": facts(),
        "a": sides[0],
        "b": sides[1],
        "data": str(data.root),
        "dataset": about(data),
        "accuracy": accuracy,
        "latency": latency,
        "faults": [asdict(fault) for fault in faults],
    } | judgement(accuracy, latency, len(rows[0]))


def _side(model: Model, rows: Rows, naming: Naming, min_confidence: float | None) -> dict[str, Any]:
    points = operating_point(model.manifest, min_confidence)
    classes = by_class(rows, naming.classes, points)
    return {"model": model.manifest.name, "input": model.manifest.input_size, "classes": classes}


def _shared(models: tuple[Model, Model], data: Dataset) -> list[str]:
    names = [name for name in models[0].manifest.classes if name in models[1].manifest.classes]
    if not names:
        a, b = (", ".join(model.manifest.classes) for model in models)
        raise DataError(f"{data.root}: the models share no class: A knows {a}; B knows {b}")
    return names


def _look(
    models: tuple[Model, Model],
    data: Dataset,
    naming: Naming,
    passes: int,
    on_done: Callable[[], None],
    faults: list[Any],
) -> tuple[tuple[Rows, Rows], Array]:
    """Both models' rows, and the milliseconds of each picture, float64[pictures, 2], the best of the passes."""
    rows: tuple[Rows, Rows] = ([], [])
    spans: list[list[float]] = []
    for labelled, picture in each_picture(data.pictures, faults, on_done):
        spans.append(_spans_ms(models, picture, passes, turn=len(spans)))
        for mine, model in zip(rows, models, strict=True):
            mine.append(compared(detect(model, picture, LEAST), model, labelled, picture, naming))
    return rows, np.array(spans, np.float64).reshape(-1, 2)


def _spans_ms(models: tuple[Model, Model], picture: Picture, passes: int, *, turn: int) -> list[float]:
    """The quickest pass of each model over a picture, at its own thresholds as in service; they take turns."""
    spans: list[list[float]] = [[], []]
    for number in range(turn, turn + passes):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            began = time.perf_counter()
            models[which].detect([picture])
            spans[which].append((time.perf_counter() - began) * 1000)
    return [min(some) for some in spans]


def _difference(first: Sequence[Looked], second: Sequence[Looked]) -> dict[str, Any]:
    """AP50 of both and B minus A, each draw of pictures the same for both."""
    a, b = (rank([one.judged() for one in some]) for some in (first, second))
    drawn = draws(len(first), np.random.default_rng(SEED))
    shifts = np.array([area_under(b, weights) - area_under(a, weights) for weights in drawn])
    before, after = area_under(a), area_under(b)
    return {
        "a_ap50": rounded(before),
        "b_ap50": rounded(after),
        "difference": rounded(after - before),
        "difference_interval": limits(shifts),
        "pictures": len(first),
        "pictures_with_boxes": int((a.boxes > 0).sum()),
        "boxes": int(a.boxes.sum()),
    }


def _latency(spans_ms: Array) -> dict[str, Any]:
    """Median time of a look, and B's time over A's on the same picture."""
    ratios = spans_ms[:, 1] / spans_ms[:, 0]
    drawn = np.random.default_rng(SEED).integers(len(ratios), size=(1000, len(ratios)))
    a, b = np.median(spans_ms, axis=0).tolist()
    return {
        "a_p50_ms": round(a, 3),
        "b_p50_ms": round(b, 3),
        "ratio": rounded(float(np.median(ratios))),
        "ratio_interval": limits(np.median(ratios[drawn], axis=1)),
    }


def judgement(accuracy: Mapping[str, Any], latency: Mapping[str, Any], pictures: int) -> dict[str, Any]:
    """One line for people, and whether B is the worse one; only what the intervals over enough pictures show counts."""
    shown = {name: row for name, row in accuracy.items() if row["difference"] is not None}
    enough = pictures >= FEW
    judged = {name: row for name, row in shown.items() if enough and row["pictures_with_boxes"] >= FEW}
    better = [name for name, row in judged.items() if row["difference_interval"][0] > 0]
    worse = [name for name, row in judged.items() if row["difference_interval"][1] < 0]
    low, high = latency["ratio_interval"]
    faster = enough and high < 1 and latency["ratio"] < 1 - SPEED_MATTERS
    slower = enough and low > 1 and latency["ratio"] > 1 + SPEED_MATTERS
    few = f"Too few pictures to call a difference ({pictures})"
    verdict = _verdict(better, worse, faster=faster, slower=slower) if enough else few
    named = better + worse or list(shown)
    parts = [_told(name, shown[name], few=enough and name not in judged) for name in named]
    parts.append(f"{latency['ratio']:.2f}× latency")
    return {
        "verdict": f"{verdict}: {', '.join(parts)}",
        "b_is_worse": bool(worse) or (slower and not better),
    }


def _verdict(better: Sequence[str], worse: Sequence[str], *, faster: bool, slower: bool) -> str:
    if better and worse:
        return "B is better and worse"
    if better or worse:
        return "B is better" if better else "B is worse"
    if faster or slower:
        return "No difference in accuracy shown, B is " + ("faster" if faster else "slower")
    return "No difference shown"


def _told(name: str, row: Mapping[str, Any], *, few: bool) -> str:
    shift, low, high = (round(value, 2) + 0.0 for value in (row["difference"], *row["difference_interval"]))
    rest = f" (too few pictures of it: {row['pictures_with_boxes']})" if few else ""
    return f"{name} AP50 {shift:+.2f} [{low:.2f}, {high:.2f}]{rest}"  # + 0.0 above: no -0.00
