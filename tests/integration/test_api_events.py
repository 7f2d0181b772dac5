# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live events over real connections: each once, in order, across every interruption."""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy.exc import OperationalError
from starlette.requests import ClientDisconnect, Request

from api import accounts, cases, event_log, hub
from api.errors import Unavailable
from api.model import NewCase
from api.roles import Principal, Role
from api.routes import events
from api.schemas import CASE_IN, CaseIn
from api.services import Services
from api.store import Store
from support.trial import Trial, served, trial

PATROL = Principal("key", "patrol-1", Role.PATROL)
VIEWER = Principal("key", "viewer-1", Role.VIEWER)


@pytest.fixture
def api(tmp_path: Path) -> Trial:
    return trial(tmp_path, change=lambda config: replace(config, heartbeat_s=0.4, poll_s=0.1, event_clients=30))


def report(store: Store, *keys: str, now: datetime | None = None) -> None:
    for key in keys:
        new = NewCase(**CaseIn.model_validate(CASE_IN | {"key": key}).model_dump())
        with store.write() as connection:
            tz = ZoneInfo("Asia/Shanghai")
            cases.register(connection, new, by=PATROL, now=now or datetime.now(UTC), tz=tz)


@contextmanager
def listening(url: str, api: Trial, **more: Any) -> Iterator[Iterator[dict[str, str]]]:
    headers = api.headers("viewer") | more.pop("headers", {})
    with httpx2.stream("GET", f"{url}/api/v1/events", headers=headers, timeout=20, **more) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events_in(answer.iter_lines())


def events_in(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Each event as its fields; comments as {"": text}."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ") if not line.startswith(":") else ("", "", line[1:].strip())
            fields[name] = value
        elif fields:
            yield fields
            fields = {}


