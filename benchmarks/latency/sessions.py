# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions to be timed: every kind that this machine has, and the bare network as a peer."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from detector.errors import SessionError
from detector.letterbox import room
from detector.manifest import Manifest
from detector.openvino_session import OpenVinoSession
from detector.session import OnnxSession
from models.runner import WHOLE_PROPERTY

PEER_SIDE = 640
EXACT = "openvino fp32"


class Runs(Protocol):
    """What a look needs of a session."""

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[N,3,S,S] in, the head's output out."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A session to be opened when its turn comes."""

    name: str
    manifest: Manifest
    threads: int
    open: Callable[[], Runs]
    only: int = 0  # the one batch that the weights were exported for; 0: any
    free: bool = False  # whether the weights take other inputs than squares

    def room(self, width: int, height: int) -> tuple[int, int]:
        """Rows and columns of the input for a picture."""
        side = self.manifest.input_size
        return room(width, height, side) if self.free else (side, side)


def kinds(manifest: Manifest, threads: int) -> list[Kind]:
    """What can be opened here; OpenVINO in float32, too, where the product would have it compute in bfloat16."""
    weights = manifest.weights
    shape = OnnxSession(weights, threads=threads).input_shape
    only, free = shape[0] if isinstance(shape[0], int) else 0, not isinstance(shape[2], int)
    found = [Kind("onnxruntime fp32", manifest, threads, lambda: OnnxSession(weights, threads=threads), only, free)]
    try:
        usual = OpenVinoSession(weights, threads=threads)
    except SessionError:
        return found
    found.append(Kind(usual.name, manifest, threads, lambda: OpenVinoSession(weights, threads=threads), only, free))
    if usual.name != EXACT:
        exact = partial(OpenVinoSession, weights, threads=threads, exact=True)
        found.append(Kind(EXACT, manifest, threads, exact, only, free))
    return found


class BareNetwork:
    """The peer: the network alone at 640 as onnxruntime comes, its default settings but for the number of threads."""

    def __init__(self, weights: Path, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # weights that cannot be resized are told of in the report
        self._session = ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name
        self.run(np.zeros((1, 3, PEER_SIDE, PEER_SIDE), np.float32))

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[N,3,640,640] in, raw output out."""
        return np.asarray(self._session.run(None, {self._name: batch})[0], np.float32)


def bare_network(manifest: Manifest, threads: int) -> tuple[BareNetwork | None, str]:
    """The peer and what it is; None and why not, when the weights are of another size and onnx is not installed."""
    if manifest.input_size == PEER_SIDE and not looks_twice(manifest.weights):
        return BareNetwork(manifest.weights, threads), "the model's own network"
    with tempfile.TemporaryDirectory() as folder:
        resized = Path(folder) / "resized.onnx"
        try:
            bare(manifest.weights, resized, PEER_SIDE)
        except ImportError:
            return None, "the network cannot be resized to 640 without the package onnx: install the extra dev"
        try:
            return BareNetwork(resized, threads), "the model's own network, resized, one look"
        except Exception as error:  # noqa: BLE001 - onnxruntime raises many types: these weights are of one size only
            return None, f"the network cannot be resized to 640: {str(error).splitlines()[0][:200]}"


def looks_twice(weights: Path) -> bool:
    """Whether the weights look at a picture and at its half; without the package onnx."""
    opened = ort.InferenceSession(weights, providers=["CPUExecutionProvider"])
    return WHOLE_PROPERTY in opened.get_modelmeta().custom_metadata_map


def bare(weights: Path, into: Path, side: int) -> None:
    """Give a network another square input, and leave out what looks twice: the peer looks once.

    Its anchors must be computed in the graph, as ultralytics exports them.
    """
    import onnx  # noqa: PLC0415 - of the extra dev only
    import onnx.utils  # noqa: PLC0415 - as above

    model = onnx.load(weights)
    told = {each.key: each.value for each in model.metadata_props}
    if WHOLE_PROPERTY in told:
        whole = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(model))
        model = whole.extract_model([model.graph.input[0].name], [told[WHOLE_PROPERTY]])
    shape = model.graph.input[0].type.tensor_type.shape.dim
    for axis in (2, 3):
        shape[axis].dim_value = side
    del model.graph.value_info[:]
    onnx.save(model, into)
