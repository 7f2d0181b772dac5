# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes a network as ONNX and checks that onnxruntime computes what torch computes.

python -m models.export --checkpoint RUN/last.pt --out models/weights/curbwatch-n-v1.onnx
python -m models.export --coco yolo11n_coco.pt --out coco.onnx
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch

from models.network import Head, coco, load

SIDE = 640
OPSET = 17


def export(model: Any, path: Path) -> None:
    """Write the network, batch normalisation folded in, with a free batch size."""
    model.eval()
    model.fuse(verbose=False)
    model.model[-1].export = True
    model.model[-1].format = "onnx"
    torch.onnx.export(
        Head(model),
        (torch.zeros(2, 3, SIDE, SIDE),),
        str(path),
        input_names=["images"],
        output_names=["head"],
        dynamic_axes={"images": {0: "batch"}, "head": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def difference(model: Any, path: Path, seed: int = 0) -> tuple[float, float]:
    """Return the largest difference to torch in boxes (pixels) and in scores, over noise pictures."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(3, 3, SIDE, SIDE, generator=generator)
    with torch.inference_mode():
        theirs = Head(model.eval())(images).numpy()
    ours = np.asarray(session.run(None, {"images": images.numpy()})[0])
    gap = np.abs(ours - theirs)
    return float(gap[:, :4].max()), float(gap[:, 4:].max())


def main() -> None:
    """Export one network and fail when onnxruntime disagrees with torch."""
    parser = argparse.ArgumentParser(description="Export a network to ONNX.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--checkpoint", type=Path)
    which.add_argument("--coco", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model = load(args.checkpoint) if args.checkpoint else coco(args.coco)
    export(model, args.out)
    boxes, scores = difference(model, args.out)
    size = args.out.stat().st_size / 1e6
    sys.stdout.write(f"{args.out}: {size:.1f} MB, differs from torch by {boxes:.4f} px, {scores:.6f} score\n")
    if boxes > 0.5 or scores > 0.001:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