def real(stream: Iterator[dict[str, str]], count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for fields in stream:
        if "event" in fields:
            found.append(fields)
        if len(found) == count:
            break
    return found


def test_a_listener_hears_of_a_case_at_once(tmp_path: Path) -> None:
    api = trial(tmp_path, change=lambda config: replace(config, poll_s=3600))  # so it is the write that wakes
    store: Store = api.app.state.services.store
    with served(api.app) as url, listening(url, api, params={"after": 0}) as stream:
        report(store, "a")
        (event,) = real(stream, 1)
    assert event["event"] == "case.created"
    assert json.loads(event["data"])["class"] == "stall"
    assert json.loads(event["data"]).keys() == {"id", "status", "class", "camera_id"}


def test_an_idle_stream_beats(api: Trial) -> None:
    with served(api.app) as url, listening(url, api) as stream:
        beats = [fields for _, fields in zip(range(4), stream, strict=False) if fields.get("") == "still here"]
    assert len(beats) >= 2


def test_a_listener_goes_on_where_it_stopped(api: Trial) -> None:
    store: Store = api.app.state.services.store
    report(store, *(f"k{n}" for n in range(10)))
    with served(api.app) as url:
        seen: list[int] = []
        for _ in range(5):  # five broken connections, two events each
            headers = {"Last-Event-ID": str(seen[-1] if seen else 0)}
            with listening(url, api, headers=headers) as stream:
                seen += [int(event["id"]) for event in real(stream, 2)]
        with listening(url, api, params={"after": seen[-1]}) as stream:
            report(store, "late")
            seen += [int(event["id"]) for event in real(stream, 1)]
    assert seen == list(range(1, 12))


def test_nothing_is_lost_or_doubled_while_others_write_and_listeners_come_and_go(api: Trial) -> None:
    """Writes come from this process and, through a second store, as if from another one."""
    store: Store = api.app.state.services.store
    other = Store(api.config.database_url)
    total, heard = 120, [list[int]() for _ in range(6)]
    with served(api.app) as url:
        writers = [
            threading.Thread(target=report, args=(each, *(f"{name}{n}" for n in range(total // 2))))
            for name, each in (("own", store), ("other", other))
        ]

        def listen(mine: list[int]) -> None:
            while len(mine) < total:
                headers = {"Last-Event-ID": str(mine[-1] if mine else 0)}
                with listening(url, api, headers=headers) as stream:
                    mine += [int(event["id"]) for event in real(stream, min(25, total - len(mine)))]

        listeners = [threading.Thread(target=listen, args=(mine,)) for mine in heard]
        for thread in writers + listeners:
            thread.start()
        for thread in writers + listeners:
            thread.join(60)
    other.close()
    assert heard == [list(range(1, total + 1))] * len(heard)


def test_a_listener_far_behind_reads_from_the_database(api: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "BATCH", 7)
    api.app.state.services.hub._ring = deque(maxlen=5)
    monkeypatch.setattr(hub, "RING", 5)
    store: Store = api.app.state.services.store
    report(store, *(f"k{n}" for n in range(30)))
    with served(api.app) as url:
        report(store, *(f"m{n}" for n in range(20)))
        with listening(url, api, params={"after": 3}) as stream:
            assert [int(event["id"]) for event in real(stream, 47)] == list(range(4, 51))


def test_a_gap_is_said_openly(api: Trial) -> None:
    store: Store = api.app.state.services.store
    old = datetime.now(UTC) - timedelta(days=30)
    report(store, "a", "b", "c", now=old)
    report(store, "d")
    with store.write() as connection:
        assert event_log.forget(connection, before=old + timedelta(days=1)) == 3
    with served(api.app) as url:
        for last_seen in ("1", "900"):
            with listening(url, api, headers={"Last-Event-ID": last_seen}) as stream:
                (event,) = real(stream, 1)
                assert (event["event"], event["id"]) == ("stream.reset", "4")
        with listening(url, api, headers={"Last-Event-ID": "3"}) as stream:
            assert real(stream, 1)[0]["id"] == "4"


def test_a_list_says_where_to_start_listening(api: Trial) -> None:
    store: Store = api.app.state.services.store
    report(store, "a", "b")
    with served(api.app) as url:
        listed = httpx2.get(f"{url}/api/v1/cases", headers=api.headers("viewer"))
        report(store, "between")
        with listening(url, api, params={"after": listed.headers["event-id"]}) as stream:
            assert [int(event["id"]) for event in real(stream, 1)] == [3]


def test_who_has_heard_of_nothing_yet_knows_where_to_go_on(api: Trial) -> None:
    store: Store = api.app.state.services.store
    report(store, "a", "b")
    with served(api.app) as url:
        with listening(url, api) as stream:
            greeting = next(fields for fields in stream if "id" in fields)
        assert greeting == {"id": "2"}
        report(store, "meanwhile")
        with listening(url, api, headers={"Last-Event-ID": greeting["id"]}) as stream:
            assert real(stream, 1)[0]["id"] == "3"


def test_a_stream_ends_quietly_when_the_database_is_away(
    api: Trial, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_args: object) -> NoReturn:
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    with served(api.app) as url, listening(url, api) as stream:
        next(stream)
        monkeypatch.setattr(events, "still_may", away)
        assert all("event" not in fields for fields in stream)
        assert "Error" not in caplog.text


def test_a_revoked_key_hears_no_more(api: Trial) -> None:
    with served(api.app) as url, listening(url, api) as stream:
        next(stream)
        accounts.revoke_key(api.app.state.services.store, "viewer-1")
        began = time.monotonic()
        assert all("event" not in fields for fields in stream)
        assert time.monotonic() - began < 14


def test_too_many_listeners_are_told_to_wait(api: Trial) -> None:
    with served(api.app) as url, ExitStack() as stack:
        streams = [stack.enter_context(listening(url, api)) for _ in range(30)]
        for stream in streams:
            next(stream)
        refused = httpx2.get(f"{url}/api/v1/events", headers=api.headers("viewer"))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "15")


def test_of_many_who_come_at_once_no_more_are_let_in_and_places_come_back(tmp_path: Path) -> None:
    api = trial(tmp_path, change=lambda config: replace(config, event_clients=1))
    services: Services = api.app.state.services
    scope = {"type": "http", "headers": [], "asgi": {"spec_version": "2.4"}}

    async def never(*_message: object) -> NoReturn:
        raise OSError("gone before the first word")

    async def come_and_go() -> None:
        stream = await events.follow(Request(scope), VIEWER, services)
        with pytest.raises(Unavailable):
            await events.follow(Request(scope), VIEWER, services)
        with pytest.raises(ClientDisconnect):
            await stream(scope, never, never)
        await events.follow(Request(scope), VIEWER, services)

    asyncio.run(come_and_go())
    services.store.close()


def test_stopping_the_server_ends_streams_at_once(api: Trial) -> None:
    with ExitStack() as stack:
        with served(api.app) as url:
            stream = stack.enter_context(listening(url, api))
            next(stream)
            began = time.monotonic()
        assert time.monotonic() - began < 10
        assert all("event" not in fields for fields in stream)
