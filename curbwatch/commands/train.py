# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that make models: train, mean, export, card. These need the extra `train`; the service does not."""

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.charts import BOTTOM, HEIGHT, LEFT, WIDTH, Series, chart
from curbwatch.errors import CurbwatchError
from curbwatch.progress import progress
from curbwatch.settings import SHIPPED_MODEL
from detector.manifest import load_manifest
from models import card as cards
from models import evaluate, manifest, needed
from models.augment import Sample
from models.recipe import Recipe, alone
from models.runner import Runner, onnx_infer

PLAIN = Recipe(Path(), Path())
STEPS = 1000  # of the progress bar
TABLES = ("classes", "alarmed", "negatives", "teacher_agreement", "thresholds")


def _plain_name(name: str) -> str:
    if not re.fullmatch(r"\w[\w.-]*", name):  # it becomes part of file names, a TOML string and links of the card
        raise typer.BadParameter(f"{name!r}: write letters, digits, '.', '_' and '-', a letter or digit first")
    return name


Data = Annotated[list[Path], typer.Option(help="data set: images/SPLIT, labels/SPLIT; repeat for several")]
Name = Annotated[str, typer.Option(help="the model's name, and its files'", callback=_plain_name)]
Side = Annotated[int, typer.Option(help="side of the exported input, pixels", min=64, max=2048)]
Held = dict[str, list[tuple[str, Sample]]]  # split: pictures, each with its set
Out = Annotated[Path, typer.Option(help="folder for manifest, weights, figures and card")]
STYLE = (
    "<style>.grid{stroke:#d0d4d8;fill:none}.line{fill:none;stroke-width:2}.axis,.tick{font:12px sans-serif;"
    "text-anchor:middle;fill:#333}.left{text-anchor:end}.c0{stroke:#1f6f8b}.c1{stroke:#c4561a}.c2{stroke:#5b7d2a}"
    ".c3{stroke:#7a4b94}.c4{stroke:#444}.dot{stroke:none}circle.c0{fill:#1f6f8b}circle.c1{fill:#c4561a}"
    "circle.c2{fill:#5b7d2a}circle.c3{fill:#7a4b94}circle.c4{fill:#444}.name{font:12px sans-serif}.n0{fill:#1f6f8b}"
    ".n1{fill:#c4561a}.n2{fill:#5b7d2a}.n3{fill:#7a4b94}.n4{fill:#444}</style>"
)


def train(  # noqa: PLR0913, PLR0917 - one per option of the command line
    data: Data,
    name: Name,
    out: Out = Path(),
    run: Annotated[Path | None, typer.Option(help="folder of checkpoint and log; default: OUT/runs/NAME")] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            help="weights to start from: ours (.onnx, .pt) or yolo11n.pt; default: the shipped",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(help="at most", min=1)] = PLAIN.epochs,
    minutes: Annotated[
        float, typer.Option(help="at most; rate and mosaics then follow the clock", min=0.05, show_default="no limit")
    ] = PLAIN.minutes,
    train_side: Annotated[int, typer.Option(help="side of training pictures, pixels", min=64)] = PLAIN.side,
    side: Side = 512,
    rate: Annotated[float, typer.Option(help="highest learning rate")] = PLAIN.rate,
    steps: Annotated[int, typer.Option(help="steps an epoch", min=1)] = PLAIN.steps,
    batch: Annotated[int, typer.Option(help="pictures a step and process", min=1)] = PLAIN.batch,
    workers: Annotated[int, typer.Option(help="processes; 0: one per core", min=0)] = 0,
    frozen: Annotated[int, typer.Option(help="first layers to leave as they are", min=0, max=20)] = PLAIN.frozen,
    seed: Annotated[int, typer.Option(help="of everything drawn by lot")] = PLAIN.seed,
) -> None:
    """Train, export, choose thresholds, write manifest and card. Stopped runs go on when started again alike.

    Example: curbwatch models train --data ours/ --data city/ --name city-n-v1 --out models-of-ours --minutes 120
    """
    _check_extra()
    recipe = Recipe(
        start or load_manifest(SHIPPED_MODEL).weights, run or out / "runs" / name, epochs, minutes,
        side=train_side, batch=batch, workers=workers or len(os.sched_getaffinity(0)), frozen=frozen,
        steps=steps, rate=rate, seed=seed,
    )  # fmt: skip
    weights = out / "weights" / f"{name}.onnx"
    if not (recipe.run / "last.pt").exists():  # a run that goes on writes its own weights again
        _keep(weights)
    with _told_plainly(), alone(recipe.run):
        _begin(recipe, name, out, data)
        _train(data, recipe)
        typer.echo(_export(recipe.run / "last.pt", weights, side, twice=True))
        _finish(name, weights, data, _held(data), out)


