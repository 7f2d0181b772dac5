# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the benchmarks' commands share: report files, the time a run takes, errors told plainly."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.errors import BenchError
from curbwatch.errors import CurbwatchError


def _in_a_folder(path: Path | None) -> Path | None:
    """Asked before hours of measuring; typer.BadParameter where the file could not be written."""
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"{path.parent}: no such folder; make it first")
    return path


JsonFile = Annotated[
    Path | None,
    typer.Option("--json", help="write the report here", dir_okay=False, writable=True, callback=_in_a_folder),
]
HtmlFile = Annotated[
    Path | None,
    typer.Option("--html", help="write a page with plots here", dir_okay=False, writable=True, callback=_in_a_folder),
]


@contextmanager
def told_plainly() -> Iterator[None]:
    """Errors of a benchmark are told in a line, not as a traceback."""
    try:
        yield
    except BenchError as error:
        raise CurbwatchError(str(error)) from error


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def say(text: str) -> None:
    """What happens now, beside the report."""
    typer.echo(f"{datetime.now(UTC).astimezone():%H:%M:%S} {text}", err=True)


def estimate(seconds: float) -> None:
    """How long it will take, before it begins."""
    say(f"this takes about {seconds / 60:.1f} min" if seconds >= 90 else f"this takes about {seconds:.0f} s")


def baseline(path: Path | None, command: str, kind: type, *fields: str) -> dict[str, Any] | None:
    """An earlier JSON report with something in one of these fields, of this kind; typer.BadParameter else."""
    if path is None:
        return None
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise typer.BadParameter(f"{path}: not a JSON report ({error})", param_hint="--against") from error
    if not isinstance(report, dict) or not any(isinstance(report.get(name), kind) and report[name] for name in fields):
        wanted = f"{path}: no report of `{command} --json` with {' or '.join(fields)}"
        raise typer.BadParameter(wanted, param_hint="--against")
    return report


def write(
    json_file: Path | None,
    html_file: Path | None,
    report: dict[str, Any],
    page: Callable[[Mapping[str, Any]], str],
) -> None:
    """Write the report where it is wanted."""
    if json_file is not None:
        text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
        json_file.write_text(text + "\n", "utf-8")
    if html_file is not None:
        html_file.write_text(page(report), "utf-8")
