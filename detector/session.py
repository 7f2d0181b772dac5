# SPDX-License-Identifier: AGPL-3.0-or-later
"""The inference engine behind one seam: a batch of squares in, raw head output out."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.errors import SessionError


class Session(Protocol):
    """A loaded network; `name` says which engine computes it, and how exactly."""

    name: str

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Shape of the input as exported; free axes are names."""
        ...

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Infer float32[N,3,S,S] RGB 0..1; returns the head's output with N first. SessionError when it cannot."""
        ...


class OnnxSession:
    """One ONNX model held by onnxruntime on the CPU with a fixed number of threads."""

    name = "onnxruntime fp32"

    def __init__(self, weights: Path, *, threads: int) -> None:
        import onnxruntime as ort  # noqa: PLC0415 - 20 MB that nobody needs beside OpenVINO

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leave idle cores to the decoder
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises many types of its own
            raise SessionError(
                f"{weights.name}: onnxruntime cannot load it ({first_line(error)}); export the model again"
            ) from error
        self._input = self._session.get_inputs()[0]

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Shape of the input as exported; free axes are names."""
        return tuple(self._input.shape)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Infer float32[N,3,S,S] RGB 0..1; returns the head's output with N first."""
        try:
            outputs: list[Any] = self._session.run(None, {self._input.name: batch})
        except Exception as error:  # as above
            raise SessionError(f"inference of a batch {list(batch.shape)} failed: {first_line(error)}") from error
        return np.asarray(outputs[0], np.float32)


def first_line(error: Exception) -> str:
    """What a library said, short enough for a message."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
