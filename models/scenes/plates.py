# SPDX-License-Identifier: AGPL-3.0-or-later
"""The still pictures of the street: the empty street, and a crop for each step of the stall and the pile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import cv2
import numpy as np

from models.scenes import assets, covers, layout, piles, scenery, stalls
from models.scenes.assets import Crop, Pixels
from models.scenes.camera import Camera
from models.scenes.palette import palette
from models.scenes.shapes import Floats, Part, placed, tube

PLATE_SAMPLES = 40
CHANGED_M = 0.03
MARGIN_PX = 14
STEPS = 4


@dataclass(frozen=True, slots=True)
class Plate:
    """A picture uint8[H,W,3] BGR with its depth float64[H,W] in metres, at a crop of the whole frame."""

    crop: Crop
    picture: Pixels
    depth: Floats


def stall_steps() -> list[list[Part]]:
    """What each step of setting up adds: loaded tricycle, umbrella, table, goods."""
    rng = Random(11)
    load = placed(stalls.goods(1.4, 0.88, 0.62, rng), (-0.55, 0, 0))
    cart = placed(stalls.tricycle("blue") + load, (-0.35, 0.8, 0), np.pi)
    cover = covers.umbrella((-0.05, 0.1, 0), 1.45, 2.55, ("red", "yellow"), 8)
    desk = placed(stalls.table(2.1, 0.85, 0.72, "orange"), (0, -0.3, 0))
    rail = stalls.hanging(2.2, -0.1, 1.72, rng, 10)
    posts = [Part(tube((s * 1.1, -0.1, 0), (s * 1.1, -0.1, 1.72), 0.016), "steel") for s in (-1, 1)]
    wares = placed(stalls.goods(2.05, 0.82, 0.72, rng), (0, -0.3, 0)) + stalls.floor_crates(2.3, -0.98, 4, rng)
    steps = [cart, cover, desk + posts, wares + rail]
    return [placed(step, (*layout.STALL_AT, layout.PAVEMENT_Z)) for step in steps]


def pile_steps() -> list[list[Part]]:
    """What each visit adds to the pile."""
    rng = Random(8)
    first = [*piles.bag((-0.45, 0.1, 0), 0.38, "bag_black", rng), *piles.bag((0.2, 0.15, 0), 0.37, "bag_black", rng)]
    second = piles.carton((0.3, -0.4, 0), (0.5, 0.4, 0.36), 0.25, opened=True)
    second += piles.bag((0.8, -0.1, 0), 0.36, "bag_black", rng)
    third = piles.bag((-0.15, 0.1, 0.42), 0.36, "bag_blue", rng)
    third += piles.bag((-0.85, -0.2, 0), 0.34, "bag_white", rng)
    third += piles.carton((-0.3, -0.5, 0), (0.42, 0.34, 0.3), -0.3)
    fourth = [*piles.bag((0.5, 0.15, 0.42), 0.34, "bag_black", rng), *piles.planks((0.1, -0.15, 0.62), 3, rng)]
    fourth += piles.bag((0.85, -0.5, 0), 0.27, "bag_white", rng)
    return [placed(step, (*layout.PILE_AT, layout.PAVEMENT_Z)) for step in (first, second, third, fourth)]


def reach(steps: Sequence[Sequence[Part]]) -> Crop:
    """The pixels that parts and their shadows can touch."""
    points = np.concatenate([part.shape.verts for step in steps for part in step])
    return crop_around(with_shadows(points, layout.PAVEMENT_Z), layout.CAMERA)


def with_shadows(points: Floats, ground_z: float) -> Floats:
    """Points and where the sun throws them on the ground."""
    sun = np.asarray(layout.LIGHT.to_sun)
    drop = np.maximum(points[:, 2:] - ground_z, 0.0) / sun[2]
    return np.concatenate([points, points - drop * sun])


def crop_around(points: Floats, camera: Camera) -> Crop:
    """A crop in pixels around projected points, with a margin, inside the picture."""
    seen = camera.project(points)[:, :2]
    low = np.maximum(np.floor(seen.min(axis=0)) - MARGIN_PX, 0).astype(int)
    high = np.minimum(np.ceil(seen.max(axis=0)) + MARGIN_PX, camera.size).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def render_plates(cache: Path) -> None:
    """Renders the street and every step into `cache`, skipping what is there."""
    names = [f"{name}_{step}" for name in ("stall", "pile") for step in range(1, STEPS + 1)]
    if all((cache / f"{name}_depth.png").exists() for name in ("street", *names)):
        return
    stage = assets.open_stage(layout.CAMERA, palette(), layout.LIGHT)
    assets.add(stage, scenery.street())
    _render_pair(stage, cache, "street", None)
    for name, steps in (("stall", stall_steps()), ("pile", pile_steps())):
        crop, standing = reach(steps), []
        for number, step in enumerate(steps, 1):
            standing += assets.add(stage, step)
            _render_pair(stage, cache, f"{name}_{number}", crop)
        assets.remove(standing)


def _render_pair(stage: assets.Stage, cache: Path, name: str, crop: Crop | None) -> None:
    if (cache / f"{name}_depth.png").exists():
        return
    assets.render(stage, cache / f"{name}.png", crop, PLATE_SAMPLES)
    assets.render_depth(stage, cache / f"{name}_depth.png", crop)


def load_street(cache: Path) -> Plate:
    """The empty street."""
    return _load(cache, "street", (0, 0, *layout.SIZE))


def load_steps(cache: Path, name: str, steps: Sequence[Sequence[Part]], street: Plate) -> list[Plate]:
    """The crops of a thing's steps; the first is the bare street."""
    crop = reach(steps)
    x0, y0, x1, y1 = crop
    bare = Plate(crop, street.picture[y0:y1, x0:x1], street.depth[y0:y1, x0:x1])
    return [bare, *(_load(cache, f"{name}_{number}", crop) for number in range(1, len(steps) + 1))]


def _load(cache: Path, name: str, crop: Crop) -> Plate:
    picture = np.asarray(cv2.imread(str(cache / f"{name}.png")), dtype=np.uint8)
    return Plate(crop, picture, assets.read_depth(cache / f"{name}_depth.png"))


def extent(plates: Sequence[Plate]) -> tuple[float, float, float, float]:
    """The box, normalised to the frame, of what stands in the last plate and not in the first."""
    stands = np.abs(plates[-1].depth - plates[0].depth) > CHANGED_M
    stands = cv2.morphologyEx(stands.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)).astype(bool)
    ys, xs = np.nonzero(stands)
    x0, y0, _, _ = plates[0].crop
    width, height = layout.SIZE
    return (
        (x0 + int(xs.min())) / width,
        (y0 + int(ys.min())) / height,
        (x0 + int(xs.max()) + 1) / width,
        (y0 + int(ys.max()) + 1) / height,
    )
