# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what: roles and the permissions they carry."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What a key or a user is trusted with."""

    PATROL = "patrol"
    OPERATOR = "operator"
    VIEWER = "viewer"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that can be allowed."""

    REPORT = "report facts: cases, observations, evidence, camera state"
    SHOW = "show one case, and cameras"
    READ = "list cases, see evidence and events"
    MOVE = "move cases"
    DETECT = "run the model on a picture"
    METRICS = "read metrics"


ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.PATROL: frozenset({Permission.REPORT, Permission.SHOW, Permission.DETECT}),
    Role.VIEWER: frozenset({Permission.SHOW, Permission.READ, Permission.METRICS}),
    Role.OPERATOR: frozenset(
        {Permission.SHOW, Permission.READ, Permission.MOVE, Permission.DETECT, Permission.METRICS}
    ),
    Role.ADMIN: frozenset(Permission),
}


OWN_PATROL = "patrol-of-this-service"  # begins the name of the key of a patrol that runs together with its API


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a machine's key or a person's session."""

    kind: Literal["key", "user"]
    name: str
    role: Role
    csrf_token: str | None = None

    @property
    def actor(self) -> str:
        """How the history names them: `key:patrol-1` or `user:li`."""
        return f"{self.kind}:{self.name}"

    def may(self, permission: Permission) -> bool:
        """Whether the role carries `permission`."""
        return permission in ALLOWED[self.role]
