# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that times one look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.capacity.setup import Plan
from benchmarks.latency.against import slower
from benchmarks.latency.cases import case_visible
from benchmarks.latency.demux import demux_ms
from benchmarks.latency.looks import Bench, read_keyframes
from benchmarks.latency.measure import COLD_RUNS, Effort, cold, measure
from benchmarks.latency.page import latency_page, verdict
from benchmarks.latency.sessions import kinds
from benchmarks.latency.stopwatch import percentiles
from benchmarks.load.streams import STREAMS, clip_of
from benchmarks.machine import facts
from curbwatch.commands.bench_capacity import field_for, numbers
from curbwatch.commands.bench_files import HtmlFile, JsonFile, baseline, estimate, now, say, told_plainly, write
from curbwatch.demo import demo_settings
from curbwatch.service import SAMPLE
from curbwatch.settings import SHIPPED_MODEL
from curbwatch.spool import Message, Spool
from detector.manifest import load_manifest
from detector.rules import Rules
from detector.watch import Watch

LOOK_S = 0.12  # about what a look of all stages takes on one core, to say beforehand how long it will be
AROUND_S = 30.0  # cold starts, warm-up
CASE_CAMERAS = 12


def latency(  # noqa: PLR0913, PLR0917 - one per option of the command line
    looks: Annotated[int, typer.Option(help="looks of each session in a round", min=2)] = 24,
    rounds: Annotated[int, typer.Option(help="rounds in which sessions take turns; an interval needs two", min=1)] = 6,
    threads: Annotated[str, typer.Option(help="inference threads, one session each")] = "1,2",
    batch: Annotated[str, typer.Option(help="pictures per inference, one session each")] = "1,2,4,8",
    models: Annotated[list[Path], typer.Option("--model", help="manifests; several for several input sizes")] = [  # noqa: B006 - typer wants a list and hands over a new one
        SHIPPED_MODEL
    ],
    clip: Annotated[Path | None, typer.Option(help="keyframes of this H.264 clip instead of the load's 1080p")] = None,
    demux: Annotated[float, typer.Option(help="seconds for the stage demux; 0: leave out", min=0)] = 12,
    cases: Annotated[float, typer.Option(help="seconds over which cases come, to see how soon; 0: no", min=0)] = 30,
    against: Annotated[Path | None, typer.Option(help="earlier JSON report; exit 1 when slower")] = None,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Time one look, stage by stage, cold and warm. Example: curbwatch bench latency --json latency.json"""
    before = baseline(against, "bench latency", list, "sessions")
    manifests, widths, counts = [load_manifest(path) for path in models], numbers(threads), numbers(batch)
    if not (widths and counts):
        raise typer.BadParameter("name at least one number", param_hint="--batch" if widths else "--threads")
    with told_plainly(), TemporaryDirectory(prefix="curbwatch-bench-") as folder, _spooling(Path(folder)) as spool:
        opened = [kind for manifest in manifests for width in widths for kind in kinds(manifest, width)]
        estimate(len(opened) * len(counts) * rounds * looks * LOOK_S + AROUND_S + demux + (cases + 60) * (cases > 0))
        clip = clip or clip_of(STREAMS["main"], SAMPLE)
        report: dict[str, Any] = {"machine": facts(), "measured_at": now(), "looks": looks, "rounds": rounds}
        report["cold"] = cold(models[0], clip, widths[0], min(COLD_RUNS, rounds))
        bench = Bench(read_keyframes(clip), _rules(Path(folder)), spool)
        report |= measure(bench, opened, counts, Effort(rounds, looks), say)
        _add_demux(report, clip, demux)
        report["case_visible"] = _visible(models[0], cases) if cases else None
    write(json_file, html_file, report, latency_page)
    _print(report)
    findings = slower(report, before) if before else []
    for finding in findings:
        typer.echo(f"slower: {finding}")
    raise typer.Exit(1 if findings else 0)


def _rules(folder: Path) -> Rules:
    """The demo street's."""
    settings = demo_settings("rtsp://127.0.0.1/none", folder, 0)
    return settings.rules(settings.cameras[0])


@contextmanager
def _spooling(folder: Path) -> Iterator[Callable[[bytes], None]]:
    """What puts a case with its picture into a spool."""
    spool, turns = Spool(folder / "spool.db"), count()

    def put(picture: bytes) -> None:
        key = f"site-{next(turns)}"
        case = Message(key, "case", "{}")
        spool.put(Watch("bench"), [case, Message(key, "evidence", "{}", picture, "image/jpeg")])

    try:
        yield put
    finally:
        spool.close()


def _add_demux(report: dict[str, Any], clip: Path, seconds: float) -> None:
    if seconds and (spans := demux_ms(clip, seconds)):
        for row in report["sessions"]:
            row["stages"] = {"demux": percentiles(spans)} | row["stages"]


def _visible(model: Path, seconds: float) -> dict[str, Any] | None:
    say(f"cases of {CASE_CAMERAS} cameras over {seconds:.0f} s")
    return case_visible(
        field_for("sub", Plan(threads=1, manifest=model.resolve()), violations=True), CASE_CAMERAS, seconds
    )


def _print(report: dict[str, Any]) -> None:
    for row in report["sessions"]:
        if row["batch"] != 1:
            continue
        title = f"{row['session']}, {row['model']} at {row['input']}, {row['threads']} threads"
        table = Table("stage", "p50 ms", "p95 ms", "p99 ms", title=title)
        for name, told in (row["stages"] | {"total": row["total"]}).items():
            table.add_row(name, *(f"{told[share]:.2f}" for share in ("p50_ms", "p95_ms", "p99_ms")))
        Console().print(table)
    for line in verdict(report):
        typer.echo(line)
