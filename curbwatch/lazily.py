# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that are imported when they are called: `why` need not wait for the web server and every benchmark."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group


def lazily(commands: Mapping[str, str]) -> type[TyperGroup]:
    """A group (for `typer.Typer(cls=...)`) of commands by name, each as "module:attribute": a function or a Typer."""

    class Group(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return [*commands, *super().list_commands(ctx)]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in commands:
                return super().get_command(ctx, cmd_name)
            return _command(cmd_name, commands[cmd_name])

    return Group


def _command(name: str, where: str) -> Any:
    module, attribute = where.split(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        made: Any = get_group(found)
        made.name = name
        return made
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return get_command(alone)


def group() -> None:
    """What a Typer without commands of its own needs to be a group; does nothing."""
