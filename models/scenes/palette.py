# SPDX-License-Identifier: AGPL-3.0-or-later
"""Named surfaces: linear RGB colour, finish and texture of everything in the scenes."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Surface:
    """Linear RGB in 0..1; `noise` is the dirt's scale per metre, `dirt` its depth; `tile_m` lays tiles or bricks.

    What has an `alpha` below 1 is film.
    """

    colour: Colour
    rough: float = 0.7
    metal: float = 0.0
    noise: float = 0.0
    dirt: float = 0.4
    glow: float = 0.0
    tile_m: tuple[float, float] | None = None
    joint_m: float = 0.008
    joint: float = 0.45
    second: Colour | None = None
    brick_offset: float = 0.5
    upright: bool = False
    alpha: float = 1.0


CLOTHS: dict[str, Colour] = {
    "red": (0.55, 0.03, 0.03),
    "blue": (0.02, 0.11, 0.45),
    "green": (0.03, 0.28, 0.09),
    "yellow": (0.75, 0.46, 0.03),
    "white": (0.74, 0.74, 0.71),
    "purple": (0.26, 0.05, 0.30),
    "orange": (0.80, 0.22, 0.02),
    "teal": (0.02, 0.30, 0.33),
    "black": (0.02, 0.02, 0.024),
    "navy": (0.02, 0.03, 0.09),
    "denim": (0.06, 0.11, 0.22),
    "grey": (0.22, 0.22, 0.23),
    "beige": (0.47, 0.36, 0.24),
    "pink": (0.66, 0.22, 0.28),
    "khaki": (0.25, 0.20, 0.11),
    "brown": (0.13, 0.065, 0.035),
}
FRUITS: dict[str, Colour] = {
    "tangerine": (0.85, 0.25, 0.01),
    "apple": (0.55, 0.02, 0.02),
    "banana": (0.78, 0.58, 0.04),
    "lime": (0.18, 0.40, 0.03),
    "aubergine": (0.12, 0.03, 0.14),
    "peach": (0.80, 0.40, 0.24),
    "cabbage": (0.38, 0.52, 0.18),
    "tomato": (0.68, 0.05, 0.02),
}
BAGS: dict[str, Colour] = {
    "bag_black": (0.008, 0.008, 0.010),
    "bag_blue": (0.02, 0.07, 0.30),
    "bag_white": (0.62, 0.62, 0.63),
    "bag_green": (0.05, 0.18, 0.07),
    "bag_red": (0.45, 0.04, 0.04),
}
CARS: dict[str, Colour] = {
    "car_white": (0.70, 0.70, 0.69),
    "car_red": (0.38, 0.015, 0.02),
    "car_blue": (0.02, 0.07, 0.26),
    "car_silver": (0.36, 0.37, 0.39),
    "car_black": (0.012, 0.012, 0.015),
    "car_green": (0.05, 0.28, 0.20),
}
WALL_TILES: dict[str, Colour] = {
    "wall_cream": (0.52, 0.45, 0.34),
    "wall_brick": (0.33, 0.12, 0.075),
    "wall_grey": (0.36, 0.36, 0.35),
    "wall_pale": (0.56, 0.55, 0.50),
}
BROWN = ("carton", "carton", "carton_dark", "carton_pale")
CARTONS = (*BROWN, *BROWN, "carton_white", "carton_white", "carton_red", "carton_blue", "carton_green")
PRINTS = ("sign_red", "sign_blue", "sign_green", "sign_yellow", "trim", "cloth_brown", "cloth_orange", "carton_dark")
MAILERS = ("mailer_white", "mailer_grey", "bag_black", "mailer_green", "mailer_yellow")
CRATES = ("crate_blue", "crate_red", "crate_green", "crate_black", "crate_yellow", "crate_white", "crate_wood")
GOODS: dict[str, Surface] = {
    "carton_dark": Surface((0.27, 0.15, 0.07), 0.9, noise=4, dirt=0.25),
    "carton_pale": Surface((0.56, 0.40, 0.24), 0.9, noise=4, dirt=0.2),
    "carton_white": Surface((0.70, 0.69, 0.66), 0.8, noise=4, dirt=0.2),
    "carton_red": Surface((0.52, 0.06, 0.04), 0.6, noise=3, dirt=0.2),
    "carton_blue": Surface((0.05, 0.16, 0.44), 0.6, noise=3, dirt=0.2),
    "carton_green": Surface((0.07, 0.28, 0.10), 0.6, noise=3, dirt=0.2),
    "mailer_white": Surface((0.66, 0.66, 0.66), 0.4),
    "mailer_grey": Surface((0.24, 0.25, 0.26), 0.4),
    "mailer_green": Surface((0.20, 0.42, 0.14), 0.4),
    "mailer_yellow": Surface((0.72, 0.48, 0.06), 0.45),
    "crate_black": Surface((0.02, 0.02, 0.022), 0.5, noise=8, dirt=0.2),
    "crate_yellow": Surface((0.74, 0.46, 0.02), 0.5, noise=8, dirt=0.2),
    "crate_white": Surface((0.66, 0.66, 0.64), 0.5, noise=8, dirt=0.25),
    "sack_green": Surface((0.14, 0.30, 0.12), 0.85, noise=12, dirt=0.3),
    "sack_yellow": Surface((0.66, 0.50, 0.16), 0.85, noise=12, dirt=0.3),
    "cement": Surface((0.36, 0.35, 0.33), 0.9, noise=9, dirt=0.45),
    "cement_white": Surface((0.62, 0.60, 0.56), 0.85, noise=9, dirt=0.3),
    "film": Surface((0.72, 0.74, 0.76), 0.15, alpha=0.3),
    "film_white": Surface((0.76, 0.77, 0.78), 0.25, alpha=0.75),
    "film_dark": Surface((0.03, 0.03, 0.035), 0.2, alpha=0.85),
    "bottle_clear": Surface((0.55, 0.64, 0.68), 0.1),
    "bottle_green": Surface((0.03, 0.16, 0.05), 0.12),
    "check_red": Surface(
        (0.60, 0.05, 0.05), 0.6, noise=6, dirt=0.2, tile_m=(0.16, 0.1), joint_m=0.012, second=(0.05, 0.12, 0.42)
    ),
    "check_blue": Surface(
        (0.05, 0.13, 0.45), 0.6, noise=6, dirt=0.2, tile_m=(0.14, 0.12), joint_m=0.02, second=(0.62, 0.62, 0.6)
    ),
}
PLAIN: dict[str, Surface] = {
    "asphalt": Surface((0.105, 0.105, 0.11), 0.9, noise=1.1, dirt=0.35),
    "patch": Surface((0.06, 0.06, 0.065), 0.9, noise=5, dirt=0.3),
    "paving": Surface(
        (0.34, 0.315, 0.29), 0.85, noise=1.7, dirt=0.4, tile_m=(0.5, 0.5), joint_m=0.01, second=(0.29, 0.265, 0.245)
    ),
    "tactile": Surface(
        (0.58, 0.38, 0.06), 0.85, noise=3, dirt=0.45, tile_m=(0.3, 0.3), joint_m=0.012, brick_offset=0.0
    ),
    "kerb": Surface((0.40, 0.39, 0.37), 0.8, noise=3, dirt=0.35, tile_m=(1.0, 3.0), joint_m=0.012),
    "paint": Surface((0.72, 0.72, 0.69), 0.8, noise=6, dirt=0.45),
    "paint_yellow": Surface((0.72, 0.46, 0.04), 0.8, noise=6, dirt=0.5),
    "steel": Surface((0.45, 0.46, 0.47), 0.35, 0.8),
    "dark_steel": Surface((0.05, 0.055, 0.06), 0.5, 0.4),
    "shutter": Surface(
        (0.42, 0.44, 0.46), 0.5, 0.5, noise=2, dirt=0.25, tile_m=(20.0, 0.09), joint_m=0.012, joint=0.35, upright=True
    ),
    "glass": Surface((0.025, 0.035, 0.04), 0.06, 0.2),
    "inside": Surface((0.30, 0.21, 0.12), 0.9, noise=4, dirt=0.9, glow=0.25),
    "lamp": Surface((1.0, 0.93, 0.8), 0.4, glow=3.0),
    "bark": Surface((0.11, 0.075, 0.05), 0.95, noise=14, dirt=0.6),
    "leaf": Surface((0.07, 0.19, 0.03), 0.6),
    "leaf_light": Surface((0.13, 0.28, 0.04), 0.6),
    "leaf_dark": Surface((0.03, 0.10, 0.02), 0.6),
    "soil": Surface((0.07, 0.045, 0.03), 1.0, noise=15, dirt=0.7),
    "stone": Surface((0.36, 0.35, 0.33), 0.85, noise=8, dirt=0.35),
    "bin_green": Surface((0.02, 0.17, 0.08), 0.45, noise=6, dirt=0.25),
    "wood": Surface((0.36, 0.22, 0.11), 0.8, noise=9, dirt=0.5),
    "plank": Surface((0.46, 0.33, 0.19), 0.85, noise=7, dirt=0.5),
    "carton": Surface((0.42, 0.26, 0.13), 0.9, noise=4, dirt=0.25),
    "carton_tape": Surface((0.58, 0.43, 0.24), 0.35),
    "carton_inside": Surface((0.20, 0.12, 0.06), 0.95),
    "crate_blue": Surface((0.02, 0.10, 0.42), 0.5, noise=8, dirt=0.2),
    "crate_red": Surface((0.50, 0.03, 0.03), 0.5, noise=8, dirt=0.2),
    "crate_green": Surface((0.04, 0.25, 0.07), 0.5, noise=8, dirt=0.2),
    "crate_wood": Surface((0.42, 0.28, 0.14), 0.85, noise=9, dirt=0.45),
    "foam": Surface((0.72, 0.73, 0.72), 0.8, noise=5, dirt=0.15),
    "rubble": Surface((0.36, 0.32, 0.28), 0.95, noise=7, dirt=0.6),
    "brick": Surface((0.36, 0.11, 0.06), 0.9, noise=9, dirt=0.5),
    "sand": Surface((0.47, 0.36, 0.22), 1.0, noise=9, dirt=0.3),
    "sack": Surface((0.50, 0.44, 0.33), 0.9, noise=14, dirt=0.35),
    "sack_white": Surface((0.64, 0.64, 0.60), 0.75, noise=10, dirt=0.3),
    "tyre": Surface((0.018, 0.018, 0.02), 0.85),
    "rim": Surface((0.42, 0.43, 0.45), 0.3, 0.7),
    "trim": Surface((0.02, 0.02, 0.023), 0.5),
    "headlamp": Surface((0.85, 0.88, 0.9), 0.1, glow=0.4),
    "taillamp": Surface((0.55, 0.01, 0.01), 0.25, glow=0.3),
    "plate": Surface((0.02, 0.10, 0.55), 0.4),
    "skin": Surface((0.50, 0.28, 0.18), 0.55),
    "skin_tan": Surface((0.36, 0.18, 0.10), 0.55),
    "hair": Surface((0.012, 0.010, 0.009), 0.45),
    "hair_grey": Surface((0.20, 0.20, 0.20), 0.6),
    "shoe": Surface((0.03, 0.028, 0.027), 0.6),
    "shoe_white": Surface((0.62, 0.62, 0.62), 0.6),
    "straw": Surface((0.60, 0.45, 0.20), 0.9, noise=20, dirt=0.35),
    "vest": Surface((0.95, 0.20, 0.01), 0.6, glow=0.15),
    "reflective": Surface((0.75, 0.78, 0.72), 0.35, glow=0.15),
    "pan": Surface((0.03, 0.03, 0.03), 0.35, 0.6),
    "food": Surface((0.36, 0.17, 0.05), 0.6, noise=18, dirt=0.7),
    "sign_red": Surface((0.60, 0.02, 0.02), 0.5),
    "sign_blue": Surface((0.02, 0.09, 0.40), 0.5),
    "sign_green": Surface((0.02, 0.24, 0.10), 0.5),
    "sign_white": Surface((0.75, 0.75, 0.73), 0.5, glow=0.15),
    "sign_yellow": Surface((0.80, 0.55, 0.04), 0.5, glow=0.1),
}


def palette() -> dict[str, Surface]:
    """Every named surface."""
    cloth = {f"cloth_{name}": Surface(colour, 0.85, noise=3, dirt=0.2) for name, colour in CLOTHS.items()}
    fruit = {name: Surface(colour, 0.42) for name, colour in FRUITS.items()}
    bags = {name: Surface(colour, 0.24) for name, colour in BAGS.items()}
    cars = {name: Surface(colour, 0.22, 0.25) for name, colour in CARS.items()}
    walls = {
        name: Surface(colour, 0.8, noise=1.2, dirt=0.3, tile_m=(0.24, 0.075), joint_m=0.006, joint=0.7, upright=True)
        for name, colour in WALL_TILES.items()
    }
    return {**PLAIN, **GOODS, **cloth, **fruit, **bags, **cars, **walls}
