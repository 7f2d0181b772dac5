# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes exported weights trainable again, so that a city can go on from the model that is shipped.

An export has its batch normalisation folded into the convolutions. Here it is unfolded: each layer's statistics are
measured on training pictures and its gain and offset are set so that it changes nothing yet.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from onnx import numpy_helper
from torch import Tensor, nn

from models.mean import LEARNT, learnt_by, read
from models.network import blank


def revive(weights: Path, pictures: Iterable[Tensor]) -> Any:
    """Return our network with the weights of an export; pictures: float32[N, 3, side, side], 0..1, RGB, in batches.

    Raises ValueError when the export is not of our network.
    """
    model = blank()
    folded = {key.removeprefix(LEARNT): value for key, value in stored(weights).items()}
    state = model.state_dict()
    for name, value in folded.items():
        own = name if name in state else name.removesuffix(".bias").removesuffix(".conv") + ".bn.bias"
        if own not in state or state[own].shape != value.shape:
            message = f"{weights}: {name} is not of our network; start from a checkpoint instead"
            raise ValueError(message)
        state[own] = value
    model.load_state_dict(state)
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    _unfold(model, norms, pictures)
    return model


def stored(weights: Path) -> dict[str, Tensor]:
    """Return the named tensors of an ONNX file."""
    learnt = learnt_by(read(weights))
    return {name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for name, tensor in learnt.items()}


def _unfold(model: Any, norms: list[nn.BatchNorm2d], pictures: Iterable[Tensor]) -> None:
    """Give every normalisation the statistics of what flows into it, and the gain and offset that undo them."""
    for norm in norms:  # first let the folded values through: x + bias
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
    seen = {norm: (torch.zeros(norm.num_features), torch.zeros(norm.num_features)) for norm in norms}
    hooks = [norm.register_forward_pre_hook(partial(_note, seen)) for norm in norms]
    count = 0
    with torch.inference_mode():
        for batch in pictures:
            model.eval()(batch)
            count += 1
    for hook in hooks:
        hook.remove()
    for norm, (means, squares) in seen.items():
        mean = means / count
        spread = (squares / count - mean**2).clamp(min=1e-6)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(spread)
        norm.weight.data.copy_((spread + norm.eps).sqrt())
        norm.bias.data.add_(mean)


def _note(seen: dict[Any, tuple[Tensor, Tensor]], norm: Any, given: tuple[Tensor]) -> None:
    means, squares = seen[norm]
    means += given[0].mean(dim=(0, 2, 3))
    squares += (given[0] ** 2).mean(dim=(0, 2, 3))
