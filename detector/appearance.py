# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a thing looks like, in sixteen numbers: enough to tell one stall from another, not who sells there."""

from dataclasses import replace

import numpy as np

from detector.boxes import Box
from detector.look import Look
from detector.thumbnail import Colour, log_levels

INNER = 0.15  # of a box's sides left away: what stands behind it
EDGES = np.array((-20.0, 0.0, 20.0))  # units of log light between the four steps of each tint


def with_appearances(look: Look, colour: Colour) -> Look:
    """A look with the appearance of each sighting, from the thumbnail (BGR uint8[h,w,3]) that it was seen in."""
    if not look.sightings:
        return look
    return replace(look, sightings=tuple(replace(s, appearance=appearance(colour, s.box)) for s in look.sightings))


def appearance(colour: Colour, box: Box) -> tuple[float, ...]:
    """How a box's pixels share out over red against green and blue against green, 4×4 steps; unit length, roots.

    Ratios of colours, so that shadow and dusk change little; empty where the box shows no pixel.
    """
    height, width = colour.shape[:2]
    x0, y0, x1, y1 = box
    dx, dy = INNER * (x1 - x0), INNER * (y1 - y0)
    left, top = max(0, int((x0 + dx) * width)), max(0, int((y0 + dy) * height))
    right, bottom = max(left + 1, int(np.ceil((x1 - dx) * width))), max(top + 1, int(np.ceil((y1 - dy) * height)))
    part = colour[top:bottom, left:right].reshape(-1, 3)
    if not len(part):
        return ()
    levels = log_levels(part)
    steps = np.searchsorted(EDGES, levels[:, 2] - levels[:, 1]) * 4 + np.searchsorted(
        EDGES, levels[:, 0] - levels[:, 1]
    )
    return tuple(np.sqrt(np.bincount(steps, minlength=16) / len(part)).round(3).tolist())
