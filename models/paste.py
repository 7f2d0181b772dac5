# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lays rendered stalls and piles over real streets and adds them to a data set's training split.

    python -m models.paste --dataset DATASET --cutouts FOLDER --count 400

A cut-out is an RGBA picture NAME.png whose shadow is half transparent, with NAME.json
``{"class": CLASS}`` beside it; its box is where it is solid (alpha above .85). CLASS is one of ours, or
"nothing" for what must not alarm. Backgrounds are training negatives only.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from models.augment import Sample, worn
from models.boxes import Floats, Image, covered
from models.classes import CLASSES, DEBRIS, STALL, TARGETS, TWO_WHEELER
from models.dataset import Entry, write
from models.feed import read
from models.label_store import digest
from models.teacher import Labels

SOLID = 0.85 * 255
NOTHING = -1
CONTEXT = (2, 3, 4, 5)
# Height of a thing as a share of the picture's, when its foot is at the picture's bottom.
TALL = {STALL: (0.3, 0.85), DEBRIS: (0.06, 0.55), NOTHING: (0.1, 0.45)}
TALL_PASSER = (0.2, 0.6)
FLAT = 1.6  # what is wider than so many heights lies low, hence is drawn lower
CLOSE = (0.4, 1.0)  # the same of a close-up, wherever its foot is
CLOSE_SHARE = 0.6  # of the pictures with one thing
BACKGROUNDS = ("shop_fronts", "street", "travel")


@dataclass(frozen=True, slots=True)
class CutOut:
    """A rendered thing: picture with alpha, cropped to thing and shadow, and the thing's box in it."""

    layer: Image
    number: int
    box: tuple[int, int, int, int]
    sha256: str


def cut_outs(folder: Path) -> Iterator[CutOut]:
    """Yield the cut-outs of a folder that are whole (not cut by the edge of their render)."""
    for path in sorted(folder.glob("*.png")):
        note = path.with_suffix(".json")
        layer = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if layer is None or layer.ndim != 3 or layer.shape[2] != 4 or not note.exists():
            continue
        found = trimmed(np.asarray(layer, np.uint8), json.loads(note.read_text()), digest(path))
        if found is not None:
            yield found


def trimmed(layer: Image, note: dict[str, object], sha: str) -> CutOut | None:
    """Crop a render to what it shows; None when its thing is cut off or tiny."""
    solid = np.argwhere(layer[..., 3] > SOLID)
    if len(solid) < 200:
        return None
    (y0, x0), (y1, x1) = solid.min(axis=0), solid.max(axis=0) + 1
    height, width = layer.shape[:2]
    if min(y0, x0) <= 1 or y1 >= height - 1 or x1 >= width - 1:
        return None
    kind = CLASSES.index(str(note["class"])) if note["class"] != "nothing" else NOTHING
    seen = np.argwhere(layer[..., 3] > 8)
    (top, left), (bottom, right) = seen.min(axis=0), seen.max(axis=0) + 1
    box = (int(x0 - left), int(y0 - top), int(x1 - left), int(y1 - top))
    return CutOut(layer[top:bottom, left:right], kind, box, sha)


def matched(layer: Image, ground: Image, rng: Generator) -> Image:
    """Move a cut-out's brightness and tint half-way to the ground's."""
    solid = layer[..., 3] >= min(SOLID, layer[..., 3].max())  # what is thin has nothing solid left once it is small
    own = layer[..., :3][solid].mean(axis=0)
    there = ground.reshape(-1, 3).mean(axis=0)
    gain = np.clip((there.mean() + 20) / (own.mean() + 20), 0.25, 2.5) ** rng.uniform(0.3, 0.8)
    tint = np.clip((there + 20) / (there.mean() + 20), 0.7, 1.4) ** 0.4
    out = layer.copy()
    out[..., :3] = np.clip(layer[..., :3] * (gain * tint), 0, 255).astype(np.uint8)
    return out


