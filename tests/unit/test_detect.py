# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of any name are read, and every annotated one is written or missed aloud."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer

from curbwatch.commands import look
from curbwatch.commands.look import _write
from curbwatch.detect import Album, Found, find_pictures
from curbwatch.errors import SettingsError
from support.tiny_model import tiny_model

PICTURE = np.full((48, 64, 3), 90, np.uint8)


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    album = Album(tmp_path / "out", every_s=1.0)
    shutil.rmtree(tmp_path / "out")
    with pytest.raises(FileNotFoundError):
        album.add(Found("a.jpg", PICTURE), PICTURE)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(SettingsError, match=r"no picture in this folder; they end in \.bmp, \.jpeg, \.jpg"):
        next(find_pictures([str(tmp_path)], every_s=1.0, unread=list[SettingsError]().append))


def test_a_picture_that_cannot_be_read_is_told_and_the_others_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(look, "set_up_logs", lambda: None)
    model = tiny_model(tmp_path)
    (tmp_path / "street").mkdir()
    for name in ("a.png", "c.png"):
        _write(tmp_path / "street" / name, PICTURE)
    (tmp_path / "street" / "b.png").write_text("no picture")
    with pytest.raises(typer.Exit) as stop:
        look.detect([str(tmp_path / "street"), str(tmp_path / "gone.jpg"), str(tmp_path / "street" / "a.png")], model)
    said = capsys.readouterr()
    assert [Path(line.split(" (")[0]).name for line in said.out.splitlines()] == ["a.png", "c.png", "a.png"]
    assert [line.split(": ")[2].split(";")[0] for line in said.err.splitlines()] == [
        "not a picture that can be read", "no such file"
    ]  # fmt: skip
    assert stop.value.exit_code == 2


def test_a_first_picture_is_written_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode("街.png".encode("gbk"))
    _write(path, PICTURE)
    read = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(read, PICTURE)
    with pytest.raises(typer.BadParameter, match=r"give a \.jpg or \.png"):
        _write(tmp_path / "a.picture", PICTURE)
