# SPDX-License-Identifier: AGPL-3.0-or-later
"""A whole API in a folder: real database, real files, a key for each role."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from fastapi import FastAPI

from api import accounts
from api.app import create_app
from api.config import ApiConfig
from api.detecting import DetectFn
from api.roles import Role
from api.server import Server, listen
from api.store import open_store, upgrade
from api.times import Clock, utc_now


@dataclass(frozen=True, slots=True)
class Trial:
    """An application that is ready to be asked, and the secrets of one key per role."""

    app: FastAPI
    config: ApiConfig
    keys: dict[Role, str] = field(repr=False)

    def headers(self, role: Role | str) -> dict[str, str]:
        """The Authorization header of a role."""
        return {"Authorization": f"Bearer {self.keys[Role(role)]}"}


def trial(
    folder: Path,
    *,
    database_url: str | None = None,
    detect: DetectFn | None = None,
    clock: Clock = utc_now,
    change: Callable[[ApiConfig], ApiConfig] = replace,
) -> Trial:
    """A fresh API under `folder`, on SQLite there or on an empty `database_url`; `change` may alter its config."""
    url = database_url or f"sqlite:///{folder}/trial.db"
    config = change(ApiConfig(url, folder / "evidence"))
    upgrade(config.database_url)
    with open_store(config.database_url) as store:
        keys = {role: accounts.add_key(store, f"{role}-1", role) for role in Role}
    return Trial(create_app(config, detect=detect, clock=clock), config, keys)


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serves `app` on loopback while the block lasts, on a free port unless one is named; gives its address."""
    listener = listen("127.0.0.1", port)
    server = Server(app, grace_s=2)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        if not server.ready.wait(60):
            raise RuntimeError("the API did not start within 60 s: see the log above")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(15)
