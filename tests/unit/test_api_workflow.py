# SPDX-License-Identifier: AGPL-3.0-or-later
"""The workflow table: what the contract allows, and nothing else."""

import itertools

import pytest

from api.errors import MoveRefused, NotAllowed
from api.roles import Role
from api.workflow import Status, check_move, moves_for

N, C, D, H, X, F = Status
BY_PEOPLE = {(N, C), (N, F), (C, F), (C, D), (D, C), (D, H), (H, D), (H, X), (F, N)}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
def test_people_may_take_exactly_the_moves_of_the_table(role: Role) -> None:
    allowed = set()
    for pair in itertools.product(Status, Status):
        try:
            check_move(*pair, role)
        except (MoveRefused, NotAllowed):
            continue
        allowed.add(pair)
    assert allowed == BY_PEOPLE


def test_only_the_patrol_brings_a_closed_case_back() -> None:
    assert check_move(X, N, Role.PATROL).name == "relapse"
    with pytest.raises(NotAllowed, match="only patrol may move a case from closed to new"):
        check_move(X, N, Role.ADMIN)


@pytest.mark.parametrize(("source", "target"), sorted(BY_PEOPLE))
def test_the_patrol_and_viewers_decide_nothing(source: Status, target: Status) -> None:
    for role in (Role.PATROL, Role.VIEWER):
        with pytest.raises(NotAllowed):
            check_move(source, target, role)


def test_a_refusal_names_the_ways_that_are_open() -> None:
    with pytest.raises(MoveRefused, match="from here it can go to confirmed, false_alarm") as refused:
        check_move(N, X, Role.OPERATOR)
    assert refused.value.extra == {"allowed": ["confirmed", "false_alarm"]}


def test_the_page_can_ask_for_the_buttons_to_show() -> None:
    assert [move.name for move in moves_for(C, Role.OPERATOR)] == ["reject", "dispatch"]
    assert moves_for(C, Role.VIEWER) == ()
