# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera as it is to be read."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from streams.redact import place_of

Decode = Literal["keyframes", "all"]
Transport = Literal["tcp", "udp"]
MIB = 1024 * 1024
CLIP_BYTES = 32 * MIB
OPEN_S = 15.0  # a camera with a login is asked five times, and slow ones take seconds for each answer
LOGIN_BYTES = 127  # FFmpeg cuts what is longer, without a word
NETWORK = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "udp", "rtp")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a camera's pictures come from, how often they are wanted, and when it counts as failed."""

    camera_id: str
    url: str = field(repr=False)  # rtsp(s)://, http(s):// (MJPEG, HLS), file, folder, glob pattern
    every_s: float = 1.0  # wanted seconds between looks; 0 = every picture
    decode: Decode = "keyframes"
    transport: Transport = "tcp"
    clip_s: float = 15.0  # seconds of packets kept for an evidence clip
    clip_bytes: int = CLIP_BYTES  # upper bound of the packets kept
    stale_after_s: float = 10.0  # no picture for this long is a failure
    open_timeout_s: float = OPEN_S
    loop: bool = False  # files: start over at the end

    def __post_init__(self) -> None:
        if not self.camera_id or not self.url:
            raise ValueError("a source needs a camera_id and a url")
        if self.every_s < 0 or min(self.clip_s, self.clip_bytes) < 0:
            raise ValueError(f"{self.camera_id}: every_s, clip_s and clip_bytes cannot be negative")
        if min(self.stale_after_s, self.open_timeout_s) <= 0:
            raise ValueError(f"{self.camera_id}: stale_after_s and open_timeout_s must be more than 0")
        if fault := fault_in(self.url):
            raise ValueError(f"{self.camera_id}: {fault}")

    @property
    def is_network(self) -> bool:
        """Whether it is reached over a network (else it is a file, a folder or a pattern)."""
        return scheme_of(self.url) in NETWORK

    @property
    def is_rtsp(self) -> bool:
        """Whether it speaks RTSP."""
        return scheme_of(self.url) in ("rtsp", "rtsps")

    @property
    def path(self) -> str:
        """The path of a file, folder or pattern."""
        return self.url.removeprefix("file://")

    @property
    def place(self) -> str:
        """The address as it may be shown: no login, no tokens."""
        return place_of(self.url)


def scheme_of(url: str) -> str:
    """The scheme of a URL in lower case; "" for a path."""
    return url.partition("://")[0].lower() if "://" in url else ""


def fault_in(url: str) -> str | None:
    """Why an address or a path cannot be one, and what to write; holds no password."""
    # rtsp//user:password@… would be a path, which messages show; only whole paths may have an @
    if "@" in url.partition("://")[0] and (url[0] != "/" or url.startswith("//")):
        return "its url has an @ but no ://; write rtsp:// before the login, or a path with an @ from its / on"
    scheme = scheme_of(url)
    if scheme in ("", "file"):
        return None
    if scheme not in NETWORK:
        return f"{place_of(url)} begins with none of {', '.join(NETWORK)}"
    try:
        parts = urlsplit(url)
        spaced = any(map(str.isspace, parts.netloc + url.rpartition("@")[0]))  # urlsplit leaves tabs out of its parts
        valid, named = not spaced, bool(parts.hostname and parts.port != 0)
    except ValueError:
        valid = named = False
    if not valid:  # nothing of it is shown: where its login ends cannot be told
        return (
            "its url is no valid address: in a password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, "
            "a space as %20"
        )
    login = parts.netloc.rpartition("@")[0]
    if scheme in ("rtsp", "rtsps") and len(login.encode()) > LOGIN_BYTES:
        return (
            f"user and password in its url are longer than {LOGIN_BYTES} bytes (a %2F is three): shorten the password"
        )
    return None if named else f"{place_of(url)} names no host"


def host_of(url: str) -> str:
    """host:port of a URL for messages, without login; the URL redacted when it cannot be taken apart."""
    try:
        login, _, host = urlsplit(url).netloc.rpartition("@")
    except ValueError:
        return place_of(url)
    # an @ behind what reads as the host means a / in the password: then that is no host
    return host if host and (login or "@" not in url) else place_of(url)
