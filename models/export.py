# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes a network as ONNX and checks that onnxruntime computes what torch computes.

python -m models.export --checkpoint RUN/last.pt --out models/weights/curbwatch-n-v7.onnx --side 512
python -m models.export --coco yolo11n_coco.pt --out coco.onnx
python -m models.export --blank yolo26n --out blank.onnx --side 512     # random weights, to time an architecture
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from models import needed

if __name__ == "__main__":  # before the imports that would fail
    needed.need(needed.TRAINING, needed.TRAINING_CURE)

import numpy as np
import onnx
import onnxruntime as ort
import torch

from models.network import Head, coco, load, plain
from models.runner import SIDE_PROPERTY, WHOLE_PROPERTY

SIDE = 640
OPSET = 17


OTHER_VERSION = "too much; export with another version of torch or onnx"
DIVERGED = "the run has diverged; train again with a lower --rate"


class Disagreement(ValueError):
    """onnxruntime does not compute what torch computes, or neither computes numbers."""


def export(model: Any, path: Path, side: int = SIDE, *, twice: bool = False) -> None:
    """Write the network, batch normalisation folded in, for any number of pictures of side x side or less high.

    twice: with a second look at half the size, see `network.Head`.
    """
    model.eval()
    model.fuse(verbose=False)
    model.model[-1].export = True
    model.model[-1].format = "onnx"
    torch.onnx.export(
        Head(model, twice=twice),
        (torch.zeros(2, 3, side, side),),
        str(path),
        input_names=["images"],
        output_names=["head"],
        dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "head": {0: "batch", 2: "anchors"}},
        opset_version=OPSET,
        dynamo=False,
    )
    written = onnx.load(path)
    told = {SIDE_PROPERTY: str(side)}
    if twice:
        joined = next(node for node in written.graph.node if "head" in node.output)
        told[WHOLE_PROPERTY] = joined.input[0]
    onnx.helper.set_model_props(written, told)
    onnx.save(written, path)


def difference(model: Any, path: Path, side: int, *, twice: bool) -> tuple[float, float]:
    """Return the largest difference to torch in boxes (pixels) and in scores, over noise pictures."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(3, 3, side, side, generator=generator)
    with torch.inference_mode():
        theirs = Head(model.eval(), twice=twice)(images).numpy()
    ours = np.asarray(session.run(None, {"images": images.numpy()})[0])
    gap = np.abs(ours - theirs)
    return float(gap[:, :4].max()), float(gap[:, 4:].max())


def checked(model: Any, path: Path, side: int, *, twice: bool) -> str:
    """Write the network and return a line about it; raises Disagreement, and then leaves what was there."""
    if odd := [name for name, values in model.state_dict().items() if not torch.isfinite(values).all()]:
        raise Disagreement(f"{path}: not written, {odd[0]} is not finite: {DIVERGED}")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.next")
    try:
        export(model, fresh, side, twice=twice)
        boxes, scores = difference(model, fresh, side, twice=twice)
        said = f"{path}: {fresh.stat().st_size / 1e6:.1f} MB, differs from torch by {boxes:.4f} px, {scores:.6f} score"
        if not (boxes <= 0.5 and scores <= 0.001):  # so that NaN, the difference of what is not finite, does not pass
            raise Disagreement(f"{said}: {DIVERGED if math.isnan(boxes + scores) else OTHER_VERSION}")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return said


def keep(path: Path) -> None:
    """Raise ValueError where there is a file: weights that somebody may use are not replaced unasked."""
    if path.exists():
        raise ValueError(f"{path}: there already; give another --out, or move it away")


def main() -> None:
    """Export one network and fail when onnxruntime disagrees with torch."""
    parser = argparse.ArgumentParser(description="Export a network to ONNX.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--checkpoint", type=Path)
    which.add_argument("--coco", type=Path)
    which.add_argument("--blank", help="architecture with random weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--side", type=int, default=SIDE, help="pixels of the square input")
    parser.add_argument("--once", action="store_true", help="without the look at half the size; COCO's has none")
    args = parser.parse_args()
    try:
        keep(args.out)
    except ValueError as error:
        parser.error(str(error))
    if args.blank:
        export(plain(args.blank), args.out, args.side)
        return
    model = load(args.checkpoint) if args.checkpoint else coco(args.coco)
    twice = args.coco is None and not args.once
    sys.stdout.write(checked(model, args.out, args.side, twice=twice) + "\n")


if __name__ == "__main__":
    main()
