# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated detector: which things it reports at which look, where, as what and how surely.

Every thing has a latent score per look: how easy it is, plus spells (a Markov process, so that misses come in
runs), plus noise; all in all of deviation 1. Above 0 it is a sighting, a band below it a weak one. What hides a
thing lowers its score.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.clockwork import Clockwork, Flags, Floats
from benchmarks.scenarios.scenes import Dice, Scene, Thing, at_place
from benchmarks.scenarios.setting import Setting
from benchmarks.scenarios.traffic import Traffic, hidden

HIDDEN_COSTS = 3.0  # deviations of score for a thing that is hidden altogether
ASLEEP = -4.0  # the score of a statue that nobody takes for a stall
STATUE_AWAKE = 0.25  # share of the day
NEIGHBOURS = 0.3  # of a width between two stalls that may be seen as one
LINGERS = 0.4  # chance that a passing false alarm is there at the next look, too
WEAK_PASSING = 3.0  # weak passing false alarms per one above the threshold
CLASSES = ("stall", "debris")
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Boxes:
    """What the detector reports, one row each: which look, box normalised xyxy, latent score, class number."""

    look: Ints
    box: Floats
    score: Floats
    kind: Ints

    def of(self, which: Flags | Ints) -> "Boxes":
        """Some of the rows."""
        return Boxes(self.look[which], self.box[which], self.score[which], self.kind[which])


def reported(setting: Setting, scene: Scene, clock: Clockwork, cover: Traffic, dice: Dice) -> Boxes:
    """All boxes of a camera's run, in the order of their looks."""
    seen = [_seen(setting, thing, clock, cover, dice) for thing in scene.things]
    _merge(setting, scene, seen, dice)
    rows = joined([*seen, _passing(setting, len(clock.at_s), dice)])
    rows = _split(setting, rows.of(~clock.dark[rows.look]), dice)
    return rows.of(np.argsort(rows.look, kind="stable"))


def joined(parts: list[Boxes]) -> Boxes:
    """Rows of several things as one table."""

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return Boxes(column("look"), column("box"), column("score"), column("kind"))


def _seen(setting: Setting, thing: Thing, clock: Clockwork, cover: Traffic, dice: Dice) -> Boxes:
    look = np.flatnonzero(present(thing, clock.at_s))
    at_s = clock.at_s[look]
    share = np.zeros(len(look)) if any(thing.drift) else hidden(thing.box, cover, len(clock.at_s))[look]
    score = _middle(setting, thing, at_s, dice) + thing.ease * (thing.kind != "statue")
    score = score + _noise(setting, at_s, dice) - HIDDEN_COSTS * share
    kind = np.full(len(look), CLASSES.index(thing.class_name))
    other = dice.random(len(look)) < np.where(at_s < thing.start_s + thing.growth_s, 0.5, setting.confused)
    box = _jittered(setting, _cut(_grown(thing, at_s), share, dice), dice)
    rows = Boxes(look, box, score, np.where(other, 1 - kind, kind))
    return rows.of(score > -setting.weak_band)


def present(thing: Thing, at_s: Floats) -> Flags:
    """At which looks a thing is there, hidden or not."""
    there = (at_s >= thing.start_s) & (at_s < thing.end_s)
    for begin, end in thing.away:
        there &= (at_s < begin) | (at_s >= end)
    return np.asarray(there, np.bool_)


def _middle(setting: Setting, thing: Thing, at_s: Floats, dice: Dice) -> Floats:
    """The mean score of a thing at each look."""
    if thing.kind != "statue":
        return np.full(len(at_s), _deviations(setting.recall * (0.5 if thing.kind == "mover" else 1)))
    mean = min(setting.false_per_look / 2 / (setting.statues * STATUE_AWAKE), 0.9)
    chance = float(dice.beta(0.6, 0.6 * (1 - mean) / mean)) if mean else 0.0
    awake = _awake(setting, at_s, dice)
    middle = np.where(awake, _deviations(chance) * (1 - setting.own_share) ** 0.5, ASLEEP)
    return np.asarray(middle, np.float64)


def _deviations(chance: float) -> float:
    """The mean of a normal score of deviation 1 that is above 0 with this chance."""
    return NormalDist().inv_cdf(min(max(chance, 1e-5), 1 - 1e-5))


def _awake(setting: Setting, at_s: Floats, dice: Dice) -> Flags:
    """When the light makes something else of a statue: spells, a quarter of the time."""
    awake, now, on = np.zeros(len(at_s), np.bool_), 0.0, bool(dice.random() < STATUE_AWAKE)
    while len(at_s) and now < at_s[-1]:
        mean_h = setting.statue_spell_h * (1 if on else (1 - STATUE_AWAKE) / STATUE_AWAKE)
        until = now + float(dice.exponential(mean_h * 3600))
        awake |= on & (at_s >= now) & (at_s < until)
        now, on = until, not on
    return awake


def _noise(setting: Setting, at_s: Floats, dice: Dice) -> Floats:
    """Spells plus noise, of the variance that a thing's own ease leaves."""
    white = dice.normal(0, (1 - setting.own_share - setting.slow_share) ** 0.5, len(at_s))
    keep = np.exp(-np.diff(at_s, prepend=at_s[:1]) / setting.spell_s).tolist()
    steps = dice.normal(0, 1, len(at_s)).tolist()
    spell, level = [], float(dice.normal())
    for kept, step in zip(keep, steps, strict=True):
        level = kept * level + (1 - kept * kept) ** 0.5 * step
        spell.append(level)
    return np.asarray(white + np.array(spell) * setting.slow_share**0.5, np.float64)


