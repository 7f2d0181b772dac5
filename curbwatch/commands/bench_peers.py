# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that lets other people's ways of watching cameras compete."""

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.capacity.setup import Plan
from benchmarks.load.streams import STREAMS
from benchmarks.machine import facts
from benchmarks.peers.contest import Match, compete, contestants
from benchmarks.peers.page import peers_page
from curbwatch.commands.bench_capacity import StreamName, apart, field_for
from curbwatch.commands.bench_files import HtmlFile, JsonFile, estimate, now, say, told_plainly, write
from curbwatch.settings import SHIPPED_MODEL
from detector.choosing import Engine
from detector.manifest import load_manifest

AROUND_S = 22.0  # start, first looks, settling and end of one turn


def peers(  # noqa: PLR0913, PLR0917 - one per option of the command line
    cameras: Annotated[int, typer.Option(help="how many cameras each has to watch", min=1)] = 6,
    every: Annotated[float, typer.Option(help="seconds between looks at a camera", min=0.1)] = 2.0,
    seconds: Annotated[float, typer.Option(help="how long each turn is watched", min=2)] = 30,
    repeats: Annotated[int, typer.Option(help="rounds; an interval needs two", min=1, max=10)] = 3,
    stream: StreamName = "main",
    cores: Annotated[int, typer.Option(help="processors for each; the generator has the rest", min=1)] = 1,
    engine: Annotated[Engine, typer.Option(help="our inference engine; peers have onnxruntime")] = "auto",
    python: Annotated[Path | None, typer.Option(help="interpreter that has ultralytics (extra train)")] = None,
    roboflow: Annotated[Path | None, typer.Option(help="interpreter that has roboflow's inference")] = None,
    pt: Annotated[str, typer.Option(help=".pt weights; default: the same network with random ones")] = "yolo11n.yaml",
    model: Annotated[Path, typer.Option(help="the model's manifest")] = SHIPPED_MODEL,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Same cameras, model and looks through peers. Example: curbwatch bench peers --python train/bin/python"""
    manifest = load_manifest(model)
    entrants = contestants(manifest, python=python, roboflow=roboflow, pt=pt)
    with told_plainly(), apart(cores) as cpus:
        estimate(repeats * (1 + len(entrants)) * (AROUND_S + seconds))
        plan = Plan(every_s=every, threads=cores, engine=engine, manifest=model.resolve())
        field = field_for(stream, plan, cpus)
        match = Match(field, model, manifest, cameras, seconds, STREAMS[stream].fps)
        report: dict[str, Any] = {
            "machine": facts(), "measured_at": now(), "cameras": cameras, "every_s": every, "stream": stream,
        }  # fmt: skip
        report |= compete(match, entrants, repeats, say)
    report["unfit"] |= _absent(python, roboflow)
    write(json_file, html_file, report, peers_page)
    _print(report)


def _absent(python: Path | None, roboflow: Path | None) -> dict[str, str]:
    why = {}
    if python is None:
        why["ultralytics"] = "name an interpreter that has it with --python"
    if roboflow is None:
        why["roboflow inference"] = "name an interpreter that has it with --roboflow"
    if shutil.which("ffmpeg") is None:
        why["Frigate-style"] = "needs the command ffmpeg: apt-get install ffmpeg"
    return why


def _print(report: dict[str, Any]) -> None:
    table = Table("who", "CPU s per camera s", "looks made", "times ours", "95 %")
    ours = report["ours"]
    table.add_row("Curbwatch", f"{ours['cpu_s_per_camera_s']:.4f}", f"{ours['looks_made']:.2f}", "1", "")
    for peer in report["peers"]:
        between = " – ".join("-" if value is None else f"{value:.1f}" for value in peer["ratio_interval"])
        table.add_row(
            peer["name"], f"{peer['cpu_s_per_camera_s']:.4f}", f"{peer['looks_made']:.2f}", f"{peer['ratio']:.1f}",
            between,
        )  # fmt: skip
    Console().print(table)
    for name, why in report["unfit"].items():
        typer.echo(f"not measured: {name}: {why}")
