# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fit a picture into the model's input, and boxes back into the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.frame import Pixels, Planes, plane_of, shrunk, to_rgb

PAD = 114  # the grey that ultralytics pads with in training
ROOMS = (9 / 16, 3 / 4, 1.0)  # heights of inputs, in shares of their width: each is compiled, and takes memory, apart
STRIDE = 32  # pixels: a YOLO's coarsest cell
SQUEEZED = 1.02  # a picture so little higher than a room is shrunk into it


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture lies in the input: input = picture * scale + (left, top), all in pixels."""

    scale: float
    left: int
    top: int
    width: int
    height: int


def room(width: int, height: int, side: int) -> tuple[int, int]:
    """Rows and columns of the lowest input, `side` wide, that holds a width×height picture at the square's scale."""
    for share in ROOMS:
        rows = -(-round(side * share) // STRIDE) * STRIDE
        if height * side <= SQUEEZED * rows * width:
            return rows, side
    return side, side


def centred(width: int, height: int, columns: int, rows: int) -> Fit:
    """Centre a width×height picture in columns×rows pixels without changing its shape."""
    scale = min(columns / width, rows / height)
    return Fit(
        scale,
        (columns - max(1, round(width * scale))) // 2,
        (rows - max(1, round(height * scale))) // 2,
        width,
        height,
    )


def letterbox(pixels: Pixels | Planes, into: NDArray[np.float32], held: Fit | None = None) -> Fit:
    """Write a picture into `into`, float32[3,rows,columns] RGB 0..1, padded with grey; return the fit.

    BGR uint8[H,W,3], or planes: those are shrunk before they are converted, which is a quarter of the work.
    held: the fit of the picture that `into` holds; if it is the same, the padding is there already.
    """
    height, width = plane_of(pixels).shape[:2]
    fit = centred(width, height, into.shape[2], into.shape[1])
    width, height = max(1, round(width * fit.scale)), max(1, round(height * fit.scale))
    window = into[:, fit.top : fit.top + height, fit.left : fit.left + width]
    if fit != held:
        _pad(into, fit, width, height)
    if isinstance(pixels, Planes):
        _write_planes(pixels, window)
    else:
        small = shrunk(pixels, width, height)
        np.multiply(small[:, :, ::-1].transpose(2, 0, 1), np.float32(1 / 255), out=window, casting="unsafe")
    return fit


def _pad(into: NDArray[np.float32], fit: Fit, width: int, height: int) -> None:
    grey = np.float32(PAD / 255)
    into[:, : fit.top] = grey
    into[:, fit.top + height :] = grey
    into[:, :, : fit.left] = grey
    into[:, :, fit.left + width :] = grey


def _write_planes(planes: Planes, window: NDArray[np.float32]) -> None:
    """Shrink each plane and mix red, green and blue from them in float, straight into the model's input."""
    height, width = window.shape[1:]
    y, u, v = (shrunk(plane, width, height) for plane in (planes.y, planes.u, planes.v))
    red, green, blue = to_rgb(planes).astype(np.float64) / 255
    # OpenCV's own loops are vectorised and write into the window; their types are wider than its stubs say
    cv2.addWeighted(y, red[0], v, red[2], red[3], dst=window[0], dtype=cv2.CV_32F)
    cv2.addWeighted(y, blue[0], u, blue[1], blue[3], dst=window[2], dtype=cv2.CV_32F)
    luma = green[0]
    cv2.addWeighted(u, green[1] / luma, v, green[2] / luma, green[3] / luma, dst=window[1], dtype=cv2.CV_32F)
    cv2.accumulate(y, window[1])
    np.multiply(window[1], np.float32(luma), out=window[1])
    np.clip(window, 0, 1, out=window)


def unletterbox(xyxy: NDArray[np.float32], fit: Fit) -> NDArray[np.float32]:
    """Turn boxes float32[N,4] of the input into pixels of the picture, cut at its edges."""
    shift = np.array([fit.left, fit.top] * 2, np.float32)
    boxes = (xyxy - shift) / np.float32(fit.scale)
    edge = np.array([fit.width, fit.height] * 2, np.float32)
    return np.asarray(np.clip(boxes, 0, edge), np.float32)
