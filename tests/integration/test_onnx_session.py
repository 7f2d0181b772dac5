# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tiny real ONNX models, run by the real onnxruntime and OpenVINO, print boxes that are known beforehand.

Each of their boxes scores as bright as the picture is, so that a batch mixed up would show.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from curbwatch.settings import SHIPPED_MODEL
from detector.choosing import Engine, open_session
from detector.errors import ManifestError, SessionError
from detector.manifest import load_manifest
from detector.model import Model, load_model

SIDE = 64
CLASSES = ("stall", "debris")
# centre and size, then how much each class scores in a white picture
RAW = np.array([[32, 32, 16, 8, 0.9, 0], [33, 32, 16, 8, 0.8, 0], [10, 40, 8, 8, 0, 0.7], [50, 40, 8, 8, 0.1, 0.1]])
# corners, score in a white picture, class
END_TO_END = np.array([[24, 28, 40, 36, 0.9, 0], [6, 36, 14, 44, 0.7, 1], [0, 0, 0, 0, 0, 0]])


def network(
    table: NDArray[np.float64], bright: list[int], batch: int | str, *, axes: str = "", free: bool = False
) -> bytes:
    """A model whose output is `table`, with the columns `bright` times the picture's mean brightness.

    free: for inputs of any height and width.
    """
    scaled = np.zeros(table.shape, np.float32)
    scaled[..., bright] = 1
    fixed = np.where(scaled, 0, table).astype(np.float32)
    sides: list[int | str] = ["height", "width"] if free else [SIDE, SIDE]
    parts = [("scaled", (table * scaled).astype(np.float32)), ("fixed", fixed)]
    if axes == "raw":
        parts = [(name, part.T.copy()) for name, part in parts]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["mean", "last"], ["light"]),
        helper.make_node("Mul", ["light", "scaled"], ["lit"]),
        helper.make_node("Add", ["lit", "fixed"], ["head"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, *sides])],
        [helper.make_tensor_value_info("head", TensorProto.FLOAT, [batch, "rows", "columns"])],
        [
            numpy_helper.from_array(np.array([3], np.int64), "last"),
            *(numpy_helper.from_array(part[None], name) for name, part in parts),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def yolo11(batch: int | str) -> bytes:
    return network(RAW, [4, 5], batch, axes="raw")


def yolo26(batch: int | str) -> bytes:
    return network(END_TO_END, [4], batch)


def manifest(folder: Path, weights: bytes, head: str, **other: Any) -> Path:
    (folder / "tiny.onnx").write_bytes(weights)
    about: dict[str, Any] = {
        "name": "tiny",
        "file": "tiny.onnx",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "head": head,
        "input_size": SIDE,
        "classes": CLASSES,
        "thresholds": {"stall": 0.25, "debris": 0.25},
        "licence": "AGPL-3.0-or-later",
        "training_data": [],
    } | other
    about["thresholds"] = dict.fromkeys(about["classes"], 0.25)
    lines = [f"{key} = {_toml(value)}" for key, value in about.items()]
    (folder / "tiny.toml").write_text("\n".join(lines))
    return folder / "tiny.toml"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {item}" for key, item in value.items()) + "}"
    return json.dumps(value)


