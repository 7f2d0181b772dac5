# SPDX-License-Identifier: AGPL-3.0-or-later
"""The courier against a real server on loopback that misbehaves in every way a network knows."""

import base64
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from curbwatch.client import ApiAway, Client
from curbwatch.courier import Courier, Outcome, deliver
from curbwatch.spool import Message, Spool
from detector.watch import Watch

Fault = Literal["hang up before", "hang up after", "page", "garbage", "413 of a proxy"] | int
TOKEN = "cw_secret"
NEVER = threading.Event()


@dataclass
class Api:
    """What the dispatch API keeps, and the faults with which it answers the posts to come."""

    url: str = ""
    faults: list[Fault | None] = field(default_factory=list)
    poisoned: str = ""  # a site at whose observations the API always stumbles, with
    poison: Fault = 500
    slow_s: float = 0.0
    kept: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)  # by idempotency key
    asked: int = 0

    def take(self, key: str, kind: str, site: str, body: bytes) -> None:
        known = self.kept.setdefault(key, (kind, site, body))
        assert known == (kind, site, body), "one key, two bodies"

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(site, kind) for kind, site, _ in self.kept.values()]


class Handler(BaseHTTPRequestHandler):
    """One request to the API."""

    api: Api
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.api.asked += 1
        time.sleep(self.api.slow_s)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        site, kind = self._subject(body)
        fault = self.api.faults.pop(0) if self.api.faults else None
        if fault is None and kind != "case" and site == self.api.poisoned:
            fault = self.api.poison
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            fault = 401
        if fault in (None, "hang up after"):
            self.api.take(self.headers["Idempotency-Key"], kind, site, body)
        self._answer(fault, site)

    def _subject(self, body: bytes) -> tuple[str, str]:
        address = urlsplit(self.path)
        match address.path.split("/")[3:]:
            case ["cases"]:
                return json.loads(body)["key"], "case"
            case ["ledger"]:
                return json.loads(body)["key"], "ledger"
            case ["cases", number, "observations"]:
                return number.removeprefix("C-"), json.loads(body)["kind"]
            case ["cases", number, "evidence"]:
                return number.removeprefix("C-"), parse_qs(address.query)["kind"][0]
        raise AssertionError(self.path)

    def _answer(self, fault: Fault | None, site: str) -> None:
        match fault:
            case "hang up before" | "hang up after":
                self.close_connection = True
            case "page":
                self._say(404, "text/html", b"<h1>Welcome to nginx!</h1>")
            case "413 of a proxy":
                self._say(413, "text/html", b"<h1>Request Entity Too Large</h1>")
            case "garbage":
                self._say(200, "text/html", b"<h1>Please sign in to the guest network</h1>")
            case int():
                problem = {"title": "no", "detail": f"told so by the test: {fault}"}
                self._say(fault, "application/problem+json", json.dumps(problem).encode())
            case _:
                self._say(201, "application/json", json.dumps({"id": f"C-{site}"}).encode())

    def _say(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"api": api}))
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield api
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def client(api: Api) -> Iterator[Client]:
    client = Client(api.url, TOKEN, timeout_s=1)
    yield client
    client.close()


def story(site: str) -> tuple[Message, ...]:
    """All that is told of one site, in order."""
    return (
        Message(site, "case", json.dumps({"key": site})),
        Message(site, "evidence", json.dumps({"kind": "during"}), b"\xff\xd8during", "image/jpeg"),
        Message(site, "observation", json.dumps({"kind": "cleared"})),
        Message(site, "evidence", json.dumps({"kind": "after"}), b"\xff\xd8after", "image/jpeg"),
    )


def put(spool: Spool, *sites: str) -> None:
    for site in sites:
        spool.put(Watch("cam-1"), story(site))


def deliver_all(spool: Spool, client: Client, *, rounds: int = 20) -> None:
    for _ in range(rounds):
        try:
            if not deliver(spool, client, NEVER):
                return
        except ApiAway:
            pass
    raise AssertionError(f"{spool.count()} still wait")


def whole(site: str) -> list[tuple[str, str]]:
    return [(site, kind) for kind in ("case", "during", "cleared", "after")]


def test_a_story_is_told_in_order_with_its_pictures(api: Api, spool: Spool, client: Client) -> None:
    put(spool, "a", "b")
    assert deliver(spool, client, NEVER) == 8
    assert api.told == [("a", "case"), ("b", "case"), *whole("a")[1:], *whole("b")[1:]]
    assert [body for kind, _, body in api.kept.values() if kind == "during"] == [b"\xff\xd8during"] * 2
    assert spool.count() == (0, 0)


