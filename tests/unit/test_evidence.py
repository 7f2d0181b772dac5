# SPDX-License-Identifier: AGPL-3.0-or-later
"""No face leaves the patrol, nothing else of the picture is touched, and the violation is framed."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from detector.boxes import Box
from detector.evidence import FRAME_COLOURS, blurred, framed, jpeg

PERSON: Box = (0.4, 0.2, 0.6, 0.8)  # 40×120 pixels at (80, 40)


def noise(height: int = 200, width: int = 200) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray((before != after).any(axis=2), np.bool_)


def test_the_head_is_unreadable_and_nothing_else_is_touched() -> None:
    picture = noise()
    hidden = blurred(picture, [PERSON])
    touched = changed(picture, hidden)
    assert touched[40:82, 80:120].mean() > 0.99
    touched[33:84, 75:126] = False  # the head with its margin
    assert not touched.any()


def test_of_a_face_at_most_six_by_six_tones_are_left() -> None:
    hidden = blurred(noise(), [PERSON])[34:83, 76:125]
    # noise has its power spread over all fine detail; cells that coarse leave almost none of it
    detail = np.abs(np.diff(hidden.astype(int), axis=1)).mean()
    assert detail < 0.1 * np.abs(np.diff(noise().astype(int), axis=1)).mean()


def test_the_picture_given_is_left_as_it_is() -> None:
    picture = noise()
    blurred(picture, [PERSON])
    framed(picture, PERSON, "stall")
    assert not changed(picture, noise()).any()


@pytest.mark.parametrize(
    "person",
    [
        (0.0, 0.0, 0.05, 0.1),
        (0.95, 0.9, 1.0, 1.0),
        (-0.1, -0.1, 0.1, 0.2),
        (0.5, 0.5, 0.501, 0.502),
        (0.0, 0.0, 1.0, 1.0),
    ],
)
def test_people_at_the_edge_far_away_or_close_up_are_blurred_too(person: Box) -> None:
    assert blurred(noise(), [person]).shape == (200, 200, 3)
    assert changed(noise(), blurred(noise(), [person])).any()


def test_an_empty_street_stays_as_it_is() -> None:
    assert not changed(noise(), blurred(noise(), [])).any()


@pytest.mark.parametrize("what", ["stall", "debris"])
def test_the_violation_is_framed_in_its_colour(what: str) -> None:
    picture = framed(np.zeros((200, 200, 3), np.uint8), PERSON, what)
    assert tuple(picture[40, 100]) == tuple(picture[100, 80]) == FRAME_COLOURS[what]
    assert not picture[60:140, 90:110].any()


def test_evidence_is_a_picture_that_can_be_opened() -> None:
    data = np.frombuffer(jpeg(noise(100, 400), widest=200), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (50, 200, 3)


def test_a_small_picture_is_not_blown_up() -> None:
    picture = cv2.imdecode(np.frombuffer(jpeg(noise(10, 20), widest=200), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (10, 20, 3)
