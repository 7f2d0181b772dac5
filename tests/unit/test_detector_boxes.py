# SPDX-License-Identifier: AGPL-3.0-or-later
"""Boxes share, contain and cover what a drawing on squared paper says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.boxes import Box, area, containment, covered, iou, joined, shared

UNIT: Box = (0.0, 0.0, 1.0, 1.0)
numbers = st.integers(0, 20).map(float)
boxes = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), numbers, numbers, numbers, numbers)


def test_half_over_half() -> None:
    other = (0.5, 0.0, 1.5, 1.0)
    assert shared(UNIT, other) == 0.5
    assert iou(UNIT, other) == pytest.approx(1 / 3)
    assert containment(UNIT, other) == 0.5
    assert joined(UNIT, other) == (0.0, 0.0, 1.5, 1.0)


def test_a_box_in_a_box_is_contained() -> None:
    assert containment(UNIT, (0.25, 0.25, 0.5, 0.5)) == 1


def test_touching_boxes_share_nothing() -> None:
    assert iou(UNIT, (1.0, 0.0, 2.0, 1.0)) == 0


def test_covers_that_overlap_count_once() -> None:
    assert covered(UNIT, [(0, 0, 0.5, 1), (0.25, 0, 0.5, 1)]) == 0.5
    assert covered(UNIT, []) == 0
    assert covered(UNIT, [(2, 2, 3, 3)]) == 0


@given(boxes, boxes)
def test_sharing_is_mutual_and_within_both(a: Box, b: Box) -> None:
    assert shared(a, b) == shared(b, a) <= min(area(a), area(b))
    assert 0 <= iou(a, b) <= containment(a, b) <= 1


@given(boxes)
def test_a_box_is_itself_unless_it_is_flat(box: Box) -> None:
    assert iou(box, box) == containment(box, box) == (1 if area(box) else 0)


@given(boxes, boxes)
def test_a_box_is_covered_by_the_share_it_shares(a: Box, b: Box) -> None:
    if area(a):
        assert covered(a, [b, b]) == pytest.approx(shared(a, b) / area(a))
