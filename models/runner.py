# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs an exported model over pictures with onnxruntime, or with any function that computes the same."""

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from models.boxes import Floats, Found, Image, as_input, decode, letterbox

Infer = Callable[[Floats], Floats]
BATCH = 4  # pictures in one inference
WHOLE_PROPERTY = "whole"  # of weights that look twice: the graph's tensor with what the first look alone prints
SIDE_PROPERTY = "side"  # of weights that take any height and width: the pixels they were trained for


def session(path: Path, threads: int) -> Any:
    """Open an ONNX model with onnxruntime on the processor."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def onnx_infer(path: Path, threads: int = 2) -> tuple[Infer, int]:
    """Return a function from float32[N, 3, side, side] to the raw head, and the side."""
    opened = session(path, threads)
    given = opened.get_inputs()[0]
    return lambda batch: np.asarray(opened.run(None, {given.name: batch})[0], np.float32), side_of(opened)


def side_of(opened: Any) -> int:
    """Pixels of the square that an opened model was exported for."""
    side = opened.get_inputs()[0].shape[2]
    return int(side if isinstance(side, int) else opened.get_modelmeta().custom_metadata_map[SIDE_PROPERTY])


def names_in(path: Path) -> dict[int, str]:
    """Return the class names by number that an export of ultralytics holds; none where it holds none."""
    told = session(path, 1).get_modelmeta().custom_metadata_map.get("names", "{}")
    try:
        return {int(number): str(name) for number, name in ast.literal_eval(told).items()}
    except (ValueError, SyntaxError, AttributeError):
        return {}


class Runner:
    """One model in memory, as `onnx_infer` gives it. Pictures go in as BGR, boxes come out in their pixels."""

    def __init__(self, infer: Infer, side: int) -> None:
        self._infer, self._side = infer, side

    def find(self, pictures: Iterable[Image], *, least: float, iou: float) -> Iterator[Found]:
        """Yield the boxes of every picture with at least this confidence, in order."""
        waiting = iter(pictures)
        while some := list(islice(waiting, BATCH)):
            yield from self._batch(some, least, iou)

    def _batch(self, pictures: list[Image], least: float, iou: float) -> Iterator[Found]:
        squares, fits = zip(*(letterbox(p, self._side) for p in pictures), strict=True)
        heads = self._infer(as_input(list(squares)))
        for head, fit, picture in zip(heads, fits, pictures, strict=True):
            yield decode(head, fit, picture.shape[:2], least, iou)
