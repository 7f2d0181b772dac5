# SPDX-License-Identifier: AGPL-3.0-or-later
"""`curbwatch refused`: what the API refused is looked at, sent once more, or given up."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from curbwatch.cli import app
from curbwatch.errors import SettingsError
from curbwatch.spool import Message, Spool

CASE = Message("cam-1/site", "case", "{}")


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The settings of a patrol that has run, one of whose two messages was refused."""
    path = tmp_path / "city.toml"
    path.write_text('[service]\ndata_dir = "data"\n', "utf-8")
    spool = Spool(tmp_path / "data" / "spool.db")
    spool.add(CASE)
    spool.add(CASE)
    spool.refused(spool.waiting()[0], "Invalid: /class is no name")
    spool.close()
    return path


def ask(city: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["refused", "-s", str(city), *options])


def counts(city: Path) -> tuple[int, int]:
    spool = Spool(city.parent / "data" / "spool.db")
    try:
        return spool.count()
    finally:
        spool.close()


def test_what_was_refused_is_listed_with_its_reason(city: Path) -> None:
    told = json.loads(ask(city, "--json").output)
    assert told == [{"site": "cam-1/site", "kind": "case", "reason": "Invalid: /class is no name"}]
    assert counts(city) == (1, 1)


@pytest.mark.parametrize(("option", "left"), [("--retry", (2, 0)), ("--forget", (1, 0))])
def test_it_is_sent_once_more_or_forgotten(city: Path, option: str, left: tuple[int, int]) -> None:
    assert "cam-1/site" in ask(city, option).output
    assert counts(city) == left
    assert ask(city).output.strip() == "none"


def test_both_at_once_is_wrong_use(city: Path) -> None:
    assert ask(city, "--retry", "--forget").exit_code == 2
    assert counts(city) == (1, 1)


def test_where_no_patrol_ran_no_spool_is_made(tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_text('[service]\ndata_dir = "data"\n', "utf-8")
    assert isinstance(ask(path).exception, SettingsError)
    assert not (tmp_path / "data").exists()
