# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole recipe on a tiny drawn set: one epoch, to ONNX, and back through the service's own session.

Needs the extra `train`: `make test-train` brings it. Run with the interpreter that has torch.
"""

import errno
import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from curbwatch.settings import SHIPPED_MODEL
from detector.letterbox import letterbox
from detector.manifest import load_manifest
from detector.model import load_model
from detector.session import OnnxSession
from models.export import checked, export
from models.network import Head, coco, halved, load
from models.recipe import Recipe
from models.revive import revive
from models.train import done_of
from support import drawn_stalls
from support.cameras import until

ROOT = Path(__file__).parents[2]
SIDE = 160
OPTIONS = ("--steps", "3", "--batch", "4", "--train-side", str(SIDE), "--side", str(SIDE), "--workers", "2")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    drawn_stalls.write(folder)
    return folder


def models(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command."""
    command = [sys.executable, "-W", "ignore", "-c", "from curbwatch.cli import main; main()", "models", *words]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=800, env=os.environ)


def train(data: Path, out: Path, *more: str) -> str:
    """Run the training; its output."""
    done = models("train", "--data", str(data), "--name", "tiny", "--out", str(out), *OPTIONS, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*words: str) -> str:
    """Run a command that cannot work; what it says, and no traceback."""
    done = models(*words)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made")
    said = train(data, out, "--epochs", "1")
    assert "starting" in said
    assert "differs from torch by 0.0" in said
    return out


def picture_of(data: Path) -> Any:
    found = cv2.imread(str(data / "images" / "test" / "003.jpg"))
    assert found is not None
    return found


def test_the_service_computes_what_torch_computes(data: Path, made: Path) -> None:
    square = np.empty((1, 3, SIDE, SIDE), np.float32)
    letterbox(picture_of(data), square[0])
    with torch.inference_mode():
        torchs = Head(load(made / "runs" / "tiny" / "last.pt").eval(), twice=True)(torch.from_numpy(square)).numpy()
    ours = OnnxSession(made / "weights" / "tiny.onnx", threads=1).run(square)
    np.testing.assert_allclose(ours[:, :4], torchs[:, :4], atol=0.05)  # pixels
    np.testing.assert_allclose(ours[:, 4:], torchs[:, 4:], atol=1e-4)


def test_it_looks_twice_also_at_a_picture_whose_half_is_no_whole_number_of_cells(made: Path) -> None:
    picture = np.random.default_rng(3).random((1, 3, 96, SIDE), np.float32)
    model = load(made / "runs" / "tiny" / "last.pt").eval()
    with torch.inference_mode():
        whole, both = (Head(model, twice=twice)(torch.from_numpy(picture)).numpy() for twice in (False, True))
    ours = OnnxSession(made / "weights" / "tiny.onnx", threads=1).run(picture)
    np.testing.assert_allclose(ours, both, atol=0.05)
    np.testing.assert_array_equal(both[:, :, : whole.shape[2]], whole)
    assert both.shape[2] - whole.shape[2] == 64 * 96 * (1 / 64 + 1 / 256 + 1 / 1024)  # 48 x 80, filled up to 64 x 96


def test_half_a_picture_is_half_its_size_and_filled_up_with_grey() -> None:
    picture = torch.rand(2, 3, 96, 160)
    half = halved(picture)
    assert half.shape == (2, 3, 64, 96)
    assert torch.allclose(half[:, :, 0, 0], picture[:, :, :2, :2].mean(dim=(2, 3)))
    assert (half[:, :, 48:] == 114 / 255).all()
    assert (half[:, :, :, 80:] == 114 / 255).all()


def test_the_manifest_is_one_the_service_loads_and_looks_with(data: Path, made: Path) -> None:
    model = load_model(made / "tiny.toml", threads=1)
    assert model.manifest.input_size == SIDE
    (found,) = model.detect([picture_of(data)], least=1e-6)  # a model that has seen three steps is sure of nothing
    assert len(found.confidence) > 0


def test_figures_and_curves_stand_in_the_card(made: Path) -> None:
    card = (made / "tiny.md").read_text()
    assert "| stall | own pictures | 9 | 6 |" in card
    assert "| own pictures, nothing to find |" in card
    assert (made / "tiny.test.svg").read_text().startswith("<svg ")
    report = json.loads((made / "tiny.test.json").read_text())
    assert set(report["thresholds"]) == {"stall", "debris", "person", "two_wheeler", "vehicle", "umbrella"}


def test_a_run_goes_on_where_it_stopped(data: Path, made: Path) -> None:
    assert "going on with" in train(data, made, "--epochs", "2")
    log = (made / "runs" / "tiny" / "log.txt").read_text()
    assert re.findall(r"^epoch (\d) of (\d)", log, re.MULTILINE) == [("1", "1"), ("2", "2")]


def test_a_run_that_is_over_says_so(data: Path, made: Path) -> None:
    before = (made / "weights" / "tiny.onnx").read_bytes()
    assert "tiny is over: " in train(data, made, "--epochs", "1")
    assert (made / "weights" / "tiny.onnx").read_bytes() == before


def test_a_run_that_was_begun_otherwise_is_not_gone_on_with(data: Path, made: Path) -> None:
    words = ("train", "--data", str(data), "--name", "tiny", "--out", str(made), *OPTIONS, "--epochs", "3")
    assert "begun with --frozen 0, not 5" in refused(*words, "--frozen", "5")


