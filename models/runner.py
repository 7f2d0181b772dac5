# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs an exported model over pictures with onnxruntime."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime as ort

from models.boxes import Found, Image, as_input, decode, letterbox


class Runner:
    """One ONNX model in memory. Pictures go in as BGR, boxes come out in their pixels; side: if not the export's."""

    def __init__(self, path: Path, *, side: int | None = None, threads: int = 2) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        given = self._session.get_inputs()[0]
        self._input, self._side = given.name, side or int(given.shape[2])

    def find(self, pictures: Iterable[Image], *, least: float, iou: float, batch: int = 4) -> Iterator[Found]:
        """Yield the boxes of every picture with at least this confidence, in order."""
        waiting = iter(pictures)
        while some := list(islice(waiting, batch)):
            yield from self._batch(some, least, iou)

    def _batch(self, pictures: list[Image], least: float, iou: float) -> Iterator[Found]:
        squares, fits = zip(*(letterbox(p, self._side) for p in pictures), strict=True)
        heads = self._session.run(None, {self._input: as_input(list(squares))})[0]
        for head, fit, picture in zip(np.asarray(heads), fits, pictures, strict=True):
            yield decode(head, fit, picture.shape[:2], least, iou)
