# SPDX-License-Identifier: AGPL-3.0-or-later
"""FFmpeg's errors in a city's words. FFmpeg's own text is never shown: it holds the URL with the password."""

import av

from streams.errors import BadStream, CameraUnreachable, LoginRefused, NoPicture, NoVideo, StreamEnded, StreamError
from streams.source import Source, host_of

LOGIN = (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)
ABSENT = (av.error.HTTPNotFoundError, av.error.FileNotFoundError)
SILENT = (av.error.ExitError, av.error.TimeoutError)
CLOSED = (av.error.EOFError, av.error.ConnectionResetError, av.error.BrokenPipeError, av.error.ConnectionAbortedError)
REFUSING = (av.error.HTTPError,)
UNREADABLE = (av.error.InvalidDataError, av.error.LookupError, av.error.PatchWelcomeError, av.error.ArgumentError)


def opening_failed(source: Source, error: av.error.FFmpegError) -> StreamError:
    """What an error while opening means."""
    name, host = source.camera_id, host_of(source.url)
    if isinstance(error, LOGIN):
        return LoginRefused(name, f"{name} at {host} refuses the login: check user and password, and that the account is not locked")
    if isinstance(error, ABSENT):
        return NoVideo(name, f"{name} has nothing at {source.place}: check the path")
    if isinstance(error, SILENT):
        return CameraUnreachable(
            name, f"{name} at {host} did not answer within {source.open_timeout_s:g} s: check power, address and network"
        )
    if isinstance(error, av.error.ConnectionRefusedError):
        return CameraUnreachable(name, f"{name} at {host} refuses connections: check the port and that the camera's streaming is on")
    if isinstance(error, CLOSED):
        return CameraUnreachable(name, f"{name} at {host} closed the connection at once: it may be restarting or have too many viewers")
    if isinstance(error, REFUSING):
        return BadStream(name, f"{name} at {host} refuses the stream over {source.transport}: try the other transport or another stream")
    return _other(source, error)


def _other(source: Source, error: av.error.FFmpegError) -> StreamError:
    name, host = source.camera_id, host_of(source.url)
    if isinstance(error, av.error.PermissionError):
        return NoVideo(name, f"{name} may not read {source.place}: check the permissions")
    if isinstance(error, UNREADABLE):
        return BadStream(name, f"{source.place} of {name} is no video that can be read: check that the address is a video stream")
    if source.is_network:
        return CameraUnreachable(name, f"{name} at {host} cannot be reached ({error.strerror}): check address and network")
    return BadStream(name, f"{source.place} of {name} cannot be read ({error.strerror}): check the file")


def reading_failed(source: Source, error: av.error.FFmpegError) -> StreamError:
    """What an error in a running stream means."""
    if isinstance(error, (*CLOSED, av.error.TimeoutError)) or not isinstance(error, UNREADABLE):
        return stream_ended(source)
    name = source.camera_id
    return BadStream(name, f"what {name} sends cannot be read: check its codec settings and the network")


def stream_ended(source: Source) -> StreamError:
    """The other side closed, or the recording is over."""
    name = source.camera_id
    if source.is_network:
        return StreamEnded(name, f"{name} hung up: see whether it restarted or has too many viewers")
    return StreamEnded(name, f"the recording of {name} is over: set loop to play it again")


def no_picture(source: Source, age_s: float) -> StreamError:
    """Connected, and nothing comes."""
    return NoPicture(source.camera_id, f"no picture for {age_s:.0f} s from {source.camera_id}: check power and network")


def no_whole_picture(source: Source, age_s: float, damaged: int) -> StreamError:
    """Something comes, but nothing that decodes."""
    name = source.camera_id
    if damaged:
        advice = "set transport to tcp" if source.transport == "udp" else "check the network and the camera's codec"
        return NoPicture(name, f"no whole picture for {age_s:.0f} s from {name} ({damaged} damaged): {advice}")
    return NoPicture(name, f"no keyframe for {age_s:.0f} s from {name}: set a shorter keyframe interval in the camera")
