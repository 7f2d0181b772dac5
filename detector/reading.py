# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a frame's detections to what the sites need to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.boxes import Box
from detector.detections import Detections
from detector.errors import ManifestError
from detector.look import Look, Sighting
from detector.manifest import Manifest
from detector.zones import VIOLATIONS
from streams.frame import Frame

WEAK = 0.5  # of a violation's threshold: from here on the sites are told, as a weak sighting
HIDING = ("person", "two_wheeler", "vehicle", "umbrella")
KNOWN: tuple[str, ...] = (*VIOLATIONS, *HIDING)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame with what the model found in it; boxes are normalised xyxy.

    people: who is blurred; far fainter ones than those that cover something in the look.
    """

    frame: Frame
    look: Look
    people: tuple[Box, ...]


def check_classes(manifest: Manifest) -> None:
    """Refuse a model that raises no case, or has a class that is only spelt otherwise; `bench` measures these, too.

    Raises ManifestError.
    """
    for name in manifest.classes:
        meant = name.casefold().replace("-", "_").replace(" ", "_")
        if name not in KNOWN and meant in KNOWN:
            raise ManifestError(f"{manifest.name}: classes: {name!r} means nothing here; write {meant!r}")
    if not set(VIOLATIONS) & set(manifest.classes):
        names = ", ".join(manifest.classes)
        raise ManifestError(f"{manifest.name}: classes: {names} raise no case; call those that shall stall or debris")


def weakest(class_name: str) -> float:
    """From which share of a class's threshold on a look tells of it: of violations also what is doubtful."""
    return WEAK if class_name in VIOLATIONS else 1.0


def read_look(frame: Frame, found: Detections, thresholds: Mapping[str, float]) -> Seen:
    """Read detections (pixels of the frame) as sightings, covers and people.

    thresholds: of every class, in the order of the model's class numbers; what lies below its own is a weak sighting.
    """
    classes = tuple(thresholds)
    width, height = frame.width, frame.height
    items = [
        (classes[int(class_id)], float(confidence), _share(xyxy.tolist(), width, height))
        for xyxy, confidence, class_id in zip(found.xyxy, found.confidence, found.class_id, strict=True)
        if _is_there(xyxy)
    ]
    sightings = tuple(
        Sighting(name, confidence, box, weak=confidence < thresholds[name])
        for name, confidence, box in items
        if name in VIOLATIONS
    )
    look = Look(
        camera_id=frame.camera_id,
        taken_at=frame.taken_at,
        sightings=sightings,
        covers=tuple(box for name, _, box in items if name in HIDING),
        size=(width, height),
    )
    people = [box for name, _, box in items if name == "person"]
    people += [_share(xyxy.tolist(), width, height) for xyxy in found.people if _is_there(xyxy)]
    return Seen(frame, look, tuple(dict.fromkeys(people)))


def _is_there(xyxy: NDArray[np.float32]) -> bool:
    """What lay beside the picture, in the square's padding, is nothing."""
    return bool(xyxy[2] > xyxy[0] and xyxy[3] > xyxy[1])


def _share(xyxy: list[float], width: int, height: int) -> Box:
    return xyxy[0] / width, xyxy[1] / height, xyxy[2] / width, xyxy[3] / height
