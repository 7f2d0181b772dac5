# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes the manifest that travels with a model's weights.

python -m models.manifest --name curbwatch-n-v7 --dataset DATASET --data DATA --thresholds FILE
"""

import argparse
import csv
import json
from pathlib import Path

import onnxruntime as ort

from models.classes import CLASSES
from models.feed import index
from models.label_store import digest
from models.runner import side_of

IOU = 0.6
SHIPPED = "curbwatch-n-v7"
THUMBS = "rathull/CTFs @ f35c2198, scene thumbnails after MIT Places: licence not stated, some labelled by us"
SETS = {
    "debris_piles": "alan61503/garbage-overflow-detection @ ce3d2523: CC BY 4.0, boxes corrected by us",
    "debris_bags": "itsCaveMan/WoosongVision @ 33a6b888, dataset v1: CC BY 4.0, boxes corrected by us",
    "shop_fronts": "Urban-Research-Lab/building-facades-advertising-dataset @ 9782a3e: CC0, negatives",
    "street": "Flickr8k sample in quantumnaan/sic_translator @ d27da85: research use, negatives",
    "scenes": THUMBS,
    **dict.fromkeys(("markets", "building_sites"), THUMBS),
    "synthetic": "our own Blender renders (AGPL-3.0-or-later), and things cut out of the training pictures and of "
    "Adlibaari/PKL @ 893783b (licence not stated), over the training negatives",
}
START = (
    "yolo11n COCO weights by Ultralytics (AGPL-3.0), recovered from yas-sim/ultralytics_yolo11_optimization @ 04a298d"
)


def training_data(dataset: Path, data: Path) -> list[str]:
    """Return one line per source of the training split, with the licence its owner states."""
    with (data / "sources.csv").open() as file:
        stated = {row["file_prefix"]: row for row in csv.DictReader(file)}
    used = {(e["kind"], e["source"]) for e in index(dataset) if e["split"] == "train"}
    lines = {SETS[kind] for kind, _ in used if kind in SETS}
    lines |= {_line(source, stated) for kind, source in used if kind not in SETS}
    return [START, *sorted(lines)]


def _line(source: str, stated: dict[str, dict[str, str]]) -> str:
    row = stated.get(source)
    if row is None:
        return f"{source}: licence not stated"
    commit = "" if row["commit"] == "-" else f" @ {row['commit']}"
    licence = {
        "none": "licence not stated",
        "LICENSE": "repository has a LICENSE",
        "LICENSE.txt": "repository has a LICENSE",
    }
    return f"{row['repository']}{commit}: {licence.get(row['licence_file'], row['licence_file'])}"


def own_data(datasets: list[Path]) -> list[str]:
    """Return one line per data set of somebody who trains on their own pictures; its index may name sources."""
    lines = set()
    for dataset in datasets:
        used = {entry.get("source") or dataset.name for entry in index(dataset) if entry["split"] == "train"}
        lines |= {f"{source}: licence not stated" for source in used}
    return [f"weights of {SHIPPED}, AGPL-3.0-or-later", *sorted(lines)]


def text(name: str, weights: Path, thresholds: dict[str, float], lines: list[str]) -> str:
    """Return the manifest as TOML; the size of the input is read from the weights."""
    session = ort.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    side = side_of(session)
    quoted = "".join(f"  {_quoted(line)},\n" for line in lines)
    levels = "".join(f"{kind} = {thresholds[kind]}\n" for kind in CLASSES)
    return (
        f'name = {_quoted(name)}\nfile = {_quoted(f"weights/{weights.name}")}\nsha256 = "{digest(weights)}"\n'
        f'head = "yolo11"\ninput_size = {side}\nclasses = {json.dumps(list(CLASSES))}\n'
        f'iou = {IOU}\nlicence = "AGPL-3.0-or-later"\ntraining_data = [\n{quoted}]\n\n[thresholds]\n{levels}'
    )


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)  # TOML knows no escapes in pairs, as JSON has them for rare characters


def main() -> None:
    """Write `NAME.toml` beside the folder of the weights."""
    parser = argparse.ArgumentParser(description="Write a model's manifest.")
    parser.add_argument("--name", required=True)
    for option in ("--dataset", "--data", "--thresholds"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    weights = args.models / "weights" / f"{args.name}.onnx"
    lines = training_data(args.dataset, args.data)
    thresholds = json.loads(args.thresholds.read_text())
    (args.models / f"{args.name}.toml").write_text(text(args.name, weights, thresholds, lines), "utf-8")


if __name__ == "__main__":
    main()
