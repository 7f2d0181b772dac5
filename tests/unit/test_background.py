# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was not there before is told with its time; light, weather and passers are not; memory lives on."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import cv2
import numpy as np
import pytest

from detector import boxes
from detector.health import Anchor
from detector.look import Look
from detector.memory_file import dump, load
from detector.observe import Memory, Watching, again
from detector.reading import Seen
from detector.registration import Shift
from streams.frame import Frame
from support.drawn_street import BOXES, Thing
from support.seen_street import START, Picture, Weather, empty, learnt, live, looks


def _shadow(picture: Picture, number: int) -> Picture:
    """A house's hard shadow that grows over the street, and clouds."""
    edge = 90 + 5 * number
    dark = np.ones(picture.shape[:2], np.float32)
    cv2.fillPoly(dark, [np.array([[0, 180], [0, 80], [edge, 100], [edge + 40, 180]], np.int32)], 0.5)
    cloud = 0.75 if number // 5 % 2 else 1.0
    return np.asarray(np.clip(picture * cv2.GaussianBlur(dark, (3, 3), 0)[:, :, None] * cloud, 0, 255), np.uint8)


def _dusk(picture: Picture, number: int) -> Picture:
    light = max(0.25, 1 - number / 30) * np.array([1.1, 1.0, 0.9])
    return live((picture * light).astype(np.uint8), number + 2)


def _headlights(picture: Picture, number: int) -> Picture:
    x = number * 61 % 460
    lit = picture * 0.3
    y, across = np.mgrid[: picture.shape[0], : picture.shape[1]]
    beam = np.exp(-(((across - x) / 45) ** 2) - ((y - 130) / 20) ** 2)
    return np.asarray(np.clip(lit * (1 + 3 * beam[:, :, None]) + 200 * (beam > 0.97)[:, :, None], 0, 255), np.uint8)


