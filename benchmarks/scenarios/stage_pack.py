# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shipped cut-outs, the street they stand in, and the camera that sees both."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.scenes.camera import Camera

PACK = Path(__file__).parent / "pack"
Picture = NDArray[np.float32]
SOLID = 0.9  # opacity from which a pixel is the thing itself and not its shadow


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A cut-out, premultiplied float32[H,W,4] BGRA 0-1; its top left pixel when it stands on `ground` (metres)."""

    picture: Picture
    origin: tuple[float, float]
    ground: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """street: float32[H,W,3] BGR 0-1. depth: float32[H,W], metres along the view axis. digest: of all files."""

    camera: Camera
    street: Picture
    depth: Picture
    sprites: dict[str, tuple[Sprite, ...]]
    digest: str


@lru_cache(maxsize=2)
def load_pack() -> Pack:
    """Read the pack; OSError or KeyError where it is damaged."""
    table = json.loads((PACK / "pack.json").read_text("utf-8"))
    eye = table["camera"]
    camera = Camera(tuple(eye["position"]), eye["yaw"], eye["pitch"], eye["focal_px"], tuple(eye["size"]))
    depth = _read(PACK / "depth.png").astype(np.float32) / 65535.0 * table["depth_range_m"]
    sprites = {
        name: tuple(Sprite(_cutout(PACK / row["file"]), tuple(row["origin"]), tuple(row["ground"])) for row in rows)
        for name, rows in table["sprites"].items()
    }
    street = _read(PACK / "street.webp")[:, :, :3].astype(np.float32) / 255.0
    return Pack(camera, street, np.asarray(depth, np.float32), sprites, _digest(PACK))


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise OSError(f"{path}: not a picture; install curbwatch again")
    return np.asarray(picture)


def _cutout(path: Path) -> Picture:
    whole = _read(path).astype(np.float32) / 255.0
    whole[:, :, :3] *= whole[:, :, 3:]
    return np.asarray(whole, np.float32)
