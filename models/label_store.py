# SPDX-License-Identifier: AGPL-3.0-or-later
"""The durable label store: what is to be seen in a picture, keyed by the picture's sha256.

A store is one JSON file, ``{"format": 1, "pictures": {SHA256: RECORD}}``. A record holds

- ``source``: where the picture comes from (repository, or data set); splits go by it
- ``file``: its name below the data folder when it was labelled, as a hint only
- ``width``, ``height``: pixels of the original
- ``boxes``: list of ``{"class": "stall" | "debris", "box": [x0, y0, x1, y1], "hard": bool}``,
  edges as shares (0..1) of width and height; hard boxes are neither hit nor miss
- ``exclude``: why the picture is not used, or null
- ``drawn``: "eye" (drawn by us), "checked" (the data set's box, seen and kept), "dataset" (unseen)

The pictures themselves are not ours to hand on and stay outside.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled thing; edges are shares (0..1) of the picture, x0 y0 x1 y1."""

    name: str
    edges: tuple[float, float, float, float]
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What the store knows about one picture."""

    source: str
    file: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    exclude: str | None
    drawn: str


Store = dict[str, Record]


def digest(path: Path) -> str:
    """Return the sha256 of a file, the picture's name for life."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def edges_of(numbers: Sequence[float]) -> tuple[float, float, float, float]:
    """Edges x0 y0 x1 y1 of what a line of YOLO's says behind the class: centre and size, or the corners of an outline.

    Raises ValueError when it is neither.
    """
    if len(numbers) == 4:
        x, y, width, height = numbers
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    if len(numbers) < 6 or len(numbers) % 2:
        raise ValueError("neither centre and size nor three corners or more")
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def load(path: Path) -> Store:
    """Read a label store."""
    raw = json.loads(path.read_text("utf-8-sig"))
    if raw.get("format") != 1:
        message = f"{path}: label store format {raw.get('format')!r}, expected 1"
        raise ValueError(message)
    if not isinstance(raw["pictures"], dict):
        message = f"{path}: pictures must be an object, by sha256"
        raise TypeError(message)
    return {key: _record(value) for key, value in raw["pictures"].items()}


def save(path: Path, store: Store) -> None:
    """Write a label store, sorted, one picture a line, so that a change reads well in a diff."""
    lines = [f"{json.dumps(key)}: {json.dumps(_plain(store[key]))}" for key in sorted(store)]
    path.write_text('{"format": 1, "pictures": {\n' + ",\n".join(lines) + "\n}}\n")


def _record(raw: dict[str, Any]) -> Record:
    boxes = tuple(Box(b["class"], _edges(*b["box"]), b["hard"]) for b in raw["boxes"])
    return Record(**{**raw, "boxes": boxes})


def _edges(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    return float(x0), float(y0), float(x1), float(y1)


def _plain(record: Record) -> dict[str, Any]:
    boxes = [{"class": b.name, "box": [round(e, 4) for e in b.edges], "hard": b.hard} for b in record.boxes]
    return {**asdict(record), "boxes": boxes}
