# SPDX-License-Identifier: AGPL-3.0-or-later
"""Thresholds are chosen for the best F0.5 among those that stay quiet over nothing and are seldom wrong."""

from pathlib import Path

import numpy as np
import pytest

from detector.manifest import load_manifest
from models.measure import Judged
from models.thresholds import FALLBACK, choose, choose_for, write
from support.tiny_model import tiny_model


def judged(*right: float, wrong: tuple[float, ...] = (), boxes: int = 0) -> Judged:
    """Scores of right and of wrong detections in one picture."""
    flags = np.array([True] * len(right) + [False] * len(wrong), bool)
    return Judged(np.array([*right, *wrong], np.float32), flags, boxes or len(right))


def test_the_best_balance_wins() -> None:
    pictures = [judged(0.9, 0.62, wrong=(0.58, 0.55)) for _ in range(6)]
    assert choose(pictures, []) == 0.6


def test_alarms_over_nothing_push_it_up() -> None:
    pictures = [judged(0.9, 0.62) for _ in range(16)]
    clean = [judged(wrong=(0.7,)), *[judged()] * 9]
    assert choose([*pictures, *clean], []) < 0.7
    assert choose([*pictures, *clean], clean) > 0.7


def test_it_rises_until_nine_of_ten_alarmed_pictures_are_right() -> None:
    right, wrong = [judged(0.8) for _ in range(12)], [judged(wrong=(0.5,)) for _ in range(3)]
    assert choose([*right, *wrong], []) > 0.5


def test_one_wrong_picture_alone_does_not_decide() -> None:
    assert (
        choose([*[judged(0.8) for _ in range(6)], *[judged(0.3) for _ in range(4)], judged(wrong=(0.85,))], []) <= 0.3
    )


def test_where_that_cannot_be_had_the_most_right_is_taken() -> None:
    right, wrong = [judged(0.8) for _ in range(12)], [judged(wrong=(0.91,)) for _ in range(14)]
    worse = [judged(wrong=(0.6,)) for _ in range(3)]
    assert 0.6 < choose([*right, *wrong, *worse], []) <= 0.8


def test_nothing_found_anywhere_leaves_the_lowest_quiet_one() -> None:
    missed = [Judged(np.zeros(0, np.float32), np.zeros(0, bool), 2) for _ in range(6)]
    assert choose(missed, []) == 0.1


def test_few_boxes_leave_it_at_a_moderate_value() -> None:
    assert choose([judged(0.9)], []) == FALLBACK


def test_few_boxes_leave_the_threshold_of_before_as_long_as_it_is_quiet() -> None:
    some, clean = [judged(0.9)], [judged(wrong=(0.66,)), *[judged()] * 9]
    assert choose(some, [], 0.625) == 0.625
    assert choose(some, clean, 0.625) == 0.675
    assert choose(some, [judged(wrong=(0.99,))], 0.95) == 0.95
    assert choose_for("person", some, [], 0.45) == 0.45


def test_people_are_found_rather_than_guessed_right() -> None:
    pictures = [judged(0.9, 0.62, 0.33, wrong=(0.58, 0.55, 0.5, 0.45)) for _ in range(6)]
    assert choose_for("stall", pictures, []) == 0.6
    assert choose_for("person", pictures, []) == 0.325


def test_people_that_nothing_finds_leave_the_lowest() -> None:
    missed = [Judged(np.zeros(0, np.float32), np.zeros(0, bool), 2) for _ in range(6)]
    assert choose_for("person", missed, []) == 0.1


def test_only_the_thresholds_of_a_manifest_change(tmp_path: Path) -> None:
    path = tiny_model(tmp_path)
    before = path.read_text()
    write(path, {"debris": 0.275})
    assert path.read_text() == before.replace("debris = 0.5", "debris = 0.275")
    assert load_manifest(path).thresholds == {"stall": 0.5, "debris": 0.275}


@pytest.mark.parametrize("written", ["6.25e-1", "0.625 # ours", "+0.625"])
def test_a_threshold_is_replaced_however_it_is_written(tmp_path: Path, written: str) -> None:
    path = tiny_model(tmp_path)
    path.write_text(path.read_text().replace("debris = 0.5", f"debris = {written}"))
    write(path, {"debris": 0.275})
    assert load_manifest(path).thresholds["debris"] == 0.275
    assert ("# ours" in path.read_text()) == ("#" in written)


def test_a_class_without_a_line_is_left_to_a_person(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no line for heap .*write heap = 0.3 by hand"):
        write(tiny_model(tmp_path), {"heap": 0.3})
