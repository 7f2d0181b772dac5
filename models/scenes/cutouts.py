# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training cut-outs: `python -m models.scenes.cutouts OUT_DIR --count N --seed S [--things goods]`.

Writes NNNN.png (RGBA, with shadow) and NNNN.json (class, box of the thing without its shadow in pixels).
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from models import needed

if __name__ == "__main__":  # before the imports that would fail
    needed.need(needed.BLENDER, needed.BLENDER_CURE)

import cv2
import numpy as np

from models.scenes import assets, fronts, goods, heaps, piles, ruins, setups, stalls
from models.scenes.assets import Light, Pixels
from models.scenes.camera import Camera
from models.scenes.palette import Surface, palette
from models.scenes.shade import over_shadow, shadow
from models.scenes.shapes import Floats, Part, merge, placed

SIZE = (640, 400)
SAMPLES = 20
SOLID = 0.5
STALL_SHARE = 0.6
WALKED = ("goods", "setups", "ruins")
WALKING_SHARE = 0.35  # of these are seen as people see them
FILL = (0.65, 0.92)
DEBRIS = {"heaps": heaps.any_heap, "goods": goods.any_goods, "ruins": ruins.any_ruin}
STALLS = {"fronts": fronts.any_front, "setups": setups.any_setup}


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the cut-out, x0, y0, x1, y1."""

    x0: int
    y0: int
    x1: int
    y1: int


def random_light(rng: Random) -> Light:
    """A sunny, hazy or overcast sky, the sun anywhere above 25 degrees."""
    height, way = math.radians(rng.uniform(25, 75)), rng.uniform(0, 2 * math.pi)
    to_sun = (math.cos(height) * math.cos(way), math.cos(height) * math.sin(way), math.sin(height))
    sun = rng.choice((0.2, 1.8, 3.2, 4.4))
    sky = rng.uniform(0.5, 0.8) if sun > 1 else rng.uniform(0.9, 1.4)
    return Light(
        to_sun, sun, rng.uniform(0.01, 0.25), sky, rng.choice(((0.62, 0.76, 1.0), (0.85, 0.9, 1.0), (1.0, 0.93, 0.85)))
    )


def random_camera(points: Floats, rng: Random) -> Camera:
    """A camera 3-5 m high that looks down 10-40 degrees and holds the whole thing in its picture."""
    height, pitch = rng.uniform(3.0, 5.0), math.radians(rng.uniform(10, 40))
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    return looking_at(points, height, (height - float(middle[2])) / math.tan(pitch), rng)


def walking_camera(points: Floats, rng: Random) -> Camera:
    """A camera as people hold it, 1.3-2.2 m high and 3-12 m away."""
    return looking_at(points, rng.uniform(1.3, 2.2), reach(points) + rng.uniform(2.0, 9.0), rng)


def reach(points: Floats) -> float:
    """How far the points reach over the ground, metres."""
    return float(np.linalg.norm(np.ptp(points[:, :2], axis=0)))


def looking_at(points: Floats, height: float, away: float, rng: Random) -> Camera:
    """A camera at a height and a distance (metres) that looks at the middle of the points and holds them all."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    yaw, pitch = rng.uniform(-0.5, 0.5), math.atan2(height - float(middle[2]), away)
    eye = (float(middle[0]) - math.sin(yaw) * away, float(middle[1]) - math.cos(yaw) * away, height)
    wide = Camera(eye, yaw, pitch, 1000.0, SIZE)
    seen = np.abs(wide.project(points)[:, :2] - np.array(SIZE) / 2) / (np.array(SIZE) / 2)
    return Camera(eye, yaw, pitch, 1000.0 * rng.uniform(*FILL) / float(seen.max()), SIZE)


def random_thing(rng: Random, things: str) -> tuple[str, list[Part]]:
    """A stall or a pile, with its class; all but `mixed` are kinds that the mixture lacks."""
    if things in STALLS:
        return "stall", placed(STALLS[things](rng), turn=rng.choice((rng.gauss(0, 0.3), rng.uniform(0, 2 * math.pi))))
    if things == "mixed" and rng.random() < STALL_SHARE:
        return "stall", stalls.any_stall(rng)
    return "debris", placed(
        DEBRIS.get(things, piles.any_pile)(rng), turn=rng.uniform(0, 2 * math.pi), scale=rng.uniform(0.75, 1.3)
    )


def weathered(surfaces: dict[str, Surface], rng: Random) -> dict[str, Surface]:
    """The palette with every colour a little off and dirtier."""
    changed = {}
    for name, surface in surfaces.items():
        light = rng.uniform(0.7, 1.15)
        gain = [light * rng.uniform(0.92, 1.08) for _ in range(3)]
        colour = tuple(min(1.0, c * g) for c, g in zip(surface.colour, gain, strict=True))
        noise = surface.noise or rng.choice((0.0, 3.0, 8.0))
        tint = (colour[0], colour[1], colour[2])
        changed[name] = replace(surface, colour=tint, noise=noise, dirt=rng.uniform(0.1, 0.6))
    return changed


def points_of(parts: list[Part]) -> Floats:
    """Every vertex of the parts, float64[N,3] in metres."""
    return np.concatenate([part.shape.verts for part in parts])


def solid_box(picture: Pixels) -> Box:
    """The box of the alpha of a picture without shadows."""
    ys, xs = np.nonzero(picture[:, :, 3] > SOLID * 255)
    return Box(int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)


def render_cutout(
    out: Path, parts: list[Part], rng: Random, *, samples: int, camera: Camera | None = None
) -> tuple[Camera, Box]:
    """Renders parts with their shadow, seen and lit at random; the camera, and the box of what is solid."""
    camera = camera or random_camera(points_of(parts), rng)
    light = random_light(rng)
    stage = assets.open_stage(camera, weathered(palette(), rng), light, samples, clean=False)
    assets.add(stage, parts)
    body = assets.render(stage, out, samples=samples, clear=True)
    shade = shadow(merge(part.shape for part in parts), camera, light, 0.0, (0, 0, *SIZE))
    cv2.imwrite(str(out), over_shadow(body, shade))
    return camera, solid_box(body)


def make_cutout(out: Path, seed: int, things: str) -> None:
    """Renders one cut-out with its shadow and writes its truth."""
    rng = Random(seed)
    kind, parts = random_thing(rng, things)
    low = things in WALKED and rng.random() < WALKING_SHARE
    camera = walking_camera(points_of(parts), rng) if low else None
    camera, box = render_cutout(out, parts, rng, samples=SAMPLES, camera=camera)
    facts = {
        "class": kind,
        "box": [box.x0, box.y0, box.x1, box.y1],
        "pitch_deg": round(math.degrees(camera.pitch), 1),
        "height_m": round(camera.position[2], 2),
        "seed": seed,
    }
    out.with_suffix(".json").write_text(json.dumps(facts) + "\n")


def main() -> None:
    """Reads the command line; finished pictures are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the cut-outs")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--things", choices=("mixed", *STALLS, *DEBRIS), default="mixed")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for number in range(given.count):
        out = given.out / f"{number:04d}.png"
        if not out.with_suffix(".json").exists():
            make_cutout(out, given.seed + number, given.things)


if __name__ == "__main__":
    main()
