# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sends the camera's pictures to one client in real time."""

import asyncio
import time

from streams.loopback.camera import LoopbackCamera, Program
from streams.loopback.channel import Channel
from streams.loopback.rtp import rtp_packet, sender_report

POLL_S = 0.02
BEHIND_S = 2.0  # a client further behind (a stall, a slow reader) goes on at the newest keyframe
REPORT_EVERY_S = 5.0


class Player:
    """One client's place in the programme: it lags by at most one keyframe interval behind the camera."""

    def __init__(self, camera: LoopbackCamera, channel: Channel) -> None:
        self._camera, self._channel = camera, channel
        self._ssrc = camera.dice.getrandbits(32)
        self._sequence = self._octets = self._pictures = 0
        self._report_due = 0.0
        self._tune_in()

    def _tune_in(self) -> None:
        self._program, self._number = self._camera.tune_in()
        self._lag_s = max(0.0, time.monotonic() - self._program.due(self._number))

    async def play(self) -> None:
        """Play until the connection breaks (ConnectionError) or `hang_up_after` pictures are sent (returns)."""
        while self._camera.hang_up_after is None or self._pictures < self._camera.hang_up_after:
            await self._wait_for_turn()
            await self._send(self._program, self._number)
            self._number += 1
            self._pictures += 1

    async def _wait_for_turn(self) -> None:
        while True:
            if self._camera.program is not self._program:
                self._tune_in()
            ahead_s = self._program.due(self._number) + self._lag_s - time.monotonic()
            if self._camera.stalled:
                await asyncio.sleep(POLL_S)
            elif ahead_s > 0:
                await asyncio.sleep(min(ahead_s, 0.2))
            elif ahead_s < -BEHIND_S:
                self._tune_in()
            else:
                return

    async def _send(self, program: Program, number: int) -> None:
        stamp = self._camera.stamp_of(program, number)
        await self._report(stamp)
        parts = program.clip.pictures[number % len(program.clip.pictures)].payloads
        packets = [
            rtp_packet(part, last=part is parts[-1], sequence=self._sequence + offset, stamp=stamp, ssrc=self._ssrc)
            for offset, part in enumerate(parts)
        ]
        self._sequence += len(packets)
        self._octets += sum(map(len, parts))
        await self._channel.send(self._camera.spoil(packets))

    async def _report(self, stamp: int) -> None:
        now = time.monotonic()
        if not self._camera.sender_reports or now < self._report_due:
            return
        self._report_due = now + REPORT_EVERY_S
        report = sender_report(
            unix_s=time.time(), stamp=stamp, ssrc=self._ssrc, packets=self._sequence, octets=self._octets
        )
        await self._channel.report(report)
