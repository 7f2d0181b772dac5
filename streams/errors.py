# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be wrong with a camera.

StreamError
├── CameraUnreachable   no answer: power, network, address, port
├── LoginRefused        the camera answered and wants another user or password
├── NoVideo             the camera answered and has no such stream, or no video in it
├── NoPicture           connected, and no (whole) picture arrives
├── StreamEnded         the camera hung up, or the recording is over
└── BadStream           what arrives cannot be read
"""


class StreamError(Exception):
    """Something is wrong with one camera; the message names it, says what to do and holds no secret."""

    def __init__(self, camera_id: str, message: str) -> None:
        super().__init__(message)
        self.camera_id = camera_id


class CameraUnreachable(StreamError):
    """No connection, or no answer in time."""


class LoginRefused(StreamError):
    """The user or the password is wrong, or the account is locked."""


class NoVideo(StreamError):
    """No stream, file or video track under this address."""


class NoPicture(StreamError):
    """Connected, but no whole picture came in time."""


class StreamEnded(StreamError):
    """The other side closed the stream, or a recording came to its end."""


class BadStream(StreamError):
    """The stream cannot be read: unsupported transport, protocol or data."""
