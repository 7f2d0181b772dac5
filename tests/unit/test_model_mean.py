# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mean of several exports is an export whose every weight lies between theirs; no run writes over another's."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from curbwatch.commands import train
from curbwatch.errors import CurbwatchError
from curbwatch.settings import SHIPPED_MODEL
from detector.manifest import load_manifest
from detector.model import load_model
from models import manifest, needed
from models.classes import CLASSES
from models.mean import mean
from models.recipe import alone
from support import drawn_stalls

WEIGHTS = load_manifest(SHIPPED_MODEL).weights


def export(path: Path, weight: float, *, name: str = "model.0.weight", side: int = 2) -> Path:
    """One layer that multiplies what it is given, and a constant that training never sets."""
    learnt = numpy_helper.from_array(np.full((side, side), weight, np.float32), name)
    constant = numpy_helper.from_array(np.array([7.0], np.float32), "constant")
    given, told = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, side]) for n in ("given", "told"))
    nodes = [
        helper.make_node("MatMul", ["given", name], ["made"]),
        helper.make_node("Add", ["made", "constant"], ["told"]),
    ]
    onnx.save(helper.make_model(helper.make_graph(nodes, "layer", [given], [told], [learnt, constant])), path)
    return path


def weights_of(path: Path) -> dict[str, NDArray[np.float32]]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


def test_shares_count_and_constants_stay(tmp_path: Path) -> None:
    parts = [export(tmp_path / "a.onnx", 1.0), export(tmp_path / "b.onnx", 5.0)]
    mean(parts, [3, 1], tmp_path / "new" / "mean.onnx")
    made = weights_of(tmp_path / "new" / "mean.onnx")
    np.testing.assert_allclose(made["model.0.weight"], 2.0)
    assert made["constant"].tolist() == [7.0]


@pytest.mark.parametrize("shares", [[1.0], [1.0, 0.0], [1.0, -2.0], [1.0, 1.0, 1.0]])
def test_every_part_has_a_share(tmp_path: Path, shares: list[float]) -> None:
    parts = [export(tmp_path / "a.onnx", 1.0), export(tmp_path / "b.onnx", 5.0)]
    with pytest.raises(ValueError, match="give each export a share above 0"):
        mean(parts, shares, tmp_path / "mean.onnx")


def test_what_cannot_be_averaged_is_named(tmp_path: Path) -> None:
    first = export(tmp_path / "a.onnx", 1.0)
    (tmp_path / "text.onnx").write_text("weights")
    others = {
        export(tmp_path / "wide.onnx", 1.0, side=3): "not of the network",
        export(tmp_path / "strange.onnx", 1.0, name="head.weight"): "not of the network",
        tmp_path / "text.onnx": "not an ONNX file",
        tmp_path / "gone.onnx": "no such file",
    }
    for other, fault in others.items():
        with pytest.raises(ValueError, match=rf"{other.name}: .*{fault}"):
            mean([first, other], [1, 1], tmp_path / "mean.onnx")
    assert not (tmp_path / "mean.onnx").exists()


def test_the_command_makes_a_model_that_the_service_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn_stalls.write(tmp_path / "drawn")
    train.mean([WEIGHTS, WEIGHTS], "twice", [tmp_path / "drawn"], [0.5, 0.5], tmp_path)
    made, shipped = load_model(tmp_path / "twice.toml", threads=1), load_manifest(SHIPPED_MODEL)
    assert made.manifest.input_size == shipped.input_size
    before, after = weights_of(WEIGHTS), weights_of(made.manifest.weights)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert "test" in (tmp_path / "twice.md").read_text("utf-8")
    assert "too few boxes in the split val for a threshold of stall, debris, person, " in capsys.readouterr().out
    assert made.manifest.thresholds == shipped.thresholds


def test_the_command_tells_what_it_cannot_average(tmp_path: Path) -> None:
    drawn_stalls.write(tmp_path / "drawn")
    with pytest.raises(CurbwatchError, match="1 exports and shares"):
        train.mean([WEIGHTS], "twice", [tmp_path / "drawn"], [0.5, 0.5], tmp_path)


def test_data_that_cannot_be_read_leaves_no_weights_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(CurbwatchError, match="nodata: no pictures"):
        train.mean([WEIGHTS, WEIGHTS], "twice", [tmp_path / "nodata"], None, tmp_path)
    drawn_stalls.write(tmp_path / "drawn")
    (tmp_path / "drawn" / "images" / "test" / "003.jpg").write_text("no picture")
    with pytest.raises(CurbwatchError, match="003: not"):
        train.mean([WEIGHTS, WEIGHTS], "twice", [tmp_path / "drawn"], None, tmp_path)
    assert not (tmp_path / "weights").exists()


