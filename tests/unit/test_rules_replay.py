# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules tried on kept looks, and moments kept as scenarios."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from curbwatch.errors import CurbwatchError
from curbwatch.looks_book import LooksBook
from curbwatch.rules_replay import begin, replay_rules
from curbwatch.scenario import Expect, Subject, looks_from_trace, rules_from, rules_json, run_scenario, scenario
from detector.look import Look, Sighting
from detector.rules import Rules, rules_for
from detector.windows import Window
from detector.zones import Zone

BEGAN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
STALL = (0.2, 0.3, 0.4, 0.6)
GATE = Zone("gate", ((0, 0), (1, 0), (1, 1), (0, 1)), dwell_s=120)
RULES = rules_for([GATE], timezone="Asia/Shanghai", holidays=[date(2026, 10, 1)])
SUBJECT = Subject("cam-1", "stall", "gate", STALL)


def street(stands_s: float, lasts_s: float = 600) -> list[Look]:
    """A stall that stands from the first look on and moves away."""
    stall = (Sighting("stall", 0.8, STALL),)
    times = (timedelta(seconds=2 * n) for n in range(int(lasts_s / 2)))
    return [Look("cam-1", BEGAN + t, stall if t.total_seconds() <= stands_s else ()) for t in times]


def with_zone(**changes: object) -> Rules:
    return rules_for([replace(GATE, **changes)], timezone="Asia/Shanghai")  # type: ignore[arg-type]  # as given


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LooksBook]:
    book = LooksBook(tmp_path / "looks.db")
    for look in street(200):
        book.add(look)
    book.flush(now=BEGAN)
    yield book
    book.close()


def tried(book: LooksBook, then: Rules) -> dict[str, list[tuple[str, str]]]:
    until = BEGAN + timedelta(hours=1)
    told = replay_rules(book, {"cam-1": RULES}, {"cam-1": then}, since=BEGAN, until=until)
    assert (told["looks"], told["cases_now"], told["cameras"]) == (300, 1, ["cam-1"])
    return {side: [(case["reason"]["code"], case["text"]["zh"]) for case in told[side]] for side in ("gone", "new")}


def test_the_same_rules_change_nothing(book: LooksBook) -> None:
    assert tried(book, RULES) == {"gone": [], "new": []}


def test_a_longer_dwell_loses_the_case_and_says_why(book: LooksBook) -> None:
    assert tried(book, with_zone(dwell_s=300)) == {"gone": [("left", "停留 200 秒后离开")], "new": []}


def test_permitted_hours_lose_the_case(book: LooksBook) -> None:
    then = with_zone(windows=(Window(14 * 60, 15 * 60),))
    assert [code for code, _ in tried(book, then)["gone"]] == ["hours"]


def test_a_zone_elsewhere_loses_the_case(book: LooksBook) -> None:
    then = with_zone(polygon=((0.6, 0.6), (1, 0.6), (1, 1)))
    assert [code for code, _ in tried(book, then)["gone"]] == ["outside"]


def test_a_zone_of_another_name_is_no_other_case(book: LooksBook) -> None:
    assert tried(book, with_zone(name="gate, renamed", dwell_s=60)) == {"gone": [], "new": []}


def test_a_stricter_rule_finds_new_cases(book: LooksBook) -> None:
    until = BEGAN + timedelta(hours=1)
    now, then = with_zone(dwell_s=400), with_zone(dwell_s=60)
    told = replay_rules(book, {"cam-1": now}, {"cam-1": then, "cam-2": then}, since=BEGAN, until=until)
    assert (told["gone"], told["cases_now"], told["cases_then"]) == ([], 0, 1)
    (case,) = told["new"]
    assert (case["zone"], case["reason"]["code"], case["first_seen_at"]) == (
        "gate",
        "stood",
        "2026-11-22T06:00:00.000Z",
    )


def test_rules_come_back_from_json_as_they_were() -> None:
    window = Window(17 * 60, 22 * 60, weekdays=(0, 5), holidays="include", first=date(2026, 1, 1))
    rules = rules_for([replace(GATE, windows=(window,), grade="strict")], holidays=[date(2026, 10, 1)])
    assert rules_from(json.loads(json.dumps(rules_json(rules)))) == rules


@pytest.mark.parametrize(
    ("expect", "good"), [("as-it-was", (True, False)), ("none", (True, False)), ("case", (False, True))]
)
def test_a_scenario_is_good_while_its_outcome_is_the_expected_one(
    tmp_path: Path, expect: Expect, good: tuple[bool, bool]
) -> None:
    text = scenario(street(60), RULES, SUBJECT, expect=expect, about={})
    path = tmp_path / "one.json"
    path.write_text(text, "utf-8")
    body = json.loads(text)
    body["rules"]["zones"][0]["dwell_s"] = 30  # somebody changes the rule
    other = tmp_path / "other.json"
    other.write_text(json.dumps(body), "utf-8")
    assert (run_scenario(path)["good"], run_scenario(other)["good"]) == good


def test_a_scenario_from_a_trace_alone_keeps_the_reason() -> None:
    times = [(BEGAN + timedelta(seconds=2 * n)).isoformat() for n in range(90)]
    trace = [{"at": at, "verdict": "hit" if n < 20 else "miss", "confidence": 0.8} for n, at in enumerate(times)]
    looks = looks_from_trace("cam-1", "stall", STALL, trace)
    body = json.loads(scenario(looks, RULES, SUBJECT, expect="as-it-was", about={}))
    assert body["expected"] == {"cases": [], "given_up": [["stall", "left"]]}


@pytest.mark.parametrize("verdict", ["blind", "hidden", "changed", "held"])
def test_a_look_that_missed_nothing_misses_nothing_in_a_scenario_from_a_trace_alone(verdict: str) -> None:
    times = [(BEGAN + timedelta(seconds=2 * n)).isoformat() for n in range(90)]
    trace = [{"at": at, "verdict": verdict if n % 5 == 4 else "hit", "confidence": 0.8} for n, at in enumerate(times)]
    run = begin("cam-1", RULES)
    for look in looks_from_trace("cam-1", "debris", STALL, trace):
        run.see(look)
    assert len(run.cases) == 1
    assert "miss" not in {look.verdict for site in run.watch.sites for look in site.trace}


@pytest.mark.parametrize("text", ["{}", "no json", '{"subject": 1}', "[]"])
def test_a_file_that_is_no_scenario_is_refused_with_advice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises(CurbwatchError, match="make one with `curbwatch why CAMERA"):
        run_scenario(path)
