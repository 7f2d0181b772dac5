# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a simulated city is like: how often things happen, how well the detector sees, what fails."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """The simulator's assumptions; chosen before any engine was measured with them, and not tuned to one since.

    Only what the background notices was chosen anew, by what ours does in the scenario videos and on real streets
    (docs/decisions/0006-confirmation.md): the lower end of the interval.

    recall: share of the looks at an unhidden stall or pile in which the detector reports it above its threshold.
    false_per_look: false boxes above the threshold per look and camera, all of them inside zones: half of them
        passing (umbrellas, handcarts; each stays 1.7 looks on average), half from things that always stood there.
    Rates are per camera-hour unless they say otherwise, shares and chances 0-1, spans seconds.
    """

    recall: float = 0.6
    false_per_look: float = 0.02
    hours: float = 12.0  # of one camera; it starts at 10:00 UTC
    intervals_s: tuple[float, ...] = (2.0, 4.0, 6.0, 10.0)  # between looks; each camera draws one

    # who stands there: six pitches a camera, some of them side by side
    idle_h: float = 8.0  # mean time that a pitch stays empty
    short_stands: float = 0.4  # share that leave before the dwell (mean: half of it)
    stand_s: float = 2400.0  # mean of the others
    steps_away: float = 0.15  # share of the long stands that are gone for some seconds and come back
    slow_set_up: float = 0.2  # share that grow from half their size, now and then looking like debris
    debris_rate: float = 0.15
    debris_s: float = 10_800.0
    movers_rate: float = 2.0  # loaded tricycles and handcarts that pass through, and may pause on the way
    hoppers_rate: float = 0.03  # vendors who move on before every dwell, three to six places in a row
    licensed_rate: float = 0.1  # stalls inside a licensed pitch
    permitted_zones: float = 0.3  # of the zones allow stalls from 17:00 to 20:00

    # the detector
    threshold: float = 0.35  # confidence at which a sighting is no longer weak
    weak_band: float = 0.8  # weak sightings reach so far below the threshold, in deviations of the score
    own_share: float = 0.15  # of the score's variance: each thing is as easy or hard as it is
    slow_share: float = 0.25  # of the score's variance: good and bad spells
    spell_s: float = 20.0  # how long these spells last
    jitter: float = 0.04  # of a box's edges, share of its size
    split: float = 0.04  # of the sightings come as two boxes
    merged: float = 0.08  # of the looks at two neighbours show one box round both
    confused: float = 0.03  # of the sightings carry the other class
    statues: float = 0.25  # things per camera that always stood there and look like stalls or debris at times
    statue_spell_h: float = 2.0  # how long such a time lasts (a quarter of the day, all in all)

    # what hides them
    passers: float = 0.8  # people and vehicles in the zones per look
    crowds_rate: float = 0.3  # minutes in which there are eight times as many
    parked_rate: float = 0.25  # vehicles that stop in front of a pitch
    parked_s: float = 240.0
    cover_recall: float = 0.85  # share of what hides that the detector reports

    # the second witness: static change against the background
    change_recall: float = 0.85  # share of the arrivals that the background model notices at all
    change_seen: float = 0.95  # of the looks at which a noticed one is reported
    stray_changes_rate: float = 0.5  # shadows, light, leftovers of vehicles; minutes each

    # what fails
    outages_rate: float = 0.05
    outage_s: float = 480.0
    restarts_rate: float = 0.1
    blind_rate: float = 0.05
    blind_s: float = 120.0
    blind_noticed: float = 0.9
    clock_jumps_rate: float = 0.02  # forwards or backwards by a minute (median), set right after ten (mean)
