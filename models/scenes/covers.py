# SPDX-License-Identifier: AGPL-3.0-or-later
"""What shades a stall: umbrellas, tents, tarpaulins; metres."""

from __future__ import annotations

from random import Random

from models.scenes.shapes import Part, Point, dome, grid, merge, tube

BRIGHT = ("red", "blue", "green", "yellow", "orange", "purple", "teal", "white")


def umbrella(at: Point, radius: float, height: float, colours: tuple[str, str], sides: int) -> list[Part]:
    """A market umbrella on a pole: gores in two cloth colours."""
    x, y, z = at
    rise = radius * 0.4
    gores = dome((x, y, z + height - rise), radius, rise, sides)
    cloth = [Part(gore, f"cloth_{colours[i % 2]}") for i, gore in enumerate(gores)]
    pole = tube((x, y, z), (x, y, z + height + 0.08), 0.025)
    foot = tube((x, y, z), (x, y, z + 0.12), 0.24, 0.2)
    return [*cloth, Part(pole, "steel"), Part(foot, "stone")]


def tent(width: float, depth: float, height: float, colours: tuple[str, str]) -> list[Part]:
    """A four-legged tent with a hipped, striped roof and a scalloped valance."""
    w, d, ridge = width / 2, depth / 2, 0.55
    legs = [tube((sx * w, sy * d, 0), (sx * w, sy * d, height), 0.025) for sx in (-1, 1) for sy in (-1, 1)]
    parts = [Part(merge(legs), "steel")]
    stripes = 8
    for i in range(stripes):
        a, b = -w + width * i / stripes, -w + width * (i + 1) / stripes
        ta, tb = a * 0.35, b * 0.35
        for sy in (-1, 1):
            roof = grid(
                [
                    (a * 1.06, sy * d * 1.08, height),
                    (b * 1.06, sy * d * 1.08, height),
                    (tb, 0, height + ridge),
                    (ta, 0, height + ridge),
                ],
                (2, 4),
                0.02,
            )
            skirt = grid(
                [
                    (a * 1.06, sy * d * 1.08, height),
                    (b * 1.06, sy * d * 1.08, height),
                    (b * 1.06, sy * d * 1.08, height - 0.24),
                    (a * 1.06, sy * d * 1.08, height - 0.24),
                ],
                (1, 1),
            )
            parts += [Part(roof, f"cloth_{colours[i % 2]}"), Part(skirt, f"cloth_{colours[i % 2]}")]
    for sx in (-1, 1):
        side = grid(
            [
                (sx * w * 1.06, -d * 1.08, height),
                (sx * w * 1.06, d * 1.08, height),
                (sx * w * 0.35, 0, height + ridge),
                (sx * w * 0.35, 0, height + ridge),
            ],
            (3, 4),
            0.02,
        )
        skirt = grid(
            [
                (sx * w * 1.06, -d * 1.08, height),
                (sx * w * 1.06, d * 1.08, height),
                (sx * w * 1.06, d * 1.08, height - 0.24),
                (sx * w * 1.06, -d * 1.08, height - 0.24),
            ],
            (1, 1),
        )
        parts += [Part(side, f"cloth_{colours[0]}"), Part(skirt, f"cloth_{colours[1]}")]
    return parts


def tarp(width: float, depth: float, height: float, colour: str, rng: Random) -> list[Part]:
    """A sagging tarpaulin tied to four uneven poles."""
    w, d = width / 2, depth / 2
    tops = [(sx * w, sy * d, height + rng.uniform(-0.2, 0.2)) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    poles = [tube((x, y, 0), (x, y, z + 0.1), 0.022) for x, y, z in tops]
    sheet = grid([(x * 1.12, y * 1.15, z) for x, y, z in tops], (16, 12), rng.uniform(0.1, 0.3))
    return [Part(merge(poles), "wood"), Part(sheet, f"cloth_{colour}", smooth=True, crumple_m=0.02)]


def roof(width: float, depth: float, rng: Random) -> list[Part]:
    """A random cover: umbrella, tent, tarpaulin, or none."""
    kind = rng.choice(("umbrella", "umbrella", "tent", "tent", "tarp", "none"))
    first, second = rng.sample(BRIGHT, 2)
    second = rng.choice((first, second, "white"))
    if kind == "umbrella":
        return umbrella(
            (rng.uniform(-0.2, 0.2), 0.1, 0),
            rng.uniform(1.0, 1.5),
            rng.uniform(2.1, 2.6),
            (first, second),
            rng.choice((8, 10, 12)),
        )
    if kind == "tent":
        return tent(max(width, 1.8) * 1.1, max(depth, 1.4) * 1.3, rng.uniform(1.9, 2.2), (first, second))
    return tarp(width * 1.15, depth * 1.5, rng.uniform(1.9, 2.3), first, rng) if kind == "tarp" else []
