# SPDX-License-Identifier: AGPL-3.0-or-later
"""A scenario as a film and its truth, for whoever wants to watch it or to run something else on it."""

import json
from pathlib import Path

import av
import numpy as np

from benchmarks.scenarios.pixel import Reel

FPS = 2  # of the film: a look lasts half a second


def write(reel: Reel, folder: Path) -> Path:
    """Write NAME.mp4, one frame per look, and NAME.json; returns the film's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{reel.scene.camera_id.replace(' ', '-').replace(':', '')}.mp4"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=FPS, options={"crf": "20"})
        stream.pix_fmt = "yuv420p"
        for shot in reel.shots():
            height, width = (side // 2 * 2 for side in shot.picture.shape[:2])  # the coder wants even sides
            if not stream.codec_context.is_open:
                stream.width, stream.height = width, height
            rgb = np.ascontiguousarray(shot.picture[:height, :width, ::-1])
            film.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        film.mux(stream.encode(None))
    path.with_suffix(".json").write_text(json.dumps(_truth(reel), indent=1) + "\n", "utf-8")
    return path


def _truth(reel: Reel) -> dict[str, object]:
    scene = reel.scene
    stands = [
        {"class": thing.class_name, "permitted": not thing.zone, "box": [round(v, 4) for v in thing.box]}
        | {"from_s": thing.start_s, "to_s": min(thing.end_s, scene.hours * 3600)}
        for thing in scene.things
    ]
    zones = [{"name": zone.name, "kind": zone.kind, "polygon": zone.polygon} for zone in scene.zones]
    pace = {"fps": FPS, "seconds_per_frame": scene.interval_s}
    return {"name": scene.camera_id} | pace | {"stands": stands, "zones": zones}
