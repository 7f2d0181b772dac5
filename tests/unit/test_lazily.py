# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands are found by name, groups stay groups, and what is not called is not imported."""

import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from curbwatch.cli import COMMANDS, app

OTHERS = ("curbwatch.commands.bench_peers", "curbwatch.commands.replay", "benchmarks.load")


@pytest.mark.parametrize("words", [["db", "upgrade"], ["models", "list"], ["models", "train"], ["bench", "scenarios"]])
def test_a_command_of_a_group_is_found_and_helps(words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0
    assert " ".join(words) in done.output


def test_the_help_names_every_command() -> None:
    said = CliRunner().invoke(app, ["--help"]).output
    assert all(name in said for name in COMMANDS)


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"curbwatch {version('curbwatch')}\n"


def test_an_unknown_command_is_wrong_use() -> None:
    assert CliRunner().invoke(app, ["nosuch"]).exit_code == 2


def test_a_command_imports_no_other() -> None:
    code = (
        "import sys; from curbwatch.cli import app; app(['keys', '--help'], standalone_mode=False); print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60).stdout
    assert not set(OTHERS) & set(said.split())
