# SPDX-License-Identifier: AGPL-3.0-or-later
"""Air, light and camera over a drawn look: dusk and lamps, moving shadows, rain, snow, a knock, a hand, noise, JPEG."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.stage import Script, Weather, seed_of
from benchmarks.scenarios.stage_pack import Picture

DUSK = np.array([1.12, 0.98, 0.88], np.float32)  # BGR: what is left of the light is bluish
LAMPLIGHT = np.array([0.55, 0.8, 1.0], np.float32)
LAMPS = ((0.30, 0.55), (0.72, 0.52), (1.0, 0.45))  # where they shine, shares of the picture
SKIN = np.array([0.35, 0.42, 0.58], np.float32)


def weathered(picture: Picture, script: Script, at_s: float) -> NDArray[np.uint8]:
    """What the camera makes of a drawn street float32[H,W,3] BGR 0-1: uint8[H,W,3]."""
    weather, dice = script.weather, np.random.default_rng((seed_of(script.name), round(at_s * 10)))
    seen = picture * _light(weather, at_s, picture.shape[:2])
    if weather.sweep:
        seen *= _shadows(weather.sweep, at_s, picture.shape[:2])
    if weather.rain:
        seen = _rain(seen, weather.rain, dice)
    if weather.snow:
        seen = _snow(seen, weather.snow, dice)
    seen = _lens(seen, weather, at_s)
    seen = seen + _noise()[int(dice.integers(4))] * np.float32(weather.noise / 255)
    return _compressed(np.asarray((seen * 255).clip(0, 255), np.uint8), weather.jpeg)


def _light(weather: Weather, at_s: float, size: tuple[int, ...]) -> Picture:
    """By how much each pixel's light is multiplied: float32, broadcast over the picture."""
    gain = float(np.interp(at_s, [t for t, _ in weather.light], [g for _, g in weather.light]))
    exposure = next(g for t, g in reversed(weather.steps) if t <= at_s)
    plain = np.ones(3, np.float32) * np.float32(exposure * gain)
    if gain > 0.95:
        return plain
    shade = plain * (DUSK * (1 - gain) + gain)
    if not weather.lamps:
        return shade
    lit = np.float32(max(0.0, 0.75 - gain)) * _pools(size)[:, :, None] * LAMPLIGHT
    return np.asarray(shade + lit, np.float32)


@lru_cache(maxsize=2)
def _pools(size: tuple[int, ...]) -> Picture:
    height, width = size
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    pools = [np.exp(-(((xs / width - x) / 0.2) ** 2) - ((ys / height - y) / 0.3) ** 2) for x, y in LAMPS]
    return np.asarray(np.maximum.reduce(pools), np.float32)


def _shadows(depth: float, at_s: float, size: tuple[int, ...]) -> Picture:
    """Soft shadows of clouds and crowns that wander over the street."""
    field = np.random.default_rng(5).normal(0, 1, (24, 64)).astype(np.float32)
    field = np.roll(cv2.GaussianBlur(field, (0, 0), 1.6, borderType=cv2.BORDER_REFLECT), 0, axis=1)
    wide = cv2.resize(field, (size[1] * 4, size[0] * 2), interpolation=cv2.INTER_CUBIC)
    shift = int(at_s * 4) % (size[1] * 3)
    part = wide[size[0] // 2 : size[0] // 2 + size[0], shift : shift + size[1]]
    share = 1 / (1 + np.exp(-6 * part / part.std()))
    return np.asarray(1 - depth * share[:, :, None], np.float32)


def _rain(seen: Picture, strength: float, dice: np.random.Generator) -> Picture:
    height, width = seen.shape[:2]
    streaks = np.zeros((height, width), np.float32)
    for x, y, length in dice.uniform((0, 0, 8), (width, height, 26), (int(500 * strength), 3)).tolist():
        cv2.line(streaks, (int(x), int(y)), (int(x - length * 0.2), int(y + length)), 1.0, 1)
    streaks = cv2.GaussianBlur(streaks, (0, 0), 0.7)[:, :, None] * np.float32(0.35)
    grey = seen.mean(axis=2, keepdims=True)
    haze = (seen * 0.6 + grey * 0.25) * np.float32(0.85) + np.float32(0.08 * strength)
    return np.asarray(haze * (1 - streaks) + streaks * 0.8, np.float32)


def _snow(seen: Picture, strength: float, dice: np.random.Generator) -> Picture:
    height, width = seen.shape[:2]
    flakes = np.zeros((height, width), np.float32)
    for x, y, radius in dice.uniform((0, 0, 0.8), (width, height, 2.8), (int(420 * strength), 3)).tolist():
        cv2.circle(flakes, (int(x * 8), int(y * 8)), int(radius * 8), 1.0, -1, cv2.LINE_8, 3)
    flakes = cv2.GaussianBlur(flakes, (0, 0), 0.9)[:, :, None] * np.float32(0.85)
    haze = seen * np.float32(1 - 0.22 * strength) + np.float32(0.17 * strength)
    return np.asarray(haze * (1 - flakes) + flakes * 0.95, np.float32)


def _lens(seen: Picture, weather: Weather, at_s: float) -> Picture:
    """A dirty lens until somebody wipes it, the hand that does, and where the camera looks after a knock."""
    clean = weather.wiped is not None and at_s >= weather.wiped[1]
    if weather.soft and not clean:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), weather.soft))
    if weather.wiped and weather.wiped[0] <= at_s < weather.wiped[1]:
        seen = _hand(seen, at_s)
    if weather.bump and at_s >= weather.bump[0]:
        move = np.array([[1, 0, weather.bump[1]], [0, 1, weather.bump[2]]], np.float32)
        seen = np.asarray(cv2.warpAffine(seen, move, seen.shape[1::-1], borderMode=cv2.BORDER_REPLICATE))
    return seen


def _hand(seen: Picture, at_s: float) -> Picture:
    height, width = seen.shape[:2]
    mask = np.zeros((height, width), np.float32)
    centre = int(width * (0.5 + 0.12 * np.sin(at_s))), int(height * (0.5 + 0.1 * np.cos(at_s * 1.7)))
    cv2.ellipse(mask, centre, (int(width * 0.55), int(height * 0.62)), 20, 0, 360, 1.0, -1)
    share = np.asarray(cv2.GaussianBlur(mask, (0, 0), 40), np.float32)[:, :, None]
    return np.asarray(seen * (1 - share) + SKIN * 0.6 * share, np.float32)


@lru_cache(maxsize=1)
def _noise() -> Picture:
    return np.random.default_rng(3).normal(0, 1, (4, 540, 960, 1)).astype(np.float32)


def _compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
