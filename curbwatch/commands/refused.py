# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the API refused for good: looked at by a person, then sent once more or forgotten."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from curbwatch.commands.tables import AsJson
from curbwatch.errors import SettingsError
from curbwatch.settings import load_settings
from curbwatch.spool import Message, Spool


def refused(
    settings: Annotated[Path, typer.Option("--settings", "-s", help="settings file of the patrol")],
    retry: Annotated[bool, typer.Option("--retry", help="send them once more, when the cause is mended")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="give them up: they are deleted")] = False,
    as_json: AsJson = False,
) -> None:
    """What the API refused for good, and why; beside a running patrol too. Example: curbwatch refused -s city.toml"""
    if retry and forget:
        raise typer.BadParameter("choose one of --retry and --forget")
    path = load_settings(settings).spool_path
    if not path.exists():
        raise SettingsError(f"no patrol has run with {path.parent}; name the settings file of the patrol")
    with closing(Spool(path)) as spool:
        _print(spool.refusals(), as_json=as_json)
        if retry:
            spool.retry_refused()
        elif forget:
            spool.forget_refused()


def _print(found: list[tuple[Message, str]], *, as_json: bool) -> None:
    rows = [{"site": message.site_key, "kind": message.kind, "reason": reason} for message, reason in found]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("none")
    else:
        table = Table("site", "kind", "reason")
        for row in rows:
            table.add_row(*row.values())
        Console(markup=False).print(table)
