# SPDX-License-Identifier: AGPL-3.0-or-later
"""ultralytics' detection loss, which looks away from hard and doubtful regions."""

from typing import Any

import torch
from torch import Tensor, nn
from ultralytics.cfg import get_cfg
from ultralytics.utils.loss import v8DetectionLoss

from models.network import STRIDES


class LookAway(nn.Module):  # type: ignore[misc, unused-ignore]  # torch is skipped by mypy
    """Binary cross-entropy that is zero where a class is marked as doubtful and not a target."""

    def __init__(self) -> None:
        super().__init__()
        self.doubtful: Tensor | None = None

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of every anchor and class, float32[N, anchors, classes]."""
        loss = nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        if self.doubtful is None:
            return loss
        return loss * ~(self.doubtful & (targets == 0))


def anchors(side: int) -> Tensor:
    """Return the anchor centres of a square input as shares of its side, float32[anchors, 2]."""
    points = []
    for stride in STRIDES:
        steps = (torch.arange(side // stride) + 0.5) * stride / side
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        points.append(torch.stack([x, y], dim=-1).reshape(-1, 2))
    return torch.cat(points)


def doubtful(ignore: Tensor, pictures: int, classes: int, side: int) -> Tensor:
    """Mark the anchors inside ignore rows [M, 6] for the row's class: bool[N, anchors, classes]."""
    points = anchors(side)
    mask = torch.zeros(pictures, len(points), classes, dtype=torch.bool)
    for picture, kind, x, y, w, h in ignore.tolist():
        inside = ((points[:, 0] - x).abs() <= w / 2) & ((points[:, 1] - y).abs() <= h / 2)
        mask[int(picture), :, int(kind)] |= inside
    return mask


class Loss:
    """The loss of one network."""

    def __init__(self, model: Any) -> None:
        model.args = get_cfg()
        self._inner = v8DetectionLoss(model)
        self._away = LookAway()
        self._inner.bce = self._away

    def __call__(self, heads: Any, learn: Tensor, ignore: Tensor, side: int) -> Tensor:
        """Return box, class and distribution loss, float32[3], summed over the pictures."""
        plain = {key: _float(value) for key, value in heads.items()}
        scores = plain["scores"]
        self._away.doubtful = doubtful(ignore, scores.shape[0], scores.shape[1], side).to(scores.device)
        batch = {"batch_idx": learn[:, 0], "cls": learn[:, 1:2], "bboxes": learn[:, 2:]}
        total: Tensor = self._inner(plain, batch)[0]
        return total


def _float(value: Any) -> Any:
    return [v.float() for v in value] if isinstance(value, list) else value.float()
