# SPDX-License-Identifier: AGPL-3.0-or-later
"""Turns the label store and a folder of pictures into a data set in YOLO's form.

    python -m models.dataset --data DATA --store models/labels --teacher COCO.onnx --out DATASET
    python -m models.dataset ... --folds 3 --fold 0 --out FOLD0      # two thirds train, the rest of them are "test"

The second form cross-validates: each source of stalls is a stranger to one of three runs of the recipe; what validates
and tests otherwise is left out.

``DATASET/images/<split>/<name>.jpg`` holds pictures of at most 640 px, ``labels/`` what is to be
found in them, ``ignore/`` where training and evaluation look away (hard boxes, doubtful context),
``index.json`` the split, set, source and sha256 of every picture. YOLO lines: class, then centre and
size as shares.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from models.boxes import Found, Image, area
from models.classes import CLASSES, STALL
from models.collect import stall_source
from models.label_store import Record, Store, digest, load
from models.runner import Runner, onnx_infer
from models.splits import THUMBNAILS, held_out, near_duplicates, perceptual_hash, settle, wanted
from models.teacher import DOUBTFUL, NONE, Labels, context

LONG_SIDE = 640
LARGE = 0.04
NEGATIVES = ("shop_fronts", "street", "travel", "traffic_cameras")
# Thumbnails of scenes. Markets hold stalls and building sites heaps: of those, what somebody has labelled.
SCENES = ("courtyard", "driveway", "highway", "parking_lot")
LABELLED_SCENES = {"market": "markets", "construction_site": "building_sites"}
STORES = ("stalls", "debris", "scenes", "negatives", "agreed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of the data set."""

    name: str
    kind: str
    source: str
    sha256: str
    split: str


def read(path: Path) -> Image:
    """Read a picture, at most LONG_SIDE long."""
    picture = cv2.imread(str(path))
    if picture is None:
        message = f"{path}: not a readable picture"
        raise ValueError(message)
    scale = LONG_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return np.asarray(picture, np.uint8)
    new = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, new, interpolation=cv2.INTER_AREA), np.uint8)


def drawn_labels(record: Record, *, lenient: bool) -> tuple[Labels, Labels]:
    """Return a record's boxes: those to learn, and the hard ones to look away from.

    Leniently, large hard stalls are learnt too: rows and half-hidden stalls are most of what a
    crowded market shows, and a box round a row is no false alarm.
    """
    boxes = np.array([b.edges for b in record.boxes], np.float32).reshape(-1, 4)
    classes = np.array([CLASSES.index(b.name) for b in record.boxes], np.int64)
    hard = np.array([b.hard for b in record.boxes], bool)
    if lenient:
        hard &= (classes != STALL) | (area(boxes) < LARGE)
    labels = Labels(boxes, classes)
    return labels.pick(~hard), labels.pick(hard)


def labels_in(folder: Path) -> Store:
    """Read all label files; where two know a picture the later one's word holds."""
    return {key: record for name in STORES for key, record in load(folder / f"{name}.json").items()}


def sources(data: Path, store: Store) -> Iterator[tuple[Path, str, str, str, str]]:
    """Yield path, kind, source, sha256 and the split found, for every picture that counts."""
    for folder in ("stalls_unboxed", "debris_piles", "debris_bags", "debris_rubble"):
        for path in _pictures(data / folder):
            key = digest(path)
            if key in store and store[key].exclude is None:
                yield path, folder, store[key].source, key, path.parent.name
    for kind in NEGATIVES:
        for path in _pictures(data / "negatives" / kind):
            source = stall_source(path.name) if kind == "travel" else kind
            yield path, kind, source, digest(path), "train"
    for name, kind in (dict.fromkeys(SCENES, "scenes") | LABELLED_SCENES).items():
        yield from _thumbnails(data / "scenes_128" / name, kind, store)


def _thumbnails(folder: Path, kind: str, store: Store) -> Iterator[tuple[Path, str, str, str, str]]:
    for path in _pictures(folder):
        key = digest(path)
        if kind == "scenes" or key in store:
            yield path, kind, f"scenes/{folder.name}", key, "train"


