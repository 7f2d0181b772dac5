# SPDX-License-Identifier: AGPL-3.0-or-later
"""A tiny data set drawn with OpenCV: striped stalls and dark heaps on a grey street."""

from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

WIDTH, HEIGHT = 192, 128
SPLITS = {"train": 16, "val": 12, "test": 12}
Picture = NDArray[np.uint8]
Row = tuple[int, int, int, int, int]  # class, then xyxy in pixels


def street(rng: Generator) -> Picture:
    """Noisy asphalt under a pale wall."""
    picture = np.full((HEIGHT, WIDTH, 3), (120, 120, 120), np.uint8)
    picture[: HEIGHT // 3] = (190, 200, 205)
    return np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)


def stall(picture: Picture, rng: Generator) -> Row:
    """A striped awning on two poles over a table."""
    x, y = int(rng.integers(5, 110)), int(rng.integers(25, 55))
    for stripe in range(6):
        colour = (40, 40, 220) if stripe % 2 else (240, 240, 240)
        cv2.rectangle(picture, (x + 10 * stripe, y), (x + 10 * stripe + 9, y + 12), colour, cv2.FILLED)
    cv2.rectangle(picture, (x + 4, y + 38), (x + 55, y + 60), (60, 110, 160), cv2.FILLED)
    for pole in (x + 2, x + 56):
        cv2.line(picture, (pole, y + 12), (pole, y + 60), (30, 30, 30), 2)
    return 0, x, y, x + 60, y + 61


def heap(picture: Picture, rng: Generator) -> Row:
    """Three dark bags."""
    x, y = int(rng.integers(20, 150)), int(rng.integers(85, 105))
    for dx, dy in ((-9, 4), (9, 4), (0, -5)):
        cv2.circle(picture, (x + dx, y + dy), 11, (25, 20, 20), cv2.FILLED)
    return 1, x - 20, y - 16, x + 20, y + 15


def draw(rng: Generator, number: int) -> tuple[Picture, list[Row]]:
    """One picture: a stall, a heap, both, or nothing."""
    picture = street(rng)
    rows = [stall(picture, rng)] if number % 2 else []
    rows += [heap(picture, rng)] if number % 4 >= 2 else []
    return picture, rows


def write(folder: Path) -> None:
    """Write the data set in YOLO's form, without an index."""
    rng = np.random.default_rng(3)
    for split, count in SPLITS.items():
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for number in range(count):
            picture, rows = draw(rng, number)
            cv2.imwrite(str(folder / "images" / split / f"{number:03d}.jpg"), picture)
            text = "".join(line(row) for row in rows)
            (folder / "labels" / split / f"{number:03d}.txt").write_text(text)


def line(row: Row) -> str:
    """One line of a YOLO label file."""
    kind, x0, y0, x1, y1 = row
    centre = ((x0 + x1) / 2 / WIDTH, (y0 + y1) / 2 / HEIGHT)
    return f"{kind} {centre[0]:.5f} {centre[1]:.5f} {(x1 - x0) / WIDTH:.5f} {(y1 - y0) / HEIGHT:.5f}\n"
