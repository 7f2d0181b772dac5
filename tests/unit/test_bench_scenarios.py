# SPDX-License-Identifier: AGPL-3.0-or-later
"""The scenario benchmark: what counts as a violation, how alarms are matched, and who raises fewer false ones."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from benchmarks.scenarios.baselines import cooldown, loitering, n_of_m
from benchmarks.scenarios.bytetrack import Tracker, Tuning, assigned
from benchmarks.scenarios.claims import Claim, Claims, ours
from benchmarks.scenarios.clockwork import Clockwork
from benchmarks.scenarios.cost import look_cost
from benchmarks.scenarios.eyes import present
from benchmarks.scenarios.film import Film, Stand, film
from benchmarks.scenarios.kill_street import CAMERAS, PERIOD, PLACES, Told, judged, look, stands
from benchmarks.scenarios.page import scenarios_page
from benchmarks.scenarios.report import equal_recall, logic
from benchmarks.scenarios.scenes import Scene, Spans, Thing
from benchmarks.scenarios.scoring import Score, score, summary
from benchmarks.scenarios.setting import Setting
from benchmarks.scenarios.truth import Verdict, truths
from detector.look import Sighting
from detector.zones import Zone

STREET = ((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0))
PLACE = (0.4, 0.5, 0.6, 0.7)
LOOKS = 400  # one second apart


def run(*things: Thing, permits: Spans = (), hidden: Spans = ()) -> Film:
    """A run of 400 looks over one zone: dwell 60 s, clear 30 s; at `hidden` nothing can be seen."""
    at_s = np.arange(LOOKS, dtype=np.float64)
    none = np.zeros(LOOKS, np.bool_)
    visible = np.ones(LOOKS, np.bool_)
    for begin, end in hidden:
        visible &= (at_s < begin) | (at_s >= end)
    zone = Zone("street", STREET, dwell_s=60, clear_s=30)
    scene = Scene("cam-1", 1.0, LOOKS / 3600, (zone,), {"street": permits}, (), things)
    clock = Clockwork(at_s, np.zeros(LOOKS), none, none, none)
    return Film(scene, clock, (), tuple(Stand(thing, visible) for thing in things))


def stall(start_s: float, end_s: float) -> Thing:
    return Thing("stand", "stall", "street", PLACE, start_s, end_s)


def alarm(at: int, *, class_name: str = "stall", key: str = "a") -> Claim:
    return Claim(at, class_name, "street", PLACE, key)


@pytest.mark.parametrize(
    ("stay_s", "verdict"),
    [(47, Verdict.NONE), (50, Verdict.UNDECIDED), (63, Verdict.UNDECIDED), (66, Verdict.VIOLATION)],
)
def test_what_leaves_about_when_its_dwell_is_over_is_undecided(stay_s: float, verdict: Verdict) -> None:
    assert truths(run(stall(10, 10 + stay_s)))[0].verdict is verdict


def test_a_violation_is_due_at_the_look_at_which_it_has_stood_for_the_dwell() -> None:
    (truth,) = truths(run(stall(10, 200)))
    assert (truth.first, truth.due, truth.gone, truth.clear_due) == (10, 70, 200, 230)


def test_what_is_hidden_is_due_when_it_has_been_visible_for_half_the_dwell() -> None:
    (truth,) = truths(run(stall(10, 300), hidden=((20, 120),)))
    assert truth.due == 139  # ten visible seconds before, the twentieth more at 139


def test_permitted_hours_begin_the_dwell_anew() -> None:
    around, beyond = (
        truths(run(stall(10, 140), permits=((50, 100),))),
        truths(run(stall(10, 300), permits=((50, 100),))),
    )
    assert around[0].verdict is Verdict.NONE
    assert beyond[0].due == 160


def test_one_alarm_in_time_is_right_and_its_delay_is_counted_in_looks() -> None:
    told = score(run(stall(10, 200)), Claims([alarm(73)], [(231, "a")]))
    assert (told.violations, told.found, told.false, told.duplicates) == (1, 1, 0, 0)
    assert (told.confirm_looks, told.clear_looks) == ([3], [1])


def test_a_second_alarm_for_the_same_stand_is_a_duplicate_and_no_false_case() -> None:
    told = score(run(stall(10, 200)), Claims([alarm(73), alarm(120, key="b")]))
    assert (told.found, told.duplicates, told.false) == (1, 1, 0)


def test_an_alarm_elsewhere_afterwards_or_of_another_class_is_false() -> None:
    elsewhere = Claim(80, "stall", "street", (0.0, 0.5, 0.2, 0.7), "c")
    told = score(run(stall(10, 200)), Claims([elsewhere, alarm(80, class_name="debris"), alarm(210)]))
    assert (told.found, told.false, told.missed[0].due) == (0, 3, 70)


def test_an_alarm_for_something_undecided_counts_neither_way() -> None:
    told = score(run(stall(10, 72)), Claims([alarm(71)]))
    assert (told.violations, told.false, told.undecided) == (0, 0, 1)


def test_an_alarm_of_a_zone_takes_any_violation_in_it() -> None:
    told = score(run(stall(10, 200)), Claims([replace(alarm(73), box=None)]))
    assert (told.found, told.false) == (1, 0)


def test_clearing_too_early_is_told_and_never_clearing_is_long() -> None:
    early = score(run(stall(10, 200)), Claims([alarm(73)], [(150, "a"), (235, "a")]))
    never = score(run(stall(10, 200)), Claims([alarm(73)]))
    assert (early.cleared_early, early.clear_looks, never.clear_looks) == (1, [5], [50])


def test_precision_and_recall_are_sums_over_cameras() -> None:
    told = summary([Score(12, violations=4, found=3, false=1), Score(12, violations=4, found=3)])
    assert (told["precision"], told["recall"], told["false_per_camera_day"]) == (0.8571, 0.75, 1.0)
    assert told["recall_interval"] == [0.75, 0.75]


def test_the_same_seed_draws_the_same_street_whatever_the_detector() -> None:
    setting = Setting(hours=1)
    one, other = film(setting, 3, 5), film(replace(setting, recall=0.9), 3, 5)
    assert film(setting, 3, 5).looks == one.looks
    assert one.scene == other.scene
    assert sum(len(at.sightings) for at in other.looks) > sum(len(at.sightings) for at in one.looks)


def test_the_detector_sees_as_often_as_the_setting_says() -> None:
    streets = [film(replace(quiet(), recall=0.6, own_share=0.01), 0, number) for number in range(6)]
    seen = sum(not sighting.weak for street in streets for at in street.looks for sighting in at.sightings)
    there = sum(int(present(stand.thing, street.clock.at_s).sum()) for street in streets for stand in street.stands)
    assert seen / there == pytest.approx(0.6, abs=0.03)  # some 9,000 looks in runs of four: 0.01 either way


def quiet() -> Setting:
    """Piles only, for long, one after the other, nothing in front of them, nothing failing."""
    return Setting(
        false_per_look=0, hours=3, idle_h=1e6, short_stands=0, debris_rate=0.7, debris_s=3000, movers_rate=0,
        hoppers_rate=0, licensed_rate=0, permitted_zones=0, split=0, merged=0, statues=0.0001, passers=0, crowds_rate=0,
        parked_rate=0, outages_rate=0, restarts_rate=0, blind_rate=0, clock_jumps_rate=0,
    )  # fmt: skip


def test_where_nothing_is_hard_the_engine_and_a_tracker_find_everything() -> None:
    street = film(replace(quiet(), recall=0.98, own_share=0.01), 0, 3)
    for claims in (ours(street), loitering(street, dwells=1, tuning=Tuning())):
        told = score(street, claims)
        assert told.violations == told.found == 3
        assert told.false == 0


def test_a_zone_with_two_violations_at_once_is_one_alarm_to_a_window() -> None:
    street = film(replace(quiet(), recall=0.98, own_share=0.01), 0, 3)
    told = score(street, n_of_m(street, share=0.5, confidence=0.35))
    assert (told.violations, told.found, told.false) == (3, 1, 0)


def test_the_engine_raises_fewer_false_cases_than_a_cooldown() -> None:
    street = film(Setting(hours=4), 0, 3)
    engine, alarms = score(street, ours(street)), score(street, cooldown(street, confidence=0.35))
    assert engine.found >= 0.8 * engine.violations > 0
    assert engine.false * 5 < alarms.false


def test_pairs_cost_the_least_together() -> None:
    dice = np.random.default_rng(1)
    for rows, columns in ((1, 4), (3, 3), (4, 2), (4, 5)):
        costs = dice.random((rows, columns)).tolist()
        narrow, wide = sorted((rows, columns))
        best = min(
            sum(costs[n][c] if rows <= columns else costs[c][n] for n, c in enumerate(chosen))
            for chosen in permutations(range(wide), narrow)
        )
        assert sum(costs[row][column] for row, column in assigned(costs, 2.0)) == pytest.approx(best)


def test_pairs_beyond_the_limit_are_none() -> None:
    assert assigned([[0.9, 0.95], [0.1, 0.9]], 0.8) == [(1, 0)]


def test_a_track_keeps_its_number_through_misses_and_loses_it_after_its_buffer() -> None:
    tracker, box = Tracker(Tuning(buffer_s=20), 4.0), Sighting("stall", 0.8, PLACE)
    first = tracker.update([box])[0].number
    assert [len(tracker.update([])) for _ in range(4)] == [0, 0, 0, 0]
    assert [track.number for track in tracker.update([box])] == [first]
    for _ in range(6):
        assert tracker.update([]) == []
    assert tracker.forgotten == [first]
    tracker.update([box])
    assert tracker.update([box])[0].number != first


def test_an_unsure_box_keeps_a_track_but_begins_none() -> None:
    tracker = Tracker(Tuning(sure=0.5), 1.0)
    unsure = Sighting("stall", 0.3, PLACE)
    assert [tracker.update([unsure]) for _ in range(3)] == [[], [], []]
    tracker.update([Sighting("stall", 0.8, PLACE)])
    number = tracker.update([Sighting("stall", 0.8, PLACE)])[0].number
    assert [track.number for track in tracker.update([unsure])] == [number]


def test_equal_recall_compares_where_a_baseline_finds_as_much() -> None:
    def at(found: int, false: int) -> list[Score]:
        return [Score(12, violations=10, found=found, false=false)]

    swept = {"ours": at(9, 1), "ours hit_ratio=0.8": at(7, 0)}
    swept |= {"cooldown a": at(10, 40), "cooldown b": at(9, 20), "cooldown c": at(5, 2)}
    swept |= {"loitering a": at(7, 3), "n_of_m a": at(9, 0)}
    told = equal_recall(swept)
    assert (told["cooldown"]["setting"], told["cooldown"]["ratio"]) == ("cooldown b", 0.05)
    assert (told["loitering"]["ours"], told["loitering"]["ratio"]) == ("ours hit_ratio=0.8", 0.0)
    assert told["n_of_m"]["ratio"] is None


def test_the_report_holds_what_other_tools_read_and_makes_a_page() -> None:
    report = logic(Setting(hours=0.25, idle_h=0.2, intervals_s=(10.0,)), camera_hours=0.25)
    fields = {"events", "precision", "recall", "duplicates_per_event", "confirm_delay_looks_p95"}
    assert fields | {"clear_delay_looks_p95"} <= report["logic"].keys()
    assert {kind: fields <= row.keys() for kind, row in report["baselines"].items()} == dict.fromkeys(
        ("cooldown", "n_of_m", "loitering"), True
    )
    page = scenarios_page(report | {"cost": look_cost(10)})
    assert "False cases at equal recall" in page
    assert page.count("<svg") == 3


def test_a_street_without_kills_would_be_judged_whole_and_one_with_losses_not() -> None:
    looks = 5 * PERIOD * len(CAMERAS)
    cases = [Told(c, (PLACES[p][0] + PLACES[p][2]) / 2, begin, cleared=True) for c, p, begin, _ in stands(0, looks)]
    assert judged(cases, 0, looks)["lost"] == judged(cases, 0, looks)["doubled"] == 0
    assert judged(cases[1:], 0, looks)["lost"] == 1
    assert judged([*cases, cases[3]], 0, looks)["doubled"] == 1
    assert look(0, 77) == look(0, 77)
