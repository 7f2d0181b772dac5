# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens on the demo street, second by second."""

from __future__ import annotations

from dataclasses import dataclass

from models.scenes import layout

FPS = 12
SECONDS = 84
FADE_S = 0.4


Tint = tuple[float, float, float]
PLAIN: Tint = (1.0, 1.0, 1.0)
SILVER: Tint = (0.6, 0.58, 0.56)
RED: Tint = (0.25, 0.22, 0.8)
DARK: Tint = (0.16, 0.15, 0.15)
PALE: Tint = (0.75, 0.88, 0.95)


@dataclass(frozen=True, slots=True)
class Way:
    """A mover's straight moves: `points` of (second, x, y in metres); `label` is for the truth, `tint` BGR paint."""

    mover: str
    points: tuple[tuple[float, float, float], ...]
    label: str = ""
    tint: Tint = PLAIN


def stay(mover: str, start: float, end: float, x: float, y: float, label: str = "") -> Way:
    """Someone standing at a place."""
    return Way(mover, ((start, x, y), (end, x, y)), label)


def stroll(mover: str, start: float, speed: float, y: float, label: str = "person") -> Way:
    """A walk across the whole picture; `speed` in metres a second, negative to the left."""
    first, last = (-4.2, 15.8) if speed > 0 else (15.8, -4.2)
    return Way(mover, ((start, first, y), (start + (last - first) / speed, last, y)), label)


def drive(
    mover: str,
    start: float,
    speed: float,
    label: str,
    y: float = layout.LANE_Y,
    tint: Tint = PLAIN,
) -> Way:
    """A drive through the lane from right to left at `speed` metres a second."""
    first, last = 12.6, -5.2
    return Way(mover, ((start, first, y), (start + (first - last) / speed, last, y)), label, tint)


def halting(mover: str, stops: tuple[tuple[float, float], ...], tint: Tint = PLAIN) -> Way:
    """A van's drive in the lane through (second, x in metres)."""
    return Way(mover, tuple((at_s, x, layout.LANE_Y) for at_s, x in stops), "van", tint)


STALL_X, STALL_Y = layout.STALL_AT
PARK_X, RIDE_Y = STALL_X - 0.35 + 0.0, STALL_Y + 0.8
PILE_X = layout.PILE_AT[0]
FRONT, BACK = layout.FRONT_WALK_Y, layout.BACK_WALK_Y
EDGE_X = 13.9

STALL_CHANGES = ((0.0, 0), (6.6, 1), (7.6, 2), (8.5, 3), (9.4, 4), (69.9, 3), (70.8, 2), (71.7, 1), (73.1, 0))
PILE_CHANGES = ((0.0, 0), (12.3, 1), (16.1, 2), (19.9, 3), (23.7, 4), (78.0, 2), (78.8, 0))


def visit(who: str, arrives: float) -> list[Way]:
    """Someone who brings rubbish to the pile, bends, and leaves."""
    near, speed, lane = PILE_X + 0.35, 1.5, 9.3 if who == "carrier" else 9.45
    walk = (EDGE_X - near) / speed
    inward = Way(f"{who}_in", ((arrives - walk, EDGE_X, lane), (arrives, near, 9.2)), "person")
    return [
        inward,
        stay(f"{who}_bends", arrives, arrives + 1.0, near, 9.2, "person"),
        Way(f"{who}_out", ((arrives + 1.0, near, 9.2), (arrives + 1.0 + walk, EDGE_X, lane - 0.3)), "person"),
    ]


