# SPDX-License-Identifier: AGPL-3.0-or-later
"""The gate lets nothing pass that a person would see, and is not woken by noise or the sun."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.gate import luma, unchanged, watched
from detector.zones import Zone
from streams.frame import Frame, Pixels

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
PAVEMENT = ((0.1, 0.5), (0.9, 0.5), (0.9, 0.95), (0.1, 0.95))


def street(seed: int = 1) -> Pixels:
    """640×360 BGR: pavement of shades and stones, darker towards the top."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 190, (18, 32), dtype=np.uint8)
    stones = cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.merge([stones, stones, stones]), np.uint8)


def noisy(picture: Pixels, seed: int, deviation: float = 4.0) -> Pixels:
    rng = np.random.default_rng(seed)
    grain = rng.normal(0, deviation, (*picture.shape[:2], 1)).astype(np.float32)
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


def same(before: Pixels, now: Pixels, polygon: tuple[tuple[float, float], ...] = PAVEMENT) -> bool:
    first, second = (luma(Frame("cam-1", picture, NOW, 0)) for picture in (before, now))
    return unchanged(first, second, watched([Zone("pavement", polygon)], *first.shape))


def with_thing(picture: Pixels, x: float, foot: float, height: float = 0.05, contrast: int = 30) -> Pixels:
    """The picture with a thing of so much of its height standing at a point, lighter than the ground."""
    out = picture.astype(np.int16)
    tall = round(height * 360)
    y1, x0 = round(foot * 360), round(x * 640)
    out[y1 - tall : y1, x0 : x0 + tall] += contrast
    return np.clip(out, 0, 255).astype(np.uint8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_noise_is_no_change(seed: int) -> None:
    assert same(noisy(street(), seed), noisy(street(), seed + 1))


@pytest.mark.parametrize(("gain", "offset"), [(1.1, 0), (0.9, 0), (1.0, 12), (1.0, -12), (1.08, -10)])
def test_exposure_is_no_change(gain: float, offset: float) -> None:
    brighter = np.clip(street() * gain + offset, 0, 255).astype(np.uint8)
    assert same(noisy(street(), 1), noisy(brighter, 2))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.12, 0.8), st.floats(0.55, 0.94), st.sampled_from([30, -30, 60]), st.integers(0, 1000))
def test_the_smallest_thing_that_counts_is_a_change(x: float, foot: float, contrast: int, seed: int) -> None:
    lowest = Zone("z", WHOLE).min_height
    assert not same(noisy(street(), seed), noisy(with_thing(street(), x, foot, lowest, contrast), seed + 1))


def test_a_thing_is_a_change_while_the_light_changes_too() -> None:
    darker = np.clip(with_thing(street(), 0.5, 0.8) * 0.9, 0, 255).astype(np.uint8)
    assert not same(noisy(street(), 1), noisy(darker, 2))


def test_something_outside_the_zones_is_no_change() -> None:
    assert same(street(), with_thing(street(), 0.5, 0.2, 0.15))


def test_what_stands_in_a_zone_and_reaches_above_it_is_a_change() -> None:
    assert not same(street(), with_thing(street(), 0.5, 0.48, 0.05))


@pytest.mark.parametrize("now", [np.zeros((720, 1280, 3), np.uint8), street(2), street()[:, ::2]])
def test_another_scene_is_a_change(now: Pixels) -> None:
    assert not same(street(), now)


def test_a_camera_without_watched_ground_is_never_called_unchanged() -> None:
    permitted = watched([Zone("pitch", WHOLE, kind="permitted")], 90, 160)
    assert not permitted.any()
    assert not unchanged(np.zeros((90, 160), np.uint8), np.zeros((90, 160), np.uint8), permitted)
