# SPDX-License-Identifier: AGPL-3.0-or-later
"""Movers rendered as cut-outs with their shadows: one picture for each place along the way and each phase of a step."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.scenes import assets, layout
from models.scenes.assets import Pixels
from models.scenes.palette import palette
from models.scenes.plates import crop_around, with_shadows
from models.scenes.shade import over_shadow, shadow
from models.scenes.shapes import Floats, Part, merge, placed

OVERSCAN = 400
SPRITE_SAMPLES = 10
SPRITE_CAMERA = dataclasses.replace(layout.CAMERA, size=(layout.SIZE[0] + 2 * OVERSCAN, layout.SIZE[1] + 2 * OVERSCAN))


@dataclass(frozen=True, slots=True)
class Mover:
    """`shape(phase)` builds a thing facing +x; `turn` in radians; pictures at `places` x on the line `y` (metres)."""

    shape: Callable[[float], list[Part]]
    turn: float
    places: tuple[float, ...]
    y: float
    phases: int = 1
    ground_z: float = layout.PAVEMENT_Z
    stride_m: float = 1.35
    reach_m: float = 0.2


@dataclass(frozen=True, slots=True)
class Sprite:
    """A cut-out uint8[H,W,4] BGRA, its top left at pixel `origin` of the frame, of a thing at `ground` (metres)."""

    picture: Pixels
    origin: tuple[int, int]
    ground: tuple[float, float, float]


Sheet = dict[tuple[int, int], Sprite]


def render_sheet(stage: assets.Stage, mover: Mover, name: str, cache: Path) -> None:
    """Renders all cut-outs of a mover into `cache/name`, skipping a finished one."""
    folder = cache / name
    if (folder / "sheet.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for phase in range(mover.phases):
        parts = mover.shape(phase / mover.phases)
        for place, x in enumerate(mover.places):
            standing = placed(parts, (x, mover.y, mover.ground_z), mover.turn)
            crop = _render_one(stage, standing, mover.ground_z, folder / f"{place}_{phase}.png")
            rows.append([place, phase, crop[0] - OVERSCAN, crop[1] - OVERSCAN])
    (folder / "sheet.json").write_text(json.dumps(rows))


def _render_one(stage: assets.Stage, parts: list[Part], ground_z: float, out: Path) -> assets.Crop:
    """Renders parts with their shadow to a PNG; returns its crop in the overscanned frame."""
    points = np.concatenate([part.shape.verts for part in parts])
    crop = crop_around(with_shadows(points, ground_z), SPRITE_CAMERA)
    things = assets.add(stage, parts)
    body = assets.render(stage, out, crop, SPRITE_SAMPLES, clear=True)
    assets.remove(things)
    shape = merge(part.shape for part in parts)
    cv2.imwrite(str(out), over_shadow(body, shadow(shape, SPRITE_CAMERA, layout.LIGHT, ground_z, crop)))
    return crop


def load_sheet(mover: Mover, name: str, cache: Path) -> Sheet:
    """Reads a mover's cut-outs, by place and phase."""
    rows = json.loads((cache / name / "sheet.json").read_text())
    return {
        (place, phase): Sprite(
            np.asarray(cv2.imread(str(cache / name / f"{place}_{phase}.png"), cv2.IMREAD_UNCHANGED), dtype=np.uint8),
            (x, y),
            (mover.places[place], mover.y, mover.ground_z),
        )
        for place, phase, x, y in rows
    }


def render_cast(cast: dict[str, Mover], cache: Path) -> None:
    """Renders every mover into `cache`, unless all are there."""
    if all((cache / name / "sheet.json").exists() for name in cast):
        return
    stage = assets.open_stage(SPRITE_CAMERA, palette(), layout.LIGHT, SPRITE_SAMPLES, clean=False)
    for name, mover in cast.items():
        render_sheet(stage, mover, name, cache)


def picture_at(sheet: Sheet, mover: Mover, x: float, y: float, travelled_m: float) -> tuple[Floats, tuple[int, int]]:
    """The cut-out for a mover at ground x, y (metres): premultiplied float32[H,W,4] in 0..1 and its top left pixel."""
    place = min(range(len(mover.places)), key=lambda i: abs(mover.places[i] - x))
    phase = int(travelled_m / mover.stride_m * mover.phases) % mover.phases
    sprite = sheet[(place, phase)]
    (ax, ay, ad), (bx, by, bd) = layout.CAMERA.project([sprite.ground, (x, y, mover.ground_z)])
    scale = ad / bd
    left, top = bx + scale * (sprite.origin[0] - ax), by + scale * (sprite.origin[1] - ay)
    corner = (int(np.floor(left)), int(np.floor(top)))
    height, width = sprite.picture.shape[:2]
    size = (int(np.ceil(width * scale)) + 2, int(np.ceil(height * scale)) + 2)
    shift = np.array([[scale, 0, left - corner[0]], [0, scale, top - corner[1]]])
    whole = sprite.picture.astype(np.float32) / 255.0
    whole[:, :, :3] *= whole[:, :, 3:]
    return np.asarray(cv2.warpAffine(whole, shift, size, flags=cv2.INTER_LINEAR)), corner
