# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the heads print is read as a slow reading by hand reads it."""

import hashlib
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.boxes import Box, iou
from detector.detections import Detections
from detector.errors import ManifestError, SessionError
from detector.heads import MOST, check_head, decode
from detector.manifest import Manifest

CLASSES = ("stall", "debris", "person")
FLOORS = np.array([0.25, 0.5, 0.4], np.float32)
Row = tuple[float, float, float, float, float, float, float]  # centre, size, three scores


def manifest(head: Literal["yolo8", "yolo11", "yolo26"] = "yolo11") -> Manifest:
    return Manifest(
        name="tiny",
        file="tiny.onnx",
        sha256=hashlib.sha256(b"").hexdigest(),
        head=head,
        input_size=64,
        classes=CLASSES,
        thresholds=dict(zip(CLASSES, FLOORS.tolist(), strict=True)),
        licence="AGPL-3.0-or-later",
        training_data=(),
    )


def raw(*rows: Row) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 7).T


def read(found: Detections) -> list[tuple[Box, float, int]]:
    return [
        ((b[0], b[1], b[2], b[3]), round(float(s), 5), int(c))
        for b, s, c in zip(found.xyxy.tolist(), found.confidence, found.class_id, strict=True)
    ]


def test_a_raw_box_is_centre_and_size() -> None:
    found = decode(raw((32, 16, 20, 8, 0.75, 0, 0)), manifest(), FLOORS)
    assert read(found) == [((22, 12, 42, 20), 0.75, 0)]
    assert [str(a.dtype) for a in (found.xyxy, found.confidence, found.class_id)] == ["float32", "float32", "int64"]


def test_each_class_has_its_own_threshold() -> None:
    rows = raw((10, 10, 4, 4, 0.3, 0.45, 0), (40, 10, 4, 4, 0.2, 0.49, 0), (10, 40, 4, 4, 0, 0.2, 0.5))
    assert [(c, s) for _, s, c in read(decode(rows, manifest(), FLOORS))] == [(2, 0.5), (0, 0.3)]


def test_suppression_keeps_the_best_of_a_class_and_leaves_other_classes_alone() -> None:
    rows = raw((32, 32, 20, 20, 0.6, 0, 0), (33, 32, 20, 20, 0.9, 0, 0), (32, 32, 20, 20, 0, 0.8, 0))
    assert [(c, s) for _, s, c in read(decode(rows, manifest(), FLOORS))] == [(0, 0.9), (1, 0.8)]


def test_an_empty_street_prints_nothing() -> None:
    for output in (raw(), raw((10, 10, 4, 4, 0.1, 0.1, 0.1)), raw((10, 10, 4, 4, np.nan, np.nan, np.nan))):
        found = decode(output, manifest(), FLOORS)
        assert (len(found), found.xyxy.shape) == (0, (0, 4))


def test_a_flood_is_cut_to_the_best() -> None:
    grid: list[Row] = [
        (8.0 * x, 8.0 * y, 4, 4, 0.3 + 0.0005 * (y * 20 + x), 0, 0) for x in range(20) for y in range(20)
    ]
    found = decode(raw(*grid), manifest(), FLOORS)
    assert len(found) == MOST
    assert found.confidence.min() == pytest.approx(0.35, abs=1e-4)


def test_a_faint_person_is_one_to_blur_and_nothing_else() -> None:
    stall: Row = (32, 32, 20, 20, 0.3, 0, 0.2)  # and perhaps a person
    crowd: list[Row] = [(8.0 * x, 8.0 * y, 4, 4, 0, 0, 0.35) for x in range(20) for y in range(20)]
    for others in (crowd, [(50.0, 50.0, 4.0, 4.0, 0.0, 0.0, 0.14)]):
        found = decode(raw(stall, *others), manifest(), FLOORS)
        assert read(found) == [((22, 22, 42, 42), 0.3, 0)]
    assert found.people.tolist() == [[22, 22, 42, 42]]
    rows = np.array([[1, 2, 3, 4, 0.2, 2], [1, 2, 3, 4, 0.1, 2], [5, 6, 7, 8, 0.2, 0]], np.float32)
    found = decode(rows, manifest("yolo26"), FLOORS)
    assert (read(found), found.people.tolist()) == ([], [[1, 2, 3, 4]])


