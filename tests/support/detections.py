# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a model says of a street, as a test tells it to."""

from collections.abc import Sequence

import numpy as np

from curbwatch.settings import SHIPPED_MODEL
from detector.detections import Detections
from detector.manifest import load_manifest
from streams.frame import Pixels

NOTHING = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
SIZE = (1920, 1080)

Finds = Sequence[tuple[str, float, tuple[float, float, float, float]]]


class Eye:
    """A model that says what it is told to: of whole pictures, which are of SIZE, and of close-ups.

    people: one box whom it sees faintly in each, or none.
    """

    def __init__(self, near: Finds, far: Finds = (), *, people: tuple[float, ...] = ()) -> None:
        self.manifest = load_manifest(SHIPPED_MODEL)
        self.near, self.far, self.people = near, far, np.array(people, np.float32).reshape(-1, 4)
        self.shown: list[tuple[int, ...]] = []

    def detect(self, pictures: Sequence[Pixels], *, weak: bool) -> list[Detections]:
        assert weak
        self.shown += [picture.shape for picture in pictures]
        return [self.found(self.far if picture.shape[:2] == SIZE[::-1] else self.near) for picture in pictures]

    def found(self, finds: Finds) -> Detections:
        names = [self.manifest.classes.index(name) for name, _, _ in finds]
        xyxy = np.array([box for _, _, box in finds], np.float32).reshape(-1, 4)
        scores = np.array([score for _, score, _ in finds], np.float32)
        return Detections(xyxy, scores, np.array(names, np.int64), self.people)
