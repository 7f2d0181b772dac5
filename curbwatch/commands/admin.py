# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that administer: models, cases, users, keys, db."""

import codecs
import csv
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.table import Column, Table

from api import accounts, case_rows
from api import report as reports
from api.errors import NotFound
from api.model import Case, CaseFilter
from api.roles import Role
from api.schemas import CaseListed, CaseOut
from api.store import Store, check_schema, open_store, upgrade
from api.times import utc_now
from api.workflow import Status
from curbwatch import case_dataset
from curbwatch.city_time import CITY_TIME, moment_of, shown
from curbwatch.errors import CurbwatchError
from curbwatch.lazily import lazily
from curbwatch.settings import SHIPPED_MODEL, load_settings
from detector.errors import DetectorError
from detector.manifest import load_manifest
from detector.model import load_model

MAKING = {name: f"curbwatch.commands.train:{name}" for name in ("train", "mean", "export", "card")}
models = typer.Typer(help="Models: list, verify, train, mean, export, card.", cls=lazily(MAKING), no_args_is_help=True)
cases = typer.Typer(help="Cases: list, show, report, export.", no_args_is_help=True)
users = typer.Typer(help="People who sign in to the page.", no_args_is_help=True)
keys = typer.Typer(help="API keys of machines.", no_args_is_help=True)
db = typer.Typer(help="The database.", no_args_is_help=True)

PIPED = 10_000  # columns: a line for each row, for other programs
COLUMNS = ("id", "status", "class", "camera_id", "zone", "confidence", "first_seen_at", "confirmed_at", "cleared_at")
SHEET = (*COLUMNS[:4], "camera_place", *COLUMNS[4:])

SettingsFile = Annotated[Path, typer.Option("--settings", "-s", help="settings file of the service")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
Since = Annotated[str, typer.Option(help=f"created at or after: {CITY_TIME}")]
StatusOption = Annotated[list[Status] | None, typer.Option("--status", help="only these; repeat for several")]
RoleOption = Annotated[Role, typer.Option(help="what it may do")]
Password = Annotated[
    str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, envvar="CURBWATCH_NEW_PASSWORD")
]


@contextmanager
def _store(settings: Path) -> Iterator[Store]:
    """The store of a running or stopped service; only `db upgrade` and `run` change its tables, once it has some."""
    with open_store(load_settings(settings).database_url) as store:
        check_schema(store)
        yield store


@contextmanager
def _store_to_fill(settings: Path) -> Iterator[Store]:
    """The store, made where there is none: keys and users are added before the first start."""
    url = load_settings(settings).database_url
    upgrade(url)
    with open_store(url) as store:
        yield store


def _city(settings: Path) -> ZoneInfo:
    return ZoneInfo(load_settings(settings).service.timezone)


def _print(rows: list[dict[str, Any]], zone: tzinfo, *, as_json: bool) -> None:
    """JSON with times as the API writes them, or a table with times in `zone`."""
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
        table.add_row(*("" if value is None else str(value) for value in _in(zone, row).values()))
    Console(markup=False, width=None if sys.stdout.isatty() else PIPED).print(table)


def _in(zone: tzinfo, row: dict[str, Any]) -> dict[str, Any]:
    return {name: shown(value, zone) if isinstance(value, datetime) else value for name, value in row.items()}


def _listed(store: Store, wanted: CaseFilter) -> Iterator[dict[str, Any]]:
    return (CaseListed.model_validate(case).model_dump(mode="json", by_alias=True) for case in _cases(store, wanted))


def _cases(store: Store, wanted: CaseFilter) -> Iterator[Case]:
    with store.read() as connection:
        yield from case_rows.every(connection, wanted)


def _wanted(status: list[Status] | None, since: str, zone: tzinfo, until: str = "") -> CaseFilter:
    begins, ends = (moment_of(text, tz=zone, now=utc_now()) if text else None for text in (since, until))
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
    zone = _city(settings)
    wanted = _wanted(status, since, zone)
    with _store(settings) as store:
        rows = list(_brief(islice(_cases(store, wanted), limit)))
    _print(rows, zone, as_json=as_json)


@cases.command("show")
def show_case(settings: SettingsFile, case_id: Annotated[str, typer.Argument(help="such as C20261121-0001")]) -> None:
    """Show one case with its evidence, history and trace, as JSON. Example: curbwatch cases show -s city.toml C…"""
    try:
        with _store(settings) as store, store.read() as connection:
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
    zone = _city(settings)
    with _store(settings) as store:
        found = reports.report(_cases(store, _wanted(None, since, zone, until)))
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), ensure_ascii=False))
        return
    groups = [("all", found.total), *found.by_class.items(), *found.by_camera.items()]
    _print([{"of": name} | _summed(figures) for name, figures in groups], zone, as_json=False)


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
    zone = _city(settings)
    wanted = _wanted(status, since, zone)
    if dataset is not None:
        _export_dataset(settings, wanted, dataset)
        return
    with _store(settings) as store:
        if form == "jsonl":
            for row in _listed(store, wanted):
                typer.echo(json.dumps(row, ensure_ascii=False))
            return
        _export_sheet(store, wanted, zone)


