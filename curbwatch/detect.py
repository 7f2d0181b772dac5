# SPDX-License-Identifier: AGPL-3.0-or-later
"""Look at single pictures, folders and recordings from the command line."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import chain, count
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from curbwatch.errors import SettingsError
from detector.evidence import FRAME_COLOURS, jpeg
from detector.model import Model
from streams.files import read_frames
from streams.pictures import SUFFIXES, is_pictures
from streams.redact import redact
from streams.source import fault_in

SAVED_QUALITY = 95  # of JPEG
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One picture to look at: its name, uint8[H,W,3] BGR, and the recording or camera that it came from, if any."""

    name: str
    picture: Picture
    recording: str | None = None


def find_pictures(paths: Sequence[str], *, every_s: float, unread: Callable[[SettingsError], None]) -> Iterator[Found]:
    """Everything that the paths hold; recordings and cameras give one picture every `every_s` seconds.

    unread: told of each picture that cannot be read; the next one follows.
    """
    for text in paths:
        path = Path(text.removeprefix("file://"))
        if not path.exists() and (fault := fault_in(text)):
            raise SettingsError(f"camera: {fault}")
        if path.is_dir():
            within = [str(each) for each in sorted(path.iterdir()) if _is_picture(each)]
            if not within:
                raise SettingsError(f"{path}: no picture in this folder; they end in {', '.join(sorted(SUFFIXES))}")
            yield from find_pictures(within, every_s=every_s, unread=unread)
        elif _is_picture(path) and is_pictures(text):  # a camera's address, too, may end in .jpg
            try:
                picture = _read(path)
            except SettingsError as fault:
                unread(fault)
                continue
            yield Found(text, picture)
        else:
            label = redact(text)
            for frame in read_frames(text, camera_id=_camera_id(text), every_s=every_s, start_at=datetime.now(UTC)):
                yield Found(f"{label}#{frame.sequence}", frame.picture, label)


def _camera_id(text: str) -> str:
    """What errors call it: nothing of an address, which may hold a password."""
    return "camera" if "://" in text else Path(text).stem


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _read(path: Path) -> Picture:
    try:
        data = path.read_bytes()  # OpenCV's own reader dies of names that are not UTF-8
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; give a JPEG or PNG") from None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise SettingsError(f"{path}: not a picture that can be read; give a JPEG or PNG")
    return np.asarray(picture, np.uint8)


def look_at(model: Model, name: str, picture: Picture, min_confidence: float | None) -> dict[str, Any]:
    """One picture's detections in pixels, best first, as plain values for JSON."""
    found = model.detect([picture], least=min_confidence)[0]
    boxes = [
        {
            "class": model.manifest.classes[int(class_id)],
            "confidence": round(float(confidence), 4),
            "xyxy": [round(float(v), 1) for v in xyxy],
        }
        for xyxy, confidence, class_id in zip(found.xyxy, found.confidence, found.class_id, strict=True)
    ]
    return {"picture": name, "width": picture.shape[1], "height": picture.shape[0], "detections": boxes}


def annotated(picture: Picture, found: dict[str, Any]) -> Picture:
    """A copy of the picture with its boxes and their classes drawn in."""
    out = picture.copy()
    for box in found["detections"]:
        x0, y0, x1, y1 = (round(v) for v in box["xyxy"])
        colour = FRAME_COLOURS.get(box["class"], (160, 160, 160))
        cv2.rectangle(out, (x0, y0), (x1, y1), colour, 2)
        label = f"{box['class']} {box['confidence']:.2f}"
        cv2.putText(out, label, (x0 + 3, max(14, y0 - 5)), cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, 2)
    return out


class Album:
    """Writes annotated pictures into a folder: a JPEG per picture, one H.264 video per recording."""

    def __init__(self, folder: Path, *, every_s: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._rate = folder, Fraction(1 / every_s).limit_denominator(1000)
        self._videos: dict[str, tuple[OutputContainer, VideoStream]] = {}
        self._written = set[Path]()

    def add(self, found: Found, picture: Picture) -> None:
        """Keep one annotated picture; OSError when it cannot be written."""
        if found.recording is None:
            self._free(Path(found.name).stem, ".annotated.jpg").write_bytes(jpeg(picture, quality=SAVED_QUALITY))
            return
        container, stream = self._videos.get(found.recording) or self._open(found.recording, picture)
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        container.mux(stream.encode(frame.reformat(stream.width, stream.height, "yuv420p")))

    def close(self) -> None:
        """Finish all videos."""
        for container, stream in self._videos.values():
            container.mux(stream.encode())
            container.close()

    def _open(self, recording: str, picture: Picture) -> tuple[OutputContainer, VideoStream]:
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", Path(recording).stem) or "camera"
        container = av.open(str(self._free(name, ".annotated.mp4")), "w")
        stream = container.add_stream("libx264", rate=self._rate, options={"preset": "veryfast"})
        stream.height, stream.width = (size // 2 * 2 for size in picture.shape[:2])  # H.264 wants even sizes
        stream.pix_fmt = "yuv420p"
        self._videos[recording] = container, stream
        return container, stream

    def _free(self, name: str, suffix: str) -> Path:
        """Where to write what bears this name; a number keeps it off what another folder's namesake has made."""
        stems = chain([name], (f"{name}-{number}" for number in count(2)))
        path = next(path for stem in stems if (path := self._folder / f"{stem}{suffix}") not in self._written)
        self._written.add(path)
        return path
