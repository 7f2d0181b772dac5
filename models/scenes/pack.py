# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the pack of the scenario videos: `python -m models.scenes.pack STREET_CACHE PROPS_CACHE OUT` (needs Blender).

What is missing in the caches is rendered first. Nothing of it was a training picture.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import needed

if __name__ == "__main__":  # before the imports that would fail
    needed.need(needed.BLENDER, needed.BLENDER_CURE)

import cv2
import numpy as np

from models.scenes import layout, plates, props
from models.scenes.assets import Pixels
from models.scenes.cast import cast
from models.scenes.sprites import Mover, Sheet, load_sheet, render_cast

SHRINK = 0.75
QUALITY = 86
EVERY_OTHER = 2  # of the eight phases of a step
LANE_PLACES = (2, 5, 8, 11)
ALONG = ("sedan", "van_white", "tricycle_in", "tricycle_out")
WALKERS = (
    "man_red",
    "woman_skirt",
    "man_white",
    "girl_yellow",
    "umbrella_walker",
    "old_man",
    "carrier_in",
    "helper_in",
    "cleaner_out",
)
STANDERS = ("vendor_sells", "vendor_waits", "old_man_waits", "cleaner_bends", "carrier_bends")
STEPS = {"stall": layout.STALL_AT, "pile": layout.PILE_AT}


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut-out uint8[H,W,4] BGRA with its top left pixel and the ground point (m) it stands on."""

    picture: Pixels
    origin: tuple[int, int]
    ground: tuple[float, float, float]


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("street", "props", "out"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    plates.render_plates(given.street)
    render_cast(cast(), given.street)
    props.render(given.props)
    make_pack(given.street, given.props, given.out)


def make_pack(street: Path, things: Path, out: Path) -> None:
    """Writes plate, depth, cut-outs and `pack.json` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    plate = plates.load_street(street)
    small = tuple(round(side * SHRINK) for side in layout.SIZE)
    _write(out / "street.webp", cv2.resize(plate.picture, small, interpolation=cv2.INTER_AREA))
    depth = cv2.resize(plate.depth, small, interpolation=cv2.INTER_NEAREST)
    cv2.imwrite(str(out / "depth.png"), np.round(depth / 80.0 * 65535).clip(0, 65535).astype(np.uint16))
    rows = {
        name: [_saved(cut, out / f"{name}_{n}.webp") for n, cut in enumerate(cuts)]
        for name, cuts in _cuts(street, things).items()
    }
    eye = layout.CAMERA
    camera = {
        "position": eye.position,
        "yaw": eye.yaw,
        "pitch": eye.pitch,
        "focal_px": eye.focal_px * SHRINK,
        "size": small,
    }
    (out / "pack.json").write_text(
        json.dumps({"camera": camera, "depth_range_m": 80.0, "sprites": rows}, indent=1) + "\n"
    )


def _cuts(street: Path, things: Path) -> dict[str, list[Cut]]:
    everyone = cast()
    found = {
        name: _chosen(everyone[name], load_sheet(everyone[name], name, street), name)
        for name in (*ALONG, *WALKERS, *STANDERS)
    }
    for name, mover in props.standing().items():
        found[name] = _chosen(mover, load_sheet(mover, name, things), name)
    bare = plates.load_street(street)
    for name, steps in (("stall", plates.stall_steps()), ("pile", plates.pile_steps())):
        shown = plates.load_steps(street, name, steps, bare)
        for number, plate in enumerate(shown[1:], 1):
            found[f"{name}_{number}"] = [_lifted(plate, shown[0], STEPS[name])]
    return found


def _chosen(mover: Mover, sheet: Sheet, name: str) -> list[Cut]:
    """The pictures of a sheet that travel: some places of a vehicle, every other phase of a walk."""
    places = LANE_PLACES if name in ALONG else (max(place for place, _ in sheet),)
    phases = range(0, mover.phases, EVERY_OTHER if mover.phases > 1 else 1)
    picked = [sheet[(place, phase)] for place in places if (place, 0) in sheet for phase in phases]
    return [Cut(sprite.picture, sprite.origin, sprite.ground) for sprite in picked]


def _lifted(plate: plates.Plate, bare: plates.Plate, at: tuple[float, float]) -> Cut:
    """What stands in a plate and not in the bare one, with its shadow as black of some opacity."""
    stands = (np.abs(plate.depth - bare.depth) > plates.CHANGED_M).astype(np.float32)
    body = cv2.GaussianBlur(cv2.morphologyEx(stands, cv2.MORPH_CLOSE, np.ones((3, 3))), (0, 0), 0.6)
    before = np.maximum(bare.picture.astype(np.float32).mean(axis=2), 8.0)
    after = plate.picture.astype(np.float32).mean(axis=2)
    dark = cv2.GaussianBlur(np.clip(1 - after / before, 0, 0.65), (0, 0), 1.5)
    shade = np.where(dark > 0.08, dark, 0.0)
    alpha = body + shade * (1 - body)
    colour = plate.picture.astype(np.float32) * (body / np.maximum(alpha, 1e-4))[:, :, None]
    whole = np.concatenate([colour, alpha[:, :, None] * 255.0], axis=2)
    return Cut(whole.round().clip(0, 255).astype(np.uint8), plate.crop[:2], (*at, layout.PAVEMENT_Z))


def _saved(cut: Cut, path: Path) -> dict[str, Any]:
    """Writes a cut-out at the pack's size; where and of what it is."""
    size = tuple(max(1, round(side * SHRINK)) for side in cut.picture.shape[1::-1])
    whole = cut.picture.astype(np.float32)
    whole[:, :, :3] *= whole[:, :, 3:] / 255.0
    small = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)
    small[:, :, :3] /= np.maximum(small[:, :, 3:] / 255.0, 1e-3)
    _write(path, small.round().clip(0, 255).astype(np.uint8))
    return {
        "file": path.name,
        "origin": [round(v * SHRINK, 3) for v in cut.origin],
        "ground": [round(v, 3) for v in cut.ground],
    }


def _write(path: Path, picture: Any) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
