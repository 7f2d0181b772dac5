# SPDX-License-Identifier: AGPL-3.0-or-later
"""FFmpeg's errors in a city's words. FFmpeg's own text is never shown: it holds the URL with the password."""

import errno
from urllib.parse import urlsplit

import av

from streams.errors import BadStream, CameraUnreachable, LoginRefused, NoPicture, NoVideo, StreamEnded, StreamError
from streams.source import Source, host_of

E = av.error
ABRUPT = (E.EOFError, E.ConnectionResetError, E.BrokenPipeError, E.ConnectionAbortedError)
UNREADABLE = (E.InvalidDataError, E.LookupError, E.PatchWelcomeError, E.ArgumentError)
MUTE = "{name} at {host} did not answer within {timeout:g} s: check power, address and network"
NOT_RTSP = "{name} at {host} hung up before it answered: check the port, and whether the camera has too many viewers"
NO_TRANSPORT = (
    "{name} at {host} refuses the stream over {transport}: try the other transport, or another of its streams"
)
NO_LOGIN = (
    "{name} at {host} refuses the login: check user and password, that the account is not locked, "
    "and that the camera allows Digest with MD5"
)
NO_SERVICE = "{name} at {host} reports an error of its own: check the path, or restart the camera"
NO_ANSWER = "{name} at {host} cannot be reached, or answers without video: check address, path and network"
ONE_PICTURE = "{name} at {host} gave one picture and closed: write the address of a stream, not of a snapshot"
# of a login such as admin:12/ab its digits up to the / read as a port
CUT_LOGIN = "{name} at {host} cannot be reached: check the address; in a password write / as %2F, ? as %3F, # as %23"
REFUSALS = (E.HTTPServerError, E.HTTPBadRequestError, E.HTTPTooManyRequestsError, E.HTTPOtherClientError)
Kinds = tuple[type[E.FFmpegError], ...]

# The first row that fits an error while opening: FFmpeg's errors, ours, the words.
OPENING: tuple[tuple[Kinds, type[StreamError], str], ...] = (
    (
        (E.HTTPUnauthorizedError, E.HTTPForbiddenError),
        LoginRefused,
        NO_LOGIN,
    ),
    ((E.HTTPNotFoundError, E.FileNotFoundError), NoVideo, "{name} has nothing at {place}: check the path"),
    (
        (E.ExitError, E.TimeoutError),
        CameraUnreachable,
        MUTE,
    ),
    (
        (E.ConnectionRefusedError,),
        CameraUnreachable,
        "{name} at {host} refuses connections: check the port and that streaming is switched on in the camera",
    ),
    (
        ABRUPT,
        CameraUnreachable,
        "{name} at {host} closed the connection at once: it may be restarting or have too many viewers",
    ),
    (REFUSALS, BadStream, NO_SERVICE),
    ((E.PermissionError,), NoVideo, "{name} may not read {place}: check the permissions"),
    (UNREADABLE, BadStream, "{place} of {name} is no video that can be read: check that it is a video stream"),
)


def opening_failed(source: Source, error: E.FFmpegError, *, waited_s: float = 0.0) -> StreamError:
    """What an error after so many seconds of opening means."""
    # FFmpeg reports an RTSP answer that it stopped waiting for as invalid data (of SETUP or PLAY: as not permitted),
    # and a missing transport by number.
    unanswered = isinstance(error, E.PermissionError) and source.is_network
    if unanswered or (isinstance(error, E.InvalidDataError) and source.is_rtsp):
        words = MUTE if unanswered or waited_s >= source.open_timeout_s else NOT_RTSP
        return CameraUnreachable(source.camera_id, _filled(words, source, error))
    # 453 and 461 are of the transport
    if source.is_rtsp and (error.errno == errno.EPROTONOSUPPORT or isinstance(error, E.HTTPOtherClientError)):
        return BadStream(source.camera_id, _filled(NO_TRANSPORT, source, error))
    for kinds, ours, words in OPENING:
        if isinstance(error, kinds):
            return ours(source.camera_id, _filled(words, source, error))
    if source.is_network:
        words = "{name} at {host} cannot be reached ({reason}): check address and network"
        if error.errno == errno.EIO and "@" in source.url and "@" not in urlsplit(source.url).netloc:
            words = CUT_LOGIN
        elif error.errno == errno.EIO and not source.is_rtsp:  # of an unknown name, or of an answer that is no video
            words = NO_ANSWER
        return CameraUnreachable(source.camera_id, _filled(words, source, error))
    return BadStream(source.camera_id, _filled("{place} of {name} cannot be read ({reason})", source, error))


def _filled(words: str, source: Source, error: E.FFmpegError) -> str:
    return words.format(
        name=source.camera_id,
        host=host_of(source.url),
        place=source.place,
        timeout=source.open_timeout_s,
        transport=source.transport,
        reason="unknown name or no route" if error.errno == errno.EIO else error.strerror,
    )


def reading_failed(source: Source, error: E.FFmpegError) -> StreamError:
    """What an error in a running stream means."""
    if isinstance(error, (*ABRUPT, E.TimeoutError)) or not isinstance(error, UNREADABLE):
        return stream_ended(source)
    name = source.camera_id
    return BadStream(name, f"what {name} sends cannot be read: check its codec settings and the network")


def no_decoder(source: Source) -> StreamError:
    """A video track that nothing here can decode."""
    name = source.camera_id
    return BadStream(name, f"{source.place} of {name} is of a codec that cannot be read: set H.264 or H.265")


def stream_ended(source: Source) -> StreamError:
    """The other side closed, or the recording is over."""
    name = source.camera_id
    if source.is_network:
        return StreamEnded(name, f"{name} hung up: see whether it restarted or has too many viewers")
    return StreamEnded(name, f"the recording of {name} is over: set loop to play it again")


def one_picture(source: Source) -> StreamError:
    """The other side closed after its only picture."""
    return StreamEnded(source.camera_id, ONE_PICTURE.format(name=source.camera_id, host=host_of(source.url)))


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
