# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenVINO behind the session's seam: bfloat16 where the processor computes it, else float32. The extra `openvino`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import SessionError
from detector.session import first_line

NO_OPENVINO = "OpenVINO is not installed; install the extra: pip install 'curbwatch[openvino]'"


class OpenVinoSession:
    """One ONNX model compiled by OpenVINO for this processor, on a fixed number of threads; for one thread at a time.

    SessionError when OpenVINO is missing or refuses the model.
    """

    def __init__(self, weights: Path, *, threads: int) -> None:
        try:
            import openvino  # noqa: PLC0415 - an extra: the detector is imported without it
        except ImportError:
            raise SessionError(NO_OPENVINO) from None
        try:
            core = openvino.Core()
            exact = "f32" if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "bf16"
            hints = {
                "INFERENCE_NUM_THREADS": threads,
                "INFERENCE_PRECISION_HINT": exact,
                "NUM_STREAMS": "1",
                "PERFORMANCE_HINT": "LATENCY",
            }
            self._model: Any = core.compile_model(weights, "CPU", hints)
            self._request: Any = self._model.create_infer_request()
        except Exception as error:  # OpenVINO raises RuntimeError and types of its own
            raise SessionError(f"{weights.name}: OpenVINO cannot load it ({first_line(error)})") from error
        self.name = f"openvino {exact.replace('f32', 'fp32')}"

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Shape of the input as exported; free axes are \"?\"."""
        return tuple(axis.get_length() if axis.is_static else "?" for axis in self._model.inputs[0].get_partial_shape())

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Infer float32[N,3,S,S] RGB 0..1; returns the head's output with N first."""
        try:
            self._request.infer({0: batch}, share_inputs=True)
            return np.array(self._request.get_output_tensor(0).data, np.float32)
        except Exception as error:  # as above
            raise SessionError(f"inference of a batch {list(batch.shape)} failed: {first_line(error)}") from error
