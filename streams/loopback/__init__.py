# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera that needs no hardware: plays a clip over RTSP on loopback and misbehaves on request."""

from streams.loopback.camera import LoopbackCamera
from streams.loopback.server import loopback_camera

__all__ = ["LoopbackCamera", "loopback_camera"]
