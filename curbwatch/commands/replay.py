# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that runs again what was: a recording, the looks of the last days under other rules, a scenario."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from curbwatch.city_time import CityTime, CityTimeOrNow, moment_of
from curbwatch.commands.tables import AsJson
from curbwatch.errors import SettingsError
from curbwatch.log import set_up_logs
from curbwatch.looks_book import LooksBook
from curbwatch.replay import replay_recording
from curbwatch.rules_replay import replay_rules
from curbwatch.scenario import run_scenario
from curbwatch.settings import CameraSettings, Settings, load_settings
from curbwatch.speech import LanguageOption, language_of, word
from detector.language import Language
from detector.model import load_model
from detector.reading import check_classes
from detector.rules import Rules

RECORDING: dict[Language, str] = {"en": "{looks} looks, {cases} case(s)", "zh": "共 {looks} 次观察，立案 {cases} 件"}
RULES: dict[Language, str] = {
    "en": "{looks} looks of {cameras} camera(s): {cases_now} case(s) under the rules of now, "
    "{cases_then} under the others",
    "zh": "{cameras} 路摄像机共 {looks} 次观察：按现行规则立案 {cases_now} 件，按另一规则 {cases_then} 件",
}

SettingsFile = Annotated[Path | None, typer.Option(help="settings file with the cameras and their zones")]


def replay(  # noqa: PLR0913, PLR0917 - each is an option of its own
    recording: Annotated[str, typer.Argument(help="a video, a folder of pictures or a glob pattern")] = "",
    settings: SettingsFile = None,
    rules: Annotated[Path | None, typer.Option(help="other settings: try their zones on the kept looks")] = None,
    scenario: Annotated[Path | None, typer.Option(help="a file made by curbwatch why --save-scenario")] = None,
    camera: Annotated[str, typer.Option(help="camera id; needed for a recording if there are several")] = "",
    start_at: CityTimeOrNow = "",
    days: Annotated[float, typer.Option(help="so many days back", min=0.001, max=366)] = 7.0,
    since: CityTime = "",
    until: CityTime = "",
    lang: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Run again what was, and say which cases come of it.

    A recording: curbwatch replay a.mp4 --settings s.toml. Other rules on the looks of the last days: curbwatch replay
    --rules new.toml --settings city.toml --days 3. A scenario, exit 1 if its outcome differs: curbwatch replay
    --scenario s.json
    """
    set_up_logs()
    asked = [
        name for name, given in (("a recording", recording), ("--rules", rules), ("--scenario", scenario)) if given
    ]
    if len(asked) != 1:
        raise typer.BadParameter("give one of: a recording, --rules NEW.toml, --scenario FILE")
    if scenario is not None:
        _scenario(scenario, as_json=as_json)
        return
    if settings is None:
        raise typer.BadParameter(f"{asked[0]} needs --settings FILE", param_hint="--settings")
    wanted = load_settings(settings)
    if rules is not None:
        span = _span(wanted, since, until, days)
        _rules(wanted, load_settings(rules), span, language_of(lang), as_json=as_json)
    else:
        _recording(wanted, recording, camera, start_at, language_of(lang), as_json=as_json)


def _scenario(path: Path, *, as_json: bool) -> None:
    outcome = run_scenario(path)
    if as_json:
        typer.echo(json.dumps(outcome, ensure_ascii=False))
    else:
        typer.echo(f"{'good' if outcome['good'] else 'bad'}: {path}, {outcome['looks']} looks")
        if not outcome["good"]:
            typer.echo(f"  expected {_listed(outcome['expected'])}\n  found    {_listed(outcome['found'])}")
    raise typer.Exit(0 if outcome["good"] else 1)


def _listed(outcome: dict[str, list[tuple[str, str]]]) -> str:
    return "; ".join(f"{name}: {', '.join(map(' '.join, pairs)) or 'none'}" for name, pairs in outcome.items())


def _span(settings: Settings, since: str, until: str, days: float) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    ends = moment_of(until, tz=settings.tz, now=now)
    return (moment_of(since, tz=settings.tz, now=now) if since else ends - timedelta(days=days)), ends


def _rules(
    settings: Settings, other: Settings, span: tuple[datetime, datetime], language: Language, *, as_json: bool
) -> None:
    if not settings.looks_path.exists():
        raise SettingsError(
            f"no looks are kept at {settings.looks_path}: run this on the patrol's machine; patrol.looks_days must not "
            "be 0"
        )
    with closing(LooksBook(settings.looks_path)) as book:
        outcome = replay_rules(book, _all_rules(settings), _all_rules(other), since=span[0], until=span[1])
    if as_json:
        typer.echo(json.dumps(outcome, ensure_ascii=False))
        return
    _print_cases("would not have been raised", outcome["gone"], settings, language)
    _print_cases("would have been raised as well", outcome["new"], settings, language)
    typer.echo(RULES[language].format(**outcome | {"cameras": len(outcome["cameras"])}))


def _all_rules(settings: Settings) -> dict[str, Rules]:
    return {camera.id: settings.rules(camera) for camera in settings.cameras}


def _print_cases(title: str, cases: list[dict[str, Any]], settings: Settings, language: Language) -> None:
    if not cases:
        return
    names = (word(name, language) for name in ("first seen", "camera", "class", "zone", "why"))
    table = Table(*names, title=word(title, language))
    for case in cases:
        first = datetime.fromisoformat(case["first_seen_at"]).astimezone(settings.tz).strftime("%Y-%m-%d %H:%M:%S")
        what = word(case["class"], language)
        table.add_row(first, case["camera_id"], what, case["zone"], case["text"][language])
    Console(markup=False).print(table)


def _recording(
    settings: Settings, recording: str, camera: str, start_at: str, language: Language, *, as_json: bool
) -> None:
    chosen = _camera(settings, camera)
    began = moment_of(start_at, tz=settings.tz, now=datetime.now(UTC))
    model = load_model(settings.model.manifest, threads=settings.model.threads)
    check_classes(model.manifest)
    outcome = replay_recording(recording, settings, chosen, model, start_at=began)
    if as_json:
        typer.echo(json.dumps(outcome, ensure_ascii=False))
        return
    table = Table(*(word(name, language) for name in ("at", "what happened", "class", "zone", "why")))
    for event in outcome["events"]:
        what = (word(event[name], language) for name in ("event", "class"))
        table.add_row(f"{event['second']:.1f} s", *what, event["zone"], event["text"][language])
    Console(markup=False).print(table)
    typer.echo(RECORDING[language].format(**outcome))


def _camera(settings: Settings, wanted: str) -> CameraSettings:
    known = {camera.id: camera for camera in settings.cameras}
    if wanted in known:
        return known[wanted]
    if not wanted and len(known) == 1:
        return next(iter(known.values()))
    raise SettingsError(f"name the camera with --camera, one of: {', '.join(known) or 'none in the settings'}")