def vendor() -> list[Way]:
    """The vendor's day: rides in, sets up, sells, packs, rides away."""
    side, front = STALL_X + 0.4, STALL_Y - 1.15
    sells = [
        stay(("vendor_sells", "vendor_waits")[i % 2], a, b, side, STALL_Y + 0.3, "person")
        for i, (a, b) in enumerate(((10.6, 17), (17, 26), (26, 33), (33, 45), (45, 52), (52, 61), (61, 68.6)))
    ]
    return [
        Way("tricycle_in", ((3.0, 15.4, RIDE_Y), (5.9, PARK_X + 1.0, RIDE_Y), (6.6, PARK_X, RIDE_Y)), "tricycle"),
        stay("vendor_reaches", 6.6, 7.9, STALL_X - 0.1, front, "person"),
        stay("vendor_bends", 7.9, 9.9, STALL_X + 0.1, front, "person"),
        Way("vendor_walks", ((9.9, STALL_X + 0.2, front), (10.6, STALL_X + 1.4, front + 0.3)), "person"),
        *sells,
        Way("vendor_walks", ((68.6, STALL_X - 1.2, front + 0.3), (69.4, STALL_X - 0.1, front)), "person"),
        stay("vendor_bends", 69.4, 71.2, STALL_X + 0.1, front, "person"),
        stay("vendor_reaches", 71.2, 73.0, STALL_X - 0.1, front, "person"),
        Way("tricycle_out", ((73.1, PARK_X, RIDE_Y), (74.0, PARK_X + 1.2, RIDE_Y), (77.2, 15.4, RIDE_Y)), "tricycle"),
    ]


def rubbish() -> list[Way]:
    """Four visits to the pile, and the cleaner with the collection van."""
    near = PILE_X + 0.3
    return [
        *visit("carrier", 11.9),
        *visit("helper", 15.7),
        *visit("carrier", 19.5),
        *visit("helper", 23.3),
        Way("cleaner_in", ((72.9, EDGE_X, 9.3), (77.0, near, 9.2)), "person"),
        stay("cleaner_bends", 77.0, 79.9, near, 9.2, "person"),
        Way("cleaner_out", ((79.9, near, 9.2), (83.6, EDGE_X, 9.3)), "person"),
        halting("van", ((75.6, 12.6), (76.6, 6.3), (77.2, 5.5), (79.4, 5.5), (80.2, 4.3), (81.9, -5.2))),
    ]


def passing() -> list[Way]:
    """Everyone who only passes."""
    waiting = 6.9
    walk_to = (waiting + 4.2) / 1.25
    leave = (15.8 - waiting) / 1.25
    return [
        stroll("woman_skirt", 0.4, -1.35, BACK),
        stroll("man_red", 12.0, 1.4, FRONT),
        stroll("man_white", 16.0, 1.45, BACK),
        stroll("girl_yellow", 24.0, -1.3, FRONT),
        stroll("umbrella_walker", 31.0, -1.2, FRONT, "person with umbrella"),
        Way("old_man", ((34.0, -4.2, FRONT), (34.0 + walk_to, waiting, 9.25)), "person"),
        stay("old_man_waits", 34.0 + walk_to, 39.0 + walk_to, waiting, 9.25, "person standing"),
        Way("old_man", ((39.0 + walk_to, waiting, 9.25), (39.0 + walk_to + leave, 15.8, FRONT)), "person"),
        stroll("woman_skirt", 43.0, -1.25, BACK),
        stroll("man_white", 50.0, 1.4, FRONT - 0.1),
        stroll("man_red", 55.0, 1.5, BACK),
        stroll("girl_yellow", 56.5, -1.4, BACK),
        drive("sedan", 1.0, 8.0, "car"),
        drive("courier", 9.2, 6.5, "scooter", 7.7),
        drive("sedan", 14.2, 7.5, "car", tint=SILVER),
        drive("commuter", 21.5, 5.5, "scooter", 7.7),
        drive("sedan", 27.5, 7.0, "car", tint=RED),
        halting("van_white", ((36.0, 12.6), (37.6, 5.0), (38.6, 2.9), (41.0, 2.3), (42.0, 0.2), (43.2, -5.2)), PALE),
        drive("courier", 47.0, 7.0, "scooter", 7.7),
        drive("sedan", 52.0, 8.5, "car", tint=DARK),
        drive("commuter", 59.0, 5.0, "scooter", 7.7),
        drive("sedan", 62.0, 6.0, "car"),
        drive("van_white", 65.2, 6.5, "van", tint=SILVER),
        halting("van_white", ((70.6, 12.6), (72.4, 3.6), (73.8, 2.0), (75.2, -5.2))),
    ]


def ways() -> list[Way]:
    """Every move of the clip."""
    return vendor() + rubbish() + passing()
