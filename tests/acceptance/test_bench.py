# SPDX-License-Identifier: AGPL-3.0-or-later
"""The benchmarks of models as a model engineer types them, on made-up pictures."""

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from support.labelled_pictures import Scene, Square, draw, store, yolo
from support.running import STREET, curbwatch
from support.tiny_model import tiny_model

SCENES: list[Scene] = [
    [Square(1, 1), Square(2, 3, "stall")],
    [Square(4, 4, bright=0.7), Square(3, 6, bright=0.8, labelled=False)],
    [Square(6, 6, bright=0.0)],
] * 3


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return yolo(tmp_path / "data", SCENES)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_model(tmp_path / "model")


def test_accuracy_writes_what_other_tools_read(data: Path, model: Path, tmp_path: Path) -> None:
    draw(tmp_path / "clean" / "a.png", [])
    files: list[str | Path] = ["--json", tmp_path / "a.json", "--html", tmp_path / "a.html"]
    said = curbwatch("bench", "accuracy", "--data", data, "--model", model, "--negatives", tmp_path / "clean", *files)
    assert "a box in 0.0 % [0.0, 0.0] of 1 negatives" in said
    report: dict[str, Any] = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert (report["model"], report["data"]) == ("tiny", str(data))
    assert (report["negatives"]["pictures"], report["negatives"]["with_box_share"]) == (1, 0)
    fields = {"ap50", "ap50_95", "precision", "recall", "threshold", "pictures", "boxes", "ap50_interval"}
    assert all(fields <= set(row) for row in report["classes"].values())
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")


def test_accuracy_lists_faults_and_goes_on(data: Path, model: Path) -> None:
    (data / "labels" / "test" / "0.txt").unlink()
    said = curbwatch("bench", "accuracy", "--data", data, "--model", model)
    assert "missing label: 1" in said
    assert "0.png: left out" in said


def test_accuracy_against_an_earlier_report_finds_a_worse_model(data: Path, model: Path, tmp_path: Path) -> None:
    told: list[str | Path] = ["bench", "accuracy", "--data", data, "--model"]
    curbwatch(*told, model, "--json", tmp_path / "a.json")
    blind = tiny_model(tmp_path / "model", "blind", keen=(1, 0))
    assert "worse: debris: AP50 0.000" in curbwatch(*told, blind, "--against", tmp_path / "a.json", code=1)
    (data / "labels" / "test" / "0.txt").unlink()  # so its picture is left out
    assert "than those of the earlier report" in curbwatch(*told, model, "--against", tmp_path / "a.json", code=2)


def test_thresholds_are_chosen_on_validation_pictures_only(model: Path, tmp_path: Path) -> None:
    told: list[str | Path] = ["bench", "accuracy", "--model", model, "--write-thresholds"]
    scene = [Square(1, 1, bright=0.62), Square(5, 5, bright=0.58, labelled=False)]
    val = yolo(tmp_path / "val", [scene] * 12, split="val")
    assert "chosen on the split val" in curbwatch(*told, "--data", val, "--split", "test", code=2)
    assert "debris = 0.6" in curbwatch(*told, "--data", val)
    assert "debris = 0.6\n" in model.read_text("utf-8")
    few = curbwatch(*told, "--data", yolo(tmp_path / "few", [scene], split="val"))
    assert "debris: 1 boxes are too few to choose by, so it stays, or rises until negatives are quiet\n" in few
    assert "stall: 0 boxes are too few to choose by, so it stays\n" in few
    assert model.read_text("utf-8").endswith("stall = 0.5\ndebris = 0.6\n")
    any_split = store(tmp_path / "store", [scene])
    assert "a label store knows no splits" in curbwatch(*told, "--data", any_split, code=2)


def test_wrong_use_is_told_in_one_line(model: Path, tmp_path: Path) -> None:
    said = curbwatch("bench", "accuracy", "--data", tmp_path / "gone", "--model", model, code=2)
    assert said.endswith("no such folder; name the one that holds the pictures\n")
    assert len(said.splitlines()) == 1
    assert "write DATA_NAME=MODEL_NAME" in curbwatch(
        "bench", "accuracy", "--data", tmp_path, "--model", model, "--rename", "rubbish", code=2
    )


def test_compare_says_which_model_is_better_and_exits_1_if_b_is_worse(data: Path, model: Path, tmp_path: Path) -> None:
    blind = tiny_model(tmp_path / "model", "blind", keen=(1, 0))
    files: list[str | Path] = ["--json", tmp_path / "c.json", "--html", tmp_path / "c.html"]
    better = curbwatch("bench", "compare", blind, model, "--data", data, *files)
    assert better.splitlines()[-1].startswith("B is better: debris AP50 +0.")
    report = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert report["verdict"] == better.splitlines()[-1]
    assert report["accuracy"]["debris"]["difference_interval"][0] > 0
    assert (
        report["latency"]["ratio_interval"][0] <= report["latency"]["ratio"] <= report["latency"]["ratio_interval"][1]
    )
    assert "B is worse" in curbwatch("bench", "compare", model, blind, "--data", data, code=1)


def test_the_shipped_model_is_measured_on_the_demo_street(tmp_path: Path) -> None:
    truth = json.loads((STREET / "street.json").read_text("utf-8"))
    stall = next(event for event in truth["events"] if event["permitted"])
    clip = cv2.VideoCapture(str(STREET / "street.mp4"))
    _, picture = clip.read()
    clip.release()
    cv2.imwrite(str(tmp_path / "street.png"), picture)
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = stall["box"]
    box = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height]
    labels = {
        "images": [{"id": 1, "file_name": "street.png", "width": width, "height": height}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": box}],
        "categories": [{"id": 1, "name": "Stall"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    curbwatch("bench", "accuracy", "--data", tmp_path, "--json", tmp_path / "report.json")
    row = json.loads((tmp_path / "report.json").read_text("utf-8"))["classes"]["stall"]
    assert (row["boxes"], row["recall"], row["ap50"]) == (1, 1, 1)
