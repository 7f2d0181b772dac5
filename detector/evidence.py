# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence pictures: people made unreadable before a picture leaves the patrol, the violation framed."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.boxes import Box

FRAME_COLOURS = {"stall": (0, 160, 255), "debris": (255, 64, 200)}  # BGR
JPEG_QUALITY = 88
HEAD_SHARE = 0.35  # of a person's box, from the top: head and shoulders at any usual pose


def blurred(picture: NDArray[np.uint8], people: Iterable[Box]) -> NDArray[np.uint8]:
    """A copy of a BGR uint8[H,W,3] picture with the head part of every person (normalised xyxy) made unreadable."""
    out = picture.copy()
    height, width = out.shape[:2]
    for x0, y0, x1, y1 in people:
        left, right = _span(x0 - 0.1 * (x1 - x0), x1 + 0.1 * (x1 - x0), width)
        top, bottom = _span(y0 - 0.05 * (y1 - y0), y0 + HEAD_SHARE * (y1 - y0), height)
        part = out[top:bottom, left:right]
        if part.size:
            # down to at most 6 cells across and back: unlike a blur, nothing of a face can be computed back
            cells = max(1, min(6, (right - left) // 4)), max(1, min(6, (bottom - top) // 4))
            coarse = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
            out[top:bottom, left:right] = cv2.resize(coarse, (right - left, bottom - top))
    return out


def framed(picture: NDArray[np.uint8], box: Box, class_name: str) -> NDArray[np.uint8]:
    """A copy of a BGR picture with a box (normalised xyxy) drawn round the violation."""
    out = picture.copy()
    height, width = out.shape[:2]
    corners = round(box[0] * width), round(box[1] * height), round(box[2] * width), round(box[3] * height)
    line = max(2, round(min(height, width) / 240))
    cv2.rectangle(out, corners[:2], corners[2:], (0, 0, 0), line + 2)
    cv2.rectangle(out, corners[:2], corners[2:], FRAME_COLOURS.get(class_name, (255, 255, 255)), line)
    return out


def jpeg(picture: NDArray[np.uint8], *, widest: int = 0, quality: int = JPEG_QUALITY) -> bytes:
    """Encode a BGR picture, shrunk to `widest` pixels if that is given."""
    if widest and picture.shape[1] > widest:
        size = widest, max(1, round(picture.shape[0] * widest / picture.shape[1]))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"cannot encode a picture of shape {picture.shape}")
    return data.tobytes()


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    return max(0, int(low * size)), min(size, int(high * size) + 1)
