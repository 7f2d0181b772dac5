# SPDX-License-Identifier: AGPL-3.0-or-later
"""A method's alarms against the truth, per camera, and the figures over cameras.

An alarm is about a stand if both have the same class (unless the alarm names none), its look lies between the
stand's first look and one look after its last, and its box overlaps the stand's (intersection over union ≥ 0.3, or
half of the smaller one inside the other); an alarm without a box is about any stand of its zone. It takes, in this
order: a violation that was not reported yet, one that was (a *duplicate*), an undecided stand (counts neither
way). Whatever is left is a *false case*. A case that is *resumed*, because it had never gone, alarms nobody anew: about
a violation that it was about before it is no duplicate, and where it was false before it is no second false case.

precision: reported violations / (reported violations + false cases); duplicates are told apart.
recall: reported violations / violations.
confirm delay: visible looks from the due look to the alarm, 0 at the due look or before (`early` counts those
before four fifths of the dwell).
clear delay: visible looks from the one at which the place has been seen empty for the clear time to the one that
says so, 0 if before; what was never reported gone, though 50 visible looks were there to do so, counts as 50.
`cleared_early`: cases reported gone while the thing still stood outside permitted hours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rounding import limits, rounded
from benchmarks.scenarios.claims import Claim, Claims
from benchmarks.scenarios.film import Film
from benchmarks.scenarios.truth import NEARLY, Truth, Verdict, truths
from detector import boxes

COUNTED = ("violations", "found", "false", "duplicates", "hours")
PATIENT = 50  # visible looks after which something that was not reported gone never is
DRAWS = 1000
SEED = 0


@dataclass(slots=True)
class Score:
    """One camera's counts."""

    hours: float
    violations: int = 0
    found: int = 0
    false: int = 0
    duplicates: int = 0
    resumed: int = 0
    undecided: int = 0
    early: int = 0
    cleared_early: int = 0
    confirm_looks: list[int] = field(default_factory=list)
    clear_looks: list[int] = field(default_factory=list)
    wrong: list[Claim] = field(default_factory=list)
    missed: list[Truth] = field(default_factory=list)


def score(film: Film, claims: Claims) -> Score:
    """Match one camera's alarms to its truth."""
    known = truths(film)
    out = Score(film.scene.hours)
    keys: dict[int, list[str]] = {}
    false: set[str] = set()
    for claim in claims.raised:
        number = _meant(claim, known, keys)
        if claim.resumed and claim.key in (false if number is None else keys.get(number, ())):
            out.resumed += 1
        elif number is None:
            out.false += 1
            out.wrong.append(claim)
            false.add(claim.key)
        else:
            _count(out, film, known[number], claim, new=number not in keys)
            keys.setdefault(number, []).append(claim.key)
    _count_violations(out, known, keys)
    for number, names in keys.items():
        if known[number].verdict is Verdict.VIOLATION:
            _count_clearing(out, film, known[number], names, claims, known)
    return out


def _meant(claim: Claim, known: Sequence[Truth], keys: dict[int, list[str]]) -> int | None:
    """Which stand an alarm is about."""
    about = [n for n, truth in enumerate(known) if truth.verdict is not Verdict.NONE and fits(claim, truth)]
    return min(about, key=lambda n: (_rank(known[n], taken=n in keys), -_overlap(claim, known[n])), default=None)


def _rank(truth: Truth, *, taken: bool) -> int:
    return 2 if truth.verdict is Verdict.UNDECIDED else int(taken)


def fits(claim: Claim, truth: Truth) -> bool:
    """Whether an alarm can be about a stand."""
    thing = truth.stand.thing
    in_time = truth.first <= claim.look and (truth.gone is None or claim.look <= truth.gone)
    if not in_time or claim.class_name not in ("", thing.class_name):
        return False
    return claim.zone == thing.zone if claim.box is None else _overlap(claim, truth) > 0


def _overlap(claim: Claim, truth: Truth) -> float:
    if claim.box is None:
        return 1.0
    box = truth.stand.thing.box
    same = boxes.iou(claim.box, box)
    return same if same >= 0.3 or boxes.containment(claim.box, box) >= 0.5 else 0.0


def _count(out: Score, film: Film, truth: Truth, claim: Claim, *, new: bool) -> None:
    if truth.verdict is Verdict.UNDECIDED:
        out.undecided += 1
    elif not new:
        out.duplicates += 1
    else:
        visible = truth.stand.visible
        out.confirm_looks.append(int(visible[truth.due + 1 : claim.look + 1].sum()))
        zone = next(z for z in film.scene.zones if z.name == truth.stand.thing.zone)
        out.early += bool(film.clock.at_s[claim.look] - truth.since_s < NEARLY * zone.dwell_s)


