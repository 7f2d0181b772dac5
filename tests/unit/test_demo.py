# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo leaves a real service on the same machine alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from api.accounts import list_keys
from api.store import open_store, upgrade
from curbwatch import demo
from curbwatch.settings import Settings


@contextmanager
def no_more_than_a_database(settings: Settings) -> Iterator[str]:
    upgrade(settings.database_url)
    yield "http://127.0.0.1:1"


def test_what_the_environment_says_of_a_real_service_is_not_meant_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURBWATCH_SERVICE__DATA_DIR", "/var/lib/curbwatch")
    monkeypatch.setenv("CURBWATCH_SERVICE__PORT", "80")
    service = demo.demo_settings("rtsp://127.0.0.1/street", tmp_path, 8081).service
    assert (service.data_dir, service.port) == (tmp_path, 8081)


def test_its_key_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "service", no_more_than_a_database)
    told = Event()
    told.set()
    demo.play_demo(told, seconds=0, port=0, data_dir=tmp_path)
    with open_store(f"sqlite:///{tmp_path}/curbwatch.db") as store:
        assert [(key.name, key.revoked_at is None) for key in list_keys(store)] == [("demo", False)]