def test_a_person_is_one_however_many_boxes_are_printed() -> None:
    found = decode(raw((32, 32, 20, 20, 0, 0, 0.6), (33, 32, 20, 20, 0, 0, 0.2)), manifest(), FLOORS)
    assert (read(found), found.people.tolist()) == ([((22, 22, 42, 42), 0.6, 2)], [[22, 22, 42, 42]])


def test_an_end_to_end_box_is_corners_score_class() -> None:
    output = np.array([[1, 2, 30, 40, 0.9, 1], [5, 5, 9, 9, 0.45, 1], [6, 6, 9, 9, 0.3, 0], [0] * 6], np.float32)
    found = decode(output, manifest("yolo26"), FLOORS)
    assert read(found) == [((1, 2, 30, 40), 0.9, 1), ((6, 6, 9, 9), 0.3, 0)]


@pytest.mark.parametrize("odd", [3, 79, -1])
def test_an_end_to_end_class_that_the_manifest_does_not_name_is_refused(odd: int) -> None:
    output = np.array([[1, 2, 30, 40, 0.9, odd]], np.float32)
    with pytest.raises(SessionError, match=f"tiny: the weights print class {odd}, `classes` names 3; correct"):
        decode(output, manifest("yolo26"), FLOORS)


@pytest.mark.parametrize(
    ("head", "shape"),
    [("yolo11", (1, 84, 8400)), ("yolo8", (1, 8400, 7)), ("yolo26", (1, 7, 300)), ("yolo11", (7, 8400))],
)
def test_weights_of_another_shape_are_refused(
    head: Literal["yolo8", "yolo11", "yolo26"], shape: tuple[int, ...]
) -> None:
    with pytest.raises(
        ManifestError, match=r"3 classes prints \d values a box, these weights print .*; correct `head`"
    ):
        check_head(manifest(head), shape)


def test_weights_of_the_right_shape_are_taken() -> None:
    check_head(manifest("yolo11"), (2, 7, 8400))
    check_head(manifest("yolo26"), (2, 300, 6))


def by_hand(rows: NDArray[np.float32], most_iou: float) -> list[tuple[Box, float, int]]:
    """The same reading as plain loops: best class above its floor, then greedy suppression within the class."""
    found: list[tuple[Box, float, int]] = []
    for x, y, w, h, *scores in rows.T.tolist():
        over = [(s, -c) for c, s in enumerate(scores) if s >= FLOORS[c]]
        if over:
            score, minus_class = max(over)
            found.append(((x - w / 2, y - h / 2, x + w / 2, y + h / 2), round(score, 5), -minus_class))
    kept: list[tuple[Box, float, int]] = []
    for box, score, c in sorted(found, key=lambda item: -item[1]):
        if all(c != other or iou(box, rival) <= most_iou for rival, _, other in kept):
            kept.append((box, score, c))
    return kept


places = st.integers(0, 64).map(float)
sizes = st.integers(1, 16).map(lambda n: 2.0 * n)
scores = st.sampled_from([0.0, 0.2, 0.3, 0.6])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(places, places, sizes, sizes, scores, scores, scores), max_size=25))
def test_any_raw_output_is_read_as_by_hand(rows: list[Row]) -> None:
    table = raw(*rows)
    table[4:] += 0.001 * (1 + np.arange(len(rows)))  # no ties: they would leave the order open
    limit = 0.617  # no overlap of whole-numbered boxes this small hits it exactly
    mine = decode(table, manifest().model_copy(update={"iou": limit}), FLOORS)
    assert read(mine) == by_hand(table, limit)
