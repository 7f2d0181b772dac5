# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two ways RTP travels to a client: inside the RTSP connection, or as datagrams."""

import asyncio
import contextlib
import socket
from typing import Protocol

SLOW_CLIENT_S = 30.0
DATAGRAMS_IN_A_ROW = 24  # more at once overrun a receiver with a small socket buffer


class Channel(Protocol):
    """Where a player puts its packets."""

    async def send(self, packets: list[bytes]) -> None:
        """Send the RTP packets of one picture."""

    async def report(self, packet: bytes) -> None:
        """Send one RTCP packet."""

    def close(self) -> None:
        """Release what the channel holds."""


class Interleaved:
    """RTP and RTCP framed by `$` inside the RTSP connection."""

    def __init__(self, writer: asyncio.StreamWriter, channel: int) -> None:
        self._writer, self._channel = writer, channel

    async def send(self, packets: list[bytes]) -> None:
        """A client that does not read for long is given up: ConnectionError."""
        self._writer.write(b"".join(_framed(self._channel, packet) for packet in packets))
        await self._drain()

    async def report(self, packet: bytes) -> None:
        """RTCP uses the next channel number."""
        self._writer.write(_framed(self._channel + 1, packet))
        await self._drain()

    async def _drain(self) -> None:
        try:
            await asyncio.wait_for(self._writer.drain(), SLOW_CLIENT_S)
        except TimeoutError as error:
            raise ConnectionError("the client does not read") from error

    def close(self) -> None:
        """The RTSP connection belongs to the session."""


class Datagrams:
    """RTP and RTCP to the two ports a client named."""

    def __init__(self, host: str, ports: tuple[int, int]) -> None:
        self._rtp, self._rtcp = _udp_socket(), _udp_socket()
        self._to_rtp, self._to_rtcp = (host, ports[0]), (host, ports[1])

    @property
    def ports(self) -> tuple[int, int]:
        """The camera's own ports."""
        return self._rtp.getsockname()[1], self._rtcp.getsockname()[1]

    async def send(self, packets: list[bytes]) -> None:
        """Datagrams that find no room are lost, as on any network."""
        for number, packet in enumerate(packets, start=1):
            _send(self._rtp, packet, self._to_rtp)
            if number % DATAGRAMS_IN_A_ROW == 0:
                await asyncio.sleep(0.001)

    async def report(self, packet: bytes) -> None:
        """One RTCP datagram."""
        _send(self._rtcp, packet, self._to_rtcp)

    def close(self) -> None:
        """Close both sockets."""
        self._rtp.close()
        self._rtcp.close()


def _framed(channel: int, packet: bytes) -> bytes:
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet


def _udp_socket() -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setblocking(False)
    udp.bind(("127.0.0.1", 0))
    return udp


def _send(udp: socket.socket, packet: bytes, to: tuple[str, int]) -> None:
    with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
        udp.sendto(packet, to)
