# SPDX-License-Identifier: AGPL-3.0-or-later
"""`curbwatch run` says where it is reached, and no password."""

from contextlib import nullcontext
from pathlib import Path
from threading import Event

import pytest
from typer.testing import CliRunner

from curbwatch.cli import app
from curbwatch.commands import serve


def test_the_first_line_hides_the_login_in_the_apis_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "city.toml").write_text("", "utf-8")
    stopped = Event()
    stopped.set()
    monkeypatch.setattr(serve, "set_up_logs", lambda **_: None)
    monkeypatch.setattr(serve, "until_told_to_stop", lambda: nullcontext(stopped))
    monkeypatch.setattr(serve, "service", lambda *_: nullcontext("https://patrol:hunter2@api.example"))
    said = CliRunner().invoke(app, ["run", str(tmp_path / "city.toml")])
    assert "API at https://***@api.example;" in said.output
