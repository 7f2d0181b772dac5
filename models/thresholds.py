# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chooses the confidence from which a class counts, on validation pictures, and writes it to a manifest.

It is the one with the best F0.5 among those that keep two promises: at most 1 % of the pictures in which nothing is to
be found raise an alarm (2 % for stall and debris together), and of ten alarmed pictures nine hold the class (one wrong
picture alone breaks no promise: a small validation set always has one). Where no threshold keeps both, the first is
kept and the one that is most often right is taken. People are blurred in every evidence, so theirs is the highest that
still finds 92 of 100. Where fewer than ten boxes leave the choice to chance, the threshold of before stays, raised
until the first promise is kept.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from models.measure import Judged, alarm_share, f_score, recall, rightly_alarmed

STEPS: tuple[float, ...] = tuple(round(step, 3) for step in np.arange(0.1, 0.91, 0.025).tolist())
ALARMS_ALLOWED = 0.01
TRUST = 0.5  # a standing thing gets many looks, a false case is remembered
RIGHT_WANTED = 0.9
BLURRED, FOUND_WANTED = "person", 0.92
FEW = 10  # boxes
FALLBACK = 0.35  # where there is no threshold of before


def choose(judged: Sequence[Judged], clean: Sequence[Judged], before: float = FALLBACK) -> float:
    """Return a threshold; judged: pictures that were looked at, clean: those without anything, which limit alarms.

    before: the threshold so far.
    """
    if few(judged):
        steps = [before, *(step for step in STEPS if step > before)]
        return next((step for step in steps if _quiet(clean, step)), steps[-1])
    quiet = [step for step in STEPS if _quiet(clean, step)] or list(STEPS[-1:])
    kept = [step for step in quiet if _right_often(judged, step)]
    if kept:
        return max(kept, key=partial(f_score, judged, beta=TRUST))
    return max(quiet, key=partial(rightly_alarmed, judged))


def few(judged: Sequence[Judged]) -> bool:
    """Return whether there are too few boxes to choose a threshold by."""
    return sum(j.boxes for j in judged) < FEW


def choose_for(name: str, judged: Sequence[Judged], clean: Sequence[Judged], before: float = FALLBACK) -> float:
    """Return the threshold of a class by the rule that is meant for it."""
    return choose_to_find(judged, before) if name == BLURRED else choose(judged, clean, before)


def choose_to_find(judged: Sequence[Judged], before: float = FALLBACK) -> float:
    """Return the highest threshold that finds FOUND_WANTED of the boxes, or the lowest there is."""
    if few(judged):
        return before
    enough = [step for step in STEPS if recall(judged, step) >= FOUND_WANTED]
    return max(enough, default=STEPS[0])


def _quiet(clean: Sequence[Judged], step: float) -> bool:
    return not clean or alarm_share(clean, step) <= ALARMS_ALLOWED


def _right_often(judged: Sequence[Judged], step: float) -> bool:
    raised = [j for j in judged if (j.scores >= step).any()]
    wrong = sum(not j.boxes for j in raised)
    return wrong <= max(1.0, (1 - RIGHT_WANTED) * len(raised))


def write(manifest: Path, chosen: Mapping[str, float]) -> None:
    """Replace thresholds in a manifest's table [thresholds]; nothing else of the file changes."""
    head, table, rest = manifest.read_text("utf-8").partition("[thresholds]")
    lines, after, more = rest.partition("\n[")
    for name, level in chosen.items():
        key = rf"^(\s*(?:{re.escape(name)}|{re.escape(json.dumps(name))})\s*=\s*)[^\s#]+"
        lines, count = re.subn(key, rf"\g<1>{level:g}", lines, flags=re.MULTILINE)
        if count != 1:
            message = f"{manifest}: no line for {name} in a table [thresholds]; write {name} = {level:g} by hand"
            raise ValueError(message)
    manifest.write_text(head + table + lines + after + more, "utf-8")
