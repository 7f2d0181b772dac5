# SPDX-License-Identifier: AGPL-3.0-or-later
"""A manifest and its session, ready to look at pictures."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from detector.choosing import Engine, open_session
from detector.detections import Detections
from detector.errors import ManifestError
from detector.heads import check_head, decode
from detector.letterbox import Fit, letterbox, unletterbox
from detector.manifest import Manifest, load_manifest
from detector.session import Session
from detector.zones import VIOLATIONS
from streams.frame import Pixels, Planes

FAINT = 0.5  # of a violation's threshold: from here on the sites are told, as a weak sighting


class Model:
    """A loaded, warmed-up model: pictures in, detections out. Any number of threads may ask at the same time."""

    def __init__(self, manifest: Manifest, session: Session) -> None:
        self.manifest, self._session = manifest, session
        _check_input(manifest, session.input_shape)
        batch = session.input_shape[0]
        self._largest = batch if isinstance(batch, int) else 0
        self._floors = np.array([manifest.threshold(c) for c in manifest.classes], np.float32)
        faint = np.array([FAINT if c in VIOLATIONS else 1.0 for c in manifest.classes], np.float32)
        self._faint_floors = self._floors * faint
        self._held: list[Fit | None] = [None] * (self._largest or 1)  # what lies in each square
        self._lock, self._square = Lock(), np.zeros((self._largest or 1, 3, *[manifest.input_size] * 2), np.float32)
        warm_up = session.run(self._square)
        check_head(manifest, warm_up.shape)  # the exported shape may have names for numbers, the real one has not

    @property
    def engine(self) -> str:
        """Which engine computes, and how exactly."""
        return self._session.name

    def detect(
        self, pictures: Sequence[Pixels | Planes], *, least: float | None = None, faint: bool = False
    ) -> list[Detections]:
        """Look at pictures (BGR uint8[H,W,3] or planes) in one batch.

        `least` replaces every class's threshold; `faint` adds violations down to half of theirs.
        """
        if not pictures:
            return []
        if self._largest and len(pictures) > self._largest:
            cut = self._largest
            first, rest = pictures[:cut], pictures[cut:]
            return self.detect(first, least=least, faint=faint) + self.detect(rest, least=least, faint=faint)
        usual = self._faint_floors if faint else self._floors
        floors = usual if least is None else np.full_like(self._floors, least)
        with self._lock:  # one input for all: fresh memory at each look costs as much as writing it
            squares = self._squares(len(pictures))
            places = [
                letterbox(picture, square, held)
                for picture, square, held in zip(pictures, squares, self._held, strict=False)
            ]
            self._held[: len(places)] = places
            outputs = self._session.run(squares)[: len(places)]
        found = [decode(output, self.manifest, floors) for output in outputs]
        return [
            Detections(unletterbox(d.xyxy, place), d.confidence, d.class_id)
            for d, place in zip(found, places, strict=True)
        ]

    def _squares(self, count: int) -> NDArray[np.float32]:
        if len(self._square) < count:
            self._square = np.zeros((count, *self._square.shape[1:]), np.float32)
            self._held = [None] * count
        return self._square if self._largest else self._square[:count]


def _check_input(manifest: Manifest, shape: tuple[int | str, ...]) -> None:
    side = manifest.input_size
    if len(shape) != 4 or any(
        isinstance(got, int) and got != want for got, want in zip(shape[1:], (3, side, side), strict=False)
    ):
        raise ManifestError(
            f"{manifest.name}: input_size is {side}, these weights take {list(shape)}; correct the manifest"
        )


def load_model(path: Path, *, threads: int = 2, engine: Engine = "onnxruntime", sample: Pixels | None = None) -> Model:
    """Load the model of a manifest file; every fault is found here, before the first frame.

    engine "auto" takes the fastest of those installed that say the same of the sample, a BGR uint8[H,W,3] picture.
    """
    manifest = load_manifest(path)
    square = None
    if sample is not None:
        square = np.empty((1, 3, manifest.input_size, manifest.input_size), np.float32)
        letterbox(sample, square[0])
    return Model(manifest, open_session(manifest, engine, threads=threads, sample=square))