def blend(picture: Image, layer: Image, x: int, y: int) -> None:
    """Draw a layer over a picture at (x, y), cut at the picture's edges."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + layer.shape[1], width), min(y + layer.shape[0], height)
    if x1 <= x0 or y1 <= y0:
        return
    part = layer[y0 - y : y1 - y, x0 - x : x1 - x].astype(np.float32)
    alpha = part[..., 3:] / 255
    below = picture[y0:y1, x0:x1].astype(np.float32)
    picture[y0:y1, x0:x1] = (part[..., :3] * alpha + below * (1 - alpha)).astype(np.uint8)


def place(picture: Image, thing: CutOut, foot: float, rng: Generator, *, close: bool) -> Floats:
    """Stand a cut-out with its foot at this share of the height; return its box in pixels."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = thing.box
    # What stands lower in the picture is nearer, hence larger.
    near = 1.0 if close else 0.35 + 0.65 * (foot - 0.5) * 2
    tall = near * rng.uniform(*(CLOSE if close else TALL.get(thing.number, TALL_PASSER)))
    tall /= max(1.0, (x1 - x0) / (y1 - y0) / FLAT)
    scale = min(tall * height / (y1 - y0), (1.0 if close else 0.9) * width / (x1 - x0))
    size = (max(2, round(thing.layer.shape[1] * scale)), max(2, round(thing.layer.shape[0] * scale)))
    layer = np.asarray(cv2.resize(thing.layer, size, interpolation=cv2.INTER_AREA), np.uint8)
    if rng.random() < 0.4:
        layer[..., :3] = cv2.GaussianBlur(layer[..., :3], (0, 0), rng.uniform(0.4, 1.1))
    left = rng.uniform(-0.1 * (x1 - x0) * scale, width - 0.9 * (x1 - x0) * scale)
    x, y = round(left - x0 * scale), round(foot * height - y1 * scale)
    ground = picture[int(max(foot - 0.15, 0) * height) :]
    blend(picture, matched(layer, ground, rng), x, y)
    box = np.array([x + x0 * scale, y + y0 * scale, x + x1 * scale, y + y1 * scale], np.float32)
    return np.clip(box, 0, [width, height, width, height]).astype(np.float32)


def compose(ground: Sample, things: list[CutOut], rng: Generator) -> tuple[Image, Labels, Labels]:
    """Lay things over a street, the far ones first; return the picture, what to learn and ignore."""
    picture = ground.picture.copy()
    feet = sorted(rng.uniform(0.62, 1.0, len(things)))
    close = len(things) == 1 and rng.random() < CLOSE_SHARE
    drawn = [place(picture, t, f, rng, close=close) for t, f in zip(things, feet, strict=True)]
    rows = [ground.learn, *(_row([t.number], box) for t, box in zip(things, drawn, strict=True) if t.number >= 0)]
    away = [ground.ignore, *(_row(CONTEXT, box) for t, box in zip(things, drawn, strict=True) if t.number < 0)]
    away += [_row(CONTEXT, box) for t, box in zip(things, drawn, strict=True) if t.number == TWO_WHEELER]
    learn = np.concatenate(rows)
    learn = learn[[not _hidden(row, drawn) for row in learn]]
    out = worn(picture, rng) if rng.random() < 0.6 else picture
    return out, _shares(learn, picture), _shares(np.concatenate(away), picture)


def _row(numbers: Sequence[int], box: Floats) -> Floats:
    return np.array([[number, *box] for number in numbers], np.float32)


def _hidden(row: Floats, drawn: list[Floats]) -> bool:
    """Tell whether something drawn nearer (a later foot) hides more than half of a box."""
    over = [box for box in drawn if box[3] > row[4] + 1]
    return bool(over) and float(covered(row[None, 1:], np.stack(over)).max()) > 0.6


def _shares(rows: Floats, picture: Image) -> Labels:
    height, width = picture.shape[:2]
    boxes = (rows[:, 1:] / np.array([width, height] * 2, np.float32)).astype(np.float32)
    return Labels(boxes, rows[:, 0].astype(np.int64))


def chosen(things: list[CutOut], rng: Generator) -> list[CutOut]:
    """Draw one to four things, half of them stalls or debris."""
    targets = [t for t in things if t.number in TARGETS]
    others = [t for t in things if t.number not in TARGETS] or targets
    wanted = int(rng.integers(1, 5))
    sides = [targets if rng.random() < 0.55 else others for _ in range(wanted)]
    return [side[int(rng.integers(len(side)))] for side in sides]


def main() -> None:
    """Add composed pictures to a data set, replacing earlier ones."""
    parser = argparse.ArgumentParser(description="Add rendered things on real streets.")
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--cutouts", type=Path, nargs="+", required=True)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    things = [c for folder in args.cutouts for c in cut_outs(folder)]
    path = args.dataset / "index.json"
    index = [e for e in json.loads(path.read_text()) if e["kind"] != "synthetic"]
    streets = [
        read(args.dataset, "train", e["name"]) for e in index if e["split"] == "train" and e["kind"] in BACKGROUNDS
    ]
    for number in range(args.count):
        some = chosen(things, rng)
        entry = Entry(f"synthetic{number:05d}", "synthetic", "rendered", "", "train")
        write(args.dataset, entry, *compose(streets[int(rng.integers(len(streets)))], some, rng))
        index.append({s: getattr(entry, s) for s in Entry.__slots__})
    path.write_text(json.dumps(index, indent=0))
    sys.stdout.write(f"{args.count} pictures from {len(things)} cut-outs on {len(streets)} streets\n")


if __name__ == "__main__":
    main()
