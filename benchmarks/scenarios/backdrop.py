# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real clip of a fixed camera: its pictures, the empty street behind them, and who passes in front of it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.files import read_frames
from streams.frame import Pixels

ENDINGS = (".mp4", ".avi", ".mkv", ".mov", ".webm")
WIDEST = 960  # pixels: what is wider is shrunk to it
FEWEST = 8
KEPT = 48  # pictures of a clip, evenly spread
DIFFERENT = 20.0  # grey levels from the plate
SHADE = (0.25, 0.95)  # light left in a shadow
TINTED = 0.06  # shares of colour by which a shadow may differ from the ground
SMALLEST = 0.0006  # of the picture: what is smaller walks nowhere
RESTLESS = 0.4  # of the picture differs from the plate: this camera is not fixed
Map = NDArray[np.uint16]
Floats = NDArray[np.float32]
Spot = tuple[float, float, float]  # ground x and y, and a walker's height there; shares of the picture


class Unfit(Exception):
    """A clip cannot serve; says why and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One picture uint8[H,W,3] BGR, and who is in it.

    walkers: uint16[H,W], 0 where nobody is, else 1 + the row on which that one's feet are.
    light: float32[H,W], what is left of the light: below 1 in the walkers' shadows.
    """

    picture: Pixels
    walkers: Map
    light: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """A clip. plate: uint8[H,W,3] BGR, the median over time. spots: from the sidecar, empty where there is none."""

    name: str
    digest: str
    plate: Pixels
    moments: tuple[Moment, ...]
    spots: tuple[Spot, ...] = ()


def clips(folder: Path) -> list[Path]:
    """The clips of a folder, by name; Unfit where there is none."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS) if folder.is_dir() else []
    if not found:
        raise Unfit(f"{folder}: no clip in it; put clips of fixed cameras there ({', '.join(ENDINGS)})")
    return found


def backdrop(path: Path) -> Backdrop:
    """Read a clip; Unfit where it cannot serve, StreamError where it cannot be read."""
    sidecar = path.with_suffix(".json")
    spots = _spots(sidecar) if sidecar.exists() else ()
    pictures = _pictures(path)
    middle = len(pictures) // 2
    plate = np.partition(np.stack(pictures), middle, axis=0)[middle]  # the median, and no floats for it
    moments = tuple(_moment(picture, plate) for picture in pictures)
    if np.median([(moment.walkers > 0).mean() for moment in moments]) > RESTLESS:
        raise Unfit(f"{path.name}: most of the picture moves; take a clip of a camera that stands still")
    told = hashlib.sha256(path.read_bytes() + json.dumps(spots).encode())
    return Backdrop(path.stem, told.hexdigest(), plate, moments, spots)


def _pictures(path: Path) -> list[Pixels]:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    seen: list[Pixels] = []
    every = 1
    for number, frame in enumerate(read_frames(str(path), camera_id=path.stem, every_s=0, start_at=at)):
        if number % every == 0:
            seen.append(_fitted(frame.picture))
        if len(seen) >= 4 * KEPT:  # however long the clip is: no more than that in memory
            seen, every = seen[::2], 2 * every
    if len(seen) < FEWEST:
        raise Unfit(f"{path.name}: {len(seen)} pictures tell no street from who passes; take a longer clip")
    chosen = np.linspace(0, len(seen) - 1, min(KEPT, len(seen))).round().astype(int)
    return [seen[n] for n in chosen.tolist()]


def _fitted(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    if width <= WIDEST:
        return picture
    return np.asarray(cv2.resize(picture, (WIDEST, round(height * WIDEST / width)), interpolation=cv2.INTER_AREA))


def _spots(path: Path) -> tuple[Spot, ...]:
    try:
        rows = json.loads(path.read_text("utf-8"))["spots"]
        spots = tuple((float(row["x"]), float(row["y"]), float(row["height"])) for row in rows)
    except (ValueError, KeyError, TypeError) as error:
        raise Unfit(f'{path.name}: not {{"spots": [{{"x": 0.5, "y": 0.8, "height": 0.2}}]}} ({error})') from error
    if not spots or any(not 0 < value <= 1 for spot in spots for value in spot):
        raise Unfit(f"{path.name}: spots are shares of the picture above 0 and up to 1; give one at least")
    return spots


def _moment(picture: Pixels, plate: Pixels) -> Moment:
    now, empty = (cv2.GaussianBlur(one, (0, 0), 1.0).astype(np.float32) for one in (picture, plate))
    other = np.abs(now - empty).max(axis=2) > DIFFERENT
    ratio = now.mean(axis=2) / np.maximum(empty.mean(axis=2), 1)
    shadow = other & (ratio > SHADE[0]) & (ratio < SHADE[1]) & (_tint(now, empty) < TINTED)
    shadow = _opened(shadow, 5)
    solid = _opened(_closed(_opened(other & ~shadow, 3), max(5, plate.shape[0] // 60)), 3)
    light = np.where(shadow & ~solid, np.minimum(ratio, 1), 1).astype(np.float32)
    return Moment(picture, _feet(solid), light)


def _tint(now: Floats, empty: Floats) -> Floats:
    """By how much the shares of blue, green and red differ at most, float32[H,W]."""
    shares = (one / np.maximum(one.sum(axis=2, keepdims=True), 1) for one in (now, empty))
    first, second = shares
    return np.asarray(np.abs(first - second).max(axis=2), np.float32)


def _opened(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8)) > 0


def _closed(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)) > 0


def _feet(solid: NDArray[np.bool_]) -> Map:
    """Every walker's pixels marked with 1 + the row of the feet; specks are nobody."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8), connectivity=8)
    rows = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    rows[stats[:, cv2.CC_STAT_AREA] < SMALLEST * solid.size] = 0
    rows[0] = 0
    return np.asarray(rows[labels], np.uint16)


def order(count: int, looks: int) -> list[int]:
    """Which picture is shown at which look: far from the last one, each as often as any other.

    Looks are seconds apart and walkers gone by the next one. A short clip played to and fro would have them creep,
    and stand still where it turns; hence strides of about 0.38 of the clip, on from the beginning at its end.
    """
    stride = next((n for n in _strides(count) if np.gcd(n, count) == 1), 1)
    return [look * stride % count for look in range(looks)]


def _strides(count: int) -> Sequence[int]:
    best = max(1, round(0.382 * count))
    return sorted(range(1, count), key=lambda n: abs(n - best))
