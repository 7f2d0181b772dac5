# SPDX-License-Identifier: AGPL-3.0-or-later
"""GStreamer's RTSP server as a camera, for Debian's own Python (python3-gi, gir1.2-gst-rtsp-server-1.0).

Usage: gstreamer_camera.py h264|h265|mjpeg [user password]. Prints the port once it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - gi wants the versions first

PICTURES = "videotestsrc is-live=true ! video/x-raw,format=I420,width=640,height=360,framerate=15/1 ! "
CODECS = {
    "h264": "x264enc tune=zerolatency key-int-max=15 ! rtph264pay name=pay0 pt=96 "
    "audiotestsrc is-live=true ! mulawenc ! rtppcmupay name=pay1 pt=0",
    "h265": "x265enc tune=zerolatency key-int-max=15 speed-preset=ultrafast ! rtph265pay name=pay0 pt=96",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def ask_for_login(server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory, who: list[str]) -> None:
    """Digest login for one user."""
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(who[0], who[1], token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main(codec: str, *who: str) -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {PICTURES}{CODECS[codec]} )")
    factory.set_shared(True)
    if who:
        ask_for_login(server, factory, list(who))
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 - how the test learns the port
    GLib.MainLoop().run()


main(*sys.argv[1:])
