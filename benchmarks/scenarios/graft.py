# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pack's cut-outs on a real street: in the size that walkers have there, behind those who pass in front."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.backdrop import Moment, Spot
from benchmarks.scenarios.stage_draw import Drawn, Shot
from benchmarks.scenarios.stage_pack import SOLID, Pack, Sprite
from detector.boxes import Box

WALKER = "man_white"  # a grown man: his height on the pack's street is what walkers' heights are compared with
JPEG = 88


def grafted(pack: Pack, name: str, spot: Spot, size: tuple[int, int], *, prop: int = -1) -> Drawn:
    """A cut-out that stands on a spot of a picture of `size` (width, height) in pixels; nearness by its row."""
    x, y, tall = spot[0] * size[0], spot[1] * size[1], spot[2] * size[1]
    sprite = pack.sprites[name][0]
    (ax, ay, depth) = pack.camera.project([sprite.ground])[0].tolist()
    scale = tall / (_walker_m_px(pack) / depth)
    left, top = x + scale * (sprite.origin[0] - ax), y + scale * (sprite.origin[1] - ay)
    corner = int(np.floor(left)), int(np.floor(top))
    height, width = sprite.picture.shape[:2]
    reach = int(np.ceil(width * scale)) + 2, int(np.ceil(height * scale)) + 2
    move = np.array([[scale, 0, left - corner[0]], [0, scale, top - corner[1]]])
    soft = cv2.GaussianBlur(sprite.picture, (0, 0), 0.4 / scale) if scale < 0.8 else sprite.picture
    warped = cv2.warpAffine(soft, move, reach, flags=cv2.INTER_LINEAR)
    return Drawn(np.asarray(warped), *corner, -y, prop)


def _walker_m_px(pack: Pack) -> float:
    """Height in pixels times metres away: the same wherever the pack's grown man stands."""
    walker = pack.sprites[WALKER][0]
    return _rows(walker) * float(pack.camera.project([walker.ground])[0, 2])


def _rows(sprite: Sprite) -> int:
    rows = np.flatnonzero((sprite.picture[:, :, 3] > SOLID).any(axis=1))
    return int(rows[-1] - rows[0] + 1)


def box_on(drawn: Drawn, size: tuple[int, int]) -> Box:
    """The box of a planted thing, normalised xyxy, within the picture."""
    ys, xs = np.nonzero(drawn.picture[:, :, 3] > SOLID)
    low = np.array([drawn.left + xs.min(), drawn.top + ys.min()]) / size
    high = np.array([drawn.left + xs.max() + 1, drawn.top + ys.max() + 1]) / size
    return tuple(float(v) for v in np.clip([*low, *high], 0, 1))  # type: ignore[return-value]


def planted(moment: Moment, things: Sequence[Drawn], places: Sequence[Drawn]) -> Shot:
    """A real picture with things planted in it, behind whoever walks nearer to the camera.

    things: what stands there now. places: where every prop stands, or would: what is covered is told of each.
    """
    picture = np.asarray(moment.picture, np.float32) / np.float32(255)
    for thing in sorted(things, key=lambda thing: -thing.ahead_m):
        _lay(picture, moment, thing)
    shown = np.asarray((picture * 255).round().clip(0, 255), np.uint8)
    return Shot(_compressed(shown), tuple(_covered(moment, place) for place in places))


def _lay(picture: NDArray[np.float32], moment: Moment, thing: Drawn) -> None:
    rows, columns, part = window(thing, picture.shape[1::-1])
    before = moment.walkers[rows, columns] > -thing.ahead_m
    alpha = part[:, :, 3:] * ~before[:, :, None]
    light = moment.light[rows, columns, None]
    picture[rows, columns] = picture[rows, columns] * (1 - alpha) + part[:, :, :3] * ~before[:, :, None] * light


def window(thing: Drawn, size: tuple[int, int]) -> tuple[slice, slice, NDArray[np.float32]]:
    """Rows and columns of a picture that a thing touches, and the part of it that lies there."""
    x0, y0 = max(thing.left, 0), max(thing.top, 0)
    x1, y1 = min(thing.left + thing.picture.shape[1], size[0]), min(thing.top + thing.picture.shape[0], size[1])
    part = thing.picture[y0 - thing.top : max(y1, y0) - thing.top, x0 - thing.left : max(x1, x0) - thing.left]
    return slice(y0, max(y1, y0)), slice(x0, max(x1, x0)), part


def _covered(moment: Moment, place: Drawn) -> float:
    """Which share of a thing's place the walkers before it hide."""
    rows, columns, part = window(place, moment.walkers.shape[::-1])
    solid = part[:, :, 3] > SOLID
    hidden = solid & (moment.walkers[rows, columns] > -place.ahead_m)
    return float(hidden.sum() / max(solid.sum(), 1))


def _compressed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
