# SPDX-License-Identifier: AGPL-3.0-or-later
"""Re-creates the demo street: `python -m models.scenes.street OUT.mp4` writes the film and its truth as OUT.json."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from models import needed

if __name__ == "__main__":  # before the imports that would fail
    needed.need(needed.BLENDER, needed.BLENDER_CURE)

import numpy as np

from models.scenes import layout, plates, scenery, timeline
from models.scenes.cast import cast
from models.scenes.compose import Cutouts, Layer, frames
from models.scenes.film import write_film
from models.scenes.sprites import load_sheet, render_cast
from models.scenes.truth import truth


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the film to write; the truth goes beside it as .json")
    parser.add_argument("--cache", type=Path, help="keeps rendered pictures here, so that a second run only composes")
    given = parser.parse_args()
    if given.cache:
        given.cache.mkdir(parents=True, exist_ok=True)
        make_street(given.out, given.cache)
    else:
        with tempfile.TemporaryDirectory() as folder:
            make_street(given.out, Path(folder))


def make_street(out: Path, cache: Path) -> None:
    """Renders what `cache` lacks, composes the film, writes the truth."""
    everyone = cast()
    plates.render_plates(cache)
    render_cast(everyone, cache)
    street = plates.load_street(cache)
    stall = plates.load_steps(cache, "stall", plates.stall_steps(), street)
    pile = plates.load_steps(cache, "pile", plates.pile_steps(), street)
    layers = [Layer(stall, timeline.STALL_CHANGES), Layer(pile, timeline.PILE_CHANGES)]
    people = {name: Cutouts(mover, load_sheet(mover, name, cache)) for name, mover in everyone.items()}
    write_film(frames(street, layers, timeline.ways(), people), out, timeline.FPS)
    boxes = {"stall": plates.extent(stall), "pile": plates.extent(pile), "licensed": licensed_box()}
    out.with_suffix(".json").write_text(json.dumps(truth(boxes, timeline.ways()), indent=1) + "\n")


def licensed_box() -> tuple[float, float, float, float]:
    """The licensed stall's box, normalised, from its projected corners."""
    points = np.concatenate([part.shape.verts for part in scenery.licensed_stall()])
    seen = layout.CAMERA.project(points)[:, :2] / layout.SIZE
    low, high = seen.min(axis=0).clip(0, 1), seen.max(axis=0).clip(0, 1)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


if __name__ == "__main__":
    main()
