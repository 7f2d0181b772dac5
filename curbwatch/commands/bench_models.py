# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that measure models on labelled pictures: accuracy, compare."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from benchmarks.accuracy.against import check_same, worse
from benchmarks.accuracy.compare import compare as compare_models
from benchmarks.accuracy.folders import read_folder
from benchmarks.accuracy.looking import LEAST
from benchmarks.accuracy.measure import measure, negatives_in
from benchmarks.accuracy.page import accuracy_page, compare_page
from curbwatch.commands.bench_files import HtmlFile, JsonFile, baseline, now, told_plainly, write
from curbwatch.commands.tables import figure, print_table
from curbwatch.errors import CurbwatchError
from curbwatch.log import set_up_logs
from curbwatch.progress import progress
from curbwatch.settings import SHIPPED_MODEL
from detector.model import load_model
from models.thresholds import FEW
from models.thresholds import write as write_levels

Data = Annotated[Path, typer.Option(help="folder of labelled pictures: YOLO, COCO, or any with --labels")]
Labels = Annotated[Path | None, typer.Option(help="COCO json or label store, if not in the folder's usual place")]
Split = Annotated[str, typer.Option(help="test, val, train or all; default: test, else val, else all")]
Rename = Annotated[list[str], typer.Option(help="the data's name for a class and the model's: rubbish=debris")]
MinConfidence = Annotated[float | None, typer.Option(help="instead of the model's thresholds", min=LEAST, max=1)]
Threads = Annotated[int, typer.Option(help="inference threads", min=1)]
SHOWN = 5  # faults of each kind on the terminal


