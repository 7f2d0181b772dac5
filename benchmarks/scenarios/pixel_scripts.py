# SPDX-License-Identifier: AGPL-3.0-or-later
"""The scenario videos: twenty-odd little stories on the pack's street, each with what the city wants to hear of it."""

from benchmarks.scenarios.stage import LEFTWARD, RIGHTWARD, Prop, Script, Way, Weather, drive, park, stroll
from detector.windows import Window

VENDOR_X, VENDOR_Y = 4.45, 10.45
PILE_X, PILE_Y = 8.2, 10.0
Steps = tuple[tuple[float, str], ...]


def stall(start_s: float, end_s: float, *, pace_s: float = 6.0, x: float = VENDOR_X) -> tuple[Prop, ...]:
    """The tricycle stall, set up in four steps, with its vendor."""
    up: Steps = tuple((start_s + pace_s * (n - 1), f"stall_{n}") for n in (1, 2, 3, 4))
    down: Steps = tuple((end_s - 4.0 * n, f"stall_{n}") for n in (3, 2, 1))
    keeper: Steps = ((start_s + 4 * pace_s, "vendor_sells"), (end_s - 12, ""))
    return Prop((*up, *down, (end_s, "")), x, VENDOR_Y, "stall"), Prop(keeper, x + 0.4, VENDOR_Y + 0.3)


def thing(name: str, class_name: str, start_s: float, end_s: float, x: float, y: float = VENDOR_Y) -> Prop:
    """Something that stands from `start_s` to `end_s`."""
    return Prop(((start_s, name), (end_s, "")), x, y, class_name)


def pile(start_s: float, end_s: float, *, pace_s: float = 3.0) -> Prop:
    """The pile of bags and cartons, growing in four steps."""
    up = ((start_s + pace_s * (n - 1), f"pile_{n}") for n in (1, 2, 3, 4))
    return Prop((*up, (end_s, "")), PILE_X, PILE_Y, "debris")


def _plain() -> tuple[Script, ...]:
    market = ("fruit_table_3", "food_cart", "clothes_rack")
    cafe = tuple(Prop(((0.0, "cafe"),), x, 11.9, "stall", licensed=True) for x in (5.6, 8.6))
    return (
        Script("set up and leave", 10, stall(60, 390)),
        Script("slow set-up in parts", 11, stall(60, 460, pace_s=50)),
        Script(
            "table set up slowly",
            10,
            (Prop(((60, "fruit_table_1"), (170, "fruit_table_3"), (430, "")), 4.6, 10.6, "stall"),),
        ),
        Script("crowd in front", 10, stall(60, 400), walkers=40),
        Script(
            "a van parks in front for ten minutes", 17, stall(60, 900), (park("van_white", 120, 720, VENDOR_X - 1.2),)
        ),
        Script("two vendors side by side", 10, (*stall(60, 420), thing("fruit_table_3", "stall", 90, 420, 7.4, 10.5))),
        Script(
            "market day on the licensed ground",
            8,
            tuple(Prop(((0.0, n),), 4.2 + 2.9 * i, 10.5, "stall", licensed=True) for i, n in enumerate(market)),
            licence=(0.0, 0.3, 1.0, 0.85),
        ),
        Script("cafe terrace inside its licence", 8, cafe, licence=(0.0, 0.3, 1.0, 0.85)),
        Script(
            "a vendor who moves every five minutes",
            19,
            tuple(
                part for n in range(3) for part in stall(60 + 330 * n, 345 + 330 * n, pace_s=3, x=(4.45, 8.3, 6.2)[n])
            ),
        ),
        Script("food cart at the kerb", 9, (thing("food_cart", "stall", 60, 380, 7.6, 9.9),), mirrored=True),
        Script("clothes rack by the shops", 9, (thing("clothes_rack", "stall", 60, 380, 6.9, 11.6),)),
    )


def _debris() -> tuple[Script, ...]:
    half: Steps = ((40, "pile_4"), (290, "pile_1"), (470, ""))
    sacks = (thing("sacks", "debris", 50, 360, 6.8, 10.1), thing("cartons", "debris", 80, 360, 9.6, 10.4))
    return (
        Script("a pile grows bag by bag", 11, (pile(40, 480, pace_s=70),)),
        Script(
            "a pile is half cleared",
            10,
            (Prop(half, PILE_X, PILE_Y, "debris"), Prop(((285, "cleaner_bends"), (300, "")), PILE_X + 0.3, 9.2)),
        ),
        Script("sacks and cartons", 8, sacks, mirrored=True),
        Script(
            "a delivery unloads and leaves",
            7,
            (thing("parcels", "debris", 110, 185, 6.0, 9.7),),
            (park("van_white", 100, 200, 5.5),),
        ),
    )


def _weather() -> tuple[Script, ...]:
    dusk = Weather(light=((0, 0.9), (300, 0.35), (480, 0.16)), lamps=True, noise=4.0)
    steps = Weather(steps=((0, 1.0), (150, 1.25), (210, 0.85), (330, 1.0)), sweep=0.2)
    return (
        Script("dusk to night with lamps", 11, (*stall(120, 480), pile(60, 600)), weather=dusk, walkers=2),
        Script(
            "rain",
            9,
            stall(60, 380),
            weather=Weather(rain=1.0, light=((0, 0.8),), noise=3),
            kinds=("umbrella_walker", "man_red"),
        ),
        Script("snow", 9, (pile(60, 400),), weather=Weather(snow=1.0, noise=3), walkers=2),
        Script("shadows sweep over the street", 9, stall(100, 400), weather=Weather(sweep=0.5)),
        Script("auto-exposure steps", 9, (pile(60, 400),), weather=steps),
        Script("the camera is bumped", 10, (*stall(60, 440), pile(30, 600)), weather=Weather(bump=(260, 9, -6))),
        Script("the lens is cleaned by hand", 10, stall(60, 440), weather=Weather(soft=1.6, wiped=(230, 275))),
    )


def _quiet() -> tuple[Script, ...]:
    evening = (Window(605, 24 * 60, classes=("stall",)),)
    morning = (Window(0, 604, classes=("stall",)),)
    scooters = tuple(Prop(((30.0 * n, "scooter"),), 5.2 + 1.3 * n, 10.6) for n in range(5))
    children = tuple(
        stroll(who, 100 + 3 * n, 9.2 + 0.25 * (n % 3), 1.1, 0.74) for n, who in enumerate((RIGHTWARD + LEFTWARD) * 3)
    )
    waiting = Way("old_man", ((80, 6.9, 9.6), (400, 6.91, 9.6)))
    return (
        Script("permitted hours begin during the event", 11, stall(30, 640), windows=evening),
        Script("permitted hours end during the event", 11, stall(30, 640), windows=morning),
        Script(
            "umbrella pedestrians",
            7,
            weather=Weather(rain=0.6, light=((0, 0.85),)),
            walkers=12,
            kinds=("umbrella_walker",),
        ),
        Script("school children", 7, ways=children, walkers=14, small=0.74),
        Script("parked scooters", 8, scooters),
        Script(
            "somebody waits, vans pass", 7, ways=(waiting, *(drive("van_white", 30.0 * n) for n in range(12))), cars=4
        ),
        Script(
            "a tricycle passes and pauses",
            7,
            ways=(Way("tricycle_in", ((60, 15.4, 11.25), (68, 5.0, 11.25), (130, 4.95, 11.25), (138, -4.5, 11.25))),),
        ),
    )


def scripts() -> tuple[Script, ...]:
    """Every scenario; names are unique."""
    return (*_plain(), *_debris(), *_weather(), *_quiet())
