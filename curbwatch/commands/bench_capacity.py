# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that measures how many cameras the service carries."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.capacity.against import fewer
from benchmarks.capacity.chaos import chaos as run_chaos
from benchmarks.capacity.fit import summary
from benchmarks.capacity.floor import measure_floor
from benchmarks.capacity.page import capacity_page, verdict
from benchmarks.capacity.points import Field, measure_point, processors
from benchmarks.capacity.setup import Plan
from benchmarks.capacity.soak import soak as run_soak
from benchmarks.errors import BenchError
from benchmarks.load.streams import STREAMS, Name, busy, clip_of
from benchmarks.machine import facts
from curbwatch.commands.bench_files import HtmlFile, JsonFile, baseline, estimate, now, say, told_plainly, write
from curbwatch.commands.tables import figure
from curbwatch.service import SAMPLE
from curbwatch.settings import SHIPPED_MODEL
from detector.choosing import Engine
from detector.manifest import load_manifest

AROUND_S = 50.0  # start, first looks, settling and end of one point
SHOWN = ("looks_kept", "frame_age_p50_s", "frame_age_p95_s", "frame_age_p99_s")
StreamName = Annotated[
    Name, typer.Option(help="1080p25 4 Mbit/s as cameras encode; the same with heavier keyframes; 640×360 at 15")
]
Cameras = Annotated[str, typer.Option(help="how many cameras, one run each; empty: none (with --chaos or --soak)")]


def capacity(  # noqa: PLR0913, PLR0917 - one per option of the command line
    cameras: Cameras = "4,16,50",
    every: Annotated[float, typer.Option(help="seconds between looks at a camera", min=0.1)] = 2.0,
    seconds: Annotated[float, typer.Option(help="how long each run is watched", min=2)] = 60,
    stream: StreamName = "main",
    cores: Annotated[int, typer.Option(help="processors for the service; the generator has the rest", min=1)] = 1,
    chaos: Annotated[bool, typer.Option("--chaos", help="also: clock, cameras, API, disk, patrol fail")] = False,
    soak: Annotated[float, typer.Option(metavar="MINUTES", help="also: watch the memory so long", min=0)] = 0,
    flapping: Annotated[int, typer.Option(help="cameras that come and go during the soak", min=0)] = 20,
    fault_cameras: Annotated[int, typer.Option(help="cameras for --chaos and --soak; 0: as many as flap", min=0)] = 0,
    engine: Annotated[Engine, typer.Option(help="inference engine of the service")] = "auto",
    model: Annotated[Path, typer.Option(help="the model's manifest")] = SHIPPED_MODEL,
    against: Annotated[Path | None, typer.Option(help="earlier JSON report; exit 1 when fewer are carried")] = None,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Run the service on ever more cameras. Example: curbwatch bench capacity --cameras 4,16,50 --html capacity.html"""
    before = baseline(against, "bench capacity", list, "points")
    counts, ill = numbers(cameras), fault_cameras or max(flapping, 1)
    if before and not counts:
        raise typer.BadParameter("name the numbers that the earlier report has", param_hint="--cameras")
    load_manifest(model)  # else each number of cameras would tell that the service does not start
    with told_plainly(), apart(cores) as cpus:
        runs = len(counts) + bool(counts)  # the floor is one more
        estimate(runs * (AROUND_S + seconds) + chaos * (6 * seconds + 120) + (soak > 0) * (60 * soak + AROUND_S))
        plan = Plan(every_s=every, threads=cores, engine=engine, manifest=model.resolve())
        field = field_for(stream, plan, cpus)
        report: dict[str, Any] = {
            "machine": facts(), "measured_at": now(), "stream": stream, "every_s": every,
            "bound": bool(cpus[0]),
        }  # fmt: skip
        if counts:
            say("the floor: receiving and decoding alone")
            report["floor"] = measure_floor(field, seconds)
        report |= _points(field, counts, seconds)
        write(json_file, html_file, report, capacity_page)  # hours may follow
        if chaos:
            report["chaos"] = run_chaos(field_for(stream, plan, cpus, violations=True), other_size(), ill, seconds, say)
            write(json_file, html_file, report, capacity_page)
        if soak:
            report["soak"] = run_soak(field, other_size(), (ill, flapping), soak, say)
    write(json_file, html_file, report, capacity_page)
    _print(report)
    findings = fewer(report, before) if before else []
    for finding in findings:
        typer.echo(f"worse: {finding}")
    broken = report.get("chaos", {})
    raise typer.Exit(1 if findings or broken.get("lost") or broken.get("doubled") else 0)


def _points(field: Field, counts: list[int], seconds: float) -> dict[str, Any]:
    """All points up to the first number of cameras at which the service cannot even begin."""
    points = list[dict[str, Any]]()
    for count in counts:
        try:
            points.append(measure_point(field, count, seconds, say))
        except BenchError as error:
            say(f"{count} cameras: {error}")
            return _summed(points, field, count) | {"not_carried": count}
    return _summed(points, field)


def _summed(points: list[dict[str, Any]], field: Field, not_carried: int | None = None) -> dict[str, Any]:
    return {"points": points} | (summary(points, field.plan.threads, not_carried) if points else {})


def numbers(text: str) -> list[int]:
    """Whole numbers from 1 with commas between; typer.BadParameter."""
    try:
        counts = sorted({int(part) for part in text.split(",") if part.strip()})
    except ValueError:
        raise typer.BadParameter(f"{text!r}: write numbers with commas, as 4,16,50") from None
    if counts and counts[0] < 1:
        raise typer.BadParameter(f"{text!r}: no number below 1")
    return counts


def field_for(
    stream: Name,
    plan: Plan,
    cpus: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()),
    *,
    violations: bool = False,
) -> Field:
    """Where it is measured, with clips that are encoded if there are none yet; violations: a stall and a pile stand."""
    say("clips for the load (encoded once per machine)")
    shown = busy(STREAMS[stream]) if violations else STREAMS[stream]
    return Field(clip_of(shown, SAMPLE), SAMPLE, plan, *cpus)


def other_size() -> Path:
    """What a camera plays when its resolution changes."""
    return clip_of(STREAMS["other"], SAMPLE)


@contextmanager
def apart(cores: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Processors for the service and for the rest; this process moves to the rest while it measures."""
    service_cpus, load_cpus = processors(cores)
    if not load_cpus:
        say(f"{cores} of {os.cpu_count()} processors for the service leave none for the load: they share all")
        yield (), ()
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, load_cpus)
    try:
        yield service_cpus, load_cpus
    finally:
        os.sched_setaffinity(0, before)


def _print(report: dict[str, Any]) -> None:
    table = Table("cameras", "cores", "each", "kept", "age", "p95", "p99", "MB", "load")
    for point in report["points"]:
        table.add_row(
            str(point["cameras"]), f"{point['cpu_cores']:.3f}", f"{point['cpu_s_per_camera_s']:.4f}",
            *(figure(point[name]) for name in SHOWN), f"{point['rss_mb']:.0f}",
            f"{point['load']['cpu_cores']:.3f}",
        )  # fmt: skip
    if report["points"]:
        Console().print(table)
    for line in verdict(report):
        typer.echo(line)
