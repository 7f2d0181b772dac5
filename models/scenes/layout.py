# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where things are on the demo street: camera, light, and ground positions in metres."""

from __future__ import annotations

import math

from models.scenes.assets import Light
from models.scenes.camera import Camera

SIZE = (1280, 720)
CAMERA = Camera((0.0, 0.0, 4.6), math.radians(18), math.radians(21), 1004.0, SIZE)
LIGHT = Light((-0.42, -0.62, 0.86), sun=4.3, sky=0.62)

KERB_Y, PAVEMENT_Z, WALL_Y = 8.6, 0.15, 13.4
STREET_X = (-14.0, 40.0)
LANE_Y = 6.75
FRONT_WALK_Y, BACK_WALK_Y = 9.08, 12.05
TACTILE_Y = (11.75, 12.15)

STALL_AT = (4.45, 10.45)
PILE_AT = (8.2, 10.0)
PITCH_AT = (0.3, 10.35)
PITCH_SIZE = (3.0, 2.5)
TREES_X = (-3.3, 2.3, 10.9)
TREE_Y = 9.3
LAMP_X = 6.2

WATCH_GROUND = ((2.25, 8.75), (11.6, 8.75), (11.6, 12.6), (2.25, 12.6))
# The permitted ground goes on past the painted front, on to the road: the middle of the lower edge of a box, by which a
# thing is judged, is nearer to the camera than what it stands on.
PITCH_FRONT_Y = KERB_Y - 0.5
PERMITTED_GROUND = (
    (PITCH_AT[0] - PITCH_SIZE[0] / 2, PITCH_FRONT_Y),
    (PITCH_AT[0] + PITCH_SIZE[0] / 2, PITCH_FRONT_Y),
    (PITCH_AT[0] + PITCH_SIZE[0] / 2, PITCH_AT[1] + PITCH_SIZE[1] / 2),
    (PITCH_AT[0] - PITCH_SIZE[0] / 2, PITCH_AT[1] + PITCH_SIZE[1] / 2),
)
