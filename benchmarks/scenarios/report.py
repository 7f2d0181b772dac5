# SPDX-License-Identifier: AGPL-3.0-or-later
"""The logic level's report: the engine, three baselines on the same looks, and both over their settings."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from benchmarks.machine import facts
from benchmarks.rounding import rounded
from benchmarks.scenarios.baselines import cooldown, loitering, n_of_m
from benchmarks.scenarios.bytetrack import Tuning
from benchmarks.scenarios.claims import Claims, Method, ours
from benchmarks.scenarios.film import Film, film
from benchmarks.scenarios.scoring import Score, brief, score, summary
from benchmarks.scenarios.setting import Setting
from detector.rules import rules_for

RECALLS = (0.3, 0.45, 0.6, 0.75, 0.85, 0.95)
HIT_RATIOS = (0.15, 0.25, 0.35, 0.5, 0.65, 0.8)
TUNING_SEED = 1000  # the city on which the baselines' settings are chosen is another one
Scores = dict[str, list[Score]]


def nothing() -> None:
    """Called after each camera if nobody wants to know."""


def logic(
    setting: Setting, *, camera_hours: float, seed: int = 0, on_done: Callable[[], None] = nothing
) -> dict[str, Any]:
    """Measure; returns the fields of the report of `bench scenarios --json` that are of the logic level."""
    cameras = max(1, round(camera_hours / setting.hours))
    some = parts(cameras)
    began = time.process_time()
    chosen = _tuned(_scores(setting, seed + TUNING_SEED, some, grid(), on_done))
    tried = grid() | sweep()
    engine_s = time.process_time()
    whole = _scores(setting, seed, cameras, {"ours": ours} | {name: tried[name] for name in chosen.values()}, on_done)
    engine_s = time.process_time() - engine_s
    swept = _scores(setting, seed, some, tried | {"ours": ours}, on_done)
    quality = [_quality(setting, seed, some, recall, chosen, on_done) for recall in RECALLS]
    return {
        "machine": facts(),
        "setting": asdict(setting),
        "seed": seed,
        "logic": summary(whole["ours"]),
        "baselines": {kind: summary(whole[name]) | {"setting": name} for kind, name in chosen.items()},
        "sweeps": {name: brief(scores) for name, scores in swept.items()},
        "equal_recall": equal_recall(swept),
        "quality": quality,
        "camera_hours_per_cpu_s": rounded(cameras * setting.hours / engine_s),
        "cpu_s": rounded(time.process_time() - began),
    }


def parts(cameras: int) -> int:
    """How many cameras each sweep, and each point of the plot over recall, looks at."""
    return max(1, cameras // 4)


def steps(setting: Setting, camera_hours: float) -> int:
    """How often `on_done` is called."""
    cameras = max(1, round(camera_hours / setting.hours))
    return cameras + parts(cameras) * (2 + len(RECALLS))


def grid() -> dict[str, Method]:
    """Every setting of the baselines that is tried; the name tells it."""
    out: dict[str, Method] = {}
    for least in (0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9):
        out[f"cooldown confidence={least}"] = partial(cooldown, confidence=least)
    for share in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85):
        for least in (0.2, 0.35, 0.5):
            out[f"n_of_m share={share} confidence={least}"] = partial(n_of_m, share=share, confidence=least)
    for sure in (0.2, 0.3, 0.4, 0.5):
        for buffer_s in (60.0, 120.0, 300.0):
            tuning = Tuning(sure=sure, buffer_s=buffer_s)
            out[f"loitering sure={sure} buffer_s={buffer_s:g}"] = partial(loitering, dwells=1.0, tuning=tuning)
    for dwells in (0.7, 1.5, 2.0):  # the rule's dwell is one; others trade recall for precision
        tuning = Tuning(sure=0.4, buffer_s=120.0)
        out[f"loitering sure=0.4 buffer_s=120 dwells={dwells}"] = partial(loitering, dwells=dwells, tuning=tuning)
    return out


def sweep() -> dict[str, Method]:
    """Our own operating parameter: the hit ratio of every zone."""
    return {f"ours hit_ratio={ratio}": partial(_ours_at, hit_ratio=ratio) for ratio in HIT_RATIOS}


def _ours_at(run: Film, *, hit_ratio: float) -> Claims:
    return ours(run, rules=rules_for(replace(zone, hit_ratio=hit_ratio) for zone in run.scene.zones))


def _scores(
    setting: Setting, seed: int, cameras: int, methods: Mapping[str, Method], on_done: Callable[[], None]
) -> Scores:
    """Every method on every camera; a camera's looks are made once and forgotten."""
    out: Scores = {name: [] for name in methods}
    for number in range(cameras):
        run = film(setting, seed, number)
        for name, method in methods.items():
            out[name].append(score(run, method(run)))
        on_done()
    return out


def _tuned(scores: Scores) -> dict[str, str]:
    """The setting of each baseline with the best harmonic mean of precision and recall."""
    out: dict[str, str] = {}
    for name, some in scores.items():
        kind = name.split(" ", 1)[0]
        if kind not in out or _f1(some) > _f1(scores[out[kind]]):
            out[kind] = name
    return out


def _f1(scores: Sequence[Score]) -> float:
    found, events, false = (sum(getattr(one, name) for one in scores) for name in ("found", "violations", "false"))
    return float(2 * found / max(found + events + false, 1))


def equal_recall(swept: Scores) -> dict[str, Any]:
    """Each baseline's fewest false cases where it finds at least as many violations as we do.

    A baseline that cannot find as many is compared where it finds most, with our setting that finds at least that.
    """
    mine = {name: _counts(scores) for name, scores in swept.items() if name.startswith("ours")}
    out = {}
    for kind in ("cooldown", "loitering", "n_of_m"):
        theirs = {name: _counts(scores) for name, scores in swept.items() if name.startswith(kind)}
        level = min(mine["ours"][0], max(found for found, _ in theirs.values()))
        (name, (_, false)), (own, (_, own_false)) = _fewest(theirs.items(), level), _fewest(mine.items(), level)
        ratio = rounded(own_false / false) if false else None
        out[kind] = {"setting": name, "false": false, "ours": own, "ours_false": own_false, "ratio": ratio}
        out[kind]["found_at_least"] = level
    return out


def _counts(scores: Sequence[Score]) -> tuple[int, int]:
    return sum(one.found for one in scores), sum(one.false for one in scores)


def _fewest(points: Iterable[tuple[str, tuple[int, int]]], level: int) -> tuple[str, tuple[int, int]]:
    return min((p for p in points if p[1][0] >= level), key=lambda p: (p[1][1], -p[1][0]))


def _quality(
    setting: Setting, seed: int, cameras: int, recall: float, chosen: Mapping[str, str], on_done: Callable[[], None]
) -> dict[str, Any]:
    methods = {"ours": ours} | {kind: grid()[name] for kind, name in chosen.items()}
    scores = _scores(replace(setting, recall=recall), seed, cameras, methods, on_done)
    return {"recall_per_look": recall} | {name: brief(some) for name, some in scores.items()}
