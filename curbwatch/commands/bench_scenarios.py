# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that measures scenarios: does one standing violation become one true case?"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.scenarios.against import LEVELS, worse
from benchmarks.scenarios.cost import look_cost
from benchmarks.scenarios.page import NAMES, scenarios_page
from benchmarks.scenarios.report import logic as logic_level
from benchmarks.scenarios.report import steps
from benchmarks.scenarios.setting import Setting
from benchmarks.scenarios.stories import Set
from curbwatch.commands.bench_files import HtmlFile, JsonFile, baseline, now
from curbwatch.commands.bench_files import write as write_report
from curbwatch.commands.bench_pixels import backgrounds_level, check, pixel_level, tell
from curbwatch.commands.tables import figure
from curbwatch.log import set_up_logs
from curbwatch.progress import progress
from curbwatch.settings import SHIPPED_MODEL

COLUMNS = (
    "precision",
    "recall",
    "duplicates_per_event",
    "false",
    "confirm_delay_looks_p95",
    "clear_delay_looks_p95",
    "events",
)


def scenarios(  # noqa: PLR0913 - one per option of the command line
    *,
    logic: Annotated[bool, typer.Option("--logic/--no-logic", help="simulated looks, with baselines beside")] = True,
    camera_hours: Annotated[float, typer.Option(help="simulated, of 12 hours per camera", min=12)] = 480,
    recall: Annotated[float, typer.Option(help="of the simulated detector, per look", min=0.05, max=0.99)] = 0.6,
    false_per_look: Annotated[float, typer.Option(help="its false boxes per look", min=0, max=0.4)] = 0.02,
    seed: Annotated[int, typer.Option(help="draws another city", min=0)] = 0,
    pixel: Annotated[bool, typer.Option("--pixel", help="scenario videos through the model; some minutes")] = False,
    backgrounds: Annotated[
        Path | None, typer.Option(help="folder of real clips of fixed cameras to plant things in", file_okay=False)
    ] = None,
    stories: Annotated[Set, typer.Option(help="there: the first it was developed on, others, or the latest")] = "first",
    only: Annotated[list[str] | None, typer.Option(help="of the videos: those with this in their name")] = None,
    model: Annotated[Path, typer.Option(help="manifest that looks at the videos")] = SHIPPED_MODEL,
    write: Annotated[Path | None, typer.Option(help="write the videos and their truth here", file_okay=False)] = None,
    kills: Annotated[int, typer.Option(help="kill a patrol and an API so often, with signal 9", min=0)] = 0,
    against: Annotated[Path | None, typer.Option(help="earlier JSON report; exit 1 when worse")] = None,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Does one standing violation become one true case? Example: curbwatch bench scenarios --html report.html"""
    set_up_logs()
    before = baseline(against, "bench scenarios", dict, *LEVELS)
    check(only or [], backgrounds, model)
    report: dict[str, Any] = {"measured_at": now()}
    if logic:
        setting = Setting(recall=recall, false_per_look=false_per_look)
        with progress("watching simulated cameras", steps(setting, camera_hours)) as step:
            report |= logic_level(setting, camera_hours=camera_hours, seed=seed, on_done=step)
        report["cost"] = look_cost()
    if pixel:
        report["pixel"] = pixel_level(only or [], model, write)
    if backgrounds is not None:
        report["pixel_backgrounds"] = backgrounds_level(backgrounds, model, write, stories)
    if kills:
        from curbwatch.commands.bench_kills import kill_test  # noqa: PLC0415 - the web server, for this alone

        with progress("killing", kills) as step:
            report["kills"] = kill_test(kills, seed=seed, on_done=step)
    _print(report)
    write_report(json_file, html_file, report, scenarios_page)
    findings = worse(report, before) if before else []
    for finding in findings:
        typer.echo(f"worse: {finding}")
    killed = report.get("kills", {})
    raise typer.Exit(1 if findings or killed.get("lost") or killed.get("doubled") else 0)


def _print(report: dict[str, Any]) -> None:
    table = Table("", *(name.replace("_", " ") for name in COLUMNS))
    rows = {NAMES["ours"]: report.get("logic"), "pixel level": report.get("pixel")}
    rows["real backgrounds"] = report.get("pixel_backgrounds")
    rows |= {NAMES[kind]: row for kind, row in report.get("baselines", {}).items()}
    for name, row in rows.items():
        if row is not None:
            table.add_row(name, *(figure(row.get(column)) for column in COLUMNS))
    if table.row_count:
        Console().print(table)
    for level in ("pixel", "pixel_backgrounds"):
        if level in report:
            tell(report[level])
    for kind, row in report.get("equal_recall", {}).items():
        typer.echo(f"false cases at equal recall: ours {row['ours_false']}, {NAMES[kind]} {row['false']}")
    if "cost" in report:
        cost = report["cost"]
        typer.echo(f"a look with {cost['sites']} sites in {cost['zones']} zones: {cost['p50_ms']:.3f} ms of one core")
    if "kills" in report:
        killed = report["kills"]
        typer.echo(f"{killed['kills']} kills: {killed['lost']} cases lost, {killed['doubled']} doubled")
