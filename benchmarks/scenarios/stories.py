# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is planted on real streets, and when: six to seven minutes each, on two spots."""

from dataclasses import dataclass
from typing import Literal

Set = Literal["first", "other", "later"]


@dataclass(frozen=True, slots=True)
class Plant:
    """Something on spot number `spot`: (second, cut-out) at which it changes, "" is away; class_name as for a Prop."""

    spot: int
    steps: tuple[tuple[float, str], ...]
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """What is planted on a clip."""

    name: str
    plants: tuple[Plant, ...]


# those that the engine was developed on
FIRST = (
    Story("a food cart", (Plant(0, ((60, "food_cart"), (290, "")), "stall"),)),
    Story("a pile grows", (Plant(1, ((50, "pile_2"), (110, "pile_4"), (300, "")), "debris"),)),
    Story(
        "a fruit table, and sacks",
        (Plant(1, ((60, "fruit_table_3"), (290, "")), "stall"), Plant(0, ((80, "sacks"), (300, "")), "debris")),
    ),
    Story(
        "nothing stays long",
        (
            Plant(0, ((60, "parcels"), (130, "")), "debris"),
            Plant(1, ((100, "clothes_rack"), (180, "")), "stall"),
            Plant(0, ((240, "food_cart"), (310, "")), "stall"),
        ),
    ),
    Story(
        "a scooter, and somebody waits", (Plant(0, ((40, "scooter"),)), Plant(1, ((60, "old_man_waits"), (330, ""))))
    ),
)

# made up after that; the close-ups were developed on them
OTHER = (
    Story("parcels stay", (Plant(0, ((70, "parcels"), (330, "")), "debris"),)),
    Story(
        "sacks stay, a cart comes",
        (Plant(1, ((90, "sacks"), (340, "")), "debris"), Plant(0, ((110, "food_cart"), (350, "")), "stall")),
    ),
    Story(
        "a clothes rack",
        (Plant(0, ((75, "clothes_rack"), (320, "")), "stall"), Plant(1, ((95, "cartons"), (345, "")), "debris")),
    ),
    Story("a big pile", (Plant(0, ((65, "pile_4"), (310, "")), "debris"), Plant(1, ((130, "scooter"), (300, ""))))),
    Story(
        "a table in steps",
        (Plant(1, ((80, "fruit_table_1"), (150, "fruit_table_3"), (390, "")), "stall"),),
    ),
    Story(
        "visits",
        (
            Plant(0, ((60, "food_cart"), (140, "")), "stall"),
            Plant(1, ((150, "pile_2"), (240, "")), "debris"),
            Plant(0, ((260, "old_man_waits"), (400, ""))),
        ),
    ),
)

# made up after that, before anything was measured on them
LATER = (
    Story(
        "a table, and a pile",
        (Plant(0, ((70, "fruit_table_1"), (320, "")), "stall"), Plant(1, ((90, "pile_3"), (330, "")), "debris")),
    ),
    Story("cartons alone", (Plant(0, ((60, "cartons"), (310, "")), "debris"),)),
    Story("a whole stall", (Plant(0, ((75, "stall_4"), (320, "")), "stall"),)),
    Story("two bags become more", (Plant(1, ((80, "pile_1"), (160, "pile_3"), (360, "")), "debris"),)),
    Story(
        "sacks, then parcels",
        (Plant(0, ((60, "sacks"), (260, "")), "debris"), Plant(1, ((150, "parcels"), (400, "")), "debris")),
    ),
    Story(
        "nothing to tell",
        (
            Plant(0, ((60, "cartons"), (135, "")), "debris"),
            Plant(1, ((80, "girl_yellow"), (350, ""))),
            Plant(0, ((180, "scooter"),)),
        ),
    ),
)

STORIES: dict[Set, tuple[Story, ...]] = {"first": FIRST, "other": OTHER, "later": LATER}
