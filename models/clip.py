# SPDX-License-Identifier: AGPL-3.0-or-later
"""Measures a model on a clip with known events: how often each is seen, and what is seen besides.

    python -m models.clip --manifest models/curbwatch-n-v7.toml --clip street.mp4 --truth street.json

The truth is a JSON file with `events`, each with `id`, `class`, `appears_s`, `complete_s`, `leaves_s` and
`box` (shares).
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.boxes import Floats, Found, Image, overlap
from models.classes import CLASSES, TARGETS
from models.runner import Runner, onnx_infer

SAME = 0.4
TOUCHING = 0.2
LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Look:
    """One frame: its time, size, and what the model found."""

    at_s: float
    size: Floats
    found: Found


def frames(path: Path, every_s: float) -> Iterator[tuple[float, Image]]:
    """Yield a frame of a clip every so often."""
    clip = cv2.VideoCapture(str(path))
    step = max(1, round(clip.get(cv2.CAP_PROP_FPS) * every_s))
    for number in range(0, int(clip.get(cv2.CAP_PROP_FRAME_COUNT)), step):
        clip.set(cv2.CAP_PROP_POS_FRAMES, number)
        good, picture = clip.read()
        if good:
            yield number / clip.get(cv2.CAP_PROP_FPS), np.asarray(picture, np.uint8)


def looks(runner: Runner, path: Path, every_s: float, iou: float) -> list[Look]:
    """Run the model over the frames of a clip."""
    out = []
    for at_s, picture in frames(path, every_s):
        height, width = picture.shape[:2]
        found = next(runner.find([picture], least=LEAST, iou=iou))
        out.append(Look(at_s, np.array([width, height] * 2, np.float32), found))
    return out


def best(look: Look, event: dict[str, Any]) -> float:
    """Return the confidence of the surest box on an event, 0 without one."""
    mine = look.found.classes == CLASSES.index(event["class"])
    place = np.array([event["box"]], np.float32) * look.size
    there = overlap(look.found.boxes, place)[:, 0] >= SAME
    return float(look.found.scores[mine & there].max(initial=0))


def seen(all_looks: list[Look], event: dict[str, Any], threshold: float) -> dict[str, Any]:
    """Return how an event is seen while it stands complete."""
    scores = [best(k, event) for k in all_looks if event["complete_s"] <= k.at_s < event["leaves_s"]]
    return {
        "class": event["class"],
        "looks": len(scores),
        "median": round(float(np.median(scores)), 2),
        "at_half": round(float(np.mean([s >= 0.5 for s in scores])), 2),
        "at_threshold": round(float(np.mean([s >= threshold for s in scores])), 2),
    }


def strays(all_looks: list[Look], events: list[dict[str, Any]], thresholds: dict[str, float]) -> list[dict[str, Any]]:
    """Return stall and debris boxes that touch no event of their class."""
    out = []
    for look in all_looks:
        for box, score, number in zip(*look.found, strict=True):
            name = CLASSES[int(number)]
            if int(number) not in TARGETS or score < thresholds[name]:
                continue
            places = [
                e["box"] for e in events if e["class"] == name and e["appears_s"] <= look.at_s <= e["leaves_s"] + 1
            ]
            near = overlap(box[None], np.array(places, np.float32).reshape(-1, 4) * look.size)
            if near.max(initial=0) < TOUCHING:
                shares = [round(float(v), 3) for v in box / look.size]
                out.append({"at_s": round(look.at_s, 2), "class": name, "score": round(float(score), 2), "box": shares})
    return out


def main() -> None:
    """Print how each event of a clip is seen, and the false boxes."""
    parser = argparse.ArgumentParser(description="Measure a model on a clip with known events.")
    for option in ("--manifest", "--clip", "--truth"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between looks")
    args = parser.parse_args()
    manifest = tomllib.loads(args.manifest.read_text())
    runner = Runner(*onnx_infer(args.manifest.parent / manifest["file"]))
    events = json.loads(args.truth.read_text())["events"]
    all_looks = looks(runner, args.clip, args.every, manifest["iou"])
    report = {e["id"]: seen(all_looks, e, manifest["thresholds"][e["class"]]) for e in events}
    false = strays(all_looks, events, manifest["thresholds"])
    sys.stdout.write(json.dumps({"looks": len(all_looks), "events": report, "strays": false}, indent=1) + "\n")


if __name__ == "__main__":
    main()
