# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenVINO behind the session's seam: bfloat16 where the processor computes it, else float32."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import SessionError
from detector.session import first_line

NO_OPENVINO = "OpenVINO is not installed: there are no packages of it for this kind of machine"


class OpenVinoSession:
    """One ONNX model compiled by OpenVINO for this processor, on a fixed number of threads; for one thread at a time.

    exact: compute in float32 wherever it runs. SessionError when OpenVINO is missing or refuses the model.
    """

    def __init__(self, weights: Path, *, threads: int, exact: bool = False) -> None:
        openvino = _openvino()
        try:
            self._core: Any = openvino.Core()
            short = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") and not exact
            self._hints = {
                "INFERENCE_NUM_THREADS": threads,
                "INFERENCE_PRECISION_HINT": "bf16" if short else "f32",
                "NUM_STREAMS": "1",
                "PERFORMANCE_HINT": "LATENCY",
            }
            self._model: Any = _with_biases_of_their_own(self._core.read_model(weights))
            exported = _axes(self._model)
            lower = _takes_other_heights(self._core.read_model(weights), exported)
        except Exception as error:  # OpenVINO raises RuntimeError and types of its own
            raise SessionError(f"{weights.name}: OpenVINO cannot load it ({first_line(error)})") from error
        self._axes: tuple[int | str, ...] = (*exported[:2], "?", "?") if lower else exported
        self._requests: dict[tuple[int, ...], Any] = {}
        self.name = f"openvino {'bf16' if short else 'fp32'}"

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Shape of the input as it may be; free axes are \"?\"."""
        return self._axes

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Infer float32[N,3,H,W] RGB 0..1; returns the head's output with N first. The first of a shape compiles."""
        try:
            request = self._request(batch.shape)
            request.infer({0: batch}, share_inputs=True)
            return np.array(request.get_output_tensor(0).data, np.float32)
        except Exception as error:  # as above
            raise SessionError(f"inference of a batch {list(batch.shape)} failed: {first_line(error)}") from error

    def _request(self, shape: tuple[int, ...]) -> Any:
        """Compiled for one shape: for any it would be a tenth slower."""
        if shape not in self._requests:
            if "?" in self._axes:
                self._model.reshape(list(shape))
            self._requests[shape] = self._core.compile_model(self._model, "CPU", self._hints).create_infer_request()
        return self._requests[shape]


def _with_biases_of_their_own(model: Any) -> Any:
    """The model as it is, but no two nodes read one bias: a shared one is added by a pass of its own.

    What looks twice with the same weights would take a twentieth longer: neither the bias nor what follows it would
    be fused with the convolution.
    """
    from openvino import opset13  # noqa: PLC0415 - 120 MB, see `_openvino`

    for node in model.get_ops():
        if node.get_type_name() == "Constant" and node.get_element_type().is_real() and len(node.shape) == 1:
            for reader in list(node.output(0).get_target_inputs())[1:]:
                reader.replace_source_output(opset13.constant(node.data).output(0))
    return model


def _axes(model: Any) -> tuple[int | str, ...]:
    return tuple(axis.get_length() if axis.is_static else "?" for axis in model.inputs[0].get_partial_shape())


def _takes_other_heights(model: Any, exported: tuple[int | str, ...]) -> bool:
    """Whether weights exported for a square compute their anchors: then any multiple of 32 will do."""
    batch, _, *sides = exported
    if any(isinstance(side, str) for side in sides):
        return all(isinstance(side, str) for side in sides)
    try:
        model.reshape([1 if isinstance(batch, str) else batch, 3, int(sides[0]) // 64 * 32, int(sides[1])])
    except Exception:  # noqa: BLE001 - whatever OpenVINO raises: they do not
        return False
    return True


def _openvino() -> Any:
    # its package for reports to the maker, which it does without where it is missing: a patrol tells nobody anything
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino  # noqa: PLC0415 - 120 MB, and not to be had for every machine
    except ImportError:
        raise SessionError(NO_OPENVINO) from None
    return openvino