def mean(
    exports: Annotated[list[Path], typer.Argument(help="ONNX files of runs that began with the same weights")],
    name: Name,
    data: Data,
    share: Annotated[list[float] | None, typer.Option(help="one for each file, in their order; default: equal")] = None,
    out: Out = Path(),
) -> None:
    """Average the weights of several runs, choose thresholds, write manifest and card.

    Example: curbwatch models mean weights/shipped.onnx weights/ours.onnx --share 0.5 --share 0.5 --name mean-n-v1
    --data ours/ --out models-of-ours
    """
    _check_extra(("onnx",))
    from models.mean import mean as averaged  # noqa: PLC0415 - onnx belongs to the extra

    weights = out / "weights" / f"{name}.onnx"
    _keep(weights)
    with _told_plainly():
        held = _held(data)
        try:
            averaged(exports, share or [1.0] * len(exports), weights)
            _finish(name, weights, data, held, out)
        except BaseException:
            weights.unlink(missing_ok=True)  # without a manifest they would only be in the way of the next attempt
            raise


def export(
    checkpoint: Annotated[Path, typer.Argument(help="last.pt of a run")],
    out: Annotated[Path, typer.Option(help="where to write the ONNX file", dir_okay=False)],
    side: Side = 512,
    once: Annotated[bool, typer.Option("--once", help="without the look at half the size: faster, finds less")] = False,
) -> None:
    """Write a checkpoint as ONNX, checked against torch. Example: curbwatch models export run/last.pt --out m.onnx"""
    _check_extra()
    from models.export import keep  # noqa: PLC0415 - torch is loaded by those who train only

    with _told_plainly():
        keep(out)
        typer.echo(_export(checkpoint, out, side, twice=not once))


def card(
    figures: Annotated[list[Path], typer.Argument(help="JSON files of evaluations; `models train` writes them")],
    name: Name,
    out: Out = Path(),
) -> None:
    """Write figures and curves into OUT/NAME.md. Example: curbwatch models card test.json --name city-n-v1"""
    with _told_plainly():
        _write_card(name, out, [_report(path) for path in figures])
    typer.echo(f"{out / f'{name}.md'}: figures and curves written")


def _check_extra(packages: tuple[str, ...] = needed.TRAINING) -> None:
    if said := needed.lacking(packages, needed.TRAINING_CURE):
        raise CurbwatchError(said)


def _keep(weights: Path) -> None:
    if weights.exists():
        raise CurbwatchError(f"{weights}: there already, and not of this run; give another --name, or move it away")


def _begin(recipe: Recipe, name: str, out: Path, data: list[Path]) -> None:
    """Note beside a run's checkpoint what decides it; CurbwatchError where it was begun with something else."""
    told = {"name": name, "out": out.resolve(), "data": ", ".join(str(path.resolve()) for path in data)}
    told |= {"start": recipe.start.resolve(), "train-side": recipe.side, "rate": recipe.rate, "steps": recipe.steps}
    told |= {"batch": recipe.batch, "frozen": recipe.frozen, "seed": recipe.seed}
    noted = recipe.run / "run.json"
    if not (recipe.run / "last.pt").exists():
        noted.write_text(json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")
        return
    if not noted.exists():
        raise CurbwatchError(f"{recipe.run}: begun by an older version, nobody knows with what; give another --run")
    before = json.loads(noted.read_text("utf-8"))
    for option, value in told.items():
        if (was := str(before.get(option, "unknown"))) != str(value):
            cure = "give what it was begun with, or another --run"
            raise CurbwatchError(f"{recipe.run}: begun with --{option} {was}, not {value}; {cure}")


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError) as error:
        raise CurbwatchError(str(error)) from error


def _train(data: list[Path], recipe: Recipe) -> None:
    from models.feed import Feed  # noqa: PLC0415 - torch is loaded by those who train only
    from models.train import Run, is_over  # noqa: PLC0415 - as above

    limit = f"{recipe.epochs} epochs" + (f" or {recipe.minutes:g} min" if math.isfinite(recipe.minutes) else "")
    if is_over(recipe):
        typer.echo(f"{recipe.run} is over: {limit} are done; give it more to train it further")
        return
    feed = Feed(*data)
    sizes = ", ".join(f"{kind} {count}" for kind, count in feed.sizes().items())
    typer.echo(f"training pictures: {sizes}")
    going_on = (recipe.run / "last.pt").exists()
    typer.echo(
        f"{'going on with' if going_on else 'starting'} {recipe.run}: {recipe.workers} processes, {recipe.side} px, "
        f"{limit}, log in {recipe.run / 'log.txt'}"
    )
    running = Run(recipe, feed)  # forks, so before the progress bar starts a thread
    with progress("training", STEPS) as step:
        shown = 0

        def tell(share: float) -> None:
            nonlocal shown
            while shown < share * STEPS:
                step()
                shown += 1

        running.wait(tell)


