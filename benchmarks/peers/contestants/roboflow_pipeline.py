# SPDX-License-Identifier: AGPL-3.0-or-later
"""roboflow inference: its InferencePipeline with our ONNX weights as custom logic, several RTSP streams at once.

Best settings by its documentation: max_fps at the look rate, newest frames only (adaptive, drop oldest);
inputs as low as the pictures where the weights take them.
"""

import json
import os
import sys
import threading
from typing import Any

os.environ |= {"OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp", "TELEMETRY_OPT_OUT": "True"}

import cv2
import numpy as np
import onnxruntime as ort
from inference import InferencePipeline
from inference.core.interfaces.camera.entities import VideoFrame

STRIDE = 32  # of the network: its inputs are multiples of it


def main() -> None:
    """Run until stdin ends."""
    task = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    options = ort.SessionOptions()
    options.intra_op_num_threads = task["threads"]
    session = ort.InferenceSession(task["weights"], options, providers=["CPUExecutionProvider"])
    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=task["urls"],
        on_video_frame=lambda frames: [_look(session, frame, task["input"]) for frame in frames],
        on_prediction=lambda *_: None,
        max_fps=1 / task["every_s"],
    )
    pipeline.start()
    pipeline.join()


def _look(session: Any, frame: VideoFrame, side: int) -> dict[str, Any]:
    scale, given = side / max(frame.image.shape[:2]), session.get_inputs()[0]
    small = cv2.resize(frame.image, None, fx=scale, fy=scale)
    squares_only = isinstance(given.shape[2], int)
    rows, columns = (side if squares_only else -(-length // STRIDE) * STRIDE for length in small.shape[:2])
    room = np.full((rows, columns, 3), 114, np.uint8)
    room[: small.shape[0], : small.shape[1]] = small
    batch = np.ascontiguousarray(room[:, :, ::-1].transpose(2, 0, 1), np.float32)[None] / np.float32(255)
    session.run(None, {given.name: batch})
    sys.stdout.write(f"looks {frame.source_id or 0}\n")
    sys.stdout.flush()
    return {}


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


main()