def accuracy(  # noqa: PLR0913, PLR0917 - one per option of the command line
    data: Data,
    model: Annotated[Path, typer.Option(help="the model's manifest")] = SHIPPED_MODEL,
    negatives: Annotated[Path | None, typer.Option(help="folder of pictures with nothing to find")] = None,
    labels: Labels = None,
    split: Split = "",
    rename: Rename = [],  # noqa: B006 - typer wants a list and hands over a new one
    min_confidence: MinConfidence = None,
    write_thresholds: Annotated[
        bool, typer.Option("--write-thresholds", help="choose thresholds on the split val, write them to the manifest")
    ] = False,
    against: Annotated[Path | None, typer.Option(help="earlier JSON report; exit 1 when worse")] = None,
    threads: Threads = 2,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Measure a model on labelled pictures. Example: curbwatch bench accuracy --data pictures/ --html report.html"""
    set_up_logs()
    before = baseline(against, "bench accuracy", dict, "classes")
    if write_thresholds and split not in ("", "val"):
        raise typer.BadParameter("thresholds are chosen on the split val", param_hint="--split")
    split = "val" if write_thresholds else split
    loaded, renamed = load_model(model, threads=threads), _renamed(rename)
    with told_plainly():
        pictures, clean = read_folder(data, labels, split), negatives_in(negatives)
        if before:
            check_same(pictures, clean, before)
        with progress("looking at pictures", len(pictures.pictures) + len(clean)) as step:
            report = measure(
                loaded, pictures, negatives=clean, min_confidence=min_confidence, rename=renamed, on_done=step
            )
    report["measured_at"] = now()
    write(json_file, html_file, report, accuracy_page)
    _print_accuracy(report)
    if write_thresholds:
        _write_thresholds(model, report)
    findings = worse(report, before) if before else []
    for finding in findings:
        typer.echo(f"worse: {finding}")
    raise typer.Exit(1 if findings else 0)


def compare(  # noqa: PLR0913, PLR0917 - as above
    first: Annotated[Path, typer.Argument(metavar="A", help="manifest of the model in use")],
    second: Annotated[Path, typer.Argument(metavar="B", help="manifest of the model that may replace it")],
    data: Data,
    labels: Labels = None,
    split: Split = "",
    rename: Rename = [],  # noqa: B006 - as above
    min_confidence: MinConfidence = None,
    passes: Annotated[int, typer.Option(help="timed looks of each model at each picture", min=1)] = 2,
    threads: Threads = 2,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Is model B better than A? Exit 1 if it is worse. Example: curbwatch bench compare A.toml B.toml --data DIR"""
    set_up_logs()
    models = [load_model(path, threads=threads) for path in (first, second)]
    renamed = _renamed(rename)
    with told_plainly():
        pictures = read_folder(data, labels, split)
        with progress("looking at pictures with both", len(pictures.pictures)) as step:
            report = compare_models(
                (models[0], models[1]), pictures, passes=passes, min_confidence=min_confidence, rename=renamed,
                on_done=step,
            )  # fmt: skip
    report["measured_at"] = now()
    write(json_file, html_file, report, compare_page)
    _print_comparison(report)
    raise typer.Exit(1 if report["b_is_worse"] else 0)


def _renamed(pairs: list[str]) -> dict[str, str]:
    if odd := [pair for pair in pairs if not all(pair.partition("="))]:
        raise typer.BadParameter(f"{odd[0]!r}: write DATA_NAME=MODEL_NAME", param_hint="--rename")
    return {old: new for old, _, new in (pair.partition("=") for pair in pairs)}


def _write_thresholds(manifest: Path, report: dict[str, Any]) -> None:
    chosen = report["chosen_thresholds"]
    try:
        write_levels(manifest, chosen)
    except ValueError as error:
        raise CurbwatchError(str(error)) from error
    typer.echo(f"{manifest}: " + ", ".join(f"{name} = {level:g}" for name, level in chosen.items()))
    for name, row in report["classes"].items():
        if row["boxes"] < FEW:
            rest = ", or rises until negatives are quiet" if row["boxes"] else ""
            typer.echo(f"{name}: {row['boxes']} boxes are too few to choose by, so it stays{rest}")


def _print_accuracy(report: dict[str, Any]) -> None:
    table = _by_class("AP50", "95 %", "AP50-95", "at", "precision", "recall", "boxes")
    for name, row in report["classes"].items():
        low, high = (figure(v) for v in row["ap50_interval"])
        table.add_row(
            name, figure(row["ap50"]), f"{low}–{high}", figure(row["ap50_95"]), f"{row['threshold']:g}",
            figure(row["precision"]), figure(row["recall"]), str(row["boxes"]),
        )  # fmt: skip
    print_table(table)
    clean = report["negatives"]
    if clean["pictures"]:
        low, high = (f"{100 * v:.1f}" for v in clean["with_box_share_interval"])
        typer.echo(f"a box in {100 * clean['with_box_share']:.1f} % [{low}, {high}] of {clean['pictures']} negatives")
    _print_faults(report["faults"])


def _by_class(*figures: str) -> Table:
    """A table in which a long name takes two lines before a figure is cut."""
    return Table(Column("class", overflow="fold"), *(Column(name, no_wrap=True) for name in figures))


def _print_comparison(report: dict[str, Any]) -> None:
    table = _by_class("A AP50", "B AP50", "B - A", "95 %", "boxes")
    for name, row in report["accuracy"].items():
        low, high = (figure(v) for v in row["difference_interval"])
        table.add_row(
            name, figure(row["a_ap50"]), figure(row["b_ap50"]), figure(row["difference"]),
            f"{low} to {high}", str(row["boxes"]),
        )  # fmt: skip
    print_table(table)
    times = report["latency"]
    low, high = times["ratio_interval"]
    typer.echo(
        f"a look: A {times['a_p50_ms']:.1f} ms, B {times['b_p50_ms']:.1f} ms; "
        f"B / A {times['ratio']:.3f} [{low:.3f}, {high:.3f}]"
    )
    _print_faults(report["faults"])
    typer.echo(report["verdict"])


def _print_faults(faults: list[dict[str, str]]) -> None:
    for kind, count in Counter(fault["kind"] for fault in faults).items():
        typer.echo(f"{kind}: {count}")
        for fault in [f for f in faults if f["kind"] == kind][:SHOWN]:
            typer.echo(f"  {fault['where']}: {fault['detail']}")