def _export(checkpoint: Path, out: Path, side: int, *, twice: bool) -> str:
    from models.export import checked  # noqa: PLC0415 - torch is loaded by those who train only
    from models.network import load  # noqa: PLC0415 - as above

    return checked(load(checkpoint), out, side, twice=twice)


def _held(data: list[Path]) -> Held:
    return {split: [one for d in data for one in evaluate.pictures(d, split)] for split in ("val", "test")}


def _finish(name: str, weights: Path, data: list[Path], held: Held, out: Path) -> None:
    """Choose thresholds on validation pictures, measure on test pictures, write manifest and card, say where."""
    runner = Runner(*onnx_infer(weights))
    looked = {split: evaluate.look(runner, some, manifest.IOU) for split, some in held.items()}
    thresholds = evaluate.chosen(looked["val"], load_manifest(SHIPPED_MODEL).thresholds)
    if not looked["val"]:
        typer.echo("no pictures in the split val: the thresholds are the shipped model's; hold some cameras out")
    elif kept := ", ".join(evaluate.undecided(looked["val"])):
        typer.echo(f"too few boxes in the split val for a threshold of {kept}: the shipped model's, or higher")
    (out / f"{name}.toml").write_text(manifest.text(name, weights, thresholds, manifest.own_data(data)), "utf-8")
    reports = []
    for split, some in looked.items():
        if some:
            report = evaluate.report(some, thresholds) | {"split": split}
            (out / f"{name}.{split}.json").write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", "utf-8")
            reports.append(report)
    _write_card(name, out, reports)
    typer.echo(f"try it: curbwatch detect PICTURES --model {out / f'{name}.toml'}; read {out / f'{name}.md'}")


def _report(path: Path) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CurbwatchError(f"{path}: not JSON ({error}); name an evaluation that `models train` wrote") from error
    if (
        not isinstance(report, dict)
        or "split" not in report
        or any(not isinstance(report.get(t), dict) for t in TABLES)
    ):
        raise CurbwatchError(f"{path}: no evaluation of a model; name one that `models train` wrote")
    return report


def _write_card(name: str, out: Path, reports: list[dict[str, Any]]) -> None:
    parts = []
    seen: Counter[str] = Counter()
    for report in reports:
        parts.append(cards.tables(report))
        if report["classes"]:
            seen[report["split"]] += 1  # folds are all called test
            again = f".{seen[report['split']]}" if seen[report["split"]] > 1 else ""
            drawn = f"{name}.{report['split']}{again}.svg"
            (out / drawn).write_text(_curves(report), "utf-8")
            parts.append(f"![precision over recall, split {report['split']}]({drawn})")
    cards.write(out / f"{name}.md", name, "\n\n".join(parts))


def _curves(report: dict[str, Any]) -> str:
    """Precision over recall of each class and set, as a picture that stands alone: with size, style and key."""
    series, names, foot = [], [], HEIGHT - BOTTOM - 6 - 14 * (len(report["classes"]) - 1)
    for number, (key, row) in enumerate(report["classes"].items()):
        name, _, kind = key.partition("/")
        label = f"{name}, {cards.SET_NAMES.get(kind, kind)}"
        names.append(f'<text x="{LEFT + 14}" y="{foot + 14 * number}" class="name n{number}">{escape(label)}</text>')
        series.append(Series(label, [(p[0], p[1]) for p in row["curve"]], dots=False, colour=number))
        if cards.defined(row["precision"]) and cards.defined(row["recall"]):
            at, dot = f"{label} at {report['thresholds'][name]:g}", (row["recall"], row["precision"])
            series.append(Series(at, [dot], joined=False, colour=number))
    svg = chart(series, title="precision over recall", x_label="recall", y_label="precision", x=(0, 1), y=(0, 1))
    opened, _, rest = svg.partition(">")
    size = f' xmlns="http://www.w3.org/2000/svg" width="{WIDTH * 3 // 2}" height="{HEIGHT * 3 // 2}"'
    return f"{opened}{size}>{STYLE}{rest.removesuffix('</svg>')}{''.join(names)}</svg>\n"