@pytest.mark.parametrize("content", [b"junk", b"", b"PK\x03\x04", {"weights": 1}, {"average": {}}, [1, 2]])
def test_a_file_that_is_no_checkpoint_is_told(tmp_path: Path, content: object) -> None:
    if isinstance(content, bytes):
        (tmp_path / "odd.pt").write_bytes(content)
    else:
        torch.save(content, tmp_path / "odd.pt")
    with pytest.raises(ValueError, match=r"odd\.pt: .*last\.pt"):
        load(tmp_path / "odd.pt")
    with pytest.raises(ValueError, match=r"odd\.pt: .*"):
        coco(tmp_path / "odd.pt")


@pytest.mark.parametrize("name", ["odd.pt", "odd.onnx"])
def test_weights_that_nothing_can_start_from_are_told(data: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"junk")
    words = ("train", "--data", str(data), "--name", "n", "--out", str(tmp_path), *OPTIONS)
    assert f"{name}: no" in refused(*words, "--start", str(tmp_path / name))
    assert "does not exist" in models(*words, "--start", "gone.pt").stderr


def test_an_export_that_disagrees_with_torch_replaces_none(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.onnx").write_bytes(b"good")
    monkeypatch.setattr("models.export.difference", lambda *_, **__: (9.0, 0.0))
    with pytest.raises(ValueError, match=r"m\.onnx: .*differs from torch by 9.*: too much"):
        checked(load(made / "runs" / "tiny" / "last.pt"), tmp_path / "m.onnx", 64, twice=True)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"good"]


def test_an_export_replaces_no_file_that_is_there(made: Path, tmp_path: Path) -> None:
    out, checkpoint = tmp_path / "m.onnx", str(made / "runs" / "tiny" / "last.pt")
    out.write_bytes(b"good")
    assert "m.onnx: there already; give another --out" in refused("export", checkpoint, "--out", str(out))
    command = [sys.executable, "-m", "models.export", "--checkpoint", checkpoint, "--out", str(out)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert (done.returncode, out.read_bytes()) == (2, b"good")
    assert "m.onnx: there already" in done.stderr


def test_a_disk_that_is_full_is_told_and_filled_no_further(
    data: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [sys.executable, "-W", "ignore", "-m", "curbwatch", "models", "train", "--data", str(data), "--name", "n"]
    words += ["--out", str(tmp_path / "out"), *OPTIONS, "--epochs", "1"]
    command = ["sh", "-c", 'ulimit -f 20000; exec "$@"', "sh", *words]  # in half kilobytes; as a full disk
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stderr.endswith("out/runs/n: File too large; put that right, then start the training again\n")
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").rglob("*.pt"))

    def full(_: object, path: Path, *__: object, **___: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("models.export.export", full)
    with pytest.raises(OSError, match="No space left on device"):
        checked(load(made / "runs" / "tiny" / "last.pt"), tmp_path / "m.onnx", 64, twice=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_run_that_diverged_is_not_exported(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(made / "runs" / "tiny" / "last.pt")
    monkeypatch.setattr("models.export.difference", lambda *_, **__: (float("nan"), 0.0))
    with pytest.raises(ValueError, match=r"nan px.*: the run has diverged"):
        checked(model, tmp_path / "m.onnx", 64, twice=True)
    next(model.parameters()).data[0] = float("nan")
    with pytest.raises(ValueError, match=r"not written, .* is not finite: the run has diverged"):
        checked(model, tmp_path / "m.onnx", 64, twice=True)
    assert not list(tmp_path.iterdir())


def test_no_worker_outlives_a_command_that_is_killed(data: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-W", "ignore", "-m", "curbwatch", "models", "train", "--data", str(data), "--name", "n"]
    words += ["--out", str(tmp_path), *OPTIONS, "--epochs", "9999"]
    in_background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *words]  # as a shell starts what ends in &
    run = tmp_path / "runs" / "n"
    with subprocess.Popen(in_background, cwd=ROOT, stdout=subprocess.DEVNULL) as training:
        assert until((run / "last.pt").exists, timeout_s=300)
        assert "a training is under way" in refused(*words[6:])
        training.kill()
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits for the last worker


def test_the_clock_has_a_say_in_a_run_only_where_minutes_are_given() -> None:
    assert done_of(Recipe(Path(), Path(), epochs=4), 1, 1e9) == 0.25
    assert done_of(Recipe(Path(), Path(), epochs=4, minutes=2), 1, 60.0) == 0.5


def test_the_same_seed_makes_the_same_weights(data: Path, tmp_path: Path) -> None:
    states: list[Any] = []
    started = load_manifest(SHIPPED_MODEL).weights
    for run in (tmp_path / "first", tmp_path / "second"):
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "models.train",
            "--dataset",
            str(data),
            "--start",
            str(started),
        ]
        command += ["--run", str(run), "--epochs", "1", "--steps", "2", "--batch", "2", "--side", "64"]
        subprocess.run(command, cwd=ROOT, check=True, timeout=800)
        states.append(torch.load(run / "last.pt", weights_only=True)["average"])
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())


def test_shipped_weights_made_trainable_compute_the_same(tmp_path: Path) -> None:
    manifest = load_manifest(SHIPPED_MODEL)
    square = np.random.default_rng(2).random((1, 3, manifest.input_size, manifest.input_size), np.float32)
    model = revive(manifest.weights, [torch.rand(2, 3, 96, 96) for _ in range(2)])
    export(model, tmp_path / "again.onnx", manifest.input_size, twice=True)
    before, after = (OnnxSession(w, threads=1).run(square) for w in (manifest.weights, tmp_path / "again.onnx"))
    np.testing.assert_allclose(after[:, :4], before[:, :4], atol=0.2)  # pixels
    np.testing.assert_allclose(after[:, 4:], before[:, 4:], atol=1e-3)
