# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plain meshes from a few primitives: vertices in metres (x along the street, y away from the camera, z up)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Point = Sequence[float] | Floats
MOST_HEAPED_M = 0.7  # what would lie higher than this slides down


@dataclass(frozen=True, slots=True)
class Shape:
    """A mesh: `verts` float64[N,3] in metres, `faces` tuples of vertex indices."""

    verts: Floats
    faces: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A shape with the name of its material; `smooth` shades it round, `melt_m` fuses it at that voxel size."""

    shape: Shape
    material: str
    smooth: bool = False
    melt_m: float = 0.0
    crumple_m: float = 0.0
    bevel_m: float = 0.0


def off(point: Point, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Floats:
    """A point moved by x, y, z metres."""
    return np.asarray(np.asarray(point, float) + np.array([x, y, z]))


def merge(shapes: Iterable[Shape]) -> Shape:
    """Joins shapes into one mesh."""
    verts: list[Floats] = []
    faces: list[tuple[int, ...]] = []
    offset = 0
    for shape in shapes:
        verts.append(shape.verts)
        faces.extend(tuple(i + offset for i in face) for face in shape.faces)
        offset += len(shape.verts)
    return Shape(np.concatenate(verts), tuple(faces))


def moved(shape: Shape, by: Point = (0, 0, 0), turn: float = 0.0, scale: float = 1.0) -> Shape:
    """Scales, turns about z (radians), then shifts a shape."""
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return Shape((shape.verts * scale) @ rotation.T + np.asarray(by, float), shape.faces)


def placed(parts: Iterable[Part], by: Point = (0, 0, 0), turn: float = 0.0, scale: float = 1.0) -> list[Part]:
    """Moves every part of an object together."""
    return [
        Part(moved(p.shape, by, turn, scale), p.material, p.smooth, p.melt_m, p.crumple_m, p.bevel_m) for p in parts
    ]


def extent(parts: Iterable[Part]) -> tuple[Floats, Floats]:
    """The lowest and the highest x, y, z of an object, metres."""
    verts = merge(part.shape for part in parts).verts
    return verts.min(axis=0), verts.max(axis=0)


def heaped(things: Iterable[Sequence[Part]], sunk: float = 0.9) -> list[Part]:
    """Drops things one after another: each rests, a little sunk in, on what is under its middle, or on z = 0."""
    lying: list[tuple[Floats, Floats]] = []
    parts: list[Part] = []
    for thing in things:
        low, high = extent(thing)
        middle = (low + high)[:2] / 2
        under = [top[2] * sunk for below, top in lying if (below[:2] < middle).all() and (middle < top[:2]).all()]
        rest = max(under, default=0.0)
        by = (0, 0, (rest if rest < MOST_HEAPED_M else 0.0) - low[2])
        lying.append((low + by, high + by))
        parts += placed(thing, by)
    return parts


def in_a_row(things: Iterable[Sequence[Part]], close: float = 0.95) -> list[Part]:
    """Sets things on z = 0 beside each other along x; `close` below 1 pushes them together."""
    edge = 0.0
    parts: list[Part] = []
    for thing in things:
        low, high = extent(thing)
        parts += placed(thing, (edge - low[0], 0, -low[2]))
        edge += float(high[0] - low[0]) * close
    return parts


def tilted(shape: Shape, about_x: float = 0.0, about_y: float = 0.0) -> Shape:
    """Turns a shape about the x, then the y axis through the origin (radians)."""
    cx, sx, cy, sy = np.cos(about_x), np.sin(about_x), np.cos(about_y), np.sin(about_y)
    rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    return Shape(shape.verts @ (ry @ rx).T, shape.faces)


def box(centre: Point, size: Point, turn: float = 0.0) -> Shape:
    """A box about its centre, turned about z (radians)."""
    corners = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    faces = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return moved(Shape(corners * np.asarray(size, float), faces), centre, turn)


def _frame(axis: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors square to `axis`."""
    helper = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    u = np.cross(helper, axis)
    u /= np.linalg.norm(u)
    return u, np.cross(axis, u)


