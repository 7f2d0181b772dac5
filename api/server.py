# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serves the application with uvicorn; event streams end when it is asked to stop."""

import socket

import uvicorn
from fastapi import FastAPI

from api.services import Services


class Server(uvicorn.Server):
    """Uvicorn that closes event streams before it waits for open requests."""

    def __init__(self, app: FastAPI, *, host: str, port: int) -> None:
        """Logs through the program's own logging; access lines are `api.access` at debug level."""
        self._services: Services = app.state.services
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            timeout_keep_alive=30,
        )
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends event streams, lets other requests finish, then stops."""
        self._services.hub.close()
        await super().shutdown(sockets)
