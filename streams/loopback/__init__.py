# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera that needs no hardware: plays a clip over RTSP on loopback and misbehaves on request."""

from streams.loopback.camera import LoopbackCamera
from streams.loopback.server import loopback_camera
from streams.loopback.testcard import card_number, draw_card, make_clip

__all__ = ["LoopbackCamera", "card_number", "draw_card", "loopback_camera", "make_clip"]
