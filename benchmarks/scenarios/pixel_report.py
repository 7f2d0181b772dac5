# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scenario videos judged: figures in total and per scenario, each failure in a line, the baselines beside."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.scenarios.baselines import cooldown, loitering, n_of_m
from benchmarks.scenarios.bytetrack import Tuning
from benchmarks.scenarios.claims import Claim, Method, ours
from benchmarks.scenarios.film import Film
from benchmarks.scenarios.pixel import Reel, film_of
from benchmarks.scenarios.scoring import Score, fits, score, summary
from benchmarks.scenarios.truth import Truth
from detector.model import Model

COUNTED = ("violations", "found", "false", "duplicates", "undecided", "early", "cleared_early")
BASELINES: dict[str, Method] = {
    "cooldown": lambda run: cooldown(run, confidence=0.5),
    "loitering": lambda run: loitering(run, dwells=1.0, tuning=Tuning(sure=0.4, buffer_s=120.0)),
    "n_of_m": lambda run: n_of_m(run, share=0.5, confidence=0.35),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario, measured; its name is that of the film's camera."""

    film: Film
    score: Score


def judge(reels: Iterable[Reel], model: Model, *, cache: Path | None, on_done: Callable[[], None]) -> list[Result]:
    """Run scenarios and score them."""
    films = (film_of(reel, model, cache=cache, on_done=on_done) for reel in reels)
    return [Result(film, score(film, ours(film))) for film in films]


def report(results: Sequence[Result], model: Model) -> dict[str, Any]:
    """The field `pixel` of the report: figures in total, per scenario, failures in a line each, and the baselines."""
    total = summary([result.score for result in results])
    rows = [_row(result) for result in results]
    others = {name: summary([score(r.film, method(r.film)) for r in results]) for name, method in BASELINES.items()}
    return total | {"model": model.manifest.name, "engine": model.engine, "scenarios": rows, "baselines": others}


def _row(result: Result) -> dict[str, Any]:
    points = result.score
    row: dict[str, Any] = {name: getattr(points, name) for name in COUNTED}
    row |= {"name": result.film.scene.camera_id, "looks": len(result.film.looks), "failures": list(_failures(result))}
    blind = Counter(look.blind.code for look in result.film.looks if look.blind)
    return row | {"confirm_looks": points.confirm_looks, "clear_looks": points.clear_looks, "blind": dict(blind)}


def _failures(result: Result) -> Iterator[str]:
    at_s = result.film.clock.at_s
    for claim in result.score.wrong:
        what = f"raised {claim.class_name} at {at_s[claim.look]:.0f} s, box {_said(claim)}"
        yield f"{what}: no violation of that class stands there"
    for truth in result.score.missed:
        yield f"missed {_missed(result, truth)}"


def _said(claim: Claim) -> str:
    return "unknown" if claim.box is None else " ".join(f"{v:.2f}" for v in claim.box)


def _missed(result: Result, truth: Truth) -> str:
    thing, film = truth.stand.thing, result.film
    last = len(film.looks) if truth.gone is None else truth.gone
    visible = [n for n in range(truth.first, last) if truth.stand.visible[n]]
    saw = ", ".join(f"{name} in {_hits(film, truth, visible, name)}" for name in ("stall", "debris"))
    blind = sum(look.blind is not None for look in film.looks[truth.first : last])
    when = f"from {thing.start_s:.0f} to {min(thing.end_s, film.scene.hours * 3600):.0f} s"
    return f"{thing.class_name} {when}: of {len(visible)} visible looks the model saw {saw}; {blind} were blind"


def _hits(film: Film, truth: Truth, looks: Sequence[int], name: str) -> int:
    """In how many looks something of a class was seen at a stand's place."""
    loose = replace(truth, stand=replace(truth.stand, thing=replace(truth.stand.thing, class_name=name)))
    here = (
        (Claim(n, name, truth.stand.thing.zone, s.box, "") for s in film.looks[n].sightings if s.class_name == name)
        for n in looks
    )
    return sum(any(fits(claim, loose) for claim in claims) for claims in here)
