# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether anything changed on the watched ground since the model last looked: brightness only, in small.

A look at which nothing changed says what the last one said, without the model. Where in doubt it has changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.zones import Zone
from streams.frame import Frame, Pixels

WIDEST = 256  # cells across: the picture is halved until it is no wider
ABOVE = 0.12  # of the picture's height: things standing on the ground reach that far above their zone at least
BESIDE = 0.02
LEVELS = 6.0  # grey levels of 255 by which a cell must differ: the mean of 64 pixels or more moves less by noise
NOISE = 6.0  # and by how many deviations of all cells
MOST_LEVELS = 12.0  # no noise excuses more than that
CELLS = 4  # of 3 by 3: what is smaller is compression, or lower than the lowest thing a zone counts
GAINS = (0.75, 1.33)  # exposure may change that much between two looks; more is another light: look anew


@dataclass(frozen=True, slots=True, eq=False)
class Inferred:
    """What the model last said of a camera, and the picture it said it of; at is aware UTC."""

    at: datetime
    luma: Pixels
    found: Detections


def luma(frame: Frame) -> Pixels:
    """uint8[h,w] luma, the picture halved until it is at most 256 wide."""
    width = frame.width
    while width > WIDEST:
        width //= 2
    return frame.grey(width)


def watched(zones: Iterable[Zone], height: int, width: int) -> NDArray[np.bool_]:
    """bool[height,width]: watched zones, and where what stands in them reaches above and beside."""
    mask = np.zeros((height, width), np.uint8)
    scale = np.array([width, height])
    for zone in zones:
        if zone.kind == "watch":
            cv2.fillPoly(mask, [np.round(np.array(zone.polygon) * scale).astype(np.int32)], 1)
    beside = 2 * max(1, round(BESIDE * width)) + 1
    reach = np.ones((max(1, round(ABOVE * height)) + 1, beside), np.uint8)
    return np.asarray(cv2.dilate(mask, reach, anchor=(beside // 2, 0)), np.bool_)


def unchanged(before: Pixels, now: Pixels, mask: NDArray[np.bool_]) -> bool:
    """Whether two small pictures, luma uint8[h,w], show the same within the mask, but for noise and exposure."""
    if before.shape != now.shape or not mask.any():
        return False
    left = _leftover(before[mask].astype(np.float32), now[mask].astype(np.float32))
    if left is None:
        return False
    limit = min(MOST_LEVELS, max(LEVELS, NOISE * 1.4826 * _median(np.abs(left))))
    odd = np.zeros(now.shape, np.uint8)
    odd[mask] = np.abs(left) > limit
    return int(cv2.boxFilter(odd, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT).max()) < CELLS


def _leftover(old: NDArray[np.float32], new: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """What one gain and one offset for all cells do not explain; None where the light is quite another."""
    change = new - old
    usual = _median(change)
    away = np.abs(change - usual)
    calm = away <= max(LEVELS, 3 * _median(away))
    x, y = old[calm], new[calm]
    spread = float(x.var())
    gain = float(((x - x.mean()) * (y - y.mean())).mean()) / spread if spread > 1 else 1.0
    if not GAINS[0] <= gain <= GAINS[1]:
        return None
    return np.asarray(new - (gain * old + (y.mean() - gain * x.mean())), np.float32)


def _median(values: NDArray[np.float32]) -> float:
    return float(np.median(values[:: 1 + len(values) // 4096]))  # of a sample: half the gate's time went into this
