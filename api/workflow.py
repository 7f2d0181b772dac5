# SPDX-License-Identifier: AGPL-3.0-or-later
"""The case workflow: one table of who may move a case from where to where."""

from dataclasses import dataclass
from enum import StrEnum

from api.errors import MoveRefused, NotAllowed
from api.roles import Role


class Status(StrEnum):
    """Where a case stands."""

    NEW = "new"
    CONFIRMED = "confirmed"
    DISPATCHED = "dispatched"
    HANDLED = "handled"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"


DONE = (Status.CLOSED, Status.FALSE_ALARM)


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed step, its everyday name and the roles that may take it."""

    name: str
    source: Status
    target: Status
    roles: frozenset[Role]


PEOPLE = frozenset({Role.OPERATOR, Role.ADMIN})
PATROL = frozenset({Role.PATROL})

MOVES = (
    Move("confirm", Status.NEW, Status.CONFIRMED, PEOPLE),
    Move("reject", Status.NEW, Status.FALSE_ALARM, PEOPLE),
    Move("reject", Status.CONFIRMED, Status.FALSE_ALARM, PEOPLE),
    Move("dispatch", Status.CONFIRMED, Status.DISPATCHED, PEOPLE),
    Move("return", Status.DISPATCHED, Status.CONFIRMED, PEOPLE),
    Move("handle", Status.DISPATCHED, Status.HANDLED, PEOPLE),
    Move("not done", Status.HANDLED, Status.DISPATCHED, PEOPLE),
    Move("close", Status.HANDLED, Status.CLOSED, PEOPLE),
    Move("undo", Status.FALSE_ALARM, Status.NEW, PEOPLE),
    Move("relapse", Status.CLOSED, Status.NEW, PATROL),
)


def moves_for(status: Status, role: Role) -> tuple[Move, ...]:
    """The moves that `role` may take from `status`, in the table's order."""
    return tuple(move for move in MOVES if move.source == status and role in move.roles)


def check_move(source: Status, target: Status, role: Role) -> Move:
    """The move from `source` to `target`; raises MoveRefused or NotAllowed with the moves that are open."""
    allowed = [str(move.target) for move in moves_for(source, role)]
    for move in MOVES:
        if (move.source, move.target) != (source, target):
            continue
        if role in move.roles:
            return move
        who = " or ".join(sorted(move.roles))
        raise NotAllowed(f"only {who} may move a case from {source} to {target}", allowed=allowed)
    choices = ", ".join(allowed) or "nowhere"
    raise MoveRefused(
        f"a case that is {source} cannot become {target}: from here it can go to {choices}", allowed=allowed
    )
