# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every fault of a manifest is found on reading, and says what to do."""

import hashlib
from pathlib import Path

import onnx
import pytest

from detector.errors import ManifestError
from detector.manifest import load_manifest
from models.label_store import digest
from support.tiny_model import tiny_model

WEIGHTS = b"weights"
GOOD = f"""
name = "tiny"
file = "tiny.onnx"
sha256 = "{hashlib.sha256(WEIGHTS).hexdigest()}"
head = "yolo11"
input_size = 640
classes = ["stall", "debris"]
licence = "AGPL-3.0-or-later"
training_data = ["drawn scenes"]
[thresholds]
stall = 0.4
debris = 0.35
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "tiny.onnx").write_bytes(WEIGHTS)
    path = tmp_path / "tiny.toml"
    path.write_text(GOOD)
    return path


def fault(path: Path) -> str:
    with pytest.raises(ManifestError) as caught:
        load_manifest(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def test_a_sound_manifest_is_read(path: Path) -> None:
    manifest = load_manifest(path)
    assert manifest.classes == ("stall", "debris")
    assert manifest.threshold("debris") == 0.35
    assert manifest.weights == path.parent / "tiny.onnx"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('name = "tiny"', 'name = "tiny', "not a readable TOML file (Illegal character"),
        ('name = "tiny"', "", "name: Field required"),
        ("input_size", "inputsize", "inputsize: unknown key; remove it or correct its name"),
        ("640", "650", "input_size: Input should be a multiple of 32"),
        ('"yolo11"', '"yolo99"', "head: Input should be 'yolo8', 'yolo11' or 'yolo26'"),
        ("0.35", "1.5", "thresholds.debris: Input should be less than 1"),
        ('"debris"]', '"stall"]', "classes: a name stands twice"),
        ('"debris"]', '"rubbish"]', "thresholds: need exactly one per class; look at debris, rubbish"),
        ("debris = 0.35", "", "thresholds: need exactly one per class; look at debris"),
        ('file = "tiny', 'file = "other', "file: cannot read the weights"),
        ('sha256 = "', 'sha256 = "xyz', "sha256: String should match pattern"),
        ('head = "yolo11"', 'head = "yolo11"\nfolder = "/etc"', "folder: unknown key"),
    ],
)
def test_a_fault_says_where_it_is(path: Path, right: str, wrong: str, message: str) -> None:
    path.write_text(GOOD.replace(right, wrong, 1))
    assert message in fault(path)


def test_all_faults_are_told_at_once(path: Path) -> None:
    path.write_text(GOOD.replace("640", "1").replace("0.4", "0"))
    assert fault(path).count(";") == 1


def test_a_missing_manifest_says_so(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.toml") == "no such manifest; name a .toml file from models/"


def test_a_folder_or_a_picture_is_no_manifest(tmp_path: Path) -> None:
    assert "not a readable TOML file" in fault(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    assert "not a readable TOML file" in fault(tmp_path / "a.jpg")


def test_damaged_weights_are_refused(path: Path) -> None:
    (path.parent / "tiny.onnx").write_bytes(WEIGHTS[:-1])
    text = fault(path)
    assert text.startswith("sha256: tiny.onnx has ")
    assert text.endswith("the weights are damaged or of another version: install them again")


def test_weights_that_lie_in_a_second_file_are_refused(tmp_path: Path) -> None:
    path = tiny_model(tmp_path)
    weights = load_manifest(path).weights
    network, before = onnx.load(weights), digest(weights)
    onnx.helper.set_model_props(network, {"location": "gate"})  # a property of that name is none
    onnx.save(network, weights)
    path.write_text(path.read_text().replace(before, before := digest(weights)))
    load_manifest(path)
    onnx.save(network, weights, save_as_external_data=True, location="tiny.onnx.data", size_threshold=0)
    path.write_text(path.read_text().replace(before, digest(weights)))
    assert fault(path).startswith(
        "file: tiny.onnx keeps its weights in a second file, which no checksum covers; export"
    )


def test_missing_weights_say_where_they_were_looked_for(path: Path) -> None:
    (path.parent / "tiny.onnx").unlink()
    assert "tiny.onnx (No such file or directory); install them again" in fault(path)
