# SPDX-License-Identifier: AGPL-3.0-or-later
"""A picture fits the square and its boxes find back, whatever its shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.letterbox import PAD, centred, letterbox, room, unletterbox


def boxed(picture: NDArray[np.uint8], side: int = 64) -> NDArray[np.float32]:
    square = np.full((3, side, side), np.nan, np.float32)
    letterbox(picture, square)
    return square


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4000, 30), (30, 4000), (64, 64), (65, 63), (1, 4000)])
def test_every_shape_fills_the_square_once(width: int, height: int) -> None:
    square = boxed(np.full((height, width, 3), 255, np.uint8))
    assert np.isin(square, np.array([1, np.float32(PAD / 255)], np.float32)).all()
    rows, columns = np.nonzero(square[0] == 1)
    assert {int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1} >= {64}
    assert abs((63 - rows.max()) - rows.min()) <= 1  # centred
    assert abs((63 - columns.max()) - columns.min()) <= 1


def test_the_square_is_rgb_from_0_to_1() -> None:
    square = boxed(np.full((8, 8, 3), (255, 51, 0), np.uint8))  # BGR
    assert square[:, 5, 5] == pytest.approx([0, 0.2, 1])


def test_a_point_of_the_picture_lands_where_the_fit_says() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[40:60, 100:140] = 255
    square = boxed(picture, 200)
    fit = centred(200, 100, 200, 200)
    rows, columns = np.nonzero(square[1] > 0.9)
    found = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    assert unletterbox(found, fit)[0] == pytest.approx([100, 40, 140, 60])


@settings(deadline=None)
@given(
    st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([64, 320, 640]), st.lists(st.floats(0, 1), min_size=4)
)
def test_boxes_find_back_into_the_picture(width: int, height: int, side: int, shares: list[float]) -> None:
    fit = centred(width, height, side, side)
    x0, x1 = sorted(shares[:2])
    y0, y1 = sorted(shares[2:4])
    box = np.array([[x0 * width, y0 * height, x1 * width, y1 * height]], np.float32)
    square = box * np.float32(fit.scale) + np.array([fit.left, fit.top] * 2, np.float32)
    # float32 holds the square's pixels to about 1e-4; back in the picture that is 1e-4 / scale
    assert unletterbox(square, fit) == pytest.approx(box, abs=1e-3 + 2e-4 / fit.scale)


def test_boxes_are_cut_at_the_pictures_edge() -> None:
    everything = np.array([[-10, -10, 74, 74]], np.float32)
    assert unletterbox(everything, centred(200, 100, 64, 64))[0].tolist() == [0, 0, 200, 100]


def test_no_boxes_stay_no_boxes() -> None:
    assert unletterbox(np.zeros((0, 4), np.float32), centred(200, 100, 64, 64)).shape == (0, 4)


def test_a_square_used_again_holds_the_same_as_a_new_one() -> None:
    rng = np.random.default_rng(5)
    wide, tall = (rng.integers(0, 256, size, dtype=np.uint8) for size in ((90, 160, 3), (160, 90, 3)))
    square, held = np.full((3, 64, 64), np.nan, np.float32), None
    for picture in (wide, wide[:, ::-1], tall, wide, wide):
        held = letterbox(picture, square, held)
        assert np.array_equal(square, boxed(picture))


@pytest.mark.parametrize(
    ("size", "rows"),
    [((1920, 1080), 288), ((854, 480), 288), ((640, 480), 384), ((1280, 1024), 512), ((480, 640), 512), ((9, 9), 512)],
)
def test_a_wide_picture_needs_no_square(size: tuple[int, int], rows: int) -> None:
    assert room(*size, 512) == (rows, 512)
    assert centred(*size, 512, rows).scale == pytest.approx(centred(*size, 512, 512).scale, rel=0.02)
