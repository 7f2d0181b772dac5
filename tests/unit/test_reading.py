# SPDX-License-Identifier: AGPL-3.0-or-later
"""A look tells what may be a violation, what may hide one, and who is a person."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from detector.detections import Detections
from detector.look import Sighting
from detector.reading import read_look, weakest
from streams.frame import Frame
from support.detections import NOTHING

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FRAME = Frame("cam-1", np.zeros((200, 400, 3), np.uint8), NOW, 1)
THRESHOLDS = dict.fromkeys(("stall", "debris", "person", "two_wheeler", "vehicle", "umbrella", "dog"), 0.4)


def found(*class_ids: int) -> Detections:
    boxes = np.tile(np.array([[100, 50, 200, 150]], np.float32), (len(class_ids), 1))
    return Detections(boxes, np.full(len(class_ids), 0.75, np.float32), np.array(class_ids, np.int64))


def test_every_class_goes_where_it_belongs() -> None:
    seen = read_look(FRAME, found(0, 1, 2, 3, 4, 5, 6), THRESHOLDS)
    box = (0.25, 0.25, 0.5, 0.75)
    assert seen.look.sightings == (Sighting("stall", 0.75, box), Sighting("debris", 0.75, box))
    assert seen.look.covers == (box,) * 4
    assert seen.people == (box,)
    assert (seen.look.camera_id, seen.look.taken_at) == ("cam-1", NOW)


def test_the_order_of_classes_is_the_models_own() -> None:
    assert read_look(FRAME, found(0), {"debris": 0.4}).look.sightings[0].class_name == "debris"


def test_an_empty_street_is_a_look_too() -> None:
    seen = read_look(FRAME, NOTHING, THRESHOLDS)
    assert (seen.look.sightings, seen.look.covers, seen.people) == ((), (), ())


def test_below_its_threshold_a_sighting_is_weak() -> None:
    seen = read_look(FRAME, found(0, 1), THRESHOLDS | {"stall": 0.8})
    assert [(s.class_name, s.weak) for s in seen.look.sightings] == [("stall", True), ("debris", False)]


def test_whom_one_blurs_changes_nothing_of_what_one_decides_on() -> None:
    sure = found(0, 2)
    faint = np.array([[100, 50, 200, 150], [0, 0, 40, 20], [0, 200, 40, 200]], np.float32)
    seen = read_look(FRAME, replace(sure, people=faint), THRESHOLDS)
    assert seen.look == read_look(FRAME, sure, THRESHOLDS).look
    assert seen.people == ((0.25, 0.25, 0.5, 0.75), (0.0, 0.0, 0.1, 0.1))


def test_what_lies_beside_the_picture_is_nothing() -> None:
    flat = Detections(np.array([[10, 200, 50, 200]], np.float32), np.array([0.9], np.float32), np.array([0], np.int64))
    assert read_look(FRAME, flat, THRESHOLDS).look.sightings == ()


def test_of_violations_half_a_threshold_is_told_and_of_all_else_the_whole() -> None:
    assert [weakest(name) for name in ("stall", "debris", "person")] == [0.5, 0.5, 1.0]