@pytest.fixture(params=["yolo11", "yolo26"])
def head(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["onnxruntime", "openvino"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "openvino":
        pytest.importorskip("openvino")  # not to be had for every kind of machine
    return "openvino" if request.param == "openvino" else "onnxruntime"


@pytest.fixture(params=["batch", 1, 2])
def model(request: pytest.FixtureRequest, head: str, engine: Engine, tmp_path: Path) -> Model:
    make: Callable[[int | str], bytes] = yolo11 if head == "yolo11" else yolo26
    return load_model(manifest(tmp_path, make(request.param), head), threads=1, engine=engine)


def picture(brightness: int, width: int = SIDE, height: int = SIDE) -> NDArray[np.uint8]:
    return np.full((height, width, 3), brightness, np.uint8)


def test_the_known_boxes_are_found(model: Model) -> None:
    (found,) = model.detect([picture(255)])
    assert found.xyxy.tolist() == [[24, 28, 40, 36], [6, 36, 14, 44]]
    assert found.confidence == pytest.approx([0.9, 0.7])
    assert found.class_id.tolist() == [0, 1]


def test_boxes_come_in_pixels_of_the_picture(model: Model) -> None:
    (found,) = model.detect([picture(255, 4 * SIDE, 4 * SIDE)])
    assert found.xyxy.tolist() == [[96, 112, 160, 144], [24, 144, 56, 176]]


def test_a_batch_equals_one_by_one(model: Model) -> None:
    pictures = [
        picture(b, w, h) for b, w, h in [(255, 64, 64), (40, 64, 64), (150, 300, 200), (200, 30, 90), (90, 1, 1)]
    ]
    together = model.detect(pictures)
    assert len(together) == 5
    for found, alone in zip(together, (model.detect([p])[0] for p in pictures), strict=True):
        np.testing.assert_array_equal(found.xyxy, alone.xyxy)
        np.testing.assert_array_equal(found.confidence, alone.confidence)
        np.testing.assert_array_equal(found.class_id, alone.class_id)
    assert [len(found) for found in together] == [2, 0, 2, 2, 1]


def test_weights_with_free_sides_look_at_a_wide_picture_without_a_square(engine: Engine, tmp_path: Path) -> None:
    free = network(RAW, [4, 5], "batch", axes="raw", free=True)
    model = load_model(manifest(tmp_path, free, "yolo11", input_size=2 * SIDE), threads=1, engine=engine)
    wide, square = model.detect([picture(255, 1280, 720), picture(255, 2 * SIDE, 2 * SIDE)])
    assert square.xyxy.tolist() == [[24, 28, 40, 36], [6, 36, 14, 44]]
    # a tenth of its size, in the middle of 96 rows: 12 of them are above it
    np.testing.assert_allclose(wide.xyxy, [[240, 160, 400, 240], [60, 240, 140, 320]], rtol=1e-5)


def test_the_threshold_can_be_lowered_for_a_measurement(model: Model) -> None:
    assert len(model.detect([picture(40)])[0]) == 0
    assert len(model.detect([picture(40)], least=0.1)[0]) == 2


def test_no_pictures_no_answer(model: Model) -> None:
    assert model.detect([]) == []


def test_weights_with_another_number_of_classes_are_refused(tmp_path: Path) -> None:
    path = manifest(tmp_path, yolo11("batch"), "yolo11", classes=["stall", "debris", "person"])
    with pytest.raises(ManifestError, match=r"with 3 classes prints 7 values a box, these weights print .*correct"):
        load_model(path)


def test_weights_of_another_head_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="a yolo26 head with 2 classes prints 6 values a box"):
        load_model(manifest(tmp_path, network(RAW[:3], [4, 5], "batch", axes="raw"), "yolo26"))


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"input_size is 640, these weights take .*64, 64\]; correct the manifest"):
        load_model(manifest(tmp_path, yolo11("batch"), "yolo11", input_size=640))


def test_what_is_no_onnx_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"tiny\.onnx: onnxruntime cannot load it .*; export the model again"):
        load_model(manifest(tmp_path, b"not a model", "yolo11"))


@pytest.mark.parametrize(
    "opens",
    [
        "from detector.session import OnnxSession; OnnxSession(weights, threads=1)",
        "from models.runner import session; session(weights, 1)",
        "from benchmarks.latency.sessions import looks_twice; looks_twice(weights)",
    ],
    ids=["detector", "models", "benchmarks"],
)
def test_onnxruntime_keeps_no_book_for_its_maker(opens: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    weights = manifest(tmp_path, yolo11("batch"), "yolo11").with_suffix(".onnx")
    told = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    env = {name: value for name, value in os.environ.items() if name not in told} | {"HOME": str(home)}
    code = f"from pathlib import Path; weights = Path({str(weights)!r}); {opens}"
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert not list(home.rglob("*"))


def test_looking_twice_with_the_same_weights_keeps_biases_and_activations_in_the_convolutions() -> None:
    pytest.importorskip("openvino")
    session: Any = open_session(load_manifest(SHIPPED_MODEL), "openvino", threads=1)
    session.run(np.zeros((1, 3, 96, 128), np.float32))
    (request,) = session._requests.values()
    computed = request.get_compiled_model().get_runtime_model().get_ops()
    kinds = Counter(node.get_rt_info()["layerType"].value for node in computed)
    assert kinds["Convolution"] > 100
    assert kinds["Subgraph"] + kinds["Eltwise"] < kinds["Convolution"] / 4
