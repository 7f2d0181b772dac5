# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one type that streams and detector share: a picture that is converted only where somebody needs it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
BT601 = (0.299, 0.114)  # shares of red and blue in luma: ITU-R BT.601, what a camera means that says nothing
BT709 = (0.2126, 0.0722)  # ITU-R BT.709


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """A 4:2:0 picture as the decoder left it: y uint8[H,W], u and v uint8[ceil(H/2),ceil(W/2)], views, not copies.

    weights: shares of red and blue in luma. full: luma uses 0..255 instead of 16..235. bgr: makes uint8[H,W,3] BGR.
    """

    y: Pixels
    u: Pixels
    v: Pixels
    weights: tuple[float, float]
    full: bool
    bgr: Callable[[], Pixels]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera: taken_at aware UTC (its arrival), sequence counts up per camera.

    pixels: uint8[H,W,3] BGR (files), or the decoder's planes (cameras). arrived: monotonic seconds, 0 for recordings.
    """

    camera_id: str
    pixels: Pixels | Planes = field(repr=False)
    taken_at: datetime
    sequence: int
    arrived: float = 0.0

    @property
    def picture(self) -> Pixels:
        """uint8[H,W,3] BGR, converted anew at each call where it came as planes: for evidence, not for every look."""
        return self.pixels.bgr() if isinstance(self.pixels, Planes) else self.pixels

    @property
    def width(self) -> int:
        """Pixels."""
        return int(plane_of(self.pixels).shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(plane_of(self.pixels).shape[0])

    def grey(self, width: int) -> Pixels:
        """uint8[h,width] luma 0..255 of the whole picture, averaged down; never enlarged."""
        size = _thumbnail(self.width, self.height, width)
        if not isinstance(self.pixels, Planes):
            return np.asarray(cv2.cvtColor(shrunk(self.pixels, *size), cv2.COLOR_BGR2GRAY), np.uint8)
        small = shrunk(self.pixels.y, *size)
        return small.copy() if self.pixels.full else np.asarray(cv2.LUT(small, _FULL_RANGE), np.uint8)

    def small(self, width: int) -> Pixels:
        """uint8[h,width,3] BGR of the whole picture, averaged down; never enlarged."""
        size = _thumbnail(self.width, self.height, width)
        if not isinstance(self.pixels, Planes):
            return shrunk(self.pixels, *size).copy()
        planes = [shrunk(plane, *size) for plane in (self.pixels.y, self.pixels.u, self.pixels.v)]
        return np.asarray(cv2.transform(cv2.merge(planes), to_rgb(self.pixels)[::-1]), np.uint8)


def cropped(pixels: Pixels | Planes, x0: int, y0: int, x1: int, y1: int) -> Pixels | Planes:
    """A part of a picture, x0 <= x < x1 and y0 <= y < y1 in pixels, even numbers; views, not copies."""
    if not isinstance(pixels, Planes):
        return pixels[y0:y1, x0:x1]
    half = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
    whole = pixels.bgr
    return replace(
        pixels,
        y=pixels.y[y0:y1, x0:x1],
        u=pixels.u[half],
        v=pixels.v[half],
        bgr=lambda: np.ascontiguousarray(whole()[y0:y1, x0:x1]),
    )


def reduced(frame: Frame, width: int) -> Frame:
    """The frame in a size to keep: memory of its own instead of the decoder's; planes stay planes; never enlarged."""
    size = _thumbnail(frame.width, frame.height, width)
    if not isinstance(frame.pixels, Planes):
        return replace(frame, pixels=shrunk(frame.pixels, *size).copy())
    half = (size[0] + 1) // 2, (size[1] + 1) // 2
    y, u, v = (
        shrunk(plane, *wanted).copy()
        for plane, wanted in ((frame.pixels.y, size), (frame.pixels.u, half), (frame.pixels.v, half))
    )
    # the decoder's picture hangs on its own way to BGR: nothing of it may stay
    convert = partial(_to_bgr, y, u, v, to_rgb(frame.pixels))
    return replace(frame, pixels=replace(frame.pixels, y=y, u=u, v=v, bgr=convert))


def _to_bgr(y: Pixels, u: Pixels, v: Pixels, rgb: NDArray[np.float32]) -> Pixels:
    size = y.shape[1], y.shape[0]
    u, v = (np.asarray(cv2.resize(plane, size), np.uint8) for plane in (u, v))
    return np.asarray(cv2.transform(cv2.merge([y, u, v]), rgb[::-1]), np.uint8)


def plane_of(pixels: Pixels | Planes) -> Pixels:
    """An array whose first two axes are the picture's height and width."""
    return pixels.y if isinstance(pixels, Planes) else pixels


def shrunk(plane: Pixels, width: int, height: int) -> Pixels:
    """uint8[height,width,…] resampled: halved by averaging while it is twice too large, the rest linear.

    Four times as fast as averaging at once, and the same within half a grey level on average.
    """
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height and min(plane.shape[:2]) > 1:
        half = plane.shape[1] // 2, plane.shape[0] // 2
        even = plane[: 2 * half[1], : 2 * half[0]]  # OpenCV averages odd sizes an order slower
        plane = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    if plane.shape[:2] == (height, width):
        return plane
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def to_rgb(planes: Planes) -> NDArray[np.float32]:
    """float32[3,4]: rows red, green, blue of 0..255 from (y, u, v, 1) as coded."""
    red, blue = planes.weights
    green = 1 - red - blue
    luma, chroma, black = (1.0, 1.0, 0.0) if planes.full else (255 / 219, 255 / 224, 16.0)
    u_blue, v_red = 2 * (1 - blue) * chroma, 2 * (1 - red) * chroma
    rows = np.array(
        [[luma, 0, v_red, 0], [luma, -u_blue * blue / green, -v_red * red / green, 0], [luma, u_blue, 0, 0]]
    )
    rows[:, 3] = -luma * black - 128 * rows[:, 1:3].sum(axis=1)
    return rows.astype(np.float32)


def _thumbnail(width: int, height: int, wanted: int) -> tuple[int, int]:
    scale = min(1.0, wanted / width)
    return max(1, round(width * scale)), max(1, round(height * scale))


_FULL_RANGE: Pixels = np.clip((np.arange(256) - 16) * (255 / 219), 0, 255).round().astype(np.uint8)
