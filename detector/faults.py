# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be wrong with one picture, seen on its thumbnail and against a reference of the same camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from detector.reasons import Reason, because
from detector.thumbnail import Colour, Mask, Plane, by_cell, by_pixel, log_light, slopes

BLACK_LEVEL = 40  # grey levels under which (nearly) everything lies ...
BLACK_SPREAD = 4.0  # ... with no more contrast than noise: a dark street still has lamps
WHITE_LEVEL, WHITE_SHARE = 250, 0.5
BROKEN_SHARE = 0.12  # of the picture grey or smeared, beyond what the street itself looks like
TEXTURED = 4.0  # units of log light per pixel: cells that must show something
LOST = 0.35  # of a cell's own texture: less is nothing
COVERED_SHARE = 0.6  # of the textured cells
FOGGY = 0.35  # correlation with the reference from which it is fog or glass, not a cover
BLURRED = 0.55  # of the camera's own sharpness


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One thumbnail and what is asked of it again and again.

    light: float32[h,w] log light. texture: float32[r,c] gradient per cell.
    grey, smeared: shares of the picture that look like a broken stream. level: median grey level.
    """

    colour: Colour
    light: Plane
    texture: Plane
    grey: float
    smeared: float
    level: float


def view(colour: Colour) -> View:
    """Measure a thumbnail (BGR uint8[h,w,3])."""
    light = log_light(colour)
    grey, smeared = _broken(colour)
    return View(
        colour=colour,
        light=light,
        texture=by_cell(slopes(light)),
        grey=grey,
        smeared=smeared,
        level=float(np.median(colour[::3, ::3, 1])),
    )


def _bands(light: Plane) -> tuple[Plane, Plane]:
    """Detail of up to three pixels, and of three to ten."""
    soft = cv2.GaussianBlur(light, (0, 0), 0.9)
    softer = cv2.GaussianBlur(soft, (0, 0), 2.5)
    return np.asarray(light - soft, np.float32), np.asarray(soft - softer, np.float32)


def black(now: View) -> Reason | None:
    """No light at all: a lens cap, a dead sensor. A street at night is dark, but not everywhere."""
    grey = now.colour[:, :, 1]
    if float(cv2.meanStdDev(grey)[1][0, 0]) > BLACK_SPREAD or (grey > BLACK_LEVEL).mean() > 0.001:
        return None
    return because("camera_black", level=now.level)


def overexposed(now: View) -> Reason | None:
    """Half of the picture is nothing but white."""
    share = float((now.colour[:, :, 1] >= WHITE_LEVEL).mean())
    return because("camera_overexposed", share=share) if share >= WHITE_SHARE else None


def corrupted(now: View, grey: float, smeared: float) -> Reason | None:
    """Grey blocks or rows repeated downwards, more than this street's own `grey` and `smeared` shares."""
    share = max(now.grey - grey, now.smeared - smeared)
    return because("camera_corrupted", share=share) if share >= BROKEN_SHARE else None


def covered(now: View, reference: Plane, free: Mask) -> Reason | None:
    """Most of what the reference (log light float32[h,w]) shows is gone, and nothing is there instead."""
    usual = by_cell(slopes(reference))
    textured = (usual > TEXTURED) & free
    if textured.sum() < 0.05 * free.size:
        return None
    lost = textured & (now.texture < LOST * usual)
    share = float(lost.sum() / textured.sum())
    if share < COVERED_SHARE or _correlation(now.light, reference, lost) > FOGGY:
        return None
    return because("camera_covered", share=share)


def sharpness(light: Plane, reference: Plane) -> float:
    """How much more of the reference's fine detail is lost than of its coarse, 1: none; both log light float32[h,w].

    Fog, rain and dusk take from both, noise adds to neither; only a lens out of focus or dirty takes the fine alone.
    """
    fine, coarse = (_left(*bands) for bands in zip(_bands(light), _bands(reference), strict=True))
    return max(fine, 0.0) / max(coarse, 0.05)


def blurred(sharp: float) -> Reason | None:
    """Clearly less sharp than this camera is (see `sharpness`)."""
    return because("camera_blurred", share=sharp) if sharp < BLURRED else None


def _left(detail: Plane, reference: Plane) -> float:
    """How much of the reference's detail a picture still has.

    Noise of the picture has no part in the first answer, noise of the reference none in the second; the second says
    nothing where both have little in common.
    """
    own, whole = float((detail * detail).sum()), float((reference * reference).sum())
    common = float((detail * reference).sum())
    if not whole:
        return 1.0
    return max(common / whole, own / common) if common * common > 0.25 * own * whole else common / whole


def _correlation(light: Plane, reference: Plane, cells: Mask) -> float:
    part = by_pixel(cells.astype(np.float32))
    a, b = (part * (plane - cv2.blur(plane, (15, 15))) for plane in (light, reference))
    norm = float(cv2.norm(a)) * float(cv2.norm(b))
    return float((a * b).sum()) / norm if norm else 0.0


def _broken(colour: Colour) -> tuple[float, float]:
    """Shares of the picture that are flat middle grey (blocks never received), and that repeat the row above."""
    blue, green, red = cv2.split(colour)
    here = green[1:, 1:]
    across = cv2.absdiff(here, green[1:, :-1])
    repeats = _mostly(cv2.absdiff(here, green[:-1, 1:]) <= 1)
    tint = cv2.max(cv2.absdiff(blue, green), cv2.absdiff(red, green))[1:, 1:]
    middle = (cv2.absdiff(here, np.full_like(here, 128)) <= 9) & (tint <= 4) & (across <= 1)
    return float((_mostly(middle) & repeats).mean()), float((repeats & (cv2.blur(across, (5, 5)) >= 4)).mean())


def _mostly(mask: Mask) -> Mask:
    """Whether at least four fifths of the 5×5 pixels round each say so."""
    return np.asarray(cv2.blur(mask.view(np.uint8) * np.uint8(255), (5, 5)) >= 204, np.bool_)