def test_a_new_case_waits_for_no_picture_of_another(api: Api, spool: Spool, client: Client) -> None:
    put(spool, "a")
    posts = client.post

    def post(message: Message, attachment: bytes, case_id: str | None) -> str | None:
        if message.site_key == "a" and message.kind == "evidence" and len(api.told) == 1:
            put(spool, "b")  # confirmed while a picture is under way
        return posts(message, attachment, case_id)

    client.post = post  # type: ignore[method-assign]
    deliver_all(spool, client)
    assert api.told[:4] == [("a", "case"), ("a", "during"), ("b", "case"), ("a", "cleared")]


@pytest.mark.parametrize("fault", ["hang up before", "hang up after", "page", "garbage", 500, 503, 429, 401, 403, 302])
@pytest.mark.parametrize("at", range(4))
def test_no_fault_loses_or_doubles_a_message(api: Api, spool: Spool, client: Client, fault: Fault, at: int) -> None:
    api.faults = [None] * at + [fault, None, fault]
    put(spool, "a")
    deliver_all(spool, client)
    assert api.told == whole("a")
    assert spool.count() == (0, 0)


def test_an_api_that_is_away_keeps_everything_waiting(spool: Spool, tmp_path: Path) -> None:
    put(spool, "a")
    away = Client("http://127.0.0.1:9", TOKEN)
    with pytest.raises(ApiAway, match=r"no answer from the API \(.*Connection refused"):
        deliver(spool, away, NEVER)
    away.close()
    assert spool.count() == (4, 0)
    with closing(sqlite3.connect(tmp_path / "spool.db")) as file:
        assert file.execute("SELECT attempts FROM messages ORDER BY id").fetchall() == [(1,), (0,), (0,), (0,)]


def test_a_wrong_token_keeps_everything_waiting_and_stays_unsaid(api: Api, spool: Spool) -> None:
    put(spool, "a")
    stranger = Client(api.url, "cw_wrong")
    with pytest.raises(ApiAway, match="401") as caught:
        deliver(spool, stranger, NEVER)
    stranger.close()
    assert "cw_wrong" not in str(caught.value)
    assert spool.count() == (4, 0)


def test_the_ledger_is_told_after_the_cases_and_needs_none(api: Api, spool: Spool, client: Client) -> None:
    spool.add(Message("c", "ledger", json.dumps({"key": "c"}), b"\xff\xd8small", "image/jpeg"))
    put(spool, "a")
    deliver_all(spool, client)
    assert api.told[-1] == ("c", "ledger")
    (body,) = (body for kind, _, body in api.kept.values() if kind == "ledger")
    assert json.loads(body) == {"key": "c", "picture": base64.b64encode(b"\xff\xd8small").decode()}


def test_a_refused_case_is_set_aside_with_all_that_follows_it(api: Api, spool: Spool, client: Client) -> None:
    api.faults = [422]
    put(spool, "a", "b")
    deliver_all(spool, client)
    assert api.told == whole("b")
    assert spool.count() == (0, 4)


@pytest.mark.parametrize("fault", [413, 415])
def test_a_refused_picture_is_set_aside_alone(api: Api, spool: Spool, client: Client, fault: int) -> None:
    api.faults = [None, fault]
    put(spool, "a")
    deliver_all(spool, client)
    assert api.told == [("a", "case"), ("a", "cleared"), ("a", "after")]
    assert spool.count() == (0, 1)


@pytest.mark.parametrize(("poison", "status"), [(500, "500"), (507, "507"), ("413 of a proxy", "413")])
def test_one_site_at_which_the_api_stumbles_does_not_hold_up_the_city(
    api: Api, spool: Spool, client: Client, poison: Fault, status: str
) -> None:
    api.poisoned, api.poison = "a", poison
    put(spool, "a", "b")
    with pytest.raises(ApiAway, match=status):
        deliver(spool, client, NEVER)
    assert api.told == [("a", "case"), *whole("b")]
    api.poisoned = ""
    deliver_all(spool, client)
    assert [kind for site, kind in api.told if site == "a"] == ["case", "during", "cleared", "after"]
    assert spool.count() == (0, 0)


def test_many_stuck_messages_do_not_hide_those_behind_them(api: Api, spool: Spool, client: Client) -> None:
    api.poisoned = "a"
    put(spool, *["a"] * 80, "b")
    with pytest.raises(ApiAway, match="500"):
        deliver(spool, client, NEVER)
    assert [kind for site, kind in api.told if site == "b"] == [kind for _, kind in whole("b")]


