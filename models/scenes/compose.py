# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lays the movers over the still pictures, nearer things over farther ones, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from models.scenes import layout
from models.scenes.assets import Pixels
from models.scenes.plates import Plate
from models.scenes.shapes import Floats
from models.scenes.sprites import Mover, Sheet, picture_at
from models.scenes.timeline import FADE_S, FPS, SECONDS, Way

HIDE_SLACK_M = 0.05
NOISE_SIGMA = 1.3 / 255
NOISE_FIELDS = 6
GAIN_SWING = 0.012


@dataclass(frozen=True, slots=True)
class Cutouts:
    """A mover with its pictures."""

    mover: Mover
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Layer:
    """One thing that changes: its plates by step and the (second, step) at which it changes."""

    plates: Sequence[Plate]
    changes: Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a mover is now: ground x, y and metres travelled on its way."""

    way: Way
    x: float
    y: float
    travelled_m: float


def spot_on(way: Way, at_s: float) -> Spot | None:
    """A mover's place at a second, or nothing when it is not there."""
    times, xs, ys = (np.array(column) for column in zip(*way.points, strict=True))
    if not times[0] <= at_s < times[-1]:
        return None
    legs = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))])
    return Spot(
        way, float(np.interp(at_s, times, xs)), float(np.interp(at_s, times, ys)), float(np.interp(at_s, times, legs))
    )


def scene_at(street: Plate, layers: Sequence[Layer], at_s: float) -> tuple[Floats, Floats]:
    """The still picture float32[H,W,3] in 0..1 and depth [H,W] in metres at a second."""
    picture, depth = street.picture.astype(np.float32) / 255.0, street.depth.copy()
    for layer in layers:
        number = max(i for i, (start, _) in enumerate(layer.changes) if start <= at_s)
        now = layer.plates[layer.changes[number][1]]
        before = layer.plates[layer.changes[max(0, number - 1)][1]]
        share = min(1.0, (at_s - layer.changes[number][0]) / FADE_S)
        x0, y0, x1, y1 = now.crop
        mixed = now.picture * np.float32(share) + before.picture * np.float32(1 - share)
        picture[y0:y1, x0:x1] = mixed / 255.0
        depth[y0:y1, x0:x1] = now.depth
    return np.asarray(picture), depth


def upright_depth(x: float, y: float, reach_m: float) -> Floats:
    """Depth in metres, by row of the frame, of an upright board facing the camera at a ground point."""
    eye = layout.CAMERA
    ahead = (x - eye.position[0]) * np.sin(eye.yaw) + (y - eye.position[1]) * np.cos(eye.yaw) - reach_m
    slope = (np.arange(eye.size[1]) - eye.size[1] / 2) / eye.focal_px
    return np.asarray(ahead / (np.cos(eye.pitch) - slope * np.sin(eye.pitch)))


def lay(picture: Floats, depth: Floats, spot: Spot, cutouts: Cutouts) -> None:
    """Draws a mover into the picture where nothing nearer hides it."""
    drawn, (left, top) = picture_at(cutouts.sheet, cutouts.mover, spot.x, spot.y, spot.travelled_m)
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + drawn.shape[1], width), min(top + drawn.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    part = drawn[y0 - top : y1 - top, x0 - left : x1 - left]
    board = upright_depth(spot.x, spot.y, cutouts.mover.reach_m)[y0:y1, None]
    open_view = (depth[y0:y1, x0:x1] > board - HIDE_SLACK_M).astype(np.float32)
    seen = cv2.GaussianBlur(open_view, (3, 3), 0)[:, :, None]
    alpha = part[:, :, 3:] * seen
    colour = part[:, :, :3] * np.asarray(spot.way.tint, np.float32) * seen
    picture[y0:y1, x0:x1] = picture[y0:y1, x0:x1] * (1 - alpha) + colour


@cache
def noise_field(number: int) -> Floats:
    """A sensor noise picture float32[H,W,1]."""
    rng = np.random.default_rng(number)
    return rng.normal(0, NOISE_SIGMA, (layout.SIZE[1], layout.SIZE[0], 1)).astype(np.float32)


def frames(street: Plate, layers: Sequence[Layer], ways: Sequence[Way], cast: dict[str, Cutouts]) -> Iterator[Pixels]:
    """Every frame of the clip: uint8[H,W,3] BGR."""
    for number in range(FPS * SECONDS):
        at_s = number / FPS
        picture, depth = scene_at(street, layers, at_s)
        spots = [spot for way in ways if (spot := spot_on(way, at_s)) is not None]
        for spot in sorted(spots, key=lambda s: -_ahead(s)):
            lay(picture, depth, spot, cast[spot.way.mover])
        gain = (
            1
            + GAIN_SWING * np.sin(2 * np.pi * at_s * 3 / SECONDS)
            + GAIN_SWING / 3 * np.sin(2 * np.pi * at_s * 17 / SECONDS)
        )
        yield np.clip((picture * np.float32(gain) + noise_field(number % NOISE_FIELDS)) * 255.0, 0, 255).astype(
            np.uint8
        )


def _ahead(spot: Spot) -> float:
    """How far in front of the camera a spot is, in metres."""
    return float(np.sin(layout.CAMERA.yaw) * spot.x + np.cos(layout.CAMERA.yaw) * spot.y)
