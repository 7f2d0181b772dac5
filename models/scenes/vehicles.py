# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cars, vans and scooters along x, front towards +x, wheels on z = 0; metres."""

from __future__ import annotations

from dataclasses import dataclass

from models.scenes.people import RIDING, Person, figure
from models.scenes.shapes import Part, box, extruded, limb, merge, moved, placed, tube
from models.scenes.wheels import pairs, wheel

Profile = tuple[tuple[float, float], ...]
PAINTS = ("car_white", "car_red", "car_blue", "car_silver", "car_black", "car_green")


@dataclass(frozen=True, slots=True)
class Car:
    """Side views in metres: the body below the windows, the cabin with its roof, and the panes of one side."""

    body: Profile
    cabin: Profile
    panes: tuple[Profile, ...]
    axles: tuple[float, float]
    half_width: float = 0.88
    narrow: float = 0.2
    wheel_radius: float = 0.32


SEDAN = Car(
    body=(
        (-2.2, 0.35),
        (-2.25, 0.7),
        (-2.15, 0.93),
        (-1.45, 0.97),
        (1.0, 0.93),
        (1.95, 0.8),
        (2.22, 0.62),
        (2.25, 0.35),
        (2.1, 0.22),
        (-2.1, 0.22),
    ),
    cabin=((-1.75, 0.92), (-1.0, 1.42), (-0.5, 1.47), (0.25, 1.44), (1.15, 0.9)),
    panes=(
        ((-1.3, 0.98), (-0.92, 1.36), (-0.42, 1.4), (-0.42, 0.98)),
        ((-0.34, 0.98), (-0.34, 1.4), (0.2, 1.37), (0.85, 0.97)),
    ),
    axles=(-1.35, 1.4),
)
SUV = Car(
    body=(
        (-2.2, 0.4),
        (-2.27, 0.8),
        (-2.2, 1.08),
        (1.0, 1.05),
        (2.0, 0.96),
        (2.24, 0.75),
        (2.25, 0.4),
        (2.1, 0.28),
        (-2.1, 0.28),
    ),
    cabin=((-2.15, 1.05), (-1.95, 1.6), (-1.2, 1.7), (0.25, 1.66), (1.15, 1.02)),
    panes=(
        ((-1.85, 1.12), (-1.72, 1.55), (-1.1, 1.6), (-1.1, 1.12)),
        ((-1.02, 1.12), (-1.02, 1.6), (-0.3, 1.6), (-0.3, 1.12)),
        ((-0.22, 1.12), (-0.22, 1.6), (0.22, 1.57), (0.85, 1.1)),
    ),
    axles=(-1.38, 1.42),
    wheel_radius=0.36,
)
VAN = Car(
    body=((-2.2, 0.35), (-2.24, 1.1), (1.55, 1.08), (2.1, 0.95), (2.25, 0.7), (2.25, 0.35), (2.1, 0.25), (-2.1, 0.25)),
    cabin=((-2.24, 1.05), (-2.2, 1.85), (-1.9, 1.97), (0.75, 1.95), (1.85, 1.02)),
    panes=(
        ((-2.05, 1.2), (-2.02, 1.75), (-1.05, 1.78), (-1.05, 1.2)),
        ((-0.95, 1.2), (-0.95, 1.78), (0.0, 1.78), (0.0, 1.2)),
        ((0.1, 1.2), (0.1, 1.78), (0.68, 1.76), (1.38, 1.15)),
    ),
    axles=(-1.35, 1.45),
    half_width=0.84,
    narrow=0.14,
)


def car(model: Car, paint: str, *, roofed: bool = True) -> list[Part]:
    """A car in a paint from the palette, with its cabin or open."""
    w = model.half_width
    body = Part(extruded(model.body, w, 0.05), paint, bevel_m=0.06)
    parts = [body, *(_cabin(model, paint) if roofed else []), *_lamps(model)]
    for x in model.axles:
        arch = tube(
            (x, -w - 0.004, model.wheel_radius), (x, w + 0.004, model.wheel_radius), model.wheel_radius * 1.17, sides=24
        )
        parts.append(Part(arch, "trim"))
        parts += pairs((x,), w - 0.09, model.wheel_radius, 0.2)
    sill = box((0, 0, 0.27), (model.axles[1] - model.axles[0] - 0.8, 2 * w + 0.01, 0.07))
    doors = [box((x, 0, 0.64), (0.012, 2 * w + 0.006, 0.55)) for x in (-0.38, 0.75)]
    mirrors = [box((0.85, s * (w + 0.08), 1.02), (0.12, 0.16, 0.12)) for s in (-1, 1)]
    return [*parts, Part(merge([sill, *doors]), "trim"), Part(merge(mirrors), paint, bevel_m=0.03)]


