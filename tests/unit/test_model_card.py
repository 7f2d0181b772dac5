# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures get into a card and nothing else of it changes; without the extra, training says what to install."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typer.testing import CliRunner

from curbwatch.cli import app
from curbwatch.commands import train
from curbwatch.errors import CurbwatchError
from models import card, evaluate
from models.augment import Sample
from models.boxes import Found
from models.classes import CLASSES
from models.evaluate import Looked

BETWEEN = {f"{name}_interval": [0.1, 0.9] for name in ("ap50", "precision", "recall")}
ROW = {"pictures": 23, "boxes": 32, "ap50": 0.44, "precision": float("nan"), "recall": 0.38, **BETWEEN}
REPORT: dict[str, Any] = {
    "split": "test",
    "thresholds": {"stall": 0.5, "debris": 0.6},
    "classes": {"stall/stalls_unboxed": {**ROW, "curve": [[0.0, 1.0, 0.9], [0.5, 0.8, 0.4]]}},
    "alarmed": {
        "stall": {
            "pictures": 9, "precision": 0.9, "precision_interval": [0.7, 1.0],
            "well_placed": 0.8, "well_placed_interval": [0.5, 1.0],
        }
    },
    "negatives": {
        "all": {"pictures": 152, "with_box_share": 0.02, "interval": [0.0, 0.05], "stall": 3, "debris": 0}
    },
    "teacher_agreement": {},
}  # fmt: skip


def test_every_figure_stands_in_a_table_with_its_interval() -> None:
    text = card.tables(REPORT)
    assert "| stall | street stalls | 23 | 32 | 0.44 [0.10, 0.90] | – | 0.38 [0.10, 0.90] |" in text
    assert "| stall | 9 | 0.90 [0.70, 1.00] | 0.80 [0.50, 1.00] |" in text
    assert "| all of these | 152 | 0.020 [0.000, 0.050] | 3 | 0 |" in text


def test_what_people_wrote_stays_when_figures_are_renewed(tmp_path: Path) -> None:
    path = tmp_path / "m.md"
    path.write_text(f"# Mine\n\nbefore\n\n{card.BEGIN}\nold\n{card.END}\n\nafter\n")
    card.write(path, "m", "new")
    assert path.read_text() == f"# Mine\n\nbefore\n\n{card.BEGIN}\n\nnew\n\n{card.END}\n\nafter\n"
    card.write(path, "m", "new")
    assert path.read_text().count("new") == 1


def test_the_command_makes_a_card_with_curves_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "m.test.json").write_text(json.dumps(REPORT))
    train.card([tmp_path / "m.test.json"], "m", tmp_path)
    assert (tmp_path / "m.md").read_text().startswith("# Model card: m\n")
    assert "](m.test.svg)" in (tmp_path / "m.md").read_text()
    assert "<polyline" in (tmp_path / "m.test.svg").read_text()


def test_a_card_that_lost_the_end_of_its_figures_keeps_what_people_wrote(tmp_path: Path) -> None:
    path = tmp_path / "m.md"
    for text in (f"# Mine\n\n{card.BEGIN}\nold\n\nafter\n", f"{card.END}\n{card.BEGIN}\nold\n\nafter\n"):
        path.write_text(text)
        with pytest.raises(ValueError, match=rf"m\.md: .*{card.END}"):
            card.write(path, "m", "new")
        assert path.read_text() == text


def test_reports_of_one_split_have_a_picture_each(tmp_path: Path) -> None:
    for fold in range(3):
        curve = [[0.0, 1.0, 0.9], [0.1 * fold, 0.8, 0.4]]
        row = REPORT["classes"]["stall/stalls_unboxed"] | {"curve": curve}
        (tmp_path / f"{fold}.json").write_text(json.dumps(REPORT | {"classes": {"stall/own": row}}))
    (tmp_path / "val.json").write_text(json.dumps(REPORT | {"split": "val"}))
    train.card([tmp_path / f"{name}.json" for name in (0, 1, "val", 2)], "m", tmp_path)
    shown = re.findall(r"]\((.*)\)", (tmp_path / "m.md").read_text())
    assert shown == ["m.test.svg", "m.test.2.svg", "m.val.svg", "m.test.3.svg"]
    assert len({(tmp_path / name).read_text() for name in shown}) == 4


def test_curves_are_a_whole_picture_whatever_their_set_is_called() -> None:
    row = REPORT["classes"]["stall/stalls_unboxed"]
    ET.fromstring(train._curves(REPORT | {"classes": {"stall/a & b": row}}))  # noqa: S314 - our own


@pytest.mark.parametrize("nothing", [None, float("nan")])
@pytest.mark.parametrize("figure", ["precision", "recall"])
def test_a_figure_that_is_not_defined_is_a_dash_and_no_dot(figure: str, nothing: float | None) -> None:
    row = ROW | {"precision": 0.5, "curve": [], figure: nothing, f"{figure}_interval": [nothing, nothing]}
    report = REPORT | {"classes": {"stall/own": row}}
    assert "| – |" in card.tables(report)
    assert "<circle" not in train._curves(report)


def test_an_evaluation_is_json_that_anybody_reads() -> None:
    sample = Sample(np.zeros((64, 64, 3), np.uint8), np.zeros((0, 5), np.float32), np.zeros((0, 5), np.float32))
    found = Found(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    some = [Looked(kind, sample, found) for kind in ("own", "own_clean")]
    report = evaluate.report(some, dict.fromkeys(CLASSES, 0.5)) | {"split": "test"}
    assert json.loads(json.dumps(report, allow_nan=False))["classes"]["stall/own"]["recall_interval"] == [None, None]
    assert "| stall | own pictures | 1 | 0 | – | – | – |" in card.tables(report)


@pytest.mark.parametrize("text", ["no json", "[]", '{"classes": {}}', json.dumps(REPORT | {"alarmed": None})])
def test_a_file_that_is_no_evaluation_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(CurbwatchError, match=r"a\.json: .*`models train`"):
        train.card([tmp_path / "a.json"], "m", tmp_path)


def test_without_the_extra_training_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("models.needed.find_spec", lambda _: None)
    with pytest.raises(CurbwatchError, match=r"scripts/setup-train.*pip install '\.\[train\]'"):
        train.export(tmp_path / "last.pt", tmp_path / "m.onnx")


@pytest.mark.parametrize("name", ['city "n"', "city/n", "..", "", "-n", "n\n"])
@pytest.mark.parametrize("words", [["train", "--data", "d"], ["mean", "a.onnx", "--data", "d"], ["card", "a.json"]])
def test_a_name_that_is_no_file_name_is_refused_at_once(words: list[str], name: str) -> None:
    done = CliRunner().invoke(app, ["models", *words, f"--name={name}"])
    assert done.exit_code == 2
    assert "letters, digits" in done.output


@pytest.mark.parametrize("name", ["city-n-v1", "城市_2.1"])
def test_a_name_may_be_of_any_letters(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(REPORT))
    words = ["models", "card", str(tmp_path / "a.json"), "--name", name, "--out", str(tmp_path)]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert (tmp_path / f"{name}.md").exists()
