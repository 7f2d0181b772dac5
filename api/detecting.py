# SPDX-License-Identifier: AGPL-3.0-or-later
"""The model as the API sees it: a function from a picture to boxes, a few calls at a time."""

import asyncio
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


@dataclass(frozen=True, slots=True)
class Detected:
    """A picture's size in pixels and what was found in it."""

    width: int
    height: int
    detections: list[DetectedBox]


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
    """Runs the model for requests, one picture at a time; the others wait without a thread."""

    def __init__(self, detect: DetectFn | None) -> None:
        """None when this process has no model."""
        self._detect = detect
        self._turn = asyncio.Lock()

    async def __call__(self, data: bytes) -> Detected:
        """What a JPEG or PNG shows; raises as `decode` does, and Unavailable without a model or after a long queue."""
        if self._detect is None:
            raise Unavailable("no model is loaded here: start with `curbwatch run` and a [model] in the settings")
        try:
            await asyncio.wait_for(self._turn.acquire(), WAIT_S)
        except TimeoutError as error:
            raise Unavailable("the model is busy: try again in some seconds", retry_after_s=5) from error
        try:
            return await asyncio.to_thread(_look, self._detect, data)
        finally:
            self._turn.release()


def _look(detect: DetectFn, data: bytes) -> Detected:
    picture = decode(data)
    return Detected(picture.shape[1], picture.shape[0], detect(picture))
