# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes training pictures: crops, mosaics, flips, colours and a poor camera's faults."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from models.boxes import GREY, Floats, Image, area
from models.classes import TARGETS

SEEN_ENOUGH = 0.35
SCALES = (0.35, 2.6)  # of fitting size; up to 2.0, close-ups of bags were larger than anything training had shown
AIMED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """A BGR picture with labels float32[N, 5]: class, then xyxy in pixels."""

    picture: Image
    learn: Floats
    ignore: Floats


def moved(labels: Floats, scale: float, dx: float, dy: float) -> Floats:
    """Scale and shift labels."""
    out = labels.copy()
    out[:, 1:] = out[:, 1:] * scale + np.array([dx, dy, dx, dy], np.float32)
    return out


def clipped(labels: Floats, region: tuple[int, int, int, int]) -> tuple[Floats, Floats]:
    """Cut labels at a region (x0, y0, x1, y1); return those seen enough of, and mere slivers."""
    x0, y0, x1, y1 = region
    out = labels.copy()
    out[:, 1::2] = np.clip(out[:, 1::2], x0, x1)
    out[:, 2::2] = np.clip(out[:, 2::2], y0, y1)
    left = area(out[:, 1:]) / np.maximum(area(labels[:, 1:]), 1e-6)
    size = np.minimum(out[:, 3] - out[:, 1], out[:, 4] - out[:, 2])
    kept = (left >= SEEN_ENOUGH) & (size >= 4)
    return out[kept], out[~kept & (left > 0)]


def aimed(sample: Sample, slack: Floats, scale: float, rng: Generator) -> Floats:
    """A random offset of a picture that does not fit; half of the time one that keeps a stall or debris in sight."""
    targets = sample.learn[np.isin(sample.learn[:, 0], TARGETS)]
    free = rng.random(2)
    if len(targets) and rng.random() < AIMED_SHARE:
        box = targets[int(rng.integers(len(targets))), 1:]
        middle = (box[:2] + box[2:]) / 2 * scale
        room = np.array(sample.picture.shape[1::-1]) * scale + slack
        free = np.clip((free * room - middle) / np.where(slack, slack, 1), 0, 1)
    return np.asarray(free * slack)


def lay(
    canvas: Image, sample: Sample, region: tuple[int, int, int, int], scale: float, rng: Generator
) -> tuple[Floats, Floats]:
    """Draw a sample at a scale and random offset into a region; return its labels there."""
    x0, y0, x1, y1 = region
    height, width = sample.picture.shape[:2]
    slack = np.array([(x1 - x0) - width * scale, (y1 - y0) - height * scale])
    dx, dy = aimed(sample, slack, scale, rng) if slack.min() < 0 else rng.random(2) * slack
    move = np.array([[scale, 0, dx], [0, scale, dy]], np.float64)
    how = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    canvas[y0:y1, x0:x1] = cv2.warpAffine(
        sample.picture, move, (x1 - x0, y1 - y0), flags=how, borderValue=(GREY, GREY, GREY)
    )
    learn, slivers = clipped(moved(sample.learn, scale, x0 + dx, y0 + dy), region)
    ignore, more = clipped(moved(sample.ignore, scale, x0 + dx, y0 + dy), region)
    return learn, np.concatenate([ignore, slivers, more])


def single(sample: Sample, side: int, rng: Generator) -> Sample:
    """Show one picture, smaller or larger than would just fit."""
    canvas = np.full((side, side, 3), GREY, np.uint8)
    fit = side / max(sample.picture.shape[:2])
    scale = fit * float(np.exp(rng.uniform(*np.log(SCALES))))
    return Sample(canvas, *lay(canvas, sample, (0, 0, side, side), scale, rng))


def mosaic(samples: Sequence[Sample], side: int, rng: Generator) -> Sample:
    """Show four pictures round a random centre."""
    canvas = np.full((side, side, 3), GREY, np.uint8)
    cx, cy = (int(side * rng.uniform(0.3, 0.7)) for _ in range(2))
    regions = ((0, 0, cx, cy), (cx, 0, side, cy), (0, cy, cx, side), (cx, cy, side, side))
    parts = []
    for sample, region in zip(samples, regions, strict=True):
        room = max(region[2] - region[0], region[3] - region[1])
        scale = room / max(sample.picture.shape[:2]) * float(rng.uniform(0.8, 1.6))
        parts.append(lay(canvas, sample, region, scale, rng))
    learn, ignore = zip(*parts, strict=True)
    return Sample(canvas, np.concatenate(learn), np.concatenate(ignore))


def flipped(sample: Sample) -> Sample:
    """Mirror a sample left to right."""
    width = sample.picture.shape[1]
    labels = [sample.learn.copy(), sample.ignore.copy()]
    for rows in labels:
        rows[:, [1, 3]] = width - rows[:, [3, 1]]
    return Sample(np.ascontiguousarray(sample.picture[:, ::-1]), labels[0], labels[1])


def coloured(picture: Image, rng: Generator) -> Image:
    """Shift hue, saturation and brightness, as other cameras and hours would."""
    gains = rng.uniform(-1, 1, 3) * (0.015, 0.6, 0.4) + 1
    levels = np.arange(256, dtype=np.float64)
    hue = ((levels * gains[0]) % 180).astype(np.uint8)
    tables = [hue, *(np.clip(levels * g, 0, 255).astype(np.uint8) for g in gains[1:])]
    planes = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV))
    mixed = cv2.merge([cv2.LUT(p, t) for p, t in zip(planes, tables, strict=True)])
    return np.asarray(cv2.cvtColor(mixed, cv2.COLOR_HSV2BGR), np.uint8)


def worn(picture: Image, rng: Generator) -> Image:
    """Blur, add noise and compress, as a cheap camera does."""
    out = picture
    if rng.random() < 0.5:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(2, 10), out.shape[:2])[..., None]
        out = np.clip(out + noise, 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 75))]
    coded = cv2.imencode(".jpg", out, quality)[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def finished(sample: Sample, rng: Generator) -> Sample:
    """Apply flip, colours and wear."""
    out = flipped(sample) if rng.random() < 0.5 else sample
    picture = coloured(out.picture, rng)
    if rng.random() < 0.25:
        picture = worn(picture, rng)
    return Sample(picture, out.learn, out.ignore)
