# SPDX-License-Identifier: AGPL-3.0-or-later
"""A scenario as a film and its truth, for whoever wants to watch it or to run something else on it."""

import json
from pathlib import Path

import av
import numpy as np

from benchmarks.scenarios.pixel import scene_of, times
from benchmarks.scenarios.stage import Script, traffic
from benchmarks.scenarios.stage_draw import shot
from benchmarks.scenarios.stage_pack import Pack

FPS = 2  # of the film: a look lasts half a second


def write(pack: Pack, script: Script, folder: Path) -> Path:
    """Write NAME.mp4, one frame per look, and NAME.json; returns the film's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{script.name.replace(' ', '-')}.mp4"
    ways = traffic(script)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=FPS, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *pack.camera.size, "yuv420p"
        for second in times(script).tolist():
            rgb = np.ascontiguousarray(shot(pack, script, second, ways).picture[:, :, ::-1])
            film.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        film.mux(stream.encode(None))
    path.with_suffix(".json").write_text(json.dumps(_truth(pack, script), indent=1) + "\n", "utf-8")
    return path


def _truth(pack: Pack, script: Script) -> dict[str, object]:
    scene = scene_of(pack, script)
    stands = [
        {"class": thing.class_name, "permitted": not thing.zone, "box": [round(v, 4) for v in thing.box]}
        | {"from_s": thing.start_s, "to_s": min(thing.end_s, script.minutes * 60)}
        for thing in scene.things
    ]
    zones = [{"name": zone.name, "kind": zone.kind, "polygon": zone.polygon} for zone in scene.zones]
    look_s = script.interval_s
    return {"name": script.name, "fps": FPS, "seconds_per_frame": look_s, "stands": stands, "zones": zones}
