# SPDX-License-Identifier: AGPL-3.0-or-later
"""Test cards: clips whose pictures carry their own number, so that one can tell which picture arrived."""

from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

BITS = 16
ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}
GREY, ORANGE = 40, (0, 120, 255)


def make_clip(  # noqa: PLR0913 - each names one property of the clip, all optional
    path: Path,
    *,
    codec: Literal["h264", "hevc", "mjpeg"] = "h264",
    frames: int = 50,
    fps: int = 25,
    size: tuple[int, int] = (320, 180),
    gop: int | None = None,
    b_frames: int = 0,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode numbered pictures; gop is the keyframe interval in pictures (default: one second)."""
    encoder: Literal["libx264"] = ENCODERS[codec]  # type: ignore[assignment] # PyAV's overloads: all three are video
    with av.open(str(path), "w") as out:
        stream = out.add_stream(encoder, rate=fps, options=_options(codec, gop or fps, b_frames) | (options or {}))
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(frames):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(draw_card(number, size), format="bgr24")))
        out.mux(stream.encode())
    return path


def _options(codec: str, gop: int, b_frames: int) -> dict[str, str]:
    if codec == "hevc":
        params = f"log-level=none:keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}"
        return {"preset": "ultrafast", "x265-params": params}
    if codec == "h264":
        return {"preset": "veryfast", "g": str(gop), "keyint_min": str(gop), "sc_threshold": "0", "bf": str(b_frames)}
    return {}


def draw_card(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """One picture, uint8[H,W,3] BGR: a moving square, and the number in black and white blocks along the bottom."""
    width, height = size
    picture = np.full((height, width, 3), GREY, np.uint8)
    side = height // 3
    left = number * 4 % max(1, width - side)
    picture[side : 2 * side, left : left + side] = ORANGE
    for bit in range(BITS):
        picture[height - height // 8 :, bit * width // BITS : (bit + 1) * width // BITS] = 255 * (number >> bit & 1)
    return picture


def card_number(picture: NDArray[np.uint8]) -> int:
    """The number that a test card carries."""
    height, width = picture.shape[:2]
    row = picture[height - height // 16, :, 1]
    return sum((int(row[(2 * bit + 1) * width // (2 * BITS)]) > 127) << bit for bit in range(BITS))
