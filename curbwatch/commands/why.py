# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that answers why: a camera, a moment, one sentence."""

from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.ledger_schemas import WhyOut
from api.times import stamp
from curbwatch.asking import Asking, asking, picture_of
from curbwatch.city_time import CityTimeOrNow, moment_of
from curbwatch.commands.tables import AsJson
from curbwatch.errors import CurbwatchError, SettingsError
from curbwatch.log import set_up_logs
from curbwatch.looks_book import LooksBook
from curbwatch.scenario import Expect, Subject, looks_from_trace, scenario
from curbwatch.settings import Settings, load_settings
from curbwatch.speech import LanguageOption, language_of, word
from detector.language import Language
from detector.look import Look

BEFORE = timedelta(minutes=2)  # what a scenario shows before its candidate came and after it was decided
SHOWN = 10


def why(  # noqa: PLR0913, PLR0917 - each is an option of its own
    camera: Annotated[str, typer.Argument(help="camera id")],
    at: CityTimeOrNow = "",
    settings: Annotated[Path | None, typer.Option("--settings", "-s", help="settings file of the service")] = None,
    api: Annotated[str, typer.Option(help="address of the service; its key in CURBWATCH_TOKEN")] = "",
    picture: Annotated[Path | None, typer.Option(help="write the picture (JPEG) here")] = None,
    save_scenario: Annotated[Path | None, typer.Option(help="write a regression scenario into this folder")] = None,
    expect: Annotated[Expect, typer.Option(help="what the scenario is to end in")] = "as-it-was",
    lang: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Say why there was no case, or which there was. Example: curbwatch why cam-12 --at 14:03 -s city.toml"""
    set_up_logs()
    language = language_of(lang)
    wanted = load_settings(settings) if settings else None
    tz = wanted.tz if wanted else None
    moment = moment_of(at, tz=tz, now=datetime.now(UTC))
    with asking(wanted, api) as somebody:
        found = somebody.why(camera, moment)
        if as_json:
            typer.echo(found.model_dump_json(by_alias=True))
        else:
            _print(found, language, tz)
        if picture is not None:
            _save_picture(somebody, found, picture)
        if save_scenario is not None:
            path = _save_scenario(somebody, found, wanted, save_scenario, expect)
            typer.echo(f"{path}: run it with `curbwatch replay --scenario {path}`", err=True)


def _print(found: WhyOut, language: Language, tz: tzinfo | None) -> None:
    typer.echo(found.text.zh if language == "zh" else found.text.en)
    if not found.entries:
        return
    table = Table(*(word(name, language) for name in ("from", "until", "class", "zone", "why", "entry")))
    for entry in found.entries[:SHOWN]:
        times = (t.astimezone(tz).strftime("%H:%M:%S") for t in (entry.first_seen_at, entry.given_up_at))
        text = entry.text.zh if language == "zh" else entry.text.en
        table.add_row(*times, word(entry.class_name, language), entry.zone, text, entry.id)
    Console(markup=False).print(table)


def _save_picture(somebody: Asking, found: WhyOut, path: Path) -> None:
    data = picture_of(somebody, found)
    if data is None:
        raise CurbwatchError("there is no picture of that moment: nothing stood there, or it is no longer kept")
    path.write_bytes(data)


def _save_scenario(somebody: Asking, found: WhyOut, settings: Settings | None, folder: Path, expect: Expect) -> Path:
    if settings is None:
        raise SettingsError("--save-scenario needs --settings FILE with the camera's zones")
    camera = next((camera for camera in settings.cameras if camera.id == found.camera_id), None)
    if camera is None:
        raise SettingsError(f"{found.camera_id} is not in the settings: a scenario needs its zones")
    subject, since, until, trace = _subject(somebody, found)
    looks = kept_looks(settings, subject.camera_id, since - BEFORE, until + BEFORE)
    source = "looks" if looks else "trace"
    looks = looks or looks_from_trace(subject.camera_id, subject.class_name, subject.box, trace)
    about = {"sentence": found.text.model_dump(), "at": stamp(found.at), "looks_from": source}
    text = scenario(looks, settings.rules(camera), subject, expect=expect, about=about)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.camera_id}-{since:%Y%m%dT%H%M%S}-{found.case or found.entries[0].id}.json"
    path.write_text(text + "\n", "utf-8")
    return path


def _subject(somebody: Asking, found: WhyOut) -> tuple[Subject, datetime, datetime, list[dict[str, object]]]:
    """What the answer is about, from when until when, and its looks as far as they were told."""
    if found.case is not None:
        case = somebody.case(found.case)
        subject = Subject(case.camera_id, case.class_name, case.zone, case.box)
        return subject, case.first_seen_at, case.confirmed_at, case.trace
    if not found.entries:
        raise CurbwatchError("there is nothing of that moment to make a scenario of: no candidate, no case")
    entry = somebody.entry(found.entries[0].id)
    subject = Subject(entry.camera_id, entry.class_name, entry.zone, entry.box)
    return subject, entry.first_seen_at, entry.given_up_at, entry.trace


def kept_looks(settings: Settings, camera_id: str, since: datetime, until: datetime) -> list[Look]:
    """The looks of a span that the patrol on this machine kept; none where it keeps none."""
    if not settings.looks_path.exists():
        return []
    with closing(LooksBook(settings.looks_path)) as book:
        return list(book.looks(camera_id, since=since, until=until))
