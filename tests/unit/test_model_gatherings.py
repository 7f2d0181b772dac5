# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rendered gatherings stand on the ground, are of surfaces that there are, and hold nothing that is for sale."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from models.scenes import gatherings, palette
from models.scenes.people import Pose, figure, somebody
from models.scenes.shapes import Part, extent
from models.scenes.vehicles import SEDAN, car


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable, not secret


KINDS = (gatherings.terrace, gatherings.flower_tubs, gatherings.at_a_car, gatherings.open_car, gatherings.company)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_gatherings_stand_on_the_ground_and_are_of_surfaces_that_there_are(
    kind: Callable[[Random], list[Part]],
) -> None:
    surfaces = palette.palette()
    for seed in range(4):
        parts = kind(dice(seed))
        low, high = extent(parts)
        assert {part.material for part in parts} <= surfaces.keys()
        assert -0.1 < low[2] < 0.1
        assert 0.4 < high[2] < 3.2
        assert max(high[:2] - low[:2]) < 9


def test_the_same_seed_makes_the_same_gathering() -> None:
    first, second = (gatherings.any_gathering(dice(5)) for _ in range(2))
    assert [part.material for part in first] == [part.material for part in second]
    np.testing.assert_array_equal(first[0].shape.verts, second[0].shape.verts)


def test_who_sits_has_the_seat_of_a_chair_under_the_hips() -> None:
    who = somebody(dice(1), ("",), ("",))
    standing, sitting = (extent(figure(who, pose))[1][2] for pose in (Pose(), gatherings.SITTING))
    assert 0.35 < standing - sitting < 0.6


def test_an_open_car_has_no_roof() -> None:
    roofed, opened = (car(SEDAN, "car_red", roofed=roofed) for roofed in (True, False))
    assert extent(roofed)[1][2] > 1.4
    assert extent(opened)[1][2] < 1.15
    assert "glass" not in {part.material for part in opened}
