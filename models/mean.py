# SPDX-License-Identifier: AGPL-3.0-or-later
"""Averages exports of our network: runs from one start, averaged, find more than each of them alone.

Batch normalisation is folded into what is averaged. Source: Wortsman et al., Model soups, 2022, and, for a mean of
what a run started from and what it became, Robust fine-tuning of zero-shot models, 2022.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, TensorProto, numpy_helper

LEARNT = "model."  # names of what training sets; the rest are constants of the graph


def mean(parts: Sequence[Path], shares: Sequence[float], out: Path) -> None:
    """Write the mean of some exports, each counted by its share (0..1 or any positive weights), to `out`.

    Everything but the weights (input size, names) is the first one's. Raises ValueError when there are not as many
    shares as parts, or one is not positive, or the parts are not exports of one network.
    """
    if len(parts) != len(shares) or min(shares, default=0) <= 0:
        message = f"{len(parts)} exports and shares {[*shares]}: give each export a share above 0"
        raise ValueError(message)
    models = [read(path) for path in parts]
    learnt = [learnt_by(model) for model in models]
    shapes = [{name: tuple(tensor.dims) for name, tensor in tensors.items()} for tensors in learnt]
    for path, theirs in zip(parts, shapes, strict=True):
        if not theirs or theirs != shapes[0]:
            message = f"{path}: not of the network of {parts[0]}; only runs of `curbwatch models train` can be averaged"
            raise ValueError(message)
    for name, tensor in learnt[0].items():
        values = [numpy_helper.to_array(tensors[name]).astype(np.float64) for tensors in learnt]
        averaged = np.average(values, axis=0, weights=shares)
        tensor.CopyFrom(numpy_helper.from_array(averaged.astype(np.float32), name))
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(models[0], out)


def read(path: Path) -> ModelProto:
    """Return an export as it is stored; ValueError when it is none."""
    try:
        return onnx.load(path)
    except FileNotFoundError as error:
        raise ValueError(f"{path}: no such file; name the .onnx files of runs") from error
    except DecodeError as error:
        raise ValueError(f"{path}: not an ONNX file; `curbwatch models export` makes one of a checkpoint") from error


def learnt_by(model: ModelProto) -> dict[str, TensorProto]:
    """What training set in an export of ours, by name."""
    tensors = model.graph.initializer
    return {t.name: t for t in tensors if t.name.startswith(LEARNT) and t.data_type == TensorProto.FLOAT}
