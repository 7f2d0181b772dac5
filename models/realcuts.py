# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cuts real stalls and debris out of training pictures, to stand on other streets.

    python -m models.realcuts --dataset DATASET --crops FOLDER --out CUTOUTS

Of the data set only training pictures are cut, along GrabCut's border inside a drawn box (Rother, Kolmogorov and
Blake, 2004); `--crops` is a folder of pictures that show one stall each. What GrabCut leaves nearly whole or nearly
empty is dropped. The cut-outs get a soft shadow at their foot and are laid by ``models.paste`` like rendered ones.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.boxes import Image
from models.classes import CLASSES, DEBRIS, STALL
from models.feed import read

KINDS = ("debris_bags", "debris_piles")
LEAST_SIDE = 90
MARGIN = 0.12
LEFT = (0.35, 0.9)
ROUNDS = 3
SMALL = 160
SHADOW = 110


def cut(picture: Image, box: tuple[int, int, int, int]) -> Image | None:
    """Return the thing in a box (x0, y0, x1, y1, pixels) as uint8[H, W, 4], or None where no border is found."""
    x0, y0, x1, y1 = box
    opened = cv2.morphologyEx(_grabbed(picture, box), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    solid = largest(np.asarray(opened, np.uint8))
    share = float(solid[y0:y1, x0:x1].mean())
    if not LEFT[0] < share < LEFT[1]:
        return None
    alpha = cv2.GaussianBlur(cv2.erode(solid, np.ones((3, 3), np.uint8)) * 255, (0, 0), 0.8)
    out = np.dstack([picture, alpha])[y0:y1, x0:x1]
    return shaded(np.asarray(out, np.uint8))


def _grabbed(picture: Image, box: tuple[int, int, int, int]) -> Image:
    """Return GrabCut's 0/1 mask of what is inside a box, found on a small copy: its time grows with the pixels."""
    scale = min(1.0, SMALL / max(picture.shape[:2]))
    small = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = small.shape[:2]
    x0, y0, x1, y1 = (round(v * scale) for v in box)
    x1, y1 = min(x1, width - 1), min(y1, height - 1)
    mask = np.zeros((height, width), np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    inside = (max(1, x0), max(1, y0), x1 - max(1, x0), y1 - max(1, y0))
    cv2.grabCut(small, mask, inside, *models, ROUNDS, cv2.GC_INIT_WITH_RECT)
    solid = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.resize(solid, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def largest(solid: Image) -> Image:
    """Keep the largest connected piece, its holes filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    if count < 2:
        return solid
    piece = (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    outlines, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(piece, outlines, -1, 1, cv2.FILLED), np.uint8)


def shaded(layer: Image) -> Image:
    """Add room round a cut-out and a soft shadow at its foot."""
    height, width = layer.shape[:2]
    room = max(6, round(0.12 * max(height, width)))
    out = cv2.copyMakeBorder(layer, room, room, room, room, cv2.BORDER_CONSTANT)
    columns = np.flatnonzero((layer[..., 3] > 128).any(axis=0))
    shadow = np.zeros(out.shape[:2], np.uint8)
    middle = (room + int(columns.mean()), room + height - max(2, height // 30))
    axes = (max(4, int(np.ptp(columns) * 0.52)), max(3, height // 14))
    cv2.ellipse(shadow, middle, axes, 0, 0, 360, SHADOW, cv2.FILLED)
    shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), max(2.0, room / 4)), np.uint8)
    below = out[..., 3] < 128
    alpha = np.where(below, np.maximum(out[..., 3], shadow), out[..., 3])
    colour = np.where((out[..., 3] < 40)[..., None], 0, out[..., :3])
    return np.asarray(np.dstack([colour, alpha]), np.uint8)


def from_dataset(dataset: Path) -> Iterator[tuple[str, int, Image]]:
    """Yield name, class and cut-out of every drawn debris box of the training split that is large enough."""
    for entry in json.loads((dataset / "index.json").read_text()):
        if entry["split"] != "train" or entry["kind"] not in KINDS:
            continue
        sample = read(dataset, "train", entry["name"])
        for number, row in enumerate(sample.learn[sample.learn[:, 0] == DEBRIS, 1:]):
            if min(row[2] - row[0], row[3] - row[1]) < LEAST_SIDE:
                continue
            patch, box = around(sample.picture, row)
            layer = cut(patch, box)
            if layer is not None:
                yield f"{entry['name']}-{number}", DEBRIS, layer


def around(
    picture: Image, row: "np.ndarray[tuple[int], np.dtype[np.float32]]"
) -> tuple[Image, tuple[int, int, int, int]]:
    """Return a box's surroundings, which tell GrabCut what is ground, and the box therein."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = (round(float(v)) for v in row)
    dx, dy = round((x1 - x0) * MARGIN) + 2, round((y1 - y0) * MARGIN) + 2
    left, top = max(0, x0 - dx), max(0, y0 - dy)
    patch = np.ascontiguousarray(picture[top : min(height, y1 + dy), left : min(width, x1 + dx)])
    inner = (max(1, x0 - left), max(1, y0 - top), min(patch.shape[1] - 1, x1 - left), min(patch.shape[0] - 1, y1 - top))
    return patch, inner


def from_crops(folder: Path) -> Iterator[tuple[str, int, Image]]:
    """Yield name, class and cut-out of pictures that show one stall on a plain ground."""
    for path in sorted(folder.iterdir()):
        picture = cv2.imread(str(path))
        if picture is None:
            continue
        framed = cv2.copyMakeBorder(picture, 6, 6, 6, 6, cv2.BORDER_REPLICATE)
        if plain(np.asarray(picture, np.uint8)):
            layer = cut(np.asarray(framed, np.uint8), (7, 7, framed.shape[1] - 7, framed.shape[0] - 7))
            if layer is not None:
                yield path.stem, STALL, layer


def plain(picture: Image) -> bool:
    """Tell whether a picture's upper corners are bright and even, as on a product shot."""
    side = max(3, min(picture.shape[:2]) // 12)
    corners = (picture[:side, :side], picture[:side, -side:])
    return all(float(c.mean()) > 200 and float(c.std()) < 12 for c in corners)


def main() -> None:
    """Write all cut-outs with their classes."""
    parser = argparse.ArgumentParser(description="Cut real things out of training pictures.")
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--crops", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cv2.setRNGSeed(1)  # GrabCut clusters colours from random starts
    found = [from_dataset(args.dataset)] + ([from_crops(args.crops)] if args.crops else [])
    count = 0
    for source in found:
        for name, number, layer in source:
            cv2.imwrite(str(args.out / f"{name}.png"), layer)
            (args.out / f"{name}.json").write_text(json.dumps({"class": CLASSES[number]}) + "\n")
            count += 1
    sys.stdout.write(f"{count} cut-outs in {args.out}\n")


if __name__ == "__main__":
    main()