def tube(start: Point, end: Point, r0: float, r1: float | None = None, sides: int = 12) -> Shape:
    """A capped tapering tube from `start` (radius r0) to `end` (radius r1)."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    u, v = _frame((b - a) / np.linalg.norm(b - a))
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
    verts = np.concatenate([a + ring * r0, b + ring * (r0 if r1 is None else r1)])
    walls = [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)]
    caps = [tuple(range(sides))[::-1], tuple(range(sides, 2 * sides))]
    return Shape(verts, tuple(walls + caps))


def ball(centre: Point, radii: Point | float, rings: int = 8, sides: int = 12) -> Shape:
    """An ellipsoid with the given radii along x, y, z."""
    size = np.broadcast_to(np.asarray(radii, float), (3,))
    polar = np.linspace(0, np.pi, rings + 1)[1:-1]
    around = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    body = [(np.sin(p) * np.cos(t), np.sin(p) * np.sin(t), np.cos(p)) for p in polar for t in around]
    verts = np.array([(0, 0, 1), *body, (0, 0, -1)]) * size + np.asarray(centre, float)
    last = len(verts) - 1
    faces: list[tuple[int, ...]] = []
    for j in range(sides):
        k = (j + 1) % sides
        faces.append((0, 1 + j, 1 + k))
        faces.append((last, last - sides + k, last - sides + j))
        for r in range(rings - 2):
            a, b = 1 + r * sides, 1 + (r + 1) * sides
            faces.append((a + j, b + j, b + k, a + k))
    return Shape(verts, tuple(faces))


def limb(start: Point, end: Point, r0: float, r1: float) -> Shape:
    """A tapering tube with round ends."""
    return merge([tube(start, end, r0, r1), ball(start, r0), ball(end, r1)])


def grid(corners: Sequence[Point], steps: tuple[int, int], sag_m: float = 0.0) -> Shape:
    """A sheet between four corners (in order around it) that sags in the middle."""
    a, b, c, d = (np.asarray(p, float) for p in corners)
    nu, nv = steps
    verts = []
    for j in range(nv + 1):
        for i in range(nu + 1):
            u, v = i / nu, j / nv
            point = a * (1 - u) * (1 - v) + b * u * (1 - v) + c * u * v + d * (1 - u) * v
            verts.append(point - np.array([0, 0, 16 * sag_m * u * (1 - u) * v * (1 - v)]))
    return Shape(np.array(verts), quads(nu, nv))


def quads(columns: int, rows: int) -> tuple[tuple[int, ...], ...]:
    """The faces of a sheet whose vertices lie row by row, columns + 1 in each."""
    row = columns + 1
    return tuple(
        (j * row + i, j * row + i + 1, (j + 1) * row + i + 1, (j + 1) * row + i)
        for j in range(rows)
        for i in range(columns)
    )


def dome(centre: Point, radius: float, height: float, sides: int) -> list[Shape]:
    """The gores of an umbrella: one shape a side, rim at `centre` height, tip `height` above."""
    tip = off(centre, 0, 0, height)
    gores = []
    for i in range(sides):
        a, b = 2 * np.pi * i / sides, 2 * np.pi * (i + 1) / sides
        rows = [tip.reshape(1, 3)]
        for t in (0.35, 0.7, 1.0):
            z = height * (1 - t) + 0.12 * height * np.sin(np.pi * t)
            rows.append(np.array([(np.cos(w) * radius * t, np.sin(w) * radius * t, z) for w in (a, b)]) + off(centre))
        hem = rows[-1] - (0, 0, 0.12 * height)
        verts = np.concatenate([*rows, hem])
        faces = ((0, 1, 2), (1, 3, 4, 2), (3, 5, 6, 4), (5, 7, 8, 6))
        gores.append(Shape(verts, faces))
    return gores


def extruded(profile: Sequence[tuple[float, float]], half_width: float, top_narrow: float = 0.0) -> Shape:
    """A side profile (x, z) drawn along y; points narrow by `top_narrow` metres at the highest z."""
    points = np.asarray(profile, float)
    low, high = points[:, 1].min(), points[:, 1].max()
    half = half_width - top_narrow * (points[:, 1] - low) / max(high - low, 1e-9)
    left = np.stack([points[:, 0], -half, points[:, 1]], axis=1)
    right = np.stack([points[:, 0], half, points[:, 1]], axis=1)
    n = len(points)
    walls = [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)]
    caps = [tuple(range(n))[::-1], tuple(range(n, 2 * n))]
    return Shape(np.concatenate([left, right]), tuple(walls + caps))
