# SPDX-License-Identifier: AGPL-3.0-or-later
"""The model as the API sees it: a function from a picture to boxes, a few calls at a time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from api.errors import TooLarge, Unavailable, WrongMediaType
from api.media import picture_size

MOST_PIXELS = 40_000_000
WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class DetectedBox:
    """One found thing; `xyxy` in pixels of the picture."""

    class_name: str
    confidence: float
    xyxy: tuple[float, float, float, float]


DetectFn = Callable[[NDArray[np.uint8]], list[DetectedBox]]


def decode(data: bytes) -> NDArray[np.uint8]:
    """A JPEG or PNG as uint8[H,W,3] BGR; raises WrongMediaType, or TooLarge before anything is decoded."""
    size = picture_size(data)
    if size is None:
        raise WrongMediaType("this is neither a JPEG nor a PNG: send the picture's bytes as they are")
    if size[0] * size[1] > MOST_PIXELS:
        raise TooLarge(f"{size[0]}×{size[1]} is over {MOST_PIXELS // 1_000_000} million pixels: scale it down")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise WrongMediaType("the picture is broken: encode it again as JPEG or PNG")
    return picture.astype(np.uint8, copy=False)


class Detecting:
    """Runs the model for requests, one picture at a time."""

    def __init__(self, detect: DetectFn | None) -> None:
        """None when this process has no model."""
        self._detect = detect
        self._turn = threading.Lock()

    def __call__(self, picture: NDArray[np.uint8]) -> list[DetectedBox]:
        """Boxes in `picture`, uint8[H,W,3] BGR; raises Unavailable without a model or after a long queue."""
        if self._detect is None:
            raise Unavailable("no model is loaded here: start with `curbwatch run` and a [model] in the settings")
        if not self._turn.acquire(timeout=WAIT_S):
            raise Unavailable("the model is busy: try again in some seconds", retry_after_s=5)
        try:
            return self._detect(picture)
        finally:
            self._turn.release()
