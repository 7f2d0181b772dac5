# SPDX-License-Identifier: AGPL-3.0-or-later
"""A load generator: many RTSP cameras in one process that costs little, with faults to switch on."""

from benchmarks.load.handle import Load, load
from benchmarks.load.streams import STREAMS, Stream

__all__ = ["STREAMS", "Load", "Stream", "load"]
