# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera on the loopback interface: what it plays, who may watch, and how it misbehaves on request."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from streams.loopback.clip import Clip, read_clip
from streams.loopback.login import Login
from streams.loopback.rtp import CLOCK

Stamps = Literal["true", "frozen", "wild"]


@dataclass(frozen=True, slots=True)
class Program:
    """What is on: a clip, since when (monotonic seconds), with which RTP stamp it began."""

    clip: Clip
    began: float
    base_stamp: int

    def due(self, number: int) -> float:
        """Monotonic time at which the number-th picture leaves."""
        return self.began + self.clip.due_s(number)

    def stamp(self, number: int) -> int:
        """RTP time of the number-th picture, not wrapped."""
        return self.base_stamp + self.clip.stamp(number)


@dataclass(slots=True, eq=False)
class LoopbackCamera:
    """One camera for any number of clients. Set the faults while clients are connected; they act at once.

    All clients see one timeline, which begins when the first client plays, so a client that comes back finds
    the scene further on, as with a real camera.
    """

    clip: Clip
    login: Login | None = None
    transports: frozenset[str] = frozenset({"tcp", "udp"})
    first_stamp: int = 0
    sender_reports: bool = True
    address: str = ""  # "127.0.0.1:port", known once it runs

    stalled: bool = False  # connected, sends nothing
    hang_up_after: int | None = None  # close the connection after so many pictures of each client
    refusing: bool = False  # close every new connection at once
    answer_status: str | None = None  # e.g. "404 Not Found" to DESCRIBE
    delay_s: float = 0.0  # before every answer
    corrupt: float = 0.0  # share of RTP packets with damaged payload
    loss: float = 0.0  # share of RTP packets not sent
    stamps: Stamps = "true"  # RTP times: as they should be, always the same, or random

    plays: int = 0  # how many clients reached PLAY
    watching: int = 0  # how many play now
    program: Program | None = None
    dice: random.Random = field(default_factory=lambda: random.Random(1), repr=False)  # noqa: S311 - faults, no secrets

    @property
    def url(self) -> str:
        """The address without login."""
        return f"rtsp://{self.address}/cam"

    @property
    def login_url(self) -> str:
        """The address with user and password in it."""
        if self.login is None:
            return self.url
        return f"rtsp://{quote(self.login.user, safe='')}:{quote(self.login.password, safe='')}@{self.address}/cam"

    def play_clip(self, clip: Path | Clip) -> None:
        """Go on with another clip (of the same codec) in the running stream: its size may differ."""
        loaded = clip if isinstance(clip, Clip) else read_clip(clip)
        if loaded.codec != self.clip.codec:
            raise ValueError(f"the stream is {self.clip.codec}, the new clip {loaded.codec}: use a second camera")
        self.clip = loaded
        if self.program is not None:
            now = time.monotonic()
            ticks = round((now - self.program.began) * CLOCK)
            self.program = Program(loaded, now, self.program.base_stamp + ticks)

    def tune_in(self) -> tuple[Program, int]:
        """What is on now and the number of its newest keyframe."""
        now = time.monotonic()
        if self.program is None:
            self.program = Program(self.clip, now, self.first_stamp)
        return self.program, self.program.clip.keyframe_at(now - self.program.began)

    def stamp_of(self, program: Program, number: int) -> int:
        """The RTP time that goes on the wire, faults included."""
        if self.stamps == "frozen":
            return program.base_stamp
        if self.stamps == "wild":
            return self.dice.getrandbits(32)
        return program.stamp(number)

    def spoil(self, packets: list[bytes]) -> list[bytes]:
        """Lose and damage packets as the faults say."""
        if not self.loss and not self.corrupt:
            return packets
        kept = [packet for packet in packets if self.dice.random() >= self.loss]
        return [self._damage(packet) if self.dice.random() < self.corrupt else packet for packet in kept]

    def _damage(self, packet: bytes) -> bytes:
        header, body = packet[:14], packet[14:]  # the RTP header and the NAL or fragment header stay
        start = self.dice.randrange(len(body)) if body else 0
        return header + body[:start] + self.dice.randbytes(min(24, len(body) - start)) + body[start + 24 :]
