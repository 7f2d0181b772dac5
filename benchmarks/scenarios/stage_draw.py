# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look of a scenario: cut-outs over the street, nearer over farther, and what of each thing can be seen."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.stage import Prop, Script, Way, at_step, spot, traffic
from benchmarks.scenarios.stage_pack import SOLID, Pack, Picture, Sprite
from benchmarks.scenarios.stage_weather import weathered
from detector.boxes import Box

STRIDE_M = 1.35
SLACK_M = 0.35  # how far a thing reaches towards the camera from the ground point it is sorted by
LOW_M = 0.22  # the pavement is 0.15 m high
LONG = ("sedan", "van_white")
LONG_M = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A cut-out at its place: premultiplied float32[h,w,4], top left pixel, metres ahead, which prop it is (or -1)."""

    picture: Picture
    left: int
    top: int
    ahead_m: float
    prop: int = -1
    reach_m: float = SLACK_M


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A look's picture uint8[H,W,3] BGR, and per prop which share of its place is covered."""

    picture: NDArray[np.uint8]
    covered: tuple[float, ...]


def placed(pack: Pack, name: str, point: tuple[float, float, float], *, scale: float = 1.0, prop: int = -1) -> Drawn:
    """A cut-out after so many metres of way at ground x, y."""
    travelled, x, y = point
    sprite = _fitting(pack.sprites[name], x, travelled)
    gx, gy, gz = sprite.ground
    (ax, ay, ad), (bx, by, bd) = pack.camera.project([(gx, gy, gz), (x, y, gz)]).tolist()
    size = ad / bd * scale
    left, top = bx + size * (sprite.origin[0] - ax), by + size * (sprite.origin[1] - ay)
    corner = int(np.floor(left)), int(np.floor(top))
    height, width = sprite.picture.shape[:2]
    reach = int(np.ceil(width * size)) + 2, int(np.ceil(height * size)) + 2
    move = np.array([[size, 0, left - corner[0]], [0, size, top - corner[1]]])
    warped = cv2.warpAffine(sprite.picture, move, reach, flags=cv2.INTER_AREA if size < 1 else cv2.INTER_LINEAR)
    yaw = pack.camera.yaw
    return Drawn(
        np.asarray(warped), *corner, float(np.sin(yaw) * x + np.cos(yaw) * y), prop, LONG_M if name in LONG else SLACK_M
    )


def _fitting(sprites: tuple[Sprite, ...], x: float, travelled: float) -> Sprite:
    if len({sprite.ground for sprite in sprites}) > 1:
        return min(sprites, key=lambda sprite: abs(sprite.ground[0] - x))
    return sprites[int(travelled / STRIDE_M * len(sprites)) % len(sprites)]


def box_of(pack: Pack, prop: Prop) -> Box:
    """The box of a thing in its largest step, normalised xyxy."""
    width, height = pack.camera.size
    boxes = []
    for name in {name for _, name in prop.steps if name}:
        drawn = placed(pack, name, (0.0, prop.x, prop.y), scale=prop.scale)
        ys, xs = np.nonzero(drawn.picture[:, :, 3] > SOLID)
        boxes.append((drawn.left + xs.min(), drawn.top + ys.min(), drawn.left + xs.max() + 1, drawn.top + ys.max() + 1))
    edges = np.array(boxes)
    low, high = edges[:, :2].min(axis=0) / (width, height), edges[:, 2:].max(axis=0) / (width, height)
    return tuple(float(v) for v in np.clip([*low, *high], 0, 1))  # type: ignore[return-value]


def shot(pack: Pack, script: Script, at_s: float, ways: tuple[Way, ...] | None = None) -> Shot:
    """The scenario at a second."""
    picture = pack.street.copy()
    cast = _cast(pack, script, at_s, traffic(script) if ways is None else ways)
    for drawn in cast:
        _lay(picture, pack, drawn)
    covered = tuple(_covered(pack, script, n, at_s, cast) for n in range(len(script.props)))
    shown = weathered(picture, script, at_s)
    return Shot(np.ascontiguousarray(shown[:, ::-1]) if script.mirrored else shown, covered)


