# SPDX-License-Identifier: AGPL-3.0-or-later
"""ultralytics: predict(source=list.streams, stream=True, vid_stride=N), its documented way for many RTSP streams.

Best settings by its documentation: stream=True (no results pile up), stream_buffer off (newest frame), vid_stride so
that one frame per look is converted, batch over streams, torch threads as many as cores, inputs as low as the pictures
where the weights take them.
"""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path


def main() -> None:
    """Run until stdin ends."""
    task = json.loads(sys.argv[1])
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    import torch  # noqa: PLC0415 - after the environment is set
    from ultralytics import YOLO  # noqa: PLC0415 - as above

    torch.set_num_threads(task["threads"])
    model = YOLO(task["weights"], task="detect")
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder) / "list.streams"
        streams.write_text("\n".join(task["urls"]) + "\n", "utf-8")
        results = model.predict(
            source=str(streams), stream=True, stream_buffer=False, vid_stride=round(task["every_s"] * task["fps"]),
            imgsz=task["input"], conf=0.25, verbose=False, device="cpu", save=False,
            rect=not _takes_squares_only(task["weights"]),
            batch=len(task["urls"]),
        )  # fmt: skip
        for number, _ in enumerate(results):
            sys.stdout.write(f"looks {number % len(task['urls'])}\n")
            sys.stdout.flush()


def _takes_squares_only(weights: str) -> bool:
    if not weights.endswith(".onnx"):
        return False
    import onnxruntime  # noqa: PLC0415 - for these weights only

    return isinstance(onnxruntime.InferenceSession(weights).get_inputs()[0].shape[2], int)


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


main()
