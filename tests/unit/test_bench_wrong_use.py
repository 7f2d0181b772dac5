# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be refused before anything is measured is refused then, in words that say what to do."""

import json
from pathlib import Path

import pytest

from support.running import command

REPORTS = {
    "accuracy": {"measured_at": "then", "classes": {"debris": {}}},
    "odd": {"classes": [1], "sessions": {"a": 1}, "logic": [1], "points": {"a": 1}},
    "empty": {"classes": {}, "sessions": [], "logic": {}, "points": []},
    "service": {"machine": {}},
}


@pytest.fixture(autouse=True)
def logs_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run in this process, whose logs are not theirs."""
    for module in ("bench_models", "bench_scenarios"):
        monkeypatch.setattr(f"curbwatch.commands.{module}.set_up_logs", lambda: None)


@pytest.mark.parametrize(
    ("words", "report"),
    [
        (["accuracy", "--data", "."], "odd"),
        (["accuracy", "--data", "."], "empty"),
        (["latency"], "odd"),
        (["latency"], "empty"),
        (["capacity"], "odd"),
        (["capacity"], "empty"),
        (["latency"], "accuracy"),
        (["scenarios"], "odd"),
        (["scenarios"], "accuracy"),
        (["scenarios"], "service"),
    ],
)
def test_a_report_of_another_command_is_refused_at_once(words: list[str], report: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(REPORTS[report]))
    said = command("bench", *words, "--against", path, code=2, COLUMNS="500")
    assert f"r.json: no report of `bench {words[0]} --json`" in said


@pytest.mark.parametrize("option", ["--json", "--html"])
@pytest.mark.parametrize(
    "words",
    [["accuracy", "--data", "."], ["compare", "A", "B", "--data", "."], ["latency"], ["capacity"], ["scenarios"]],
)
def test_a_report_that_cannot_be_written_is_told_before_the_run(words: list[str], option: str, tmp_path: Path) -> None:
    said = command("bench", *words, option, tmp_path / "nowhere" / "r", code=2, COLUMNS="500")
    assert option in said
    assert "nowhere: no such folder; make it first" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["latency", "--threads", ""], "--threads: name at least one number"),
        (["latency", "--batch", ""], "--batch: name at least one number"),
        (["capacity", "--against", "EARLIER", "--cameras", ""], "--cameras: name the numbers"),
        (["accuracy", "--data", ".", "--min-confidence", "0.005"], "Input should be greater than or equal to 0.01"),
        (
            ["compare", "A", "B", "--data", ".", "--min-confidence", "0.005"],
            "Input should be greater than or equal to 0.01",
        ),
        (["capacity", "--model", "nowhere.toml"], "nowhere.toml: no such manifest"),
        (["scenarios", "--pixel", "--only", "nonsense"], "no scenario is called like that"),
        (["scenarios", "--pixel", "--model", "nowhere.toml"], "nowhere.toml: no such manifest"),
        (["scenarios", "--backgrounds", "nowhere"], "nowhere: no clip in it"),
    ],
)
def test_an_option_that_cannot_be_is_told_before_the_run(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("EARLIER").write_text('{"points": [{}]}')
    for measured in ("bench_scenarios.logic_level", "bench_capacity.measure_floor", "bench_latency.cold"):
        monkeypatch.setattr(f"curbwatch.commands.{measured}", lambda *_: pytest.fail("it measures"))
    assert says in command("bench", *words, code=2, COLUMNS="500")
