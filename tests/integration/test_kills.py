# SPDX-License-Identifier: AGPL-3.0-or-later
"""Processes killed with signal 9 at random moments: every stand is one case in the end."""

from curbwatch.commands.bench_kills import kill_test


def test_five_kills_lose_and_double_nothing() -> None:
    counted: list[int] = []
    report = kill_test(5, seed=1, on_done=lambda: counted.append(1))
    assert len(counted) == report["kills"] == 5
    assert report["cases"] >= 8
    assert (report["lost"], report["doubled"], report["never_cleared"]) == (0, 0, 0)
