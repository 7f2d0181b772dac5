# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rendered goods stand on the ground, are of surfaces that there are, and come in every size up to a man's height."""

from random import Random

import numpy as np
import pytest

from models.scenes import goods, palette
from models.scenes.shapes import Part, box, extent, heaped, in_a_row


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable, not secret


@pytest.mark.parametrize(
    "kind", dict.fromkeys((*goods.CARTON_KINDS, *goods.OTHER_KINDS)), ids=lambda kind: kind.__name__
)
def test_goods_are_of_surfaces_that_there_are_and_of_a_size_that_streets_hold(kind: goods.Kind) -> None:
    surfaces = palette.palette()
    for seed in range(2):
        parts = kind(dice(seed))
        low, high = extent(parts)
        assert {part.material for part in parts} <= surfaces.keys()
        assert 0.03 < high[2] - low[2] < 2.6
        assert max(high[:2] - low[:2]) < 8


def test_goods_stand_on_the_ground_round_the_origin() -> None:
    for seed in range(5):
        low, high = extent(goods.any_goods(dice(seed)))
        assert low[2] == pytest.approx(0)
        np.testing.assert_allclose(low[:2], -high[:2], atol=1e-9)


def test_the_same_seed_makes_the_same_goods() -> None:
    first, second = (goods.any_goods(dice(5)) for _ in range(2))
    assert [part.material for part in first] == [part.material for part in second]
    np.testing.assert_array_equal(first[0].shape.verts, second[0].shape.verts)


def crate(x: float, side: float = 0.5) -> list[Part]:
    return [Part(box((x, 0, 3), (side, side, side)), "carton")]


def test_what_is_dropped_lies_on_what_is_under_its_middle_and_slides_off_a_tower() -> None:
    lying = heaped([crate(0), crate(0.1), crate(0.4), crate(0)], 1.0)
    assert [round(extent([part])[0][2], 6) for part in lying] == [0, 0.5, 0, 0]


def test_things_in_a_row_touch() -> None:
    lying = in_a_row([crate(7), crate(-2, 1.0)], 1.0)
    assert [extent([part])[0][0] for part in lying] == pytest.approx([0, 0.5])
