# SPDX-License-Identifier: AGPL-3.0-or-later
"""Builds the label store from boxes drawn by eye and from the boxes data sets came with.

    python -m models.collect --data DATA --drawn DRAWN --sheets SHEETS --store models/labels

``DRAWN`` holds ``stalls_*.json`` (by file name) and ``piles.json``, ``bags.json``, ``rubble.json``
(by number in ``SHEETS/<kind>/index.json``), boxes in thousandths. A number above the part's
``reviewed_upto`` was not looked at; below it, silence means the data set's boxes are right.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from models.label_store import Box, Record, Store, digest, save

DEBRIS_SETS = {"piles": "debris_piles", "bags": "debris_bags", "rubble": "debris_rubble"}


def stall_source(name: str) -> str:
    """Return the source of a picture from its file name; ``weak__`` marks quality, not origin."""
    return name.removeprefix("weak__").split("__")[0]


def boxes_of(raw: list[dict[str, Any]]) -> tuple[Box, ...]:
    """Turn drawn boxes (thousandths) into shares, clipped to the picture, empty ones dropped."""
    found = []
    for box in raw:
        x0, y0, x1, y1 = (min(max(edge / 1000, 0.0), 1.0) for edge in box["box"])
        if x1 > x0 and y1 > y0:
            found.append(Box(box["class"], (x0, y0, x1, y1), bool(box.get("hard", False))))
    return tuple(found)


def stalls(data: Path, drawn: Path) -> Iterator[tuple[str, Record]]:
    """Yield a record for every picture of stalls that somebody drew."""
    for part in sorted(drawn.glob("stalls_*.json")):
        for name, raw in json.loads(part.read_text()).items():
            file = f"stalls_unboxed/{name}"
            yield _entry(data, file, stall_source(name), raw, "eye")


def debris(data: Path, drawn: Path, sheets: Path, kind: str) -> Iterator[tuple[str, Record]]:
    """Yield a record for every picture of one debris set, drawn corrections laid over its own boxes."""
    index = json.loads((sheets / kind / "index.json").read_text())
    path = drawn / f"{kind}.json"
    part = json.loads(path.read_text()) if path.exists() else {}
    upto = int(part.get("reviewed_upto", -1))
    for number, found in index.items():
        fixed = part.get(number)
        how = "eye" if fixed else "checked" if int(number) <= upto else "dataset"
        yield _entry(data, found["file"], DEBRIS_SETS[kind], fixed or found, how)


def _entry(data: Path, file: str, source: str, raw: dict[str, Any], how: str) -> tuple[str, Record]:
    picture = cv2.imread(str(data / file))
    if picture is None:
        message = f"{data / file}: not a readable picture"
        raise ValueError(message)
    height, width = picture.shape[:2]
    boxes, exclude = boxes_of(raw["boxes"]), raw.get("exclude")
    return digest(data / file), Record(source, file, width, height, boxes, exclude, how)


def main() -> None:
    """Write ``stalls.json`` and ``debris.json`` into the store folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for option in ("--data", "--drawn", "--sheets", "--store"):
        parser.add_argument(option, type=Path, required=True)
    args = parser.parse_args()
    found: Store = dict(stalls(args.data, args.drawn))
    save(args.store / "stalls.json", found)
    heaps: Store = {}
    for kind in DEBRIS_SETS:
        heaps.update(debris(args.data, args.drawn, args.sheets, kind))
    save(args.store / "debris.json", heaps)
    sys.stdout.write(f"{len(found)} pictures of stalls, {len(heaps)} of debris\n")


if __name__ == "__main__":
    main()
