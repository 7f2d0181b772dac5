# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serves the application with uvicorn; event streams end when it is asked to stop."""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from api.services import Services


class Server(uvicorn.Server):
    """Uvicorn that closes event streams before it waits for open requests; `run(sockets=[…])` serves."""

    def __init__(self, app: FastAPI, *, grace_s: int = 5) -> None:
        """Logs through the program's own logging; access lines are `api.access` at debug level."""
        self._services: Services = app.state.services
        self.ready = threading.Event()
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(self._services.config.trusted_proxies),
            timeout_graceful_shutdown=grace_s,
            timeout_keep_alive=30,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to serve and sets `ready`."""
        await super().startup(sockets)
        if self.started:  # some versions of uvicorn return where the application could not start
            self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends event streams, lets other requests finish, then stops."""
        self._services.hub.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, also for IPv6 addresses; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=512)
