# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands for what became of violations: cases list, show, report, export."""

import codecs
import csv
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from api import case_rows
from api import report as reports
from api.errors import NotFound
from api.model import Case, CaseFilter
from api.schemas import CaseListed, CaseOut
from api.store import Store
from api.times import utc_now
from api.workflow import Status
from curbwatch import case_dataset
from curbwatch.city_time import CITY_TIME, moment_of
from curbwatch.commands.stores import SettingsFile, city, opened
from curbwatch.commands.tables import AsJson, in_city_time, print_rows
from curbwatch.errors import CurbwatchError
from curbwatch.settings import load_settings

cases = typer.Typer(help="Cases: list, show, report, export.", no_args_is_help=True)

COLUMNS = ("id", "status", "class", "camera_id", "zone", "confidence", "first_seen_at", "confirmed_at", "cleared_at")
SHEET = (*COLUMNS[:4], "camera_place", *COLUMNS[4:])
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Since = Annotated[str, typer.Option(help=f"created at or after: {CITY_TIME}")]
StatusOption = Annotated[list[Status] | None, typer.Option("--status", help="only these; repeat for several")]


def _listed(store: Store, wanted: CaseFilter) -> Iterator[dict[str, Any]]:
    return (CaseListed.model_validate(case).model_dump(mode="json", by_alias=True) for case in _cases(store, wanted))


def _cases(store: Store, wanted: CaseFilter) -> Iterator[Case]:
    with store.read() as connection:
        yield from case_rows.every(connection, wanted)


def _wanted(status: list[Status] | None, since: str, tz: tzinfo, until: str = "") -> CaseFilter:
    begins, ends = (moment_of(text, tz=tz, now=utc_now()) if text else None for text in (since, until))
    return CaseFilter(status=tuple(status or ()), since=begins, until=ends)


def _brief(cases: Iterable[Case], columns: Sequence[str] = COLUMNS) -> Iterator[dict[str, Any]]:
    wholes = (CaseListed.model_validate(case).model_dump(by_alias=True) for case in cases)
    return ({name: whole[name] for name in columns} for whole in wholes)


@cases.command("list")
def list_cases(
    settings: SettingsFile,
    status: StatusOption = None,
    since: Since = "",
    limit: Annotated[int, typer.Option(help="at most", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, newest first. Example: curbwatch cases list -s city.toml --status new"""
    tz = city(settings)
    wanted = _wanted(status, since, tz)
    with opened(settings) as store:
        rows = list(_brief(islice(_cases(store, wanted), limit)))
    print_rows(rows, tz, as_json=as_json)


@cases.command("show")
def show_case(settings: SettingsFile, case_id: Annotated[str, typer.Argument(help="such as C20261121-0001")]) -> None:
    """Show one case with its evidence, history and trace, as JSON. Example: curbwatch cases show -s city.toml C…"""
    try:
        with opened(settings) as store, store.read() as connection:
            case = CaseOut.model_validate(case_rows.get(connection, case_id))
    except NotFound:
        raise CurbwatchError(f"no case {case_id}: `curbwatch cases list -s {settings}` names those there are") from None
    typer.echo(case.model_dump_json(by_alias=True, indent=2))


@cases.command("report")
def report_cases(
    settings: SettingsFile,
    since: Since = "",
    until: Annotated[str, typer.Option(help=f"created before: {CITY_TIME}")] = "",
    as_json: AsJson = False,
) -> None:
    """Sum a period up: true cases, mean times of the work. Example: cases report -s city.toml --since 2026-11-01"""
    tz = city(settings)
    with opened(settings) as store:
        found = reports.report(_cases(store, _wanted(None, since, tz, until)))
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), ensure_ascii=False))
        return
    groups = [("all", found.total), *found.by_class.items(), *found.by_camera.items()]
    print_rows([{"of": name} | _summed(figures) for name, figures in groups], tz, as_json=False)


def _summed(figures: reports.Figures) -> dict[str, Any]:
    counts = ("registered", "waiting", "true", "false", "returned")
    means = ((link, span.mean_s) for link, span in figures.spans.items())
    hours = {f"{link}, h": None if mean_s is None else f"{mean_s / 3600:.2f}" for link, mean_s in means}
    return {name: getattr(figures, name) for name in counts} | hours


@cases.command("export")
def export_cases(
    settings: SettingsFile,
    status: StatusOption = None,
    since: Since = "",
    form: Annotated[Literal["csv", "jsonl"], typer.Option("--format", help="csv or jsonl")] = "csv",
    dataset: Annotated[
        Path | None, typer.Option(help="write judged cases as training pictures here instead", file_okay=False)
    ] = None,
) -> None:
    """Write all cases to stdout, or what people judged as a data set. Example: cases export -s city.toml > cases.csv"""
    tz = city(settings)
    wanted = _wanted(status, since, tz)
    if dataset is not None:
        _export_dataset(settings, wanted, dataset)
        return
    with opened(settings) as store:
        if form == "jsonl":
            for row in _listed(store, wanted):
                typer.echo(json.dumps(row, ensure_ascii=False))
            return
        _export_sheet(store, wanted, tz)


def _export_sheet(store: Store, wanted: CaseFilter, tz: tzinfo) -> None:
    # with a mark at its beginning, without which spreadsheets take UTF-8 for something else
    writer = csv.DictWriter(codecs.getwriter("utf-8-sig")(sys.stdout.buffer), SHEET)
    writer.writeheader()
    rows = (in_city_time(row, tz) for row in _brief(_cases(store, wanted), SHEET))
    writer.writerows({name: _as_text(value) for name, value in row.items()} for row in rows)


def _as_text(cell: Any) -> Any:
    """A cell that spreadsheets don't take for a formula: cameras and zones are called as somebody chose."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _export_dataset(settings: Path, wanted: CaseFilter, out: Path) -> None:
    evidence = load_settings(settings).evidence_path
    with opened(settings) as store:
        asked = None if wanted == CaseFilter() else {case.id for case in _cases(store, wanted)}
        judged = case_dataset.write(_cases(store, CaseFilter()), evidence, out, asked=asked)
    counts = Counter(f"{entry.split} {entry.kind.replace('_', ' ')}" for entry in judged)
    typer.echo(f"{out}: {len(judged)} judged pictures" + "".join(f"; {count} {what}" for what, count in counts.items()))
    if judged:
        typer.echo(f"look at them, then: curbwatch models train --data {out} --name NAME")
