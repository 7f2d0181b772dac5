# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases on the command line: asked for in the city's time, exported for spreadsheets."""

import csv
import json
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.camera_schemas import CAMERA_IN
from api.schemas import CASE_IN
from curbwatch.cli import app
from support.trial import trial

NOW = datetime(2026, 11, 30, 16, 22, tzinfo=UTC)  # 00:22 of the next day in the city


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The settings of a city in which a case was registered just after midnight."""
    folder = tmp_path_factory.mktemp("city")
    made = trial(folder, clock=lambda: NOW)
    http, sent = TestClient(made.app), made.headers("admin")
    http.put("/api/v1/cameras/cam-12", json=CAMERA_IN | {"place": "市场街 12 号"}, headers=sent).raise_for_status()
    report = CASE_IN | {"confirmed_at": "2026-11-30T16:21:41.301Z", "last_seen_at": "2026-11-30T16:21:41.301Z"}
    report["zone"] = "=2+3"
    http.post("/api/v1/cases", json=report, headers=sent | {"Idempotency-Key": "a"}).raise_for_status()
    path = folder / "city.toml"
    path.write_text(f'[service]\ndatabase_url = "sqlite:///{folder}/trial.db"\n', "utf-8")
    return str(path)


def run(*words: str) -> str:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-12-01", True),
        ("2026-12-01 00:22", True),
        ("2026-12-01 00:23", False),
        ("2026-11-30T16:22:00Z", True),
        ("2026-12-01T01:23:00+09:00", False),
    ],
)
def test_since_is_in_the_citys_time_unless_it_names_a_zone(city: str, since: str, found: bool) -> None:
    listed = json.loads(run("cases", "list", "-s", city, "--since", since, "--json"))
    exported = run("cases", "export", "-s", city, "--since", since, "--format", "jsonl").splitlines()
    assert [case["id"] for case in listed] == (["C20261201-0001"] if found else [])
    assert len(exported) == len(listed)


def test_a_spreadsheet_gets_the_citys_time_and_where_the_camera_is(city: str) -> None:
    told = CliRunner().invoke(app, ("cases", "export", "-s", city)).stdout_bytes
    assert told.startswith(b"\xef\xbb\xbfid,status,")  # what tells spreadsheets that it is UTF-8
    (row,) = csv.DictReader(told.decode("utf-8-sig").splitlines())
    assert (row["id"], row["status"], row["camera_place"]) == ("C20261201-0001", "new", "市场街 12 号")
    assert (row["confirmed_at"], row["cleared_at"]) == ("2026-12-01T00:21:41+08:00", "")


def test_no_name_is_a_formula_of_a_spreadsheet(city: str) -> None:
    (row,) = csv.DictReader(run("cases", "export", "-s", city).splitlines())
    assert row["zone"] == "'=2+3"
    assert json.loads(run("cases", "export", "-s", city, "--format", "jsonl"))["zone"] == "=2+3"


def test_json_has_times_as_the_api_writes_them(city: str) -> None:
    (case,) = json.loads(run("cases", "list", "-s", city, "--json"))
    assert case["confirmed_at"] == "2026-11-30T16:21:41.301000Z"
    key = json.loads(run("keys", "list", "-s", city, "--json"))[0]
    assert key["created_at"].endswith("Z")
    assert datetime.fromisoformat(key["created_at"]).tzinfo


def test_a_narrow_table_keeps_the_cases_number_whole_and_cuts_nothing_off(
    city: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curbwatch.commands.tables.PIPED", 80)  # as wide as a terminal
    said = run("cases", "list", "-s", city)
    assert "C20261201-0001" in said
    assert "…" not in said


def test_other_programs_get_a_line_for_each_row_whole(city: str) -> None:
    (line,) = [line for line in run("cases", "list", "-s", city).splitlines() if "C20261201-0001" in line]
    assert "2026-12-01T00:21:41+08:00" in line


def test_an_unknown_case_is_told_where_the_known_ones_are(city: str) -> None:
    said = str(CliRunner().invoke(app, ("cases", "show", "-s", city, "C1")).exception)
    assert said == f"no case C1: `curbwatch cases list -s {city}` names those there are"


def test_what_is_no_time_is_told_how_to_write_one(city: str) -> None:
    for word in ("yesterday", "0001-01-01", "0001-01-03", "9999-12-30"):  # days before or after them are none
        said = CliRunner().invoke(app, ("cases", "list", "-s", city, "--since", word))
        assert said.exit_code == 2, said.output
        assert "is no time; write 14:03" in said.output.replace("\n", " ")


def test_a_period_is_summed_up(city: str) -> None:
    found = json.loads(run("cases", "report", "-s", city, "--since", "2026-12-01", "--json"))
    assert (found["total"]["registered"], found["by_camera"]["cam-12"]["waiting"]) == (1, 1)
    before = json.loads(run("cases", "report", "-s", city, "--until", "2026-12-01", "--json"))
    assert before["total"]["registered"] == 0
    table = run("cases", "report", "-s", city)
    assert [line.split()[1:3] for line in table.splitlines() if "│" in line] == [
        ["all", "│"],
        ["stall", "│"],
        ["cam-12", "│"],
    ]
