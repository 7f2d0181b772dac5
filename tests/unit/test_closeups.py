# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking again, close up, where something may stand."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import cast

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector import boxes, observe
from detector.boxes import Box
from detector.closeups import CLOSEST, WIDEST, CloseUp, close_ups, look_closer, places
from detector.detections import Detections
from detector.look import Change, Look, Sighting
from detector.model import Model
from detector.observe import Memory
from detector.rules import Rules, rules_for
from detector.zones import Zone
from streams.frame import BT601, Frame, Planes, cropped
from support.detections import NOTHING, SIZE, Eye, Finds

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PAVEMENT = Zone("pavement", ((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0)))
RULES = rules_for([PAVEMENT])
PLACE = (0.40, 0.50, 0.45, 0.55)


def frame(size: tuple[int, int] = SIZE, sequence: int = 0) -> Frame:
    return Frame("cam", np.zeros((size[1], size[0], 3), np.uint8), NOON, sequence)


def look(*seen: Sighting, covers: tuple[Box, ...] = ()) -> Look:
    return Look("cam", NOON, seen, covers=covers, size=SIZE)


def said(eye: Eye, found: Detections) -> dict[str, list[tuple[float, tuple[int, ...]]]]:
    told: dict[str, list[tuple[float, tuple[int, ...]]]] = {}
    for box, score, number in zip(found.xyxy.tolist(), found.confidence.tolist(), found.class_id.tolist(), strict=True):
        told.setdefault(eye.manifest.classes[number], []).append((round(score, 2), tuple(map(round, box))))
    return told


def looked(near: Finds, far: Finds, rules: Rules = RULES) -> tuple[Eye, Detections, int]:
    eye = Eye(near)
    _, found, count = look_closer(cast(Model, eye), frame(), eye.found(far), Memory(), rules)
    return eye, found, count


def test_a_weak_sighting_is_what_the_close_up_says() -> None:
    # the place is 96 by 54 pixels, so its close-up is a quarter of the picture: from (576, 432) on, 480 by 270
    far = [("debris", 0.4, (768, 540, 864, 594))]
    eye, found, count = looked([("debris", 0.9, (192, 108, 288, 162))], far)
    assert count == 1
    assert eye.shown == [(270, 480, 3)]
    assert said(eye, found) == {"debris": [(0.9, (768, 540, 864, 594))]}
    eye, found, _ = looked([], far)
    assert said(eye, found) == {}


def test_what_is_seen_for_sure_or_is_not_watched_is_not_looked_at_again() -> None:
    sure = [("debris", 0.95, (768, 540, 864, 594))]
    eye, found, count = looked([], sure)
    assert (count, eye.shown, said(eye, found)) == (0, [], {"debris": [(0.95, (768, 540, 864, 594))]})
    off = rules_for([replace(PAVEMENT, classes=("stall",))])
    assert looked([], [("debris", 0.4, (768, 540, 864, 594))], off)[2] == 0


def test_what_a_close_up_cuts_is_left_out_and_what_lies_beyond_it_stays() -> None:
    far = [
        ("debris", 0.4, (768, 540, 864, 594)),
        ("stall", 0.8, (100, 500, 400, 800)),
        ("person", 0.6, (700, 400, 760, 600)),
    ]
    near = [("stall", 0.9, (0, 20, 90, 200)), ("person", 0.8, (300, 50, 360, 200))]
    eye, found, _ = looked(near, far)
    assert said(eye, found) == {
        "stall": [(0.8, (100, 500, 400, 800))],
        "person": [(0.6, (700, 400, 760, 600)), (0.8, (876, 482, 936, 632))],
    }


def test_people_of_the_first_look_are_never_forgotten() -> None:
    far = [("debris", 0.4, (768, 540, 864, 594)), ("person", 0.5, (900, 500, 960, 690))]
    eye, found, count = looked([("person", 0.9, (20, 80, 80, 200))], far)
    assert count == 1
    assert said(eye, found)["person"] == [(0.5, (900, 500, 960, 690)), (0.9, (596, 512, 656, 632))]


def test_a_person_in_both_looks_is_one_and_what_lies_over_a_person_is_none() -> None:
    far = [("debris", 0.4, (768, 540, 864, 594)), ("person", 0.5, (900, 500, 960, 690))]
    eye, found, count = looked([("person", 0.9, (324, 68, 384, 258)), ("debris", 0.9, (318, 70, 390, 258))], far)
    assert count == 1
    assert said(eye, found) == {"person": [(0.5, (900, 500, 960, 690))], "debris": [(0.9, (894, 502, 966, 690))]}


