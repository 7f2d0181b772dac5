# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs a loopback camera in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from streams.loopback.camera import LoopbackCamera
from streams.loopback.clip import read_clip
from streams.loopback.login import Login
from streams.loopback.session import Session

READY_S = 10.0


@contextmanager
def loopback_camera(
    clip: Path,
    *,
    port: int = 0,
    user: str | None = None,
    password: str = "",
    scheme: Literal["basic", "digest"] = "digest",
    transports: frozenset[str] = frozenset({"tcp", "udp"}),
    first_stamp: int = 0,
) -> Iterator[LoopbackCamera]:
    """Play an H.264 or H.265 clip for ever as rtsp://127.0.0.1:port/cam until the block ends.

    port 0 takes a free one; user asks every client for a login. OSError when the port is taken, ValueError when
    the clip cannot be played.
    """
    login = Login(user, password, scheme) if user else None
    camera = LoopbackCamera(read_clip(clip), login, transports, first_stamp)
    server = _Server(camera)
    server.start(port)
    try:
        yield camera
    finally:
        server.stop()


class _Server:
    def __init__(self, camera: LoopbackCamera) -> None:
        self._camera = camera
        self._clients: set[asyncio.Task[None]] = set()
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread: threading.Thread | None = None

    def start(self, port: int) -> None:
        self._thread = threading.Thread(target=self._run, args=(port,), name="loopback-camera", daemon=True)
        self._thread.start()
        self._ready.result(READY_S)

    def stop(self) -> None:
        loop, over = self._ready.result()
        loop.call_soon_threadsafe(over.set)
        if self._thread:
            self._thread.join(READY_S)

    def _run(self, port: int) -> None:
        try:
            asyncio.run(self._serve(port))
        except OSError as error:  # the port is taken: say so where the camera was asked for
            self._ready.set_exception(error)

    async def _serve(self, port: int) -> None:
        over = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", port)
        self._camera.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set_result((asyncio.get_running_loop(), over))
        await over.wait()
        server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._clients.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the camera stops
                await Session(self._camera, reader, writer).serve()
        finally:
            self._clients.discard(task)
