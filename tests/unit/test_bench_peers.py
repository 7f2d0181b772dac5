# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of a peer that cannot take part."""

from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.peers.contest import Player, Unfit


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        (
            ["  import vision\n", "RuntimeError: operator nms does not exist\n", "terminate called\n"],
            "RuntimeError: op",
        ),
        (["loading\n", "killed\n", "\n"], "killed"),
        ([], "it said nothing"),
    ],
)
def test_of_a_peer_that_ends_its_error_is_told(errors: list[str], told: str) -> None:
    gone: Any = SimpleNamespace(poll=lambda: 1)
    with pytest.raises(Unfit, match=f"0 of 4 cameras looked at; {told}"):
        Player(gone, errors=errors).wait_for_all(4)
