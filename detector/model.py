# SPDX-License-Identifier: AGPL-3.0-or-later
"""A manifest and its session, ready to look at pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from detector.choosing import Engine, open_session
from detector.detections import Detections
from detector.errors import ManifestError
from detector.heads import check_head, decode
from detector.letterbox import Fit, letterbox, room, unletterbox
from detector.manifest import Manifest, load_manifest
from detector.reading import weakest
from detector.session import Session
from streams.frame import Pixels, Planes, plane_of


class Model:
    """A loaded, warmed-up model: pictures in, detections out. Any number of threads may ask at the same time."""

    def __init__(self, manifest: Manifest, session: Session) -> None:
        self.manifest, self._session = manifest, session
        _check_input(manifest, session.input_shape)
        batch, _, *sides = session.input_shape
        self._largest = batch if isinstance(batch, int) else 0
        self._free = not any(isinstance(side, int) for side in sides)
        self._floors = np.array([manifest.threshold(c) for c in manifest.classes], np.float32)
        self._weak_floors = self._floors * np.array([weakest(c) for c in manifest.classes], np.float32)
        self._lock, self._inputs = Lock(), dict[tuple[int, int], _Input]()
        warm_up = session.run(self._input(self._room(16, 9), 1).squares)
        check_head(manifest, warm_up.shape)  # the exported shape may have names for numbers, the real one has not

    @property
    def engine(self) -> str:
        """Which engine computes, and how exactly."""
        return self._session.name

    def detect(
        self, pictures: Sequence[Pixels | Planes], *, least: float | None = None, weak: bool = False
    ) -> list[Detections]:
        """Look at pictures (BGR uint8[H,W,3] or planes), those of one shape in one batch.

        `least` replaces every class's threshold; `weak` adds violations down to what the sites want to hear of.
        """
        usual = self._weak_floors if weak else self._floors
        floors = usual if least is None else np.full_like(self._floors, least)
        rooms = [self._room(*plane_of(picture).shape[1::-1]) for picture in pictures]
        found: dict[int, Detections] = {}
        for room_of in dict.fromkeys(rooms):
            numbers = [number for number, each in enumerate(rooms) if each == room_of]
            for first in range(0, len(numbers), self._largest or len(numbers)):
                some = numbers[first : first + (self._largest or len(numbers))]
                found |= zip(some, self._look([pictures[number] for number in some], room_of, floors), strict=True)
        return [found[number] for number in range(len(pictures))]

    def _look(
        self, pictures: Sequence[Pixels | Planes], room_of: tuple[int, int], floors: NDArray[np.float32]
    ) -> list[Detections]:
        with self._lock:  # one input for all: fresh memory at each look costs as much as writing it
            held = self._input(room_of, len(pictures))
            fits = [
                letterbox(picture, square, fitted)
                for picture, square, fitted in zip(pictures, held.squares, held.fits, strict=False)
            ]
            held.fits[: len(fits)] = fits
            outputs = self._session.run(held.squares if self._largest else held.squares[: len(fits)])[: len(fits)]
        return [detections(output, fit, self.manifest, floors) for output, fit in zip(outputs, fits, strict=True)]

    def _room(self, width: int, height: int) -> tuple[int, int]:
        side = self.manifest.input_size
        return room(width, height, side) if self._free else (side, side)

    def _input(self, room_of: tuple[int, int], count: int) -> "_Input":
        held = self._inputs.get(room_of)
        if held is None or len(held.squares) < count:
            count = self._largest or count
            held = _Input(np.zeros((count, 3, *room_of), np.float32), [None] * count)
            self._inputs[room_of] = held
        return held


@dataclass(frozen=True, slots=True, eq=False)
class _Input:
    """The memory that pictures of one shape are written into, and how those lie that it holds."""

    squares: NDArray[np.float32]
    fits: list[Fit | None]


def _check_input(manifest: Manifest, shape: tuple[int | str, ...]) -> None:
    side = manifest.input_size
    if len(shape) != 4 or any(
        isinstance(got, int) and got != want for got, want in zip(shape[1:], (3, side, side), strict=False)
    ):
        raise ManifestError(
            f"{manifest.name}: input_size is {side}, these weights take {list(shape)}; correct the manifest"
        )


def detections(output: NDArray[np.float32], fit: Fit, manifest: Manifest, floors: NDArray[np.float32]) -> Detections:
    """Read one picture's output (see `heads.decode`) in pixels of that picture."""
    found = decode(output, manifest, floors)
    return replace(found, xyxy=unletterbox(found.xyxy, fit), people=unletterbox(found.people, fit))


def load_model(path: Path, *, threads: int = 2, engine: Engine = "onnxruntime") -> Model:
    """Load the model of a manifest file; every fault is found here, before the first frame."""
    manifest = load_manifest(path)
    return Model(manifest, open_session(manifest, engine, threads=threads))
