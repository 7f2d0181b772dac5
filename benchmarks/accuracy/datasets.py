# SPDX-License-Identifier: AGPL-3.0-or-later
"""Labelled pictures from a folder, whoever labelled them.

What is wrong with single pictures or boxes is listed as faults; only a folder that holds nothing to
measure is an error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.label_store import Box

SPLITS = {"test": ("test",), "val": ("val", "valid", "validation"), "train": ("train", "training")}
SLACK = 0.005  # how far, in shares of the picture, an edge may lie outside before it is called a fault


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a data folder: the kind, the file or class, and the rest."""

    kind: str
    where: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture and what is to be seen in it; `size` is (width, height) if the labels tell."""

    path: Path
    boxes: tuple[Box, ...]
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """The pictures of a folder; `classes` are the names its labels speak of, or the numbers where it gives no names."""

    root: Path
    kind: str
    split: str
    classes: tuple[str, ...]
    pictures: tuple[Labelled, ...]
    faults: tuple[Fault, ...]
    numbered: bool = False


def plain(name: str) -> str:
    """A class name as it is compared: `Two-Wheeler` and `two_wheeler` are one."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def placed(box: Box, where: str) -> tuple[Box | None, list[Fault]]:
    """Cut a box at the picture's edges; a box that lies outside or has no area is no box."""
    cut = tuple(min(max(edge, 0.0), 1.0) for edge in box.edges)
    x0, y0, x1, y1 = cut
    if not all(edge == edge for edge in box.edges) or x1 <= x0 or y1 <= y0:  # noqa: PLR0124 - NaN
        return None, [Fault("box without area", where, f"{box.name} {_told(box)}")]
    outside = max(abs(edge - inner) for edge, inner in zip(box.edges, cut, strict=True))
    faults = [Fault("box outside", where, f"{box.name} {_told(box)}, cut at the edge")] if outside > SLACK else []
    return Box(box.name, (x0, y0, x1, y1), box.hard), faults


def labelled(path: Path, boxes: Iterable[Box], size: tuple[int, int] | None, faults: list[Fault]) -> Labelled:
    """Put boxes into their picture and note what does not fit."""
    kept = []
    for box in boxes:
        good, wrong = placed(box, str(path))
        faults += wrong
        if good in kept:
            faults.append(Fault("box twice", str(path), f"{box.name} {_told(box)}, counted once"))
        else:
            kept += [good] if good else []
    return Labelled(path, tuple(kept), size)


def split_named(available: Iterable[str], wanted: str) -> str | None:
    """The name in use for a wanted split; wanted "": the test split, or else the validation split."""
    names = list(available)
    for split in [wanted] if wanted else ["test", "val"]:
        for spelling in SPLITS.get(split, (split,)):
            if spelling in names:
                return spelling
    return None


def _told(box: Box) -> str:
    return "[" + ", ".join(f"{edge:.3f}" for edge in box.edges) + "]"
