# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever lacks torch or Blender is told what to install, in one line and before anything else."""

import runpy
import sys

import pytest

PROGRAMS = [
    *((name, "torch", "scripts/setup-train") for name in ("models.train", "models.export")),
    *(
        (name, "bpy", "pip install bpy==5.0.1")
        for name in ("models.passers", "models.scenes.cutouts", "models.scenes.pack", "models.scenes.street")
    ),
]


@pytest.mark.parametrize(("program", "package", "cure"), PROGRAMS)
def test_a_missing_package_is_one_line_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], program: str, package: str, cure: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, program, raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(program, run_name="__main__")
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1
    assert package in said.partition(" not installed: ")[0]
    assert cure in said
