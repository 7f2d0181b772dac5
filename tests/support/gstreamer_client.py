# SPDX-License-Identifier: AGPL-3.0-or-later
"""GStreamer as a viewer, for Debian's own Python.

Usage: gstreamer_client.py URL tcp|udp. Prints the times of the pictures it got.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402 - gi wants the version first

WATCH_MS = 3000


def main(url: str, transport: str) -> None:
    """Watch for three seconds."""
    Gst.init(None)
    reading = f"rtspsrc location={url} protocols={transport} latency=200 ! rtph264depay ! h264parse"
    pipeline = Gst.parse_launch(f"{reading} ! fakesink name=sink sync=false signal-handoffs=true")
    loop, times = GLib.MainLoop(), []
    pipeline.get_by_name("sink").connect("handoff", lambda _sink, buffer, _pad: times.append(buffer.pts / Gst.SECOND))
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message::error", lambda _bus, message: sys.exit(str(message.parse_error())))
    pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add(WATCH_MS, loop.quit)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    print(*times)  # noqa: T201 - how the test learns them


main(*sys.argv[1:])