def _export_sheet(store: Store, wanted: CaseFilter, zone: tzinfo) -> None:
    # with a mark at its beginning, without which spreadsheets take UTF-8 for something else
    writer = csv.DictWriter(codecs.getwriter("utf-8-sig")(sys.stdout.buffer), SHEET)
    writer.writeheader()
    writer.writerows(_in(zone, row) for row in _brief(_cases(store, wanted), SHEET))


def _export_dataset(settings: Path, wanted: CaseFilter, out: Path) -> None:
    evidence = load_settings(settings).evidence_path
    with _store(settings) as store:
        asked = None if wanted == CaseFilter() else {case.id for case in _cases(store, wanted)}
        judged = case_dataset.write(_cases(store, CaseFilter()), evidence, out, asked=asked)
    counts = Counter(f"{entry.split} {entry.kind.replace('_', ' ')}" for entry in judged)
    typer.echo(f"{out}: {len(judged)} judged pictures" + "".join(f"; {count} {what}" for what, count in counts.items()))
    if judged:
        typer.echo(f"look at them, then: curbwatch models train --data {out} --name NAME")


@users.command("add")
def add_user(settings: SettingsFile, name: str, password: Password, role: RoleOption = Role.OPERATOR) -> None:
    """Add a person. Example: curbwatch users add -s city.toml li --role operator (asks for the password)"""
    with _store_to_fill(settings) as store:
        user = accounts.add_user(store, name, password, role)
    typer.echo(f"{user.name} may sign in as {user.role}")


@users.command("password")
def set_password(settings: SettingsFile, name: str, password: Password) -> None:
    """Give a person a new password and end their sessions. Example: curbwatch users password -s city.toml li"""
    with _store(settings) as store:
        user = accounts.set_password(store, name, password)
    shut = f", but is disabled: `curbwatch users enable -s {settings} {name}` lets them in again"
    typer.echo(f"{name} has a new password{shut if user.disabled_at else ''}")


@users.command("role")
def set_role(settings: SettingsFile, name: str, role: RoleOption) -> None:
    """Give a person another role, at once. Example: curbwatch users role -s city.toml li --role viewer"""
    with _store(settings) as store:
        accounts.set_role(store, name, role)
    typer.echo(f"{name} is {role} now")


@users.command("disable")
def disable_user(settings: SettingsFile, name: str) -> None:
    """End a person's access at once. Example: curbwatch users disable -s city.toml li"""
    with _store(settings) as store:
        accounts.disable_user(store, name)
    typer.echo(f"{name} is disabled")


@users.command("enable")
def enable_user(settings: SettingsFile, name: str) -> None:
    """Let a disabled person sign in again. Example: curbwatch users enable -s city.toml li"""
    with _store(settings) as store:
        accounts.enable_user(store, name)
    typer.echo(f"{name} may sign in again")


@users.command("list")
def list_users(settings: SettingsFile, as_json: AsJson = False) -> None:
    """List people. Example: curbwatch users list -s city.toml"""
    with _store(settings) as store:
        _print([dataclasses.asdict(user) for user in accounts.list_users(store)], _city(settings), as_json=as_json)


@keys.command("add")
def add_key(settings: SettingsFile, name: str, role: RoleOption = Role.PATROL) -> None:
    """Make an API key; its secret is printed once. Example: curbwatch keys add -s city.toml dispatch --role operator"""
    with _store_to_fill(settings) as store:
        typer.echo(accounts.add_key(store, name, role))


@keys.command("revoke")
def revoke_key(settings: SettingsFile, name: str) -> None:
    """End a key at once. Example: curbwatch keys revoke -s city.toml dispatch"""
    with _store(settings) as store:
        accounts.revoke_key(store, name)
    typer.echo(f"{name} is revoked")


@keys.command("list")
def list_keys(settings: SettingsFile, as_json: AsJson = False) -> None:
    """List API keys, never their secrets. Example: curbwatch keys list -s city.toml"""
    with _store(settings) as store:
        _print([dataclasses.asdict(key) for key in accounts.list_keys(store)], _city(settings), as_json=as_json)


@db.command("upgrade")
def upgrade_db(settings: SettingsFile) -> None:
    """Bring the database to this version's tables; safe to repeat. Example: curbwatch db upgrade -s city.toml"""
    typer.echo(f"database is at {upgrade(load_settings(settings).database_url)}")


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that came with Curbwatch. Example: curbwatch models list"""
    found = [load_manifest(path) for path in sorted(SHIPPED_MODEL.parent.glob("*.toml"))]
    rows = [
        {"name": m.name, "head": m.head, "input": m.input_size, "classes": ", ".join(m.classes), "licence": m.licence}
        for m in found
    ]
    _print(rows, UTC, as_json=as_json)


@models.command("verify")
def verify_models(
    manifests: Annotated[list[Path] | None, typer.Argument(help="manifests; default: all that are shipped")] = None,
) -> None:
    """Check manifests, checksums and a first run. Exit 1 on a fault. Example: curbwatch models verify my-model.toml"""
    good = True
    for path in manifests or sorted(SHIPPED_MODEL.parent.glob("*.toml")):
        try:
            name = load_model(path).manifest.name
        except DetectorError as error:
            good = False
            typer.echo(f"bad: {error}")
        else:
            typer.echo(f"good: {name}")
    raise typer.Exit(0 if good else 1)
