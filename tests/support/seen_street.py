# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small live camera over the drawn street: noise, weather, and looks one after the other."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.boxes import Box
from detector.look import Look
from detector.observe import Memory, Watching, observe
from detector.reading import Seen
from streams.frame import Frame
from support.drawn_street import Thing, street

Picture = NDArray[np.uint8]
Weather = Callable[[Picture, int], Picture]
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
SIZE = (320, 180)


@cache
def empty(thing: Thing = "nothing") -> Picture:
    """The drawn street, BGR uint8[180,320,3]."""
    return np.asarray(cv2.resize(street(thing), SIZE, interpolation=cv2.INTER_AREA), np.uint8)


@cache
def _noise() -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(0, 2.5, (7, SIZE[1], SIZE[0], 3)).astype(np.float32)


def live(picture: Picture, number: int) -> Picture:
    """With the sensor's noise, which is never twice the same in a row."""
    return np.asarray(np.clip(picture + _noise()[number % 7], 0, 255), np.uint8)


def clear(picture: Picture, _number: int) -> Picture:
    return picture


def looks(  # noqa: PLR0913 - what a test may want otherwise
    count: int,
    *,
    thing: Thing = "nothing",
    weather: Weather = clear,
    before: Memory | None = None,
    after_s: float = 0.0,
    every_s: float = 3.0,
    hidden: tuple[Box, ...] = (),
    watching: Watching = Watching(),  # noqa: B008 - frozen
) -> Iterator[tuple[Memory, Look]]:
    """Memory and look after each of `count` looks, beginning `after_s` seconds into the day."""
    memory = before or Memory()
    for number in range(count):
        at = START + timedelta(seconds=after_s + number * every_s)
        frame = Frame("cam-1", weather(live(empty(thing), number), number), at, number)
        seen = Seen(frame, Look("cam-1", at, (), hidden), ())
        memory, look = observe(memory, seen, watching)
        yield memory, look


@cache
def learnt() -> Memory:
    """What is known after two quiet minutes; the next look is at `after_s` 120."""
    *_, (memory, _) = looks(40)
    return memory