def test_an_attempt_that_fails_leaves_no_weights_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    drawn_stalls.write(tmp_path / "drawn")
    monkeypatch.setattr(train, "_finish", full)
    with pytest.raises(OSError, match="No space left on device"):
        train.mean([WEIGHTS, WEIGHTS], "twice", [tmp_path / "drawn"], None, tmp_path)
    assert not list((tmp_path / "weights").iterdir())


def test_a_manifest_can_be_read_whatever_its_model_and_data_are_called(tmp_path: Path) -> None:
    written = manifest.text('"n" 𠮷', WEIGHTS, dict.fromkeys(CLASSES, 0.5), ['the "𠮷" street'])
    (tmp_path / "weights").symlink_to(WEIGHTS.parent)
    (tmp_path / "n.toml").write_text(written, "utf-8")
    read = load_manifest(tmp_path / "n.toml")
    assert (read.name, read.training_data) == ('"n" 𠮷', ('the "𠮷" street',))


def test_weights_that_are_there_are_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needed, "lacking", lambda *_: "")  # it is told before torch is needed
    (tmp_path / "weights").mkdir()
    kept = export(tmp_path / "weights" / "ours.onnx", 3.0)
    before = kept.read_bytes()
    with pytest.raises(CurbwatchError, match=r"ours\.onnx: there already.*another --name"):
        train.mean([kept, WEIGHTS], "ours", [tmp_path], None, tmp_path)
    with pytest.raises(CurbwatchError, match=r"ours\.onnx: there already"):
        train.train([tmp_path], "ours", tmp_path)
    assert kept.read_bytes() == before


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training writes an empty checkpoint and weights of one number."""
    monkeypatch.setattr(needed, "lacking", lambda *_: "")
    monkeypatch.setattr(train, "_train", lambda _, recipe: (recipe.run / "last.pt").touch())
    monkeypatch.setattr(train, "_export", lambda _, out, *__, **___: str(export(out, 1.0)))
    monkeypatch.setattr(train, "_held", lambda _: {})
    monkeypatch.setattr(train, "_finish", lambda *_: None)


def test_a_run_goes_on_with_what_it_was_begun_with(tmp_path: Path, no_torch: None) -> None:
    (tmp_path / "weights").mkdir()
    train.train([tmp_path / "drawn"], "ours", tmp_path, frozen=3, epochs=4)
    before = (tmp_path / "weights" / "ours.onnx").read_bytes()
    same: dict[str, Any] = {"data": [tmp_path / "x" / ".." / "drawn"], "name": "ours", "out": tmp_path, "frozen": 3}
    train.train(**same, minutes=9, workers=5, side=320)
    for option, value in (
        ("data", [tmp_path / "drawn", tmp_path / "more"]), ("name", "other"), ("start", WEIGHTS.parent / "mine.onnx"),
        ("seed", 5), ("rate", 0.1), ("frozen", 0), ("steps", 9), ("batch", 3), ("train_side", 64),
    ):  # fmt: skip
        wrong = rf"runs/ours: begun with --{option.replace('_', '-')} .*, not .*; .*another --run"
        with pytest.raises(CurbwatchError, match=wrong):
            train.train(**same | {"run": tmp_path / "runs" / "ours", option: value})
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["ours.onnx"]
    assert (tmp_path / "weights" / "ours.onnx").read_bytes() == before


def test_a_run_is_trained_by_one_at_a_time(tmp_path: Path, no_torch: None) -> None:
    (tmp_path / "weights").mkdir()
    with alone(tmp_path / "runs" / "ours"), pytest.raises(CurbwatchError, match=r"runs/ours: a training is under way"):
        train.train([tmp_path], "ours", tmp_path)
    assert not (tmp_path / "runs" / "ours" / "run.json").exists()
    train.train([tmp_path], "ours", tmp_path)


def test_a_run_writes_over_no_weights_of_another(tmp_path: Path, no_torch: None) -> None:
    for out in ("a", "b"):
        (tmp_path / out / "weights").mkdir(parents=True)
        train.train([tmp_path], "ours", tmp_path / out)
    with pytest.raises(CurbwatchError, match=r"a/runs/ours: begun with --out .*a, not .*b"):
        train.train([tmp_path], "ours", tmp_path / "b", run=tmp_path / "a" / "runs" / "ours")


def test_a_checkpoint_that_tells_not_what_it_was_begun_with_is_left_alone(tmp_path: Path, no_torch: None) -> None:
    (tmp_path / "last.pt").touch()
    with pytest.raises(CurbwatchError, match=r"begun by an older version, .* another --run"):
        train.train([tmp_path], "ours", tmp_path, run=tmp_path)
