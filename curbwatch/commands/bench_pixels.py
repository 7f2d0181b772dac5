# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pixel level of `bench scenarios`: scenario videos through the model and the whole chain."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.scenarios.backdrop import Unfit, clips
from benchmarks.scenarios.pixel import Reel, reel_of
from benchmarks.scenarios.pixel_backgrounds import backgrounds
from benchmarks.scenarios.pixel_cache import cache_folder
from benchmarks.scenarios.pixel_report import judge, report
from benchmarks.scenarios.pixel_scripts import scripts
from benchmarks.scenarios.pixel_write import write
from benchmarks.scenarios.stage import Script
from benchmarks.scenarios.stage_pack import load_pack
from benchmarks.scenarios.stories import STORIES, Set
from curbwatch.commands.bench_files import now
from curbwatch.progress import progress
from detector.manifest import load_manifest
from detector.model import Model, load_model

COLUMNS = ("name", "violations", "found", "false", "duplicates", "undecided")


def chosen(only: Sequence[str]) -> tuple[Script, ...]:
    """The scenarios whose names hold one of the words; typer.BadParameter where none does."""
    every = scripts()
    some = tuple(script for script in every if not only or any(word.lower() in script.name for word in only))
    if not some:
        names = "; ".join(script.name for script in every)
        raise typer.BadParameter(f"no scenario is called like that; there are: {names}", param_hint="--only")
    return some


def check(only: Sequence[str], real: Path | None, manifest: Path) -> None:
    """Refuse before anything is measured what cannot be; typer.BadParameter, ManifestError."""
    chosen(only)
    load_manifest(manifest)
    try:
        if real is not None:
            clips(real)
    except Unfit as error:
        raise typer.BadParameter(str(error), param_hint="--backgrounds") from error


def pixel_level(only: Sequence[str], manifest: Path, folder: Path | None) -> dict[str, Any]:
    """Measure the scenarios; write their films into `folder` first if there is one."""
    pack, some = load_pack(), chosen(only)
    return _measured([reel_of(pack, script) for script in some], load_model(manifest), folder)


def _measured(reels: Sequence[Reel], model: Model, folder: Path | None) -> dict[str, Any]:
    if folder is not None:
        with progress("writing films", len(reels)) as step:
            for reel in reels:
                write(reel, folder)
                step()
    with progress("watching scenario videos", sum(len(reel.at_s) for reel in reels)) as step:
        results = judge(reels, model, cache=cache_folder(), on_done=step)
    return {"measured_at": now()} | report(results, model)


def backgrounds_level(real: Path, manifest: Path, folder: Path | None, which: Set) -> dict[str, Any]:
    """Stories on real clips; typer.BadParameter where no clip can serve."""
    model = load_model(manifest)
    try:
        reels, refused = backgrounds(load_pack(), real, model, STORIES[which])
    except Unfit as error:
        raise typer.BadParameter(str(error), param_hint="--backgrounds") from error
    return _measured(reels, model, folder) | {"stories": which, "refused": refused}


def tell(pixel: dict[str, Any]) -> None:
    """Print the scenarios, and each failure in a line."""
    table = Table(*COLUMNS)
    for row in pixel["scenarios"]:
        table.add_row(*(str(row[column]) for column in COLUMNS))
    Console().print(table)
    for row in pixel["scenarios"]:
        for failure in row["failures"]:
            typer.echo(f"{row['name']}: {failure}")
    for reason in pixel.get("refused", []):
        typer.echo(f"left out: {reason}")
