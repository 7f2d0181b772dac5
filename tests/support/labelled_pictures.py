# SPDX-License-Identifier: AGPL-3.0-or-later
"""Draws pictures of coloured squares and writes their labels as YOLO, COCO or our label store."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models import label_store
from support.tiny_model import CELL, CLASSES, SIDE

BGR = {"stall": 2, "debris": 1}


@dataclass(frozen=True, slots=True)
class Square:
    """One cell of a picture: where, its class, how bright it is drawn (0: not at all), whether it is labelled."""

    column: int
    row: int
    name: str = "debris"
    bright: float = 1.0
    labelled: bool = True
    hard: bool = False

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """As shares of the picture."""
        share = CELL / SIDE
        return (self.column * share, self.row * share, (self.column + 1) * share, (self.row + 1) * share)


Scene = Sequence[Square]


def draw(path: Path, scene: Scene, *, side: int = SIDE) -> Path:
    """Write one picture."""
    picture, cell = np.zeros((side, side, 3), np.uint8), side * CELL // SIDE
    for square in scene:
        place = np.s_[square.row * cell : (square.row + 1) * cell, square.column * cell : (square.column + 1) * cell]
        picture[place][..., BGR[square.name]] = round(255 * square.bright)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)
    return path


def yolo(root: Path, scenes: Sequence[Scene], *, split: str = "test", names: Sequence[str] = CLASSES) -> Path:
    """A YOLO folder with data.yaml."""
    for number, scene in enumerate(scenes):
        draw(root / "images" / split / f"{number}.png", scene)
        lines = [_yolo_line(square) for square in scene if square.labelled]
        path = root / "labels" / split / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines))
    (root / "data.yaml").write_text(f"path: .\n{split}: images/{split}\nnames: {json.dumps(list(names))}\n")
    return root


def _yolo_line(square: Square) -> str:
    x0, y0, x1, y1 = square.edges
    return f"{CLASSES.index(square.name)} {(x0 + x1) / 2} {(y0 + y1) / 2} {x1 - x0} {y1 - y0}"


def coco(root: Path, scenes: Sequence[Scene]) -> Path:
    """A folder of pictures with one COCO file; hard boxes are crowds."""
    rows = [(number, square) for number, scene in enumerate(scenes) for square in scene if square.labelled]
    annotations = [
        {"id": place, "image_id": number, "category_id": 7 + CLASSES.index(square.name),
         "bbox": [square.column * CELL, square.row * CELL, CELL, CELL], "iscrowd": int(square.hard)}
        for place, (number, square) in enumerate(rows)
    ]  # fmt: skip
    images = [{"id": n, "file_name": f"{n}.png", "width": SIDE, "height": SIDE} for n in range(len(scenes))]
    for number, scene in enumerate(scenes):
        draw(root / f"{number}.png", scene)
    categories = [{"id": 7 + number, "name": name} for number, name in enumerate(CLASSES)]
    labels = {"images": images, "annotations": annotations, "categories": categories}
    (root / "labels.json").write_text(json.dumps(labels))
    return root


def store(root: Path, scenes: Sequence[Scene]) -> Path:
    """A folder of pictures with our label store."""
    records = {}
    for number, scene in enumerate(scenes):
        path = draw(root / f"{number}.png", scene)
        boxes = tuple(label_store.Box(square.name, square.edges, square.hard) for square in scene if square.labelled)
        records[label_store.digest(path)] = label_store.Record("drawn", path.name, SIDE, SIDE, boxes, None, "eye")
    label_store.save(root / "labels.json", records)
    return root
