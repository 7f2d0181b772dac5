# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is pasted takes over the light of its street, whatever is left of it at its size."""

import numpy as np
import pytest

from models.paste import matched


@pytest.mark.parametrize("alpha", [255, 200], ids=["solid", "thin, made small"])
def test_a_cut_out_becomes_darker_on_a_dark_street(alpha: int) -> None:
    layer = np.full((6, 6, 4), (180, 180, 180, alpha), np.uint8)
    layer[:3, :, 3] = 60  # its shadow
    dark = np.full((20, 20, 3), 40, np.uint8)

    there = matched(layer, dark, np.random.default_rng(0))

    assert 40 < there[4, 4, 0] < 180
    assert (there[..., 3] == layer[..., 3]).all()