def _pictures(folder: Path) -> list[Path]:
    endings = {".jpg", ".jpeg", ".png", ".webp"}
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in endings)


def entries(
    found: list[tuple[Path, str, str, str, str]],
    pictures: list[Image],
    store: Store,
    fold: tuple[int, int] | None = None,
) -> list[Entry]:
    """Settle the split of every picture, near duplicates included; fold: which one of how many is held out."""
    groups = near_duplicates([perceptual_hash(p) for p in pictures])
    _, kinds, origins, shas, found_in = zip(*found, strict=True)
    keys = [shas[group] for group in groups]
    splits = settle([wanted(*each) for each in zip(kinds, origins, found_in, keys, strict=True)], groups)
    if fold:
        splits = held_out(kinds, origins, keys, splits, *fold)
    return [
        Entry(sha[:16], kind, source, sha, _tested(kind, sha, split, store))
        for kind, source, sha, split in zip(kinds, origins, shas, splits, strict=True)
    ]


def _tested(kind: str, sha: str, split: str, store: Store) -> str:
    # A street with something to be found, or with something doubtful, is no test of silence; it may still be learnt.
    return "drop" if split != "train" and kind in NEGATIVES and sha in store else split


def lines(labels: Labels) -> str:
    """Print labels in YOLO's form."""
    low, high = labels.boxes[:, :2], labels.boxes[:, 2:]
    rows = np.concatenate([(low + high) / 2, high - low], axis=1)
    text = (f"{c} " + " ".join(f"{v:.5f}" for v in row) for c, row in zip(labels.classes, rows, strict=True))
    return "".join(line + "\n" for line in text)


def write(out: Path, entry: Entry, picture: Image, learn: Labels, ignore: Labels) -> None:
    """Write one picture with its two label files."""
    for folder, text in (("labels", lines(learn)), ("ignore", lines(ignore))):
        path = out / folder / entry.split / f"{entry.name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    path = out / "images" / entry.split / f"{entry.name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])


def build(data: Path, store: Store, teacher: Runner, out: Path, fold: tuple[int, int] | None = None) -> list[Entry]:
    """Write the whole data set, or one fold of it, and return its index."""
    found = list(sources(data, store))
    pictures = [read(path) for path, *_ in found]
    settled = entries(found, pictures, store, fold)
    seen = teacher.find(pictures, least=DOUBTFUL, iou=0.6)
    for entry, picture, boxes in zip(settled, pictures, seen, strict=True):
        if entry.split != "drop":
            # learning rows cost 0.06 of average precision on thumbnails that a run had not seen
            lenient = entry.split == "train" and entry.kind not in (*NEGATIVES, *THUMBNAILS)
            write(out, entry, picture, *_labels(store.get(entry.sha256), picture, boxes, lenient=lenient))
    return settled


def _labels(record: Record | None, picture: Image, found: Found, *, lenient: bool) -> tuple[Labels, Labels]:
    drawn, hard = drawn_labels(record, lenient=lenient) if record else (NONE, NONE)
    height, width = picture.shape[:2]
    learn, doubtful = context(found, width, height, drawn.plus(hard))
    return drawn.plus(learn), hard.plus(doubtful)


def main() -> None:
    """Build the data set and print how many pictures each set gives to each split."""
    parser = argparse.ArgumentParser(description="Build the YOLO data set.")
    for option in ("--data", "--store", "--teacher", "--out"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--folds", type=int, help="into how many parts the training pictures are dealt")
    parser.add_argument("--fold", type=int, help="which of them is held out, from 0")
    args = parser.parse_args()
    fold = None if args.fold is None and args.folds is None else (args.fold, args.folds)
    if fold and (None in fold or args.fold not in range(args.folds)):
        parser.error("--folds N goes with --fold, a number from 0 to N - 1")
    index = build(args.data, labels_in(args.store), Runner(*onnx_infer(args.teacher)), args.out, fold)
    (args.out / "index.json").write_text(json.dumps([asdict(e) for e in index], indent=0))
    for (kind, split), count in sorted(Counter((e.kind, e.split) for e in index).items()):
        sys.stdout.write(f"{kind:16} {split:6} {count}\n")


if __name__ == "__main__":
    main()
