# SPDX-License-Identifier: AGPL-3.0-or-later
"""The peer of the latency benchmark: the network as it comes, which looks once, at 640 pixels."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from benchmarks.latency.sessions import bare, looks_twice
from models.runner import WHOLE_PROPERTY

SIDE = 64


def weights(path: Path, *, twice: bool) -> Path:
    """A graph with the axes of an export; its head is the picture's mean, and the look at half the size adds one."""
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    head = helper.make_tensor_value_info("head", TensorProto.FLOAT, ["batch", 3, "anchors", 1])
    nodes = [helper.make_node("GlobalAveragePool", ["images"], ["seen"])]
    if twice:
        nodes += [
            helper.make_node("AveragePool", ["images"], ["half"], kernel_shape=[2, 2], strides=[2, 2]),
            helper.make_node("GlobalMaxPool", ["half"], ["more"]),
            helper.make_node("Concat", ["seen", "more"], ["head"], axis=2),
        ]
    else:
        nodes[0].output[0] = "head"
    model = helper.make_model(
        helper.make_graph(nodes, "peer", [picture], [head]), opset_imports=[helper.make_opsetid("", 17)], ir_version=9
    )
    if twice:
        helper.set_model_props(model, {WHOLE_PROPERTY: "seen"})
    onnx.save(model, path)
    return path


def test_it_looks_once_where_the_weights_look_twice(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).random((1, 3, 640, 640), np.float32)
    for twice in (False, True):
        theirs = weights(tmp_path / f"{twice}.onnx", twice=twice)
        assert looks_twice(theirs) is twice
        bare(theirs, tmp_path / "bare.onnx", 640)
        assert not looks_twice(tmp_path / "bare.onnx")
        printed = np.asarray(ort.InferenceSession(tmp_path / "bare.onnx").run(None, {"images": picture})[0])
        assert printed.shape == (1, 3, 1, 1)
        np.testing.assert_allclose(printed[0, :, 0, 0], picture[0].mean(axis=(1, 2)), rtol=1e-4)
