# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a simulated camera looks, what its clock says then, and when it is away, blind or restarted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.scenes import START_HOUR, Dice, Scene
from benchmarks.scenarios.setting import Setting

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
BEGIN = datetime(2026, 6, 1, START_HOUR, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clockwork:
    """The looks of one camera, one row each.

    at_s: true seconds of the run. offset_s: what the stamp is off by. restarted: the patrol was started again
    before this look. dark: the picture shows nothing. told: and the camera's health says so.
    """

    at_s: Floats
    offset_s: Floats
    restarted: Flags
    dark: Flags
    told: Flags

    def stamps(self) -> list[datetime]:
        """What the looks' clock says, aware UTC."""
        return [BEGIN + timedelta(seconds=round(s, 3)) for s in (self.at_s + self.offset_s).tolist()]


def clockwork(setting: Setting, scene: Scene, dice: Dice) -> Clockwork:
    """Draw the looks of a camera."""
    length_s = scene.hours * 3600
    at_s = np.arange(0.0, length_s, scene.interval_s)
    at_s = at_s + dice.uniform(0, 0.3 * scene.interval_s, len(at_s))
    outages = _spans(setting.outages_rate, setting.outage_s, length_s, dice)
    restarts = dice.uniform(0, length_s, dice.poisson(setting.restarts_rate * scene.hours))
    gaps = np.column_stack([restarts, restarts + dice.uniform(20, 60, len(restarts))])
    at_s = at_s[~_within(at_s, outages) & ~_within(at_s, gaps)]
    restarted = np.zeros(len(at_s), np.bool_)
    restarted[np.minimum(np.searchsorted(at_s, gaps[:, 1]), len(at_s) - 1)] = True
    dark_spans = _spans(setting.blind_rate, setting.blind_s, length_s, dice)
    dark = _within(at_s, dark_spans)
    told = dark & (dice.random(len(at_s)) < setting.blind_noticed)
    return Clockwork(at_s, _offsets(setting, at_s, length_s, dice), restarted, dark, told)


def _offsets(setting: Setting, at_s: Floats, length_s: float, dice: Dice) -> Floats:
    """What the clock is off by: jumps of a minute (median), to either side, each set right later."""
    offset_s = np.zeros(len(at_s))
    for begin, end in _spans(setting.clock_jumps_rate, 600.0, length_s, dice):
        jump_s = float(dice.choice((-1.0, 1.0))) * 60.0 * float(dice.lognormal(0, 1.5))
        offset_s[(at_s >= begin) & (at_s < end)] += jump_s
    return offset_s


def _spans(rate: float, mean_s: float, length_s: float, dice: Dice) -> Floats:
    """Spans that begin at any time, `rate` per hour; float64[n, 2] in seconds."""
    begins = dice.uniform(0, length_s, dice.poisson(rate * length_s / 3600))
    return np.column_stack([begins, begins + dice.exponential(mean_s, len(begins))])


def _within(at_s: Floats, spans: Floats) -> Flags:
    inside = np.zeros(len(at_s), np.bool_)
    for begin, end in spans:
        inside |= (at_s >= begin) & (at_s < end)
    return inside
