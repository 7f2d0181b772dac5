# SPDX-License-Identifier: AGPL-3.0-or-later
"""The clips that the generator's cameras play, encoded from the demo street once and kept in the user's cache.

Of every ten keyframe intervals three move and seven stand still under sensor noise, so that of the looks at keyframes
30 % see something changed since the look before: the share that a gate cannot save.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

INTERVALS = 10  # keyframe intervals of a clip
MOVING = frozenset({3, 6, 9})  # of them these move; the last ends in the jump back to the start
QUIET_S = 0.0  # from here on the demo street shows passers, a car, a tricycle and a licensed stall: no violation,
BUSY_S = 30.0  # from here on a stall and a pile stand
NOISE = 1.6  # standard deviation of a camera's luma by day
SEED = 0
LIVE, AHEAD = "rc-lookahead=0:sync-lookahead=0:mbtree=0", "rc-lookahead=10"
Name = Literal["main", "heavy", "sub"]


@dataclass(frozen=True, slots=True)
class Stream:
    """What a camera sends: pixels, pictures and bits per second, seconds between keyframes; and which part it shows.

    ahead: the encoder looks ahead, as none in a camera can, and gives keyframes more than half as much again.
    """

    width: int
    height: int
    fps: int
    bits: int
    gop_s: float = 2.0
    from_s: float = QUIET_S
    ahead: bool = False

    @property
    def gop(self) -> int:
        return round(self.gop_s * self.fps)


STREAMS = {
    "main": Stream(1920, 1080, 25, 4_000_000),
    "heavy": Stream(1920, 1080, 25, 4_000_000, ahead=True),
    "sub": Stream(640, 360, 15, 512_000),
    "other": Stream(1280, 720, 25, 2_000_000, from_s=BUSY_S),  # what a camera turns to when its resolution changes
}


def clip_of(stream: Stream, street: Path) -> Path:
    """The stream's clip, encoded at the first call on this machine (1080p: about half a minute)."""
    told = f"{asdict(stream)} {INTERVALS} {sorted(MOVING)} {NOISE} {_digest(street)}"
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "curbwatch"
    path = folder / f"load-{stream.height}p{stream.fps}-{hashlib.sha256(told.encode()).hexdigest()[:12]}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, suffix=".mp4", delete=False) as part:
            encode(Path(part.name), stream, street)
        Path(part.name).replace(path)
    return path


def encode(path: Path, stream: Stream, street: Path) -> None:
    """Write the stream's clip as H.264 in MP4."""
    bits = str(stream.bits)
    options = {
        "preset": "veryfast", "g": str(stream.gop), "keyint_min": str(stream.gop), "sc_threshold": "0", "bf": "0",
        "b": bits, "maxrate": bits, "bufsize": bits, "x264-params": AHEAD if stream.ahead else LIVE,
    }  # fmt: skip
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", rate=stream.fps, options=options)
        track.width, track.height, track.pix_fmt = stream.width, stream.height, "yuv420p"
        for planes in _pictures(stream, street):
            out.mux(track.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        out.mux(track.encode())


def busy(stream: Stream) -> Stream:
    """The same camera where violations stand."""
    return replace(stream, from_s=BUSY_S)


def scene_s(elapsed_s: float, gop_s: float) -> float:
    """Seconds of the scene that have gone by: it stands still but in the moving intervals."""
    interval, inside_s = divmod(elapsed_s, gop_s)
    moved = sum(gop_s for each in MOVING if each < interval)
    return moved + (inside_s if int(interval) in MOVING else 0.0)


def _pictures(stream: Stream, street: Path) -> Iterator[NDArray[np.uint8]]:
    """I420 planes, uint8[H*3/2,W], with fresh noise on each picture."""
    dice = np.random.default_rng(SEED)
    scene, scene_fps = _scene(stream, street)
    height, width = stream.height, stream.width
    noise = dice.normal(0, NOISE, (height + 64, width + 64)).round().astype(np.int16)
    for number in range(INTERVALS * stream.gop):
        at = round(scene_s(number / stream.fps, stream.gop_s) * scene_fps)
        planes = scene[min(at, len(scene) - 1)].copy()
        down, right = dice.integers(64, size=2)
        field = noise[down : down + height, right : right + width]
        planes[:height] = cv2.add(planes[:height], field, dtype=cv2.CV_8U)
        yield planes


def _scene(stream: Stream, street: Path) -> tuple[list[NDArray[np.uint8]], float]:
    wanted_s = len(MOVING) * stream.gop_s
    with av.open(str(street)) as container:
        source = container.streams.video[0]
        fps = float(source.average_rate or 12)
        container.seek(int(stream.from_s * av.time_base))
        frames = []
        for frame in container.decode(source):
            if frame.time is not None and frame.time >= stream.from_s:
                scaled = frame.reformat(stream.width, stream.height, "yuv420p")
                frames.append(np.asarray(scaled.to_ndarray(), np.uint8))
            if len(frames) > wanted_s * fps:
                break
    return frames, fps


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