def _cabin(model: Car, paint: str) -> list[Part]:
    """The roofed cabin: painted shell, dark panes laid on its sides, front and back."""
    w, narrow = model.half_width, model.narrow
    shell = Part(extruded(model.cabin, w - 0.03, narrow), paint, bevel_m=0.05)
    low, high = model.cabin[0][1], max(z for _, z in model.cabin)
    parts = [shell]
    for pane in model.panes:
        glass = extruded(pane, w - 0.03, 0.0)
        inset = narrow * (glass.verts[:, 2] - low) / (high - low)
        glass.verts[:, 1] -= (inset - 0.012) * (glass.verts[:, 1] > 0) - (inset - 0.012) * (glass.verts[:, 1] < 0)
        parts.append(Part(glass, "glass"))
    for (x0, z0), (x1, z1), out in ((model.cabin[-1], model.cabin[-2], 1), (model.cabin[0], model.cabin[1], -1)):
        a, b = 0.12, 0.9
        pane = ((x0 + (x1 - x0) * a, z0 + (z1 - z0) * a), (x0 + (x1 - x0) * b, z0 + (z1 - z0) * b))
        wind = tuple((x + out * 0.02, z + 0.012) for x, z in pane) + tuple(
            (x - out * 0.05, z - 0.03) for x, z in reversed(pane)
        )
        parts.append(Part(extruded(wind, w - 0.14, narrow * 0.8), "glass"))
    return parts


def _lamps(model: Car) -> list[Part]:
    """Head and tail lamps, grille and number plates."""
    w = model.half_width
    front, back = max(x for x, _ in model.body), min(x for x, _ in model.body)
    z = 0.68 if model is not VAN else 0.75
    heads = [box((front - 0.05, s * (w - 0.24), z), (0.14, 0.36, 0.13)) for s in (-1, 1)]
    tails = [box((back + 0.05, s * (w - 0.16), z + 0.12), (0.14, 0.3, 0.15)) for s in (-1, 1)]
    grille = box((front - 0.02, 0, 0.5), (0.07, 0.9, 0.16))
    plates = [box((x, 0, 0.42), (0.05, 0.44, 0.13)) for x in (front, back)]
    return [
        Part(merge(heads), "headlamp", bevel_m=0.02),
        Part(merge(tails), "taillamp", bevel_m=0.02),
        Part(grille, "trim"),
        Part(merge(plates), "plate"),
    ]


def scooter(paint: str, rider: Person, box_colour: str | None = None) -> list[Part]:
    """An electric scooter with its rider; a courier's box when `box_colour` is given."""
    floor = box((0.08, 0, 0.32), (0.55, 0.26, 0.08))
    tail = limb((-0.65, 0, 0.62), (-0.2, 0, 0.55), 0.13, 0.15)
    shield = moved(box((0.48, 0, 0.68), (0.1, 0.36, 0.62)))
    mud = limb((0.5, 0, 0.4), (0.68, 0, 0.46), 0.08, 0.07)
    seat = box((-0.32, 0, 0.75), (0.7, 0.26, 0.08))
    fork = tube((0.44, 0, 1.05), (0.66, 0, 0.26), 0.035)
    bar = tube((0.4, -0.32, 1.05), (0.4, 0.32, 1.05), 0.02)
    parts = [
        Part(merge([floor, shield]), paint, bevel_m=0.04),
        Part(merge([tail, mud]), paint, True),
        Part(seat, "trim", bevel_m=0.03),
        Part(merge([fork, bar]), "dark_steel"),
    ]
    parts += wheel((0.68, 0, 0.24), 0.24, 0.09) + wheel((-0.6, 0, 0.24), 0.24, 0.1)
    parts.append(Part(box((0.55, 0, 0.85), (0.04, 0.16, 0.12)), "headlamp"))
    if box_colour:
        parts.append(Part(box((-0.66, 0, 1.02), (0.46, 0.48, 0.46)), f"cloth_{box_colour}", bevel_m=0.03))
    return parts + placed(figure(rider, RIDING, grounded=False), (-0.2, 0, -0.1))
