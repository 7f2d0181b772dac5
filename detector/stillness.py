# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a camera still sends new pictures, or the same one again and again."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from detector.reasons import Reason, because
from detector.thumbnail import LONGEST, Mask
from streams.frame import Frame, plane_of

OVERLAY = 0.015  # of the picture may change in a frozen one: the clock that a recorder draws on it
FROZEN_LOOKS, FROZEN_S = 10, 120.0


@dataclass(frozen=True, slots=True, eq=False)
class Stillness:
    """glimpse: uint8[n,m] single pixels of the last look. changed: bool[n,m] which of them changed since `since`.

    looks: how many came since then. at: when the last one came.
    """

    glimpse: NDArray[np.uint8]
    changed: Mask
    since: datetime
    at: datetime
    looks: int = 0


def glimpse(frame: Frame) -> NDArray[np.uint8]:
    """Every n-th pixel of a frame, not averaged: a live sensor's noise changes some of them from look to look."""
    plane = plane_of(frame.pixels)
    skip = -(-max(plane.shape[:2]) // LONGEST)
    picked = plane[::skip, ::skip]
    return np.array(picked if picked.ndim == 2 else picked[:, :, 1])


def nothing_glimpsed(at: datetime) -> Stillness:
    """Before the first look."""
    return Stillness(np.zeros((0, 0), np.uint8), np.zeros((0, 0), np.bool_), at, at)


def glimpsed(before: Stillness, seen: NDArray[np.uint8], at: datetime) -> Stillness:
    """Count on while nothing but one small part changes; start over at any other change."""
    if before.glimpse.shape != seen.shape:
        return Stillness(seen, np.zeros(seen.shape, np.bool_), at, at)
    changed = before.changed | (seen != before.glimpse)
    if changed.mean() > OVERLAY:
        return Stillness(seen, np.zeros(seen.shape, np.bool_), at, at)
    return Stillness(seen, changed, before.since, at, before.looks + 1)


def frozen(still: Stillness) -> Reason | None:
    """The same picture over several looks and long enough that even a quiet street would have changed."""
    seconds = (still.at - still.since).total_seconds()
    return because("camera_frozen", seconds=seconds) if still.looks >= FROZEN_LOOKS and seconds >= FROZEN_S else None
