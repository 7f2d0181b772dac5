# SPDX-License-Identifier: AGPL-3.0-or-later
"""A manifest and its session, ready to look at pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detector.detections import Detections
from detector.errors import ManifestError
from detector.heads import check_head, decode
from detector.letterbox import letterbox, unletterbox
from detector.manifest import Manifest, load_manifest
from detector.session import OnnxSession
from streams.frame import Pixels, Planes


class Model:
    """A loaded, warmed-up model: pictures in, detections out."""

    def __init__(self, manifest: Manifest, *, threads: int = 2) -> None:
        self.manifest = manifest
        self._session = OnnxSession(manifest.weights, threads=threads)
        _check_input(manifest, self._session.input_shape)
        batch = self._session.input_shape[0]
        self._largest = batch if isinstance(batch, int) else 0
        self._floors = np.array([manifest.threshold(c) for c in manifest.classes], np.float32)
        side = manifest.input_size
        warm_up = self._session.run(np.zeros((self._largest or 1, 3, side, side), np.float32))
        check_head(manifest, warm_up.shape)  # the exported shape may have names for numbers, the real one has not

    def detect(self, pictures: Sequence[Pixels | Planes], *, least: float | None = None) -> list[Detections]:
        """Look at pictures (BGR uint8[H,W,3] or planes) in one batch; `least` replaces every class's threshold."""
        if not pictures:
            return []
        if self._largest and len(pictures) > self._largest:
            cut = self._largest
            return self.detect(pictures[:cut], least=least) + self.detect(pictures[cut:], least=least)
        side = self.manifest.input_size
        batch = np.empty((max(len(pictures), self._largest), 3, side, side), np.float32)
        places = [letterbox(picture, batch[i]) for i, picture in enumerate(pictures)]
        floors = self._floors if least is None else np.full_like(self._floors, least)
        found = [decode(output, self.manifest, floors) for output in self._session.run(batch)[: len(places)]]
        return [
            Detections(unletterbox(d.xyxy, place), d.confidence, d.class_id)
            for d, place in zip(found, places, strict=True)
        ]


def _check_input(manifest: Manifest, shape: tuple[int | str, ...]) -> None:
    side = manifest.input_size
    if len(shape) != 4 or any(
        isinstance(got, int) and got != want for got, want in zip(shape[1:], (3, side, side), strict=False)
    ):
        raise ManifestError(
            f"{manifest.name}: input_size is {side}, these weights take {list(shape)}; correct the manifest"
        )


def load_model(path: Path, *, threads: int = 2) -> Model:
    """Load the model of a manifest file; every fault is found here, before the first frame."""
    return Model(load_manifest(path), threads=threads)
