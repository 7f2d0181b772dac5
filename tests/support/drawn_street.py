# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures and clips of a drawn street: content for pages under test, not for models."""

from functools import cache
from io import BytesIO
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]
Thing = Literal["stall", "debris", "nothing"]
SIZE = (1280, 720)
BOXES: dict[Thing, Box] = {
    "stall": (0.52, 0.40, 0.80, 0.80),
    "debris": (0.12, 0.62, 0.36, 0.84),
    "nothing": (0, 0, 1, 1),
}


def street(thing: Thing, *, seed: int = 1) -> Picture:
    """A street as BGR uint8[720,1280,3] with `thing` standing in its box."""
    chance = np.random.default_rng(seed)
    picture = _scene(chance)
    if thing == "stall":
        _stall(picture, chance)
    if thing == "debris":
        _debris(picture, chance)
    grain = chance.normal(0, 5, picture.shape)
    light = np.linspace(1.05, 0.85, picture.shape[0])[:, None, None]
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) * light + grain, 0, 255), np.uint8)


@cache
def jpeg(thing: Thing, *, seed: int = 1, size: tuple[int, int] = SIZE) -> bytes:
    """The street as JPEG of a width and height."""
    picture = cv2.resize(street(thing, seed=seed), size)
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])
    assert done
    return data.tobytes()


@cache
def clip(thing: Thing, *, seed: int = 1, seconds: float = 3.0, rate: int = 10) -> bytes:
    """An H.264 MP4 in which somebody walks through the street, as browsers play it."""
    file, picture = BytesIO(), street(thing, seed=seed)
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(round(seconds * rate)):
            shot = np.asarray(cv2.resize(picture, (640, 360)), np.uint8)
            _walker(shot, number / (seconds * rate))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shot, format="bgr24")))
        container.mux(stream.encode())
    return file.getvalue()


def _scene(chance: np.random.Generator) -> Picture:
    width, height = SIZE
    picture = np.full((height, width, 3), (214, 205, 196), np.uint8)
    left = 0
    while left < width:
        right = left + int(chance.integers(150, 280))
        wall = tuple(int(v) for v in chance.integers(95, 190, 3))
        _building(picture, chance, (left, right), wall)
        left = right
    cv2.rectangle(picture, (0, 400), (width, 560), (158, 160, 162), -1)
    for x in range(-400, width + 400, 64):
        cv2.line(picture, (x, 400), (x + (x - width // 2) // 4, 560), (140, 142, 146), 1)
    for y in (428, 462, 504):
        cv2.line(picture, (0, y), (width, y), (140, 142, 146), 1)
    cv2.rectangle(picture, (0, 560), (width, 576), (196, 198, 198), -1)
    cv2.rectangle(picture, (0, 576), (width, height), (92, 90, 88), -1)
    for x in range(60, width, 260):
        lane = np.array([[x, 668], [x + 120, 668], [x + 134, 682], [x + 8, 682]], np.int32)
        cv2.fillPoly(picture, [lane], (220, 222, 224))
    for x in (180, 960):
        cv2.line(picture, (x, 60), (x, 540), (70, 74, 72), 9)
        cv2.circle(picture, (x, 150), 100, (72, 110, 66), -1)
        cv2.circle(picture, (x + 50, 110), 70, (84, 128, 78), -1)
    return picture


def _building(picture: Picture, chance: np.random.Generator, span: tuple[int, int], wall: tuple[int, ...]) -> None:
    left, right = span
    top = int(chance.integers(0, 70))
    cv2.rectangle(picture, (left, top), (right, 400), wall, -1)
    for y in range(top + 24, 250, 62):
        for x in range(left + 20, right - 40, 58):
            cv2.rectangle(picture, (x, y), (x + 34, y + 40), (92, 84, 74), -1)
            cv2.rectangle(picture, (x, y), (x + 34, y + 40), (205, 205, 200), 2)
    sign = tuple(int(v) for v in chance.integers(40, 200, 3))
    cv2.rectangle(picture, (left + 8, 268), (right - 8, 304), sign, -1)
    cv2.rectangle(picture, (left + 14, 308), (right - 14, 400), (70, 66, 60), -1)


def _corners(thing: Thing) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = BOXES[thing]
    return round(x0 * SIZE[0]), round(y0 * SIZE[1]), round(x1 * SIZE[0]), round(y1 * SIZE[1])


def _stall(picture: Picture, chance: np.random.Generator) -> None:
    x0, y0, x1, y1 = _corners("stall")
    roof, table = y0 + (y1 - y0) // 4, y1 - (y1 - y0) * 2 // 5
    cv2.ellipse(picture, ((x0 + x1) // 2, y1 - 4), ((x1 - x0) // 2, 14), 0, 0, 360, (110, 112, 114), -1)
    for x in (x0 + 12, x1 - 14):
        cv2.line(picture, (x, roof), (x, y1 - 8), (90, 92, 96), 6)
    stripes = ((60, 60, 210), (235, 235, 240))
    for number, x in enumerate(range(x0, x1 - 20, 28)):
        piece = np.array([[x + 14, y0 + 4], [x + 42, y0 + 4], [x + 28, roof + 14], [x, roof + 14]], np.int32)
        cv2.fillPoly(picture, [piece], stripes[number % 2])
    cv2.rectangle(picture, (x0 + 10, table), (x1 - 10, table + 12), (120, 150, 180), -1)
    cv2.rectangle(picture, (x0 + 16, table + 12), (x1 - 16, y1 - 8), (150, 110, 60), -1)
    for x in range(x0 + 26, x1 - 20, 15):
        colour = tuple(int(v) for v in chance.integers(40, 240, 3))
        cv2.circle(picture, (x, table - 7), 9, colour, -1)
    cv2.circle(picture, ((x0 + x1) // 2, roof + 44), 15, (120, 150, 190), -1)
    cv2.rectangle(picture, ((x0 + x1) // 2 - 22, roof + 60), ((x0 + x1) // 2 + 22, table - 14), (70, 60, 50), -1)


def _debris(picture: Picture, chance: np.random.Generator) -> None:
    x0, _, x1, y1 = _corners("debris")
    cv2.ellipse(picture, ((x0 + x1) // 2, y1 - 10), ((x1 - x0) // 2, 18), 0, 0, 360, (110, 112, 114), -1)
    for row, many in ((0, 6), (1, 4), (2, 2)):
        for number in range(many):
            x = (x0 + x1) // 2 + round((number - (many - 1) / 2) * 46) + int(chance.integers(-6, 6))
            y = y1 - 28 - row * 38
            grey = int(chance.integers(30, 190))
            cv2.ellipse(
                picture, (x, y), (32, 26), int(chance.integers(-20, 20)), 0, 360, (grey, grey + 8, grey + 14), -1
            )
            cv2.ellipse(picture, (x - 6, y - 8), (12, 7), 20, 0, 360, (grey + 30, grey + 36, grey + 40), -1)
            cv2.line(picture, (x - 4, y - 24), (x + 5, y - 33), (grey // 2, grey // 2, grey // 2), 4)


def _walker(picture: Picture, share: float) -> None:
    x = round(share * picture.shape[1])
    cv2.ellipse(picture, (x, 250), (11, 30), 0, 0, 360, (60, 40, 40), -1)
    cv2.circle(picture, (x, 212), 9, (150, 170, 200), -1)
    cv2.line(picture, (x, 278), (x + round(12 * np.sin(share * 60)), 310), (40, 40, 40), 6)
