# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fit a picture into the model's square, and boxes back into the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

PAD = 114  # the grey that ultralytics pads with in training


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture lies in the square: square = picture * scale + (left, top), all in pixels."""

    scale: float
    left: int
    top: int
    width: int
    height: int


def fit(width: int, height: int, side: int) -> Fit:
    """Centre a width×height picture in a side×side square without changing its shape."""
    scale = side / max(width, height)
    return Fit(
        scale,
        (side - max(1, round(width * scale))) // 2,
        (side - max(1, round(height * scale))) // 2,
        width,
        height,
    )


def letterbox(picture: NDArray[np.uint8], into: NDArray[np.float32]) -> Fit:
    """Write a BGR uint8[H,W,3] picture into `into`, float32[3,S,S] RGB 0..1, padded with grey; return the fit."""
    side = into.shape[1]
    place = fit(picture.shape[1], picture.shape[0], side)
    width, height = max(1, round(place.width * place.scale)), max(1, round(place.height * place.scale))
    shrink = cv2.INTER_AREA if place.scale < 0.5 else cv2.INTER_LINEAR  # linear skips rows below one half
    small = cv2.resize(picture, (width, height), interpolation=shrink)
    into.fill(PAD / 255)
    window = into[:, place.top : place.top + height, place.left : place.left + width]
    np.multiply(small[:, :, ::-1].transpose(2, 0, 1), np.float32(1 / 255), out=window, casting="unsafe")
    return place


def unletterbox(xyxy: NDArray[np.float32], place: Fit) -> NDArray[np.float32]:
    """Turn boxes float32[N,4] of the square into pixels of the picture, cut at its edges."""
    shift = np.array([place.left, place.top] * 2, np.float32)
    boxes = (xyxy - shift) / np.float32(place.scale)
    edge = np.array([place.width, place.height] * 2, np.float32)
    return np.asarray(np.clip(boxes, 0, edge), np.float32)
