# SPDX-License-Identifier: AGPL-3.0-or-later
"""What walks, drives and parks in front of things."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.clockwork import Floats
from benchmarks.scenarios.scenes import Dice, Scene
from benchmarks.scenarios.setting import Setting
from detector.boxes import Box

CROWD = 8.0  # times as many passers
CROWD_S = 180.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """Covers, one row each, in the order of their looks: which look, box normalised xyxy, reported or not."""

    look: NDArray[np.int64]
    boxes: Floats
    reported: NDArray[np.bool_]


def traffic(setting: Setting, scene: Scene, at_s: Floats, dice: Dice) -> Traffic:
    """Draw what hides things at each look."""
    passing = _passing(setting, scene, at_s, dice)
    rows = [passing, *_parked(setting, scene, at_s, dice)]
    look = np.concatenate([look for look, _ in rows])
    order = np.argsort(look, kind="stable")
    boxes = np.concatenate([boxes for _, boxes in rows])[order]
    return Traffic(look[order], boxes, dice.random(len(look)) < setting.cover_recall)


def _passing(setting: Setting, scene: Scene, at_s: Floats, dice: Dice) -> tuple[NDArray[np.int64], Floats]:
    """People and vehicles on their way: elsewhere at the next look, for looks are seconds apart."""
    mean = np.full(len(at_s), setting.passers)
    for begin in dice.uniform(0, scene.hours * 3600, dice.poisson(setting.crowds_rate * scene.hours)):
        mean[(at_s >= begin) & (at_s < begin + CROWD_S)] *= CROWD
    look = np.repeat(np.arange(len(at_s)), dice.poisson(mean))
    foot = dice.uniform((0.0, 0.5), (1.0, 1.05), (len(look), 2))
    scale = 0.5 + foot[:, 1]
    vehicle = dice.random(len(look)) < 0.25
    width = np.where(vehicle, 0.18, 0.05) * scale
    height = np.where(vehicle, 0.16, 0.2) * scale
    x, y = foot[:, 0], foot[:, 1]
    return look, np.clip(np.column_stack([x - width / 2, y - height, x + width / 2, y]), 0, 1)


def _parked(setting: Setting, scene: Scene, at_s: Floats, dice: Dice) -> list[tuple[NDArray[np.int64], Floats]]:
    """Vehicles that stop in front of a pitch, for minutes, and hide some or all of it."""
    out = []
    for begin in dice.uniform(0, scene.hours * 3600, dice.poisson(setting.parked_rate * scene.hours)):
        end = begin + float(dice.exponential(setting.parked_s))
        box = _in_front(scene.pitches[int(dice.integers(len(scene.pitches)))][1], dice)
        look = np.flatnonzero((at_s >= begin) & (at_s < end))
        out.append((look, np.clip(np.tile(box, (len(look), 1)) + dice.normal(0, 0.003, (len(look), 4)), 0, 1)))
    return out


def _in_front(box: Box, dice: Dice) -> Box:
    width, height = box[2] - box[0], box[3] - box[1]
    shift, top = width * float(dice.uniform(-0.8, 0.8)), height * float(dice.uniform(-0.2, 0.5))
    return box[0] + shift - 0.3 * width, box[1] + top, box[2] + shift + 0.3 * width, box[3] + 0.2 * height


def hidden(box: Box, traffic: Traffic, looks: int) -> Floats:
    """Share of a standing box that is hidden at each look, float64[looks]; of two covers each hides its own part."""
    boxes = traffic.boxes
    wide = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    high = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    hit = (wide > 0) & (high > 0)
    share = wide[hit] * high[hit] / ((box[2] - box[0]) * (box[3] - box[1]))
    clear = np.ones(looks)
    np.multiply.at(clear, traffic.look[hit], 1 - np.minimum(share, 1))
    return 1 - clear