def _cast(pack: Pack, script: Script, at_s: float, ways: tuple[Way, ...]) -> list[Drawn]:
    things = [
        placed(pack, name, (0.0, prop.x, prop.y), scale=prop.scale, prop=n)
        for n, prop in enumerate(script.props)
        if (name := at_step(prop.steps, at_s))
    ]
    moving = [
        placed(pack, way.sprite, point, scale=way.scale) for way in ways if (point := spot(way, at_s)) is not None
    ]
    return sorted([*things, *moving], key=lambda drawn: -drawn.ahead_m)


def _window(pack: Pack, drawn: Drawn) -> tuple[slice, slice, Picture] | None:
    """Rows and columns of the frame that a cut-out touches, and the part of it that lies there."""
    width, height = pack.camera.size
    x0, y0 = max(drawn.left, 0), max(drawn.top, 0)
    x1, y1 = min(drawn.left + drawn.picture.shape[1], width), min(drawn.top + drawn.picture.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return None
    part = drawn.picture[y0 - drawn.top : y1 - drawn.top, x0 - drawn.left : x1 - drawn.left]
    return slice(y0, y1), slice(x0, x1), part


def _lay(picture: Picture, pack: Pack, drawn: Drawn) -> None:
    """Draw a cut-out where nothing of the street is nearer."""
    if (window := _window(pack, drawn)) is None:
        return
    rows, columns, part = window
    board = _board(pack, drawn.ahead_m - drawn.reach_m)[rows, None]
    depth = pack.depth[rows, columns]
    seen = ((depth > board) | (_height(pack, depth, rows) < LOW_M)).astype(np.float32)
    alpha = part[:, :, 3:] * seen[:, :, None]
    picture[rows, columns] = picture[rows, columns] * (1 - alpha) + part[:, :, :3] * seen[:, :, None]


def _height(pack: Pack, depth: Picture, rows: slice) -> Picture:
    """Metres above the carriageway at which the street's pixels lie: ground hides nothing that stands on it."""
    eye, height = pack.camera, pack.camera.size[1]
    slope = (np.arange(height, dtype=np.float32)[rows, None] - height / 2) / eye.focal_px
    return np.asarray(eye.position[2] - depth * (np.sin(eye.pitch) + slope * np.cos(eye.pitch)), np.float32)


def _board(pack: Pack, ahead_m: float) -> Picture:
    """Depth in metres, by row of the frame, of an upright board through a ground point."""
    eye, height = pack.camera, pack.camera.size[1]
    slope = (np.arange(height) - height / 2) / eye.focal_px
    return np.asarray(ahead_m / (np.cos(eye.pitch) - slope * np.sin(eye.pitch)), np.float32)


def _covered(pack: Pack, script: Script, number: int, at_s: float, cast: list[Drawn]) -> float:
    """Which share of a prop's place is hidden behind what stands or passes nearer to the camera."""
    prop, weather = script.props[number], script.weather
    if weather.wiped and weather.wiped[0] <= at_s < weather.wiped[1]:
        return 1.0
    name = at_step(prop.steps, at_s) or next(name for _, name in prop.steps if name)
    own = placed(pack, name, (0.0, prop.x, prop.y), scale=prop.scale, prop=number)
    whole = np.zeros(pack.camera.size[::-1], np.bool_)
    if (window := _window(pack, own)) is None:
        return 1.0
    rows, columns, part = window
    whole[rows, columns] = part[:, :, 3] > SOLID
    size = int(whole.sum())
    for other in cast:
        if other.prop != number and other.ahead_m < own.ahead_m and (seen := _window(pack, other)):
            whole[seen[0], seen[1]] &= seen[2][:, :, 3] <= SOLID
    return 1 - int(whole.sum()) / max(size, 1)
