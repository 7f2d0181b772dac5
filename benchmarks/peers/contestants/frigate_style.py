# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frigate's way: an ffmpeg child per camera decodes to 5 pictures a second of yuv420p, motion decides, then a detector.

As its documentation recommends: 5 fps, a detect size of 1280×720, TCP input. Motion is found on a grey picture 100
lines high by difference from a running average. Kinder than the original: the detector runs at most once per look
interval, on the whole picture, however much moves.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Model, load_model

WIDTH, HEIGHT, FPS = 1280, 720, 5
MOTION_HEIGHT, THRESHOLD, CONTOUR = 100, 30, 10  # Frigate's defaults
INPUT = ("-fflags", "+genpts+discardcorrupt", "-rtsp_transport", "tcp", "-use_wallclock_as_timestamps", "1")
AROUND = np.ones((3, 3), np.uint8)
cv2.setNumThreads(1)


def main() -> None:
    """Run until stdin ends."""
    task = json.loads(sys.argv[1])
    model, turn = load_model(Path(task["manifest"]), threads=task["threads"]), threading.Lock()
    children = [subprocess.Popen(_command(url), stdout=subprocess.PIPE) for url in task["urls"]]  # noqa: S603 - ours
    for number, child in enumerate(children):
        threading.Thread(target=_watch, args=(number, child, task["every_s"], model, turn), daemon=True).start()
    sys.stdin.read()
    for child in children:
        child.kill()
    os._exit(0)


def _command(url: str) -> list[str]:
    return [
        "ffmpeg", "-hide_banner", "-loglevel", "error", "-threads", "1", *INPUT, "-i", url, "-an", "-r", str(FPS),
        "-vf", f"fps={FPS},scale={WIDTH}:{HEIGHT}", "-threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:",
    ]  # fmt: skip


def _watch(number: int, child: "subprocess.Popen[bytes]", every_s: float, model: Model, turn: threading.Lock) -> None:
    motion, due, moved = Motion(), 0.0, True
    size = WIDTH * HEIGHT * 3 // 2
    while child.stdout and len(data := child.stdout.read(size)) == size:
        planes = np.frombuffer(data, np.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
        moved = motion.seen(planes[:HEIGHT]) or moved
        if (now := time.monotonic()) < due:
            continue
        due = now + every_s if now - due > every_s else due + every_s
        if moved:
            with turn:
                model.detect([np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)])
        moved = False
        sys.stdout.write(f"looks {number}\n")
        sys.stdout.flush()


class Motion:
    """Contours that differ from a running average."""

    def __init__(self) -> None:
        self._average: NDArray[np.float32] | None = None

    def seen(self, luma: NDArray[np.uint8]) -> bool:
        """Whether anything of some size differs from what was usual, uint8[H,W]."""
        size = round(WIDTH * MOTION_HEIGHT / HEIGHT), MOTION_HEIGHT
        small = cv2.GaussianBlur(cv2.resize(luma, size, interpolation=cv2.INTER_NEAREST), (3, 3), 0)
        if self._average is None:
            self._average = small.astype(np.float32)
        difference = cv2.absdiff(small, cv2.convertScaleAbs(self._average))
        _, mask = cv2.threshold(difference, THRESHOLD, 255, cv2.THRESH_BINARY)
        contours, _ = cv2.findContours(cv2.dilate(mask, AROUND), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.accumulateWeighted(small, self._average, 0.01)
        return any(cv2.contourArea(contour) > CONTOUR for contour in contours)


main()
