# SPDX-License-Identifier: AGPL-3.0-or-later
"""All cameras behind one port, one picture per write and at its time, as a camera sends it."""

import asyncio
import heapq
import re
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, get_args

import numpy as np

from benchmarks.load.packets import Broadcast, spoiled
from benchmarks.load.rtsp import Request, answer, next_request

Fault = Literal["none", "stall", "hang_up", "refuse", "garbage", "other"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
TICK_S = 0.001
STALL_POLL_S = 0.1
FULL = 2 * 1024 * 1024  # a viewer that lags by so many bytes loses pictures up to the next keyframe
GOLDEN = 0.6180339887  # spreads any number of cameras evenly over the clip
_PATH = re.compile(r"/cam-(\d+)(?:/|$)")


@dataclass(slots=True, eq=False)
class Camera:
    """One camera: when its programme began (monotonic seconds) and how it misbehaves now."""

    began: float
    fault: Fault = "none"
    viewers: "set[Viewer]" = field(default_factory=set)


@dataclass(slots=True, eq=False)
class City:
    """All cameras, what they play, and what was sent since the last account."""

    broadcast: Broadcast
    other: Broadcast
    cameras: list[Camera]
    queue: "list[tuple[float, int, Viewer]]" = field(default_factory=list)
    turns: "count[int]" = field(default_factory=count)
    late_s: list[float] = field(default_factory=list)
    bytes: int = 0
    skipped: int = 0

    def playing(self, camera: Camera) -> Broadcast:
        return self.other if camera.fault == "other" else self.broadcast

    def ask(self, due: float, viewer: "Viewer") -> None:
        """Give the viewer its turn at that time."""
        heapq.heappush(self.queue, (due, next(self.turns), viewer))


def city(broadcast: Broadcast, other: Broadcast, cameras: int) -> City:
    """Cameras that play the same clip, each at another place of it."""
    now, length_s = time.monotonic(), broadcast.due_s(len(broadcast.clip.pictures))
    return City(broadcast, other, [Camera(now - length_s * (number * GOLDEN % 1)) for number in range(cameras)])


def misbehave(cameras: list[Camera], fault: Fault) -> None:
    """Switch a fault on, or back to "none"; hanging up happens once."""
    for camera in cameras:
        camera.fault = "none" if fault == "hang_up" else fault
        if fault in {"hang_up", "refuse"}:
            for viewer in list(camera.viewers):
                viewer.leave()


class Viewer(asyncio.Protocol):
    """One connection."""

    def __init__(self, served: City) -> None:
        self._city, self._buffer = served, bytearray()
        self._transport: asyncio.Transport | None = None
        self._camera: Camera | None = None
        self._plays: Broadcast | None = None
        self._number, self._stalled = 0, False
        self._dice = np.random.default_rng(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        if self._camera:
            self._camera.viewers.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            while self._transport and (request := next_request(self._buffer)):
                self._reply(request)
        except (ValueError, IndexError):
            self.leave()

    def leave(self) -> None:
        """Hang up without a word."""
        if self._transport:
            self._transport.abort()

    def _reply(self, request: Request) -> None:
        found = _PATH.search(request.url)
        camera = self._city.cameras[int(found[1])] if found else None
        if camera is None or camera.fault == "refuse" or self._transport is None:
            self.leave()
            return
        self._transport.write(answer(request, self._city.playing(camera).clip.sdp()))
        if request.method == "PLAY" and self._camera is None:
            self._camera = camera
            camera.viewers.add(self)
            self._city.ask(self._tune_in(time.monotonic()), self)

    def _tune_in(self, now: float) -> float:
        """Go on at the next keyframe, as a camera does; when that is."""
        if self._camera is None:
            raise RuntimeError("a viewer without a camera has no turn")
        self._plays = self._city.playing(self._camera)
        self._number = self._plays.keyframe_after(now - self._camera.began)
        return self._due()

    def _due(self) -> float:
        if self._camera is None or self._plays is None:
            raise RuntimeError("a viewer without a camera has no turn")
        return self._camera.began + self._plays.due_s(self._number)

    def turn(self, now: float) -> float | None:
        """Send the picture that is due; when the next one is, None once the viewer has left."""
        if self._transport is None or self._camera is None or self._plays is None or self._transport.is_closing():
            return None
        if self._camera.fault == "stall":
            self._stalled = True
            return now + STALL_POLL_S
        if self._stalled or self._plays is not self._city.playing(self._camera):
            return self._go_on(now, self._transport)
        if self._transport.get_write_buffer_size() > FULL:
            self._city.skipped += 1
            return self._tune_in(now)
        self._send(self._plays.wire(self._number), self._transport)
        self._number += 1
        return self._due()

    def _go_on(self, now: float, transport: asyncio.Transport) -> float:
        """Tune in anew. The numbers of packets jump, for which viewers drop a packet: one without a picture."""
        due, self._stalled = self._tune_in(now), False
        if self._plays is not None:
            transport.write(self._plays.herald(self._number))
        return due

    def _send(self, wire: memoryview, transport: asyncio.Transport) -> None:
        garbage = self._camera is not None and self._camera.fault == "garbage"
        transport.write(spoiled(wire, self._dice) if garbage else wire)
        self._city.bytes += len(wire)


async def pace(served: City) -> None:
    """Give everyone their turns for ever."""
    while True:
        now = time.monotonic()
        while served.queue and served.queue[0][0] <= now:
            due, _, viewer = heapq.heappop(served.queue)
            served.late_s.append(now - due)
            if (again := viewer.turn(now)) is not None:
                served.ask(again, viewer)
        next_due = served.queue[0][0] if served.queue else now + 0.02
        await asyncio.sleep(max(TICK_S, min(next_due - time.monotonic(), 0.02)))
