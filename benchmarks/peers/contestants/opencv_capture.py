# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenCV: a VideoCapture and a thread per camera, the same ONNX session for all.

Best settings known: RTSP over TCP, grab() every frame but retrieve() (colour conversion) only the one that is due.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"

import cv2
import numpy as np

from detector.model import Model, load_model

cv2.setNumThreads(1)


def main() -> None:
    """Run until stdin ends."""
    task = json.loads(sys.argv[1])
    model, turn = load_model(Path(task["manifest"]), threads=task["threads"]), threading.Lock()
    for number, url in enumerate(task["urls"]):
        arguments = (number, url, task["every_s"], model, turn)
        threading.Thread(target=_watch, args=arguments, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


def _watch(number: int, url: str, every_s: float, model: Model, turn: threading.Lock) -> None:
    capture, due = cv2.VideoCapture(url), 0.0
    while capture.grab():
        if (now := time.monotonic()) < due:
            continue
        due = now + every_s if now - due > every_s else due + every_s
        good, picture = capture.retrieve()
        if good:
            with turn:
                model.detect([np.asarray(picture, np.uint8)])
                sys.stdout.write(f"looks {number}\n")
                sys.stdout.flush()


main()