def _grown(thing: Thing, at_s: Floats) -> Floats:
    """The true box at each look, float64[n, 4]: moving, or growing from its foot."""
    x0, y0, x1, y1 = thing.box
    gone_s = at_s - thing.start_s
    size = np.clip(0.5 + 0.5 * gone_s / thing.growth_s, 0, 1) if thing.growth_s else np.ones(len(at_s))
    middle = (x0 + x1) / 2 + thing.drift[0] * gone_s
    foot = y1 + thing.drift[1] * gone_s
    half, height = (x1 - x0) / 2 * size, (y1 - y0) * size
    return np.column_stack([middle - half, foot - height, middle + half, foot])


def _cut(box: Floats, share: Floats, dice: Dice) -> Floats:
    """Half of the partly hidden ones are reported as the part that shows."""
    cut = (share > 0.15) & (dice.random(len(share)) < 0.5)
    width = (box[:, 2] - box[:, 0]) * np.where(cut, np.minimum(share, 0.7), 0)
    left = dice.random(len(share)) < 0.5
    out = box.copy()
    out[:, 0] += np.where(left, width, 0)
    out[:, 2] -= np.where(left, 0, width)
    return out


def _jittered(setting: Setting, box: Floats, dice: Dice) -> Floats:
    size = np.column_stack([box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]] * 2)
    return np.clip(box + dice.normal(0, setting.jitter, box.shape) * size, 0, 1)


def _merge(setting: Setting, scene: Scene, seen: list[Boxes], dice: Dice) -> None:
    """Where two neighbours are both seen, some looks show one box round both; `seen` is changed in place."""
    for one, other in _neighbours(scene):
        a, b = seen[one], seen[other]
        _, in_a, in_b = np.intersect1d(a.look, b.look, return_indices=True)
        some = dice.random(len(in_a)) < setting.merged
        in_a, in_b = in_a[some], in_b[some]
        box = a.box.copy()
        box[in_a, :2] = np.minimum(a.box[in_a, :2], b.box[in_b, :2])
        box[in_a, 2:] = np.maximum(a.box[in_a, 2:], b.box[in_b, 2:])
        seen[one] = replace(a, box=box)
        seen[other] = b.of(np.delete(np.arange(len(b.look)), in_b))


def _neighbours(scene: Scene) -> list[tuple[int, int]]:
    stands = [(n, t) for n, t in enumerate(scene.things) if t.kind == "stand"]
    return [(n, m) for n, one in stands for m, other in stands if n < m and _beside(one, other)]


def _beside(one: Thing, other: Thing) -> bool:
    gap = max(one.box[0], other.box[0]) - min(one.box[2], other.box[2])
    level = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    at_once = one.start_s < other.end_s and other.start_s < one.end_s
    return at_once and gap < NEIGHBOURS * (one.box[2] - one.box[0]) and level > 0.5 * (one.box[3] - one.box[1])


def _split(setting: Setting, rows: Boxes, dice: Dice) -> Boxes:
    """Some things come as two boxes side by side."""
    some = np.flatnonzero(dice.random(len(rows.look)) < setting.split)
    at = dice.uniform(0.35, 0.65, len(some))
    middle = rows.box[some, 0] * (1 - at) + rows.box[some, 2] * at
    box = rows.box.copy()
    right = rows.of(some)
    box[some, 2] = middle
    right.box[:, 0] = middle
    return joined([replace(rows, box=box), right])


def _passing(setting: Setting, looks: int, dice: Dice) -> Boxes:
    """False alarms that stay for a look or some, at a place of their own each, above the threshold or weak."""
    strong = setting.false_per_look / 2 * (1 - LINGERS)
    parts = [
        _run(setting, looks, strong, dice, weak=False),
        _run(setting, looks, strong * WEAK_PASSING, dice, weak=True),
    ]
    return joined(parts)


def _run(setting: Setting, looks: int, rate: float, dice: Dice, *, weak: bool) -> Boxes:
    starts = np.flatnonzero(dice.random(looks) < rate)
    stays = dice.geometric(1 - LINGERS, len(starts))
    look = np.repeat(starts, stays) + _counted(stays)
    place = np.array([_somewhere(dice) for _ in starts]).reshape(-1, 4)
    box = np.clip(np.repeat(place, stays, axis=0) + dice.normal(0, 0.01, (len(look), 1)), 0, 1)
    score = -dice.uniform(0, setting.weak_band, len(look)) if weak else dice.exponential(0.5, len(look))
    rows = Boxes(look, box, score, np.repeat(dice.integers(0, 2, len(starts)), stays))
    return rows.of(look < looks)


def _counted(stays: Ints) -> Ints:
    """0, 1, 2 … for each run: int64[sum of stays]."""
    return np.arange(int(stays.sum())) - np.repeat(np.cumsum(stays) - stays, stays)


def _somewhere(dice: Dice) -> tuple[float, float, float, float]:
    x, y = float(dice.uniform(0.08, 0.9)), float(dice.uniform(0.5, 0.97))
    return at_place(x, y, wide=float(dice.uniform(0.5, 1.3)), size=float(dice.uniform(0.4, 1.1)))


def confidence(setting: Setting, score: Floats) -> Floats:
    """What the detector would print: the threshold at score 0."""
    odds = setting.threshold / (1 - setting.threshold) * np.exp(0.9 * score)
    return np.asarray(odds / (1 + odds), np.float64)
