# SPDX-License-Identifier: AGPL-3.0-or-later
"""What commands print: a table for people, or JSON."""

import json
import sys
from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.table import Column, Table

from curbwatch.city_time import shown

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
PIPED = 10_000  # columns: a line for each row, for other programs


def print_rows(rows: list[dict[str, Any]], tz: tzinfo, *, as_json: bool) -> None:
    """JSON with times as the API writes them, or a table with times in `tz`."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=to_jsonable_python))
        return
    if not rows:
        typer.echo("none")
        return
    first, *rest = rows[0]
    # an id that is cut short cannot be asked for
    table = Table(Column(first, no_wrap=True), *(Column(name, overflow="fold") for name in rest))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in in_city_time(row, tz).values()))
    print_table(table)


def print_table(table: Table) -> None:
    """Print a table whose cells are plain text, a line for each row where nobody looks on."""
    Console(markup=False, width=None if sys.stdout.isatty() else PIPED).print(table)


def in_city_time(row: dict[str, Any], tz: tzinfo) -> dict[str, Any]:
    """A row with its times as people of that time zone read them."""
    return {name: shown(value, tz) if isinstance(value, datetime) else value for name, value in row.items()}


def figure(value: float | None) -> str:
    """Three digits of a figure, a whole number as it is; a dash where there is none."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
