# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rendered stalls, heaps and coaches stand on the ground, have a size that streets hold and surfaces that there are."""

from random import Random

import numpy as np
import pytest

from models.scenes import coaches, fronts, heaps, palette, ruins, setups, stalls
from models.scenes.shapes import extent

KINDS = {
    "stall": stalls.any_stall,
    "front": fronts.any_front,
    "setup": setups.any_setup,
    "heap": heaps.any_heap,
    "ruin": ruins.any_ruin,
    "bus": coaches.bus,
    "lorry": coaches.box_lorry,
    "waggon": coaches.waggon,
}


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable, not secret


@pytest.mark.parametrize("kind", KINDS)
def test_things_stand_on_the_ground_in_a_size_that_streets_hold(kind: str) -> None:
    surfaces = palette.palette()
    for seed in range(12):
        parts = KINDS[kind](dice(seed))
        low, high = extent(parts)
        assert {part.material for part in parts} <= surfaces.keys(), seed
        assert -0.4 < low[2] < 0.06, seed
        assert 0.02 < high[2] < 3.7, seed
        assert max(high[:2] - low[:2]) < 12, seed
        for part in parts:
            assert np.isfinite(part.shape.verts).all(), seed
            assert max(map(max, part.shape.faces)) < len(part.shape.verts), seed


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_thing(kind: str) -> None:
    one, same, other = (extent(KINDS[kind](dice(seed))) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_rubble_is_mostly_small() -> None:
    chance = np.random.default_rng(1)
    parts = ruins.strewn(2.0, 1.5, ruins.heights(0.6, chance), 400, ["stone", "cement"], chance)
    pieces = np.concatenate([part.shape.verts.reshape(-1, 8, 3) for part in parts])
    sizes = np.ptp(pieces, axis=1).max(axis=1)
    assert len(sizes) == 400
    assert np.median(sizes) < 0.15
    assert sizes.max() < 1.5 * ruins.LARGEST_M


def test_a_bus_and_a_lorry_are_vehicles_and_a_waggon_is_none_of_ours() -> None:
    kinds = [coaches.any_coach(dice(seed))[0] for seed in range(30)]
    assert set(kinds) == {"vehicle", "nothing"}
    assert kinds.count("vehicle") > kinds.count("nothing")
