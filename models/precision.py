# SPDX-License-Identifier: AGPL-3.0-or-later
"""What lower precision costs in accuracy and gains in time, from one checkpoint's weights.

    python -m models.precision --manifest models/curbwatch-n-v7.toml --dataset DATASET --json FILE

fp32 by onnxruntime; int8 by onnxruntime, its convolutions calibrated on real training pictures, those of the head's
last step left alone (boxes in pixels and scores in 0..1 share a tensor there); and, where OpenVINO is installed, fp32,
bf16 (fp32 again where the processor has none) and the same int8 weights by it, in the service's own session.
"""

import argparse
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from detector.openvino_session import OpenVinoSession
from models import evaluate
from models.boxes import Floats, as_input, letterbox
from models.feed import index, read
from models.latency import in_turns
from models.runner import Infer, Runner, onnx_infer

CALIBRATED_ON = 120
MADE = ("synthetic", "scenes")  # not of real streets in full size
BRANCHES = ("cv2", "cv3")


class Pictures(CalibrationDataReader):  # type: ignore[misc, unused-ignore]  # onnxruntime is untyped
    """Real training pictures, one at a time."""

    def __init__(self, dataset: Path, side: int) -> None:
        names = [e["name"] for e in index(dataset) if e["split"] == "train" and e["kind"] not in MADE]
        chosen = np.random.default_rng(0).permutation(sorted(names))[:CALIBRATED_ON]
        self._left: Iterator[Floats] = (
            as_input([letterbox(read(dataset, "train", name).picture, side)[0]]) for name in chosen
        )

    def get_next(self) -> dict[str, Floats] | None:
        """Return the next input, None at the end."""
        batch = next(self._left, None)
        return None if batch is None else {"images": batch}


def quantised(weights: Path, dataset: Path, side: int, out: Path) -> None:
    """Write an int8 version: convolutions only, without the head's last ones."""
    prepared = out.with_suffix(".prepared.onnx")
    quant_pre_process(str(weights), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared), str(out), Pictures(dataset, side), quant_format=QuantFormat.QDQ, per_channel=True,
        op_types_to_quantize=["Conv"], nodes_to_exclude=_last(prepared),
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )  # fmt: skip


def _last(weights: Path) -> list[str]:
    """Return the head's convolutions that print boxes and scores, and the one that sums the distribution."""
    convolutions = [n.name for n in onnx.load(str(weights)).graph.node if n.op_type == "Conv"]
    head = max(int(name.split("model.")[-1].split("/")[0]) for name in convolutions)
    mine = [name for name in convolutions if f"/model.{head}/" in name]
    ends = re.compile(rf"/dfl/|/({'|'.join(BRANCHES)})\.\d\.2(_1)?/Conv$")  # _1: of the look at half the size
    return [name for name in mine if ends.search(name)]


def engines(weights: Path, small: Path, side: int, threads: int) -> dict[str, tuple[Infer, int]]:
    """Return every variant that this machine can run."""
    found = {
        "onnxruntime fp32": onnx_infer(weights, threads),
        "onnxruntime int8": onnx_infer(small, threads),
    }
    if find_spec("openvino") is not None:
        found["OpenVINO fp32"] = OpenVinoSession(weights, threads=threads, exact=True).run, side
        found["OpenVINO bf16"] = OpenVinoSession(weights, threads=threads).run, side
        found["OpenVINO int8"] = OpenVinoSession(small, threads=threads, exact=True).run, side
    return found


def figures(looked: list[evaluate.Looked], thresholds: dict[str, float]) -> dict[str, Any]:
    """Return AP50 of each set and the share of negatives with a box."""
    report = evaluate.report(looked, thresholds)
    found = {key: row["ap50"] for key, row in report["classes"].items()}
    return found | {"negatives": report["negatives"]["all"]["with_box_share"]}


def main() -> None:
    """Print accuracy and latency of every variant."""
    parser = argparse.ArgumentParser(description="Measure precision variants of a model.")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    manifest = tomllib.loads(args.manifest.read_text("utf-8"))
    weights, side = args.manifest.parent / manifest["file"], manifest["input_size"]
    given = evaluate.pictures(args.dataset, "test")
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "int8.onnx"
        quantised(weights, args.dataset, side, small)
        found = engines(weights, small, side, args.threads)
        out = in_turns(found, args.rounds)
        for name, engine in found.items():
            looked = evaluate.look(Runner(*engine), given, manifest["iou"])
            out[name] |= figures(looked, manifest["thresholds"])
        out["onnxruntime int8"]["megabytes"] = round(small.stat().st_size / 1e6, 1)
    text = json.dumps(out, indent=1)
    sys.stdout.write(text + "\n")
    if args.json:
        args.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
