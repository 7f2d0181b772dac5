# SPDX-License-Identifier: AGPL-3.0-or-later
"""People of the rendered scenes, whatever they wear and carry."""

import pytest

from models.scenes.people import EXTRAS, Person, Pose, figure
from models.scenes.shapes import extent


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_a_person_can_carry_everything_there_is(extra: str) -> None:
    plain = figure(Person("cloth_red", "cloth_blue"), Pose())
    laden = figure(Person("cloth_red", "cloth_blue", extras=(extra,)), Pose())
    low, high = extent(laden)
    assert len(laden) > len(plain)
    assert max(*-low[:2], *high[:2]) < 1.5  # metres: near the body
    assert -0.1 < low[2] < high[2] < 2.6