def test_faint_people_of_both_looks_are_blurred_and_decide_nothing() -> None:
    far, near = [("debris", 0.4, (768, 540, 864, 594))], [("person", 0.9, (210, 80, 300, 200))]
    _, sure, _ = looked(near, far)
    eye = Eye(near, people=(0, 0, 10, 20))
    whole = replace(eye.found(far), people=np.array([(780, 500, 880, 640)], np.float32))
    seen, found, _ = look_closer(cast(Model, eye), frame(), whole, Memory(), RULES)
    assert said(eye, found) == said(eye, sure)
    assert len(seen.look.covers) == 1
    assert [tuple(box) for box in found.people.tolist()] == [(780, 500, 880, 640), (576, 432, 586, 452)]
    assert len(seen.people) == 3


@pytest.mark.parametrize(("surely", "stays"), [(0.8, (768, 540, 864, 594)), (0.45, (420, 500, 1000, 650))])
def test_of_a_thing_larger_than_a_close_up_the_surer_look_is_believed(surely: float, stays: tuple[int, ...]) -> None:
    far = [("debris", 0.4, (768, 540, 864, 594)), ("debris", 0.5, (420, 500, 1000, 650))]
    eye, found, count = looked([("debris", surely, (192, 108, 288, 162))], far)
    assert count == 1
    assert said(eye, found) == {"debris": [(max(surely, 0.5), stays)]}


def test_a_change_of_the_street_is_a_place_until_something_explains_it(monkeypatch: pytest.MonkeyPatch) -> None:
    change = Change(PLACE, NOON, 0.8)
    monkeypatch.setattr("detector.closeups.standing", lambda _: (change,))
    where = partial(places, memory=Memory(), rules=RULES)
    assert where(look()) == [PLACE]
    assert where(look(Sighting("stall", 0.9, (0.38, 0.48, 0.47, 0.56)))) == []
    assert where(look(Sighting("stall", 0.4, (0.38, 0.48, 0.47, 0.56), weak=True))) == [PLACE, (0.38, 0.48, 0.47, 0.56)]
    assert where(look(covers=((0.39, 0.4, 0.46, 0.6),))) == []


def test_nothing_stands_where_no_street_is_known() -> None:
    assert observe.standing(Memory()) == ()


def test_places_side_by_side_share_a_close_up_and_more_than_two_take_turns() -> None:
    beside = [(0.40, 0.50, 0.45, 0.55), (0.46, 0.51, 0.49, 0.55)]
    assert close_ups(beside, *SIZE) == [CloseUp(576, 432, 1056, 702)]
    apart = [(0.1 + 0.2 * n, 0.5, 0.14 + 0.2 * n, 0.54) for n in range(4)]
    for each_nth in (1, 2, 3, 4):
        rounds = [close_ups(apart, *SIZE, turn=turn) for turn in range(0, 12 * each_nth, each_nth)]
        assert all(len(set(some)) == 2 for some in rounds)
        assert len({part for some in rounds for part in some}) == 4


def test_a_thing_that_fills_the_picture_has_no_close_up() -> None:
    assert close_ups([(0.1, 0.3, 0.5, 0.9)], *SIZE) == []


@given(
    st.tuples(*(st.floats(0, 1) for _ in range(4))).filter(lambda b: b[0] < b[2] and b[1] < b[3]),
    st.integers(64, 4000),
    st.integers(48, 3000),
)
def test_a_close_up_shows_its_place_whole_in_the_picture_and_in_its_shape(box: Box, width: int, height: int) -> None:
    for part in close_ups([box], width, height):
        assert 0 <= part.x0 < part.x1 <= width
        assert 0 <= part.y0 < part.y1 <= height
        assert part.x0 % 2 == part.y0 % 2 == 0
        wide, high = (part.x1 - part.x0) / width, (part.y1 - part.y0) / height
        assert CLOSEST - 2 / width <= wide <= WIDEST + 2 / width
        assert wide == pytest.approx(high, abs=4 / min(width, height))
        whole = (part.x0 / width, part.y0 / height, part.x1 / width, part.y1 / height)
        assert boxes.shared(box, whole) >= 0.9 * boxes.area(box) - 4 / min(width, height)


def planes(picture: NDArray[np.uint8]) -> Planes:
    height, width = picture.shape[:2]
    flat = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = flat[height:].reshape(2, height // 2, width // 2)
    return Planes(flat[:height], u, v, BT601, full=False, bgr=lambda: picture)


def test_a_part_of_planes_is_the_same_part_of_the_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    part = cropped(planes(picture), 10, 20, 50, 44)
    assert isinstance(part, Planes)
    assert (part.y.shape, part.u.shape, part.v.shape) == ((24, 40), (12, 20), (12, 20))
    assert np.array_equal(part.bgr(), picture[20:44, 10:50])
    assert np.array_equal(part.u, planes(picture).u[10:22, 5:25])
    assert np.array_equal(np.asarray(cropped(picture, 10, 20, 50, 44)), picture[20:44, 10:50])


def test_an_empty_street_takes_no_second_look() -> None:
    eye = Eye([])
    _, found, count = look_closer(cast(Model, eye), frame(), NOTHING, Memory(), RULES)
    assert (len(found), count, eye.shown) == (0, 0, [])