def _exposure(picture: Picture, number: int) -> Picture:
    return np.asarray(np.clip(picture * (1.0, 1.35, 0.7)[number // 6 % 3], 0, 255), np.uint8)


@pytest.mark.parametrize("thing", ["stall", "debris"])
def test_a_new_thing_is_told_with_its_place_and_time(thing: Thing) -> None:
    *_, (_, look) = looks(12, thing=thing, before=learnt(), after_s=120, every_s=5)
    assert boxes.iou(reduce(boxes.joined, [change.box for change in look.changes]), BOXES[thing]) > 0.2
    for change in look.changes:
        assert boxes.containment(change.box, BOXES[thing]) > 0.7
        assert timedelta(0) <= change.since - (START + timedelta(seconds=120)) < timedelta(seconds=30)
        assert 0.3 < change.share <= 1


CRATES = (0.44, 0.60, 0.495, 0.78)  # closer to the stall than what is taken for parts of one thing


def _crates(picture: Picture, number: int) -> Picture:
    """A chequered stack beside the stall, seen on every look."""
    crated = picture.copy()
    x0, y0, x1, y1 = (round(v * size) for v, size in zip(CRATES, (320, 180, 320, 180), strict=True))
    y, x = np.mgrid[y0:y1, x0:x1]
    crated[y0:y1, x0:x1] = np.where((x // 4 + y // 4) % 2, 30, 220)[:, :, None]
    return live(crated, number + 3)


def test_of_two_things_close_together_each_is_told() -> None:
    *_, (_, look) = looks(12, thing="stall", weather=_crates, before=learnt(), after_s=120, every_s=5)
    assert max(boxes.iou(change.box, CRATES) for change in look.changes) > 0.5
    assert max(boxes.containment(BOXES["stall"], change.box) for change in look.changes) > 0.5


@pytest.mark.parametrize("weather", [_shadow, _dusk, _headlights, _exposure])
def test_light_is_no_thing(weather: Weather) -> None:
    assert not any(look.changes for _, look in looks(24, weather=weather, before=learnt(), after_s=120, every_s=6))


def _mosaic(seed: int, columns: int, rows: int) -> Picture:
    """Squares of four pixels, each of its own colour."""
    cells = np.random.default_rng(seed).integers(0, 255, (rows, columns, 3), np.uint8)
    return np.asarray(np.kron(cells, np.ones((4, 4, 1), np.uint8)), np.uint8)


def test_half_of_the_picture_at_once_is_the_light() -> None:
    def half_another(picture: Picture, number: int) -> Picture:
        out = picture.copy()
        out[:, :200] = _mosaic(8, 50, 45)
        return live(out, number)

    before, only_changes = Memory(None, learnt().street), Watching(health=False)
    found = looks(30, weather=half_another, before=before, after_s=120, every_s=4, watching=only_changes)
    assert not any(look.changes for _, look in found)


def test_what_flutters_does_not_stand() -> None:
    def fluttering(picture: Picture, number: int) -> Picture:
        out = picture.copy()
        out[100:140, 100:148] = _mosaic(number, 12, 10)
        return out

    assert not any(look.changes for _, look in looks(30, weather=fluttering, before=learnt(), after_s=120, every_s=4))


def test_a_look_that_shows_nothing_new_is_told_like_the_one_before_once_the_camera_is_known() -> None:
    *_, (memory, told) = looks(12, thing="stall", before=learnt(), after_s=120, every_s=5)
    later = told.taken_at + timedelta(seconds=2)
    same = Seen(Frame("cam-1", live(empty("stall"), 5), later, 12), Look("cam-1", later, ()), ())
    assert told.changes
    assert again(memory, same) == replace(told, taken_at=later)
    *_, (young, _) = looks(2)
    assert again(young, same) is None
    assert again(Memory(), same) is None


def test_a_thing_is_seen_through_a_change_of_light() -> None:
    *_, (_, look) = looks(12, thing="stall", weather=_exposure, before=learnt(), after_s=120, every_s=5)
    assert any(boxes.iou(change.box, BOXES["stall"]) > 0.5 for change in look.changes)


def test_who_is_known_to_hide_the_street_is_no_change() -> None:
    found = looks(12, thing="stall", before=learnt(), after_s=120, every_s=5, hidden=(BOXES["stall"],))
    assert not any(look.changes for _, look in found)


def test_what_goes_is_forgotten() -> None:
    *_, (there, _) = looks(12, thing="stall", before=learnt(), after_s=120, every_s=5)
    *_, (_, look) = looks(12, before=there, after_s=180, every_s=5)
    assert not look.changes


def test_what_stands_is_told_after_20_s() -> None:
    found = looks(15, thing="stall", before=learnt(), after_s=120, every_s=2)
    assert [number * 2 for number, (_, look) in enumerate(found) if look.changes] == [20, 22, 24, 26, 28]


def test_what_has_stood_for_a_day_belongs_to_the_street() -> None:
    found = list(looks(60, thing="stall", before=learnt(), after_s=120, every_s=1500))
    told_h = [(look.taken_at - START) / timedelta(hours=1) for _, look in found if look.changes]
    assert 23.5 < max(told_h) < 24.5


def test_what_stood_there_from_the_beginning_is_no_change() -> None:
    *_, (_, look) = looks(30, thing="debris", every_s=6)
    assert not look.changes


@pytest.mark.parametrize("thing", ["stall", "debris"])
def test_what_comes_while_the_street_is_learnt_is_not_learnt_with_it(thing: Thing) -> None:
    *_, (young, _) = looks(5, every_s=10)
    *_, (_, look) = looks(12, thing=thing, before=young, after_s=50, every_s=10)
    assert boxes.iou(reduce(boxes.joined, [change.box for change in look.changes]), BOXES[thing]) > 0.2


def test_nothing_is_new_in_a_place_that_was_seen_for_less_than_45_s() -> None:
    *_, (young, _) = looks(10, every_s=3)
    *_, (_, look) = looks(8, thing="stall", before=young, after_s=30, every_s=3)
    assert not look.changes


def test_nothing_is_learnt_of_the_street_from_a_blind_look() -> None:
    before = learnt()
    (memory, look), *_ = looks(1, weather=lambda picture, _: picture // 100, before=before, after_s=120)
    assert look.blind is not None
    assert memory.street is before.street
    later = START + timedelta(seconds=121)
    assert again(memory, Seen(Frame("cam-1", live(empty(), 1), later, 1), Look("cam-1", later, ()), ())) is None


def test_memory_survives_a_restart() -> None:
    *_, (before, _) = looks(12, thing="stall", before=learnt(), after_s=120)
    restored, about = load(dump(before, about="zones"))
    assert about == "zones"
    *_, (after, same) = looks(5, thing="stall", before=before, after_s=156)
    *_, (again, look) = looks(5, thing="stall", before=restored, after_s=156)
    assert look == same
    assert again.health is not None
    assert after.health is not None
    assert (again.health.state, again.health.since) == (after.health.state, after.health.since)


def test_every_part_of_a_health_survives_a_restart() -> None:
    health, by_day = learnt().health, Anchor(np.full((180, 320), 7, np.uint8), Shift(0.01, 0.0))
    assert health is not None
    bumped, drift = Shift(0.02, 0.01), Shift(0.003, 0.0)
    kept = replace(health, sharp=0.7, grey=0.1, smeared=0.2, usual=0.44, looks=17)
    kept = replace(kept, shift=bumped, wanted=bumped, drift=drift, anchors=(by_day, None))
    restored = load(dump(Memory(kept), about="zones"))[0].health
    assert restored is not None
    for name in ("sharp", "grey", "smeared", "usual", "looks", "learnt", "shift", "wanted", "drift"):
        assert getattr(restored, name) == getattr(kept, name)
    for name in ("at", "since", "renewed_at", "anchored_at"):
        assert getattr(restored, name) == getattr(kept, name)
    day, night = restored.anchors
    assert day is not None
    assert (day.shift, night) == (by_day.shift, None)
    assert np.array_equal(day.levels, by_day.levels)


def test_a_damaged_file_never_ends_the_start() -> None:
    whole, dice = dump(learnt(), about="zones"), np.random.default_rng(5)
    for _ in range(300):
        data = bytearray(whole)
        for at in dice.integers(0, len(data), 8).tolist():
            data[at] = int(dice.integers(0, 256))
        load(bytes(data[: int(dice.integers(1, len(data)))] if dice.random() < 0.3 else data))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 nothing of the kind"])
def test_a_memory_that_is_damaged_is_begun_anew(data: bytes) -> None:
    memory, about = load(data)
    assert (memory.health, memory.street, about) == (None, None, "")


def test_memory_is_small() -> None:
    street = learnt().street
    assert street is not None
    assert (
        sum(getattr(street, name).nbytes for name in street.__slots__ if hasattr(getattr(street, name), "nbytes"))
        < 300_000
    )
    assert len(dump(learnt(), about="")) < 300_000


def test_a_camera_can_be_left_out() -> None:
    (memory, look), *_ = looks(1, watching=Watching(health=False, changes=False))
    assert (memory.health, memory.street, look.changes, look.blind) == (None, None, (), None)


def test_a_clock_that_was_set_back_keeps_what_is_known() -> None:
    *_, (_, look) = looks(12, thing="stall", before=learnt(), after_s=-3600, every_s=5)
    assert any(boxes.iou(change.box, BOXES["stall"]) > 0.3 for change in look.changes)
    assert all(change.since < look.taken_at for change in look.changes)
    *_, (memory, _) = looks(3, before=learnt(), after_s=-3600)
    assert memory.health is not None
    assert memory.health.state == "ok"
    assert memory.at == START - timedelta(seconds=3594)


def test_a_clock_that_steps_back_and_pictures_of_another_size_do_no_harm() -> None:
    (memory, look), *_ = looks(1, before=learnt(), after_s=0)
    assert look.blind is None
    tiny: Weather = lambda picture, _: picture[:9, :16]  # noqa: E731 - one expression
    *_, (_, look) = looks(3, weather=tiny, before=memory, after_s=130)
    assert look.changes == ()
