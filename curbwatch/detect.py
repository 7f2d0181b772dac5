# SPDX-License-Identifier: AGPL-3.0-or-later
"""Look at single pictures, folders and recordings from the command line."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curbwatch.errors import SettingsError
from detector.model import Model
from streams.files import read_frames

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
COLOURS = {"stall": (0, 160, 255), "debris": (255, 64, 200)}  # BGR

Picture = NDArray[np.uint8]


def find_pictures(paths: Sequence[str], *, every_s: float) -> Iterator[tuple[str, Picture]]:
    """Name and BGR picture of everything the paths hold; videos and cameras give one every `every_s` seconds."""
    for text in paths:
        path = Path(text)
        if path.is_dir():
            yield from find_pictures([str(p) for p in sorted(path.iterdir()) if _is_picture(p)], every_s=every_s)
        elif _is_picture(path):
            yield text, _read(path)
        else:
            frames = read_frames(text, camera_id=path.stem, every_s=every_s, start_at=datetime.now(UTC))
            yield from ((f"{text}#{frame.sequence}", frame.picture) for frame in frames)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        reason = "not a picture that can be read" if path.exists() else "no such file"
        raise SettingsError(f"{path}: {reason}; give a JPEG or PNG")
    return np.asarray(picture, np.uint8)


def look_at(model: Model, name: str, picture: Picture, min_confidence: float | None) -> dict[str, Any]:
    """One picture's detections in pixels, best first, as plain values for JSON."""
    found = model.detect([picture], least=min_confidence)[0]
    boxes = [
        {
            "class": model.manifest.classes[int(class_id)],
            "confidence": round(float(confidence), 4),
            "xyxy": [round(float(v), 1) for v in xyxy],
        }
        for xyxy, confidence, class_id in zip(found.xyxy, found.confidence, found.class_id, strict=True)
    ]
    return {"picture": name, "width": picture.shape[1], "height": picture.shape[0], "detections": boxes}


def annotated(picture: Picture, found: dict[str, Any]) -> Picture:
    """A copy of the picture with its boxes and their classes drawn in."""
    out = picture.copy()
    for box in found["detections"]:
        x0, y0, x1, y1 = (round(v) for v in box["xyxy"])
        colour = COLOURS.get(box["class"], (160, 160, 160))
        cv2.rectangle(out, (x0, y0), (x1, y1), colour, 2)
        label = f"{box['class']} {box['confidence']:.2f}"
        cv2.putText(out, label, (x0 + 3, max(14, y0 - 5)), cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, 2)
    return out
