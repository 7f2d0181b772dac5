# SPDX-License-Identifier: AGPL-3.0-or-later
"""Our network: ultralytics' yolo11n with six classes, started from COCO weights."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import is_zipfile

import torch
from torch import Tensor, nn
from torch.nn import functional
from ultralytics.nn.tasks import DetectionModel

from models.boxes import GREY
from models.classes import CLASSES, COCO_ROWS, DEBRIS

# YOLO11's class branch is as wide as the classes were many; keeping COCO's 80 keeps its weights.
COCO_CLASSES = 80
STRIDES = (8, 16, 32)  # pixels of a cell, by layer of the head


def blank(classes: int = len(CLASSES)) -> Any:
    """Return the network with random weights and our class count."""
    model = DetectionModel("yolo11n.yaml", nc=COCO_CLASSES, verbose=False)
    if classes != COCO_CLASSES:
        _change_head(model, classes)
    return model


def plain(architecture: str) -> Any:
    """Return an architecture of ultralytics, such as yolo26n, with random weights and our class count."""
    return DetectionModel(f"{architecture}.yaml", nc=len(CLASSES), verbose=False)


def coco(weights: Path) -> Any:
    """Return yolo11n with the COCO weights of an ultralytics checkpoint; ValueError when they are not."""
    model = blank(COCO_CLASSES)
    stored = read_checkpoint(weights, weights_only=False)
    try:
        model.load_state_dict(stored["model"].float().state_dict())
    except (KeyError, AttributeError, RuntimeError) as error:
        message = f"{weights}: not yolo11n of ultralytics, nor the last.pt of a run of ours; name one of these"
        raise ValueError(message) from error
    return model


def from_coco(weights: Path) -> Any:
    """Return our network with every COCO weight that means something to our classes."""
    model = coco(weights)
    old = [branch[-1] for branch in model.model[-1].cv3]
    _change_head(model, len(CLASSES))
    for layer, branch in zip(old, model.model[-1].cv3, strict=True):
        for row, rows in enumerate(COCO_ROWS):
            branch[-1].weight.data[row] = layer.weight.data[list(rows)].mean(dim=0)
            branch[-1].bias.data[row] = layer.bias.data[list(rows)].mean()
    return model


def load(checkpoint: Path) -> Any:
    """Return our network from one of our training checkpoints; ValueError when it is none."""
    model = blank()
    stored = read_checkpoint(checkpoint)
    try:
        model.load_state_dict(stored["average"])
    except (KeyError, RuntimeError) as error:
        message = f"{checkpoint}: not of `curbwatch models train`; name the last.pt of a run"
        raise ValueError(message) from error
    return model


def read_checkpoint(path: Path, *, weights_only: bool = True) -> dict[str, Any]:
    """Return what a file of torch holds; ValueError when it is none."""
    message = f"{path}: no checkpoint there, or a damaged one; name the last.pt of a run"
    if not is_zipfile(path):  # unpickled, anything at all may come of it
        raise ValueError(message)
    try:
        stored = torch.load(path, map_location="cpu", weights_only=weights_only)
    except (RuntimeError, UnpicklingError, ImportError, AttributeError) as error:
        raise ValueError(message) from error
    return stored if isinstance(stored, dict) else {}


def _change_head(model: Any, classes: int) -> None:
    detect = model.model[-1]
    for branch in detect.cv3:
        branch[-1] = nn.Conv2d(branch[-1].in_channels, classes, 1)
    detect.nc, detect.no = classes, classes + 4 * detect.reg_max
    model.nc, model.yaml["nc"] = classes, classes
    model.names = dict(enumerate(CLASSES)) if classes == len(CLASSES) else model.names


class Head(nn.Module):  # type: ignore[misc, unused-ignore]  # torch is skipped by mypy
    """The network as it is exported: pictures in, one raw float32[N, 4 + classes, anchors] out.

    twice: it looks at the picture, and for debris also at the same picture half as large, with the same weights; the
    boxes of both are printed side by side, and suppression keeps the surer of two. Source of the idea: Singh and
    Davis, An analysis of scale invariance in object detection (SNIP), 2018.
    """

    def __init__(self, model: Any, *, twice: bool) -> None:
        super().__init__()
        self.model, self.twice = model, twice

    def forward(self, images: Tensor) -> Tensor:
        """Return boxes (centre, size, pixels of the input) above class scores 0..1; images: float32[N, 3, H, W]."""
        whole = self._look(images)
        if not self.twice:
            return whole
        half = self._look(halved(images))
        scores = half[:, 4:] * functional.one_hot(torch.tensor(DEBRIS), len(CLASSES))[None, :, None]
        return torch.cat([whole, torch.cat([half[:, :4] * 2, scores], 1)], 2)

    def _look(self, images: Tensor) -> Tensor:
        out = self.model(images)
        first: Tensor = out[0] if isinstance(out, tuple) else out
        return first


def halved(images: Tensor) -> Tensor:
    """Return the mean of every two by two pixels, padded with grey below and right to whole cells of the network."""
    small = functional.avg_pool2d(images, 2)
    rows, columns = small.shape[2:]
    return functional.pad(small, (0, -columns % STRIDES[-1], 0, -rows % STRIDES[-1]), value=GREY / 255)
