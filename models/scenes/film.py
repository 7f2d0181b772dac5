# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes frames as H.264 the way a surveillance camera does: closed groups of a second, no B-frames."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av

from models.scenes.assets import Pixels

QUALITY = "27"


def write_film(frames: Iterable[Pixels], out: Path, fps: int) -> None:
    """Encodes uint8[H,W,3] BGR frames to an MP4 at `fps`."""
    options = {
        "crf": QUALITY,
        "preset": "medium",
        "profile": "high",
        "x264-params": f"bframes=0:keyint={fps}:min-keyint={fps}:scenecut=0:open-gop=0",
    }
    with av.open(str(out), "w", options={"movflags": "+faststart"}) as film:
        stream = None
        for pixels in frames:
            if stream is None:
                stream = film.add_stream("libx264", rate=fps, options=options)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
            film.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        if stream is not None:
            film.mux(stream.encode(None))
