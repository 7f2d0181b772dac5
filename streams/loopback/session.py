# SPDX-License-Identifier: AGPL-3.0-or-later
"""One RTSP connection (RFC 2326): requests in, answers out, one player beside them."""

import asyncio
import contextlib
import re
from dataclasses import dataclass, field

from streams.loopback.camera import LoopbackCamera
from streams.loopback.channel import Channel, Datagrams, Interleaved
from streams.loopback.player import Player

METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: header names in lower case."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class Session:
    """Serves one client until it leaves, is hung up on, or the camera stops."""

    def __init__(self, camera: LoopbackCamera, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._camera, self._reader, self._writer = camera, reader, writer
        self._channel: Channel | None = None
        self._player: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Answer requests; a broken or malformed connection just ends."""
        broken = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError)
        try:
            with contextlib.suppress(*broken):
                while not self._camera.refusing and (request := await read_request(self._reader)):
                    await asyncio.sleep(self._camera.delay_s)
                    await self._reply(request)
        finally:
            self._end()

    async def _reply(self, request: Request) -> None:
        answer = self._answer(request)
        fields = {"CSeq": request.headers.get("cseq", "0"), "Session": "1;timeout=60", **answer.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        body = answer.body.encode("utf-8", "surrogateescape")  # what a camera is called need not be UTF-8
        self._writer.write(f"RTSP/1.0 {answer.status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await self._writer.drain()
        if answer.status.startswith("200"):
            self._after(request.method)

    def _answer(self, request: Request) -> Answer:
        login, given = self._camera.login, request.headers.get("authorization", "")
        if request.method == "OPTIONS":
            return Answer(headers={"Public": METHODS})
        if login and not login.accepts(request.method, given):
            return Answer("401 Unauthorized", {"WWW-Authenticate": login.challenge()})
        if request.method == "DESCRIBE":
            return self._describe(request.url)
        if request.method == "SETUP":
            return self._set_up(request.headers.get("transport", ""))
        if request.method == "PLAY" and self._channel is None:
            return Answer("455 Method Not Valid in This State")
        return Answer() if request.method in METHODS.split(", ") else Answer("501 Not Implemented")

    def _describe(self, url: str) -> Answer:
        if self._camera.answer_status:
            return Answer(self._camera.answer_status)
        headers = {"Content-Type": "application/sdp", "Content-Base": url.rstrip("/") + "/"}
        return Answer(headers=headers, body=self._camera.clip.sdp())

    def _set_up(self, wanted: str) -> Answer:
        """Take the first transport of the client's list that this camera allows."""
        for transport in wanted.split(","):
            if "interleaved" in transport and "tcp" in self._camera.transports:
                first = int(_ports(transport, "interleaved")[0])
                return self._use(
                    Interleaved(self._writer, first), f"RTP/AVP/TCP;unicast;interleaved={first}-{first + 1}"
                )
            if "client_port" in transport and "udp" in self._camera.transports and "multicast" not in transport:
                first, second = _ports(transport, "client_port")
                channel = Datagrams(self._writer.get_extra_info("peername")[0], (first, second))
                ports = f"client_port={first}-{second};server_port={channel.ports[0]}-{channel.ports[1]}"
                return self._use(channel, f"RTP/AVP;unicast;{ports}")
        return Answer("461 Unsupported Transport")

    def _use(self, channel: Channel, transport: str) -> Answer:
        if self._channel:
            self._channel.close()
        self._channel = channel
        return Answer(headers={"Transport": transport})

    def _after(self, method: str) -> None:
        if method == "TEARDOWN":
            self._stop_playing()
        elif method == "PLAY" and self._player is None:
            self._camera.plays += 1
            self._player = asyncio.create_task(self._play())

    async def _play(self) -> None:
        if self._channel is None:
            return
        self._camera.watching += 1
        try:
            with contextlib.suppress(ConnectionError):
                await Player(self._camera, self._channel).play()
        finally:
            self._camera.watching -= 1
            self._writer.close()

    def _stop_playing(self) -> None:
        if self._player:
            self._player.cancel()
            self._player = None

    def _end(self) -> None:
        self._stop_playing()
        if self._channel:
            self._channel.close()
        self._writer.close()


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request, past the RTCP packets that the client mixes in; None at the end of the connection."""
    while (first := await reader.read(1)) == b"$":
        size = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(size[1:], "big"))
    if not first:
        return None
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
    line, *lines = head.strip().split("\r\n")
    method, url, _version = line.split()
    pairs = (each.partition(":") for each in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, url, headers)


def _ports(transport: str, name: str) -> tuple[int, int]:
    found = re.search(rf"{name}=(\d+)(?:-(\d+))?", transport)
    if not found:
        raise ValueError(f"no {name} in {transport!r}")
    first = int(found[1])
    return first, int(found[2] or first + 1)