def _count_violations(out: Score, known: Sequence[Truth], keys: dict[int, list[str]]) -> None:
    for number, truth in enumerate(known):
        if truth.verdict is Verdict.VIOLATION:
            out.violations += 1
            out.found += number in keys
            if number not in keys:
                out.missed.append(truth)


def _count_clearing(
    out: Score, film: Film, truth: Truth, names: Sequence[str], claims: Claims, known: Sequence[Truth]
) -> None:
    told = [look for look, key in claims.cleared if key in names and look >= truth.due]
    gone = len(truth.stand.visible) if truth.gone is None else truth.gone
    out.cleared_early += sum(look < gone and not _permitted(film, truth, look) for look in told)
    if truth.clear_due is None or _taken_again(truth, known):
        return
    after = truth.stand.visible[truth.clear_due + 1 :]
    first = next((look for look in told if look >= gone), None)
    if first is not None:
        out.clear_looks.append(min(int(truth.stand.visible[truth.clear_due + 1 : first + 1].sum()), PATIENT))
    elif after.sum() >= PATIENT and not any(look < gone for look in told[-1:]):
        out.clear_looks.append(PATIENT)


def _permitted(film: Film, truth: Truth, look: int) -> bool:
    """Whether a stand was no violation any more, because permitted hours had begun."""
    thing, at_s = truth.stand.thing, film.clock.at_s[look]
    return thing.class_name == "stall" and any(a <= at_s < b for a, b in film.scene.permits[thing.zone])


def _taken_again(truth: Truth, known: Sequence[Truth]) -> bool:
    """Whether somebody else stood on the spot before it could be reported empty."""
    assert truth.gone is not None and truth.clear_due is not None  # noqa: S101, PT018 - asked before
    return any(
        other is not truth
        and other.first <= truth.clear_due + PATIENT
        and (other.gone is None or other.gone >= truth.gone)
        and boxes.containment(other.stand.thing.box, truth.stand.thing.box) > 0.15
        for other in known
    )


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """The figures over cameras, each ratio with its 95 % bootstrap interval over cameras."""
    drawn = np.random.default_rng(SEED).integers(len(scores), size=(DRAWS, len(scores)))
    sums = {name: _column(scores, name)[drawn].sum(axis=1) for name in COUNTED}
    out = brief(scores) | {f"{name}_interval": limits(ratio(sums)) for name, ratio in RATIOS.items()}
    for name in ("confirm", "clear"):
        looks = [look for one in scores for look in getattr(one, f"{name}_looks")]
        out[f"{name}_delay_looks_p50"] = _percentile(looks, 50)
        out[f"{name}_delay_looks_p95"] = _percentile(looks, 95)
        out[f"{name}_delay_looks_p95_interval"] = _percentile_interval(scores, f"{name}_looks", drawn)
    return out


def brief(scores: Sequence[Score]) -> dict[str, Any]:
    """The figures over cameras without delays and intervals."""
    whole = {name: np.array([_column(scores, name).sum()]) for name in COUNTED}
    out: dict[str, Any] = {"events": int(whole["violations"][0]), "camera_hours": round(float(whole["hours"][0]), 1)}
    out |= {name: rounded(float(ratio(whole)[0])) for name, ratio in RATIOS.items()}
    for name in ("found", "false", "duplicates", "resumed", "undecided", "early", "cleared_early"):
        out[name] = int(_column(scores, name).sum())
    return out


Sums = dict[str, NDArray[np.float64]]


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(below > 0, above / np.maximum(below, 1e-9), np.nan), np.float64)


RATIOS: dict[str, Callable[[Sums], NDArray[np.float64]]] = {
    "precision": lambda s: _ratio(s["found"], s["found"] + s["false"]),
    "recall": lambda s: _ratio(s["found"], s["violations"]),
    "duplicates_per_event": lambda s: _ratio(s["duplicates"], s["violations"]),
    "false_per_camera_day": lambda s: _ratio(24 * s["false"], s["hours"]),
}


def _column(scores: Sequence[Score], name: str) -> NDArray[np.float64]:
    return np.array([getattr(one, name) for one in scores], np.float64)


def _percentile(looks: Sequence[int], share: float) -> float | None:
    return rounded(float(np.percentile(looks, share))) if looks else None


def _percentile_interval(scores: Sequence[Score], name: str, drawn: NDArray[np.int64]) -> list[float | None]:
    each = [np.array(getattr(one, name), np.float64) for one in scores]
    some = (np.concatenate([each[n] for n in row]) for row in drawn[:200].tolist())
    return limits(np.array([np.percentile(values, 95) if len(values) else np.nan for values in some]))