def test_what_a_killed_courier_had_posted_is_not_doubled(
    api: Api, spool: Spool, client: Client, tmp_path: Path
) -> None:
    put(spool, "a")
    first = spool.waiting()[0]
    client.post(first, b"", None)  # killed before it could cross the message out
    again = Spool(tmp_path / "spool.db")
    deliver_all(again, client)
    again.close()
    assert api.told == whole("a")


def test_the_running_courier_outlives_faults_and_a_full_disk(
    api: Api, spool: Spool, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curbwatch.courier.LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr("curbwatch.courier.FIRST_PAUSE_S", 0.05)
    api.faults = ["garbage", "hang up after", 503]
    put(spool, "a")
    spool._db.execute("PRAGMA query_only = 1")  # every write fails, as on a full disk
    courier = Courier(spool, client)
    courier.start()
    courier.wake()
    until(lambda: api.asked >= 6)
    with spool._lock:
        spool._db.execute("PRAGMA query_only = 0")
    until(lambda: spool.count() == (0, 0))
    courier.stop()
    assert api.told == whole("a")


@contextmanager
def full_disk(spool: Spool) -> Iterator[None]:
    spool._db.execute("PRAGMA query_only = 1")  # every write fails
    yield
    spool._db.execute("PRAGMA query_only = 0")


def test_a_full_disk_holds_up_no_message(api: Api, spool: Spool, client: Client, tmp_path: Path) -> None:
    put(spool, "a", "b")
    with full_disk(spool):
        assert deliver(spool, client, NEVER) == 8
        assert sorted(api.told) == sorted(whole("a") + whole("b"))
        assert (spool.count(), spool.undelivered(), spool.case_id("b")) == ((0, 0), {}, "C-b")
        assert deliver(spool, client, NEVER) == 0
    assert api.asked == 8, "posted once"
    assert deliver(spool, client, NEVER) == 0
    with closing(Spool(tmp_path / "spool.db")) as again:
        assert (again.count(), again.case_id("b")) == ((0, 0), "C-b")


def test_what_was_delivered_on_a_full_disk_is_not_doubled_by_a_restart(
    api: Api, spool: Spool, client: Client, tmp_path: Path
) -> None:
    put(spool, "a")
    with full_disk(spool):
        deliver(spool, client, NEVER)
    with closing(Spool(tmp_path / "spool.db")) as again:
        deliver_all(again, client)
    assert (api.asked, api.told) == (8, whole("a"))


def test_on_a_full_disk_what_is_refused_or_stumbled_at_holds_up_its_own_site_only(
    api: Api, spool: Spool, client: Client
) -> None:
    api.faults = [422, 507]
    put(spool, "a", "b", "c")
    with full_disk(spool), pytest.raises(ApiAway, match="spool not writable"):
        deliver(spool, client, NEVER)
    assert api.told == whole("c")
    api.faults = [422]
    deliver_all(spool, client)
    assert sorted(api.told) == sorted(whole("b") + whole("c"))
    assert spool.count() == (0, 4)


def test_a_new_case_does_not_wait_for_a_message_at_which_the_api_stumbles(
    api: Api, spool: Spool, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pausing = threading.Event()

    def long(*_: float) -> float:
        pausing.set()
        return 600.0

    monkeypatch.setattr("curbwatch.courier.random.uniform", long)
    api.poisoned = "a"
    put(spool, "a")
    courier = Courier(spool, client)
    courier.start()
    assert pausing.wait(20)
    put(spool, "b")
    courier.wake()
    until(lambda: api.told == [("a", "case"), *whole("b")])
    courier.stop()


def test_pauses_grow_to_half_a_minute_and_begin_anew_once_the_api_is_back(
    spool: Spool, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: list[Outcome] = ["away", "away", "away", "away", "away", "away", "away", "done", "away"]
    courier, pauses = Courier(spool, client), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if not outcomes:
            courier._quit.set()

    monkeypatch.setattr("curbwatch.courier.random.uniform", lambda *_: 1.0)
    monkeypatch.setattr(courier, "_round", lambda: outcomes.pop(0))
    monkeypatch.setattr(courier._quit, "wait", pause)
    monkeypatch.setattr(courier._wake, "wait", lambda _: None)
    courier._work()
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 1]


def test_a_backlog_waits_for_the_next_start_when_the_courier_is_stopped(
    api: Api, spool: Spool, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curbwatch.courier.GRACE_S", 0.02)
    api.slow_s = 0.02
    put(spool, *map(str, range(20)))
    courier = Courier(spool, client)
    courier.start()
    until(lambda: api.asked > 0)
    courier.stop()
    assert not courier._thread.is_alive()
    assert 0 < spool.count()[0] == 80 - len(api.told)


def until(true: Callable[[], bool], *, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
