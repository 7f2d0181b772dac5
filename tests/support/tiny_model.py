# SPDX-License-Identifier: AGPL-3.0-or-later
"""A tiny real ONNX model that finds coloured squares: stalls are red, debris is green.

It sees 64×64 pixels as 8×8 cells. A cell as red as R (0..1) is a stall with confidence R, and so on;
draw pictures square, or the grey beside them is seen as something of everything.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE, CELL = 64, 8
CLASSES = ("stall", "debris")


def tiny_model(
    folder: Path, name: str = "tiny", *, keen: tuple[float, float] = (1, 1), threshold: float = 0.5, grown: float = 1
) -> Path:
    """Write weights and manifest and give the manifest's path.

    keen: how well it sees stalls and debris; grown: its boxes' sides in cells.
    """
    weights = _weights(keen, grown)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(weights)
    lines = [f'name = "{name}"', f'file = "{name}.onnx"', f'sha256 = "{hashlib.sha256(weights).hexdigest()}"']
    lines += ['head = "yolo11"', f"input_size = {SIDE}", f"classes = {json.dumps(CLASSES)}", 'licence = "none"']
    lines += ["training_data = []", "[thresholds]", *(f"{kind} = {threshold}" for kind in CLASSES)]
    (folder / f"{name}.toml").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / f"{name}.toml"


def _weights(keen: tuple[float, float], grown: float) -> bytes:
    cells = SIDE // CELL
    rows, columns = np.divmod(np.arange(cells * cells), cells)
    size = np.full(cells * cells, CELL * grown)
    boxes = np.stack([columns * CELL + CELL / 2, rows * CELL + CELL / 2, size, size])
    constants: dict[str, NDArray[Any]] = {
        "boxes": boxes[None].astype(np.float32),
        "keen": np.array(keen, np.float32).reshape(1, 2, 1),
        "shape": np.array([1, 3, cells * cells], np.int64),
        "colours": np.array([0, 1], np.int64),
    }
    nodes = [
        helper.make_node("AveragePool", ["images"], ["cells"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Reshape", ["cells", "shape"], ["flat"]),
        helper.make_node("Gather", ["flat", "colours"], ["seen"], axis=1),
        helper.make_node("Mul", ["seen", "keen"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores"], ["head"], axis=1),
    ]
    return _model(nodes, constants)


def _model(nodes: list[onnx.NodeProto], constants: dict[str, NDArray[Any]]) -> bytes:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("head", TensorProto.FLOAT, [1, 6, 64])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
