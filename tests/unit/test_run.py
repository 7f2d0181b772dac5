# SPDX-License-Identifier: AGPL-3.0-or-later
"""`curbwatch run` says where it is reached, and no password; an API of its own steps back for the patrol."""

from contextlib import nullcontext
from pathlib import Path
from threading import Event

import pytest
from typer.testing import CliRunner

from curbwatch.cli import app
from curbwatch.commands import run


def test_the_first_line_hides_the_login_in_the_apis_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "city.toml").write_text("", "utf-8")
    stopped = Event()
    stopped.set()
    monkeypatch.setattr(run, "set_up_logs", lambda **_: None)
    monkeypatch.setattr(run, "until_told_to_stop", lambda: nullcontext(stopped))
    monkeypatch.setattr("curbwatch.service.service", lambda *_: nullcontext("https://patrol:hunter2@api.example"))
    said = CliRunner().invoke(app, ["run", str(tmp_path / "city.toml")])
    assert "API at https://***@api.example;" in said.output


@pytest.mark.parametrize(("only", "nicer"), [("api", [run.YIELDING]), ("patrol", []), ("all", [])])
def test_an_api_of_its_own_yields_to_the_patrol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: str, nicer: list[int]
) -> None:
    yielded: list[int] = []
    monkeypatch.setattr("os.nice", yielded.append)
    done = CliRunner().invoke(app, ["run", str(tmp_path / "none.toml"), "--only", only])
    assert done.exit_code
    assert yielded == nicer
