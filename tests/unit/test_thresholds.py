# SPDX-License-Identifier: AGPL-3.0-or-later
"""Thresholds are chosen for the best F1 among those that stay quiet over nothing."""

from pathlib import Path

import numpy as np
import pytest

from detector.manifest import load_manifest
from models.measure import Judged
from models.thresholds import FALLBACK, choose, write
from support.tiny_model import tiny_model


def judged(*right: float, wrong: tuple[float, ...] = (), boxes: int = 0) -> Judged:
    """Scores of right and of wrong detections in one picture."""
    flags = np.array([True] * len(right) + [False] * len(wrong), bool)
    return Judged(np.array([*right, *wrong], np.float32), flags, boxes or len(right))


def test_the_best_f1_wins() -> None:
    pictures = [judged(0.9, 0.62, wrong=(0.58, 0.55)) for _ in range(6)]
    assert choose(pictures, []) == 0.6


def test_alarms_over_nothing_push_it_up() -> None:
    pictures = [judged(0.9, 0.62) for _ in range(6)]
    clean = [judged(wrong=(0.7,)), *[judged()] * 9]
    assert choose([*pictures, *clean], []) < 0.7
    assert choose([*pictures, *clean], clean) > 0.7


def test_few_boxes_leave_it_at_a_moderate_value() -> None:
    assert choose([judged(0.9)], []) == FALLBACK


def test_only_the_thresholds_of_a_manifest_change(tmp_path: Path) -> None:
    path = tiny_model(tmp_path)
    before = path.read_text()
    write(path, {"debris": 0.275})
    assert path.read_text() == before.replace("debris = 0.5", "debris = 0.275")
    assert load_manifest(path).thresholds == {"stall": 0.5, "debris": 0.275}


def test_a_class_without_a_line_is_left_to_a_person(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no line for heap .*write heap = 0.3 by hand"):
        write(tiny_model(tmp_path), {"heap": 0.3})
