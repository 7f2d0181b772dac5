# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same promises on a real PostgreSQL: CURBWATCH_TEST_POSTGRES names one, or Debian's is started."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from api import camera_state_rows, case_rows, cases, event_log, ledger_rows
from api.camera_schemas import CAMERA_IN, STATE_IN
from api.errors import SchemaOutdated
from api.ledger_schemas import ENTRY_IN
from api.model import NewCase
from api.roles import Principal, Role
from api.schemas import CASE_IN, CaseIn
from api.store import PATIENCE, Store, upgrade
from api.tables import case_numbers, metadata
from support.trial import Trial, served, trial

GIVEN = os.environ.get("CURBWATCH_TEST_POSTGRES")
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PATROL = Principal("key", "patrol-1", Role.PATROL)

pytestmark = pytest.mark.skipif(
    not GIVEN and not BINARIES, reason="no PostgreSQL: set CURBWATCH_TEST_POSTGRES or install postgresql"
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if GIVEN:
        yield GIVEN
        return
    folder = Path(tempfile.mkdtemp(prefix="cw-pg-", dir="/tmp"))
    as_postgres: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
        as_postgres = ["runuser", "-u", "postgres", "--"]
    tools, data = BINARIES[-1], folder / "data"

    def run(*command: str) -> None:
        subprocess.run([*as_postgres, *command], check=True, timeout=60, cwd=folder, stdout=subprocess.DEVNULL)

    run(f"{tools}/initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C.UTF-8")
    options = f"-k {folder} -c listen_addresses='' -c max_connections=60"
    run(f"{tools}/pg_ctl", "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    yield f"postgresql://postgres@/postgres?host={folder}"
    run(f"{tools}/pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def url(server: str) -> str:
    """An empty database."""
    store = Store(server)
    with store.write() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    store.close()
    return server


@pytest.fixture
def api(url: str, tmp_path: Path) -> Iterator[Trial]:
    found = trial(tmp_path, database_url=url, change=lambda config: replace(config, poll_s=0.1))
    yield found
    found.app.state.services.store.close()


def test_migrations_make_what_the_code_expects(api: Trial) -> None:
    with api.app.state.services.store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_case_reported_by_many_at_once_is_one_case(api: Trial) -> None:
    with served(api.app) as url, ThreadPoolExecutor(8) as pool:

        def report(number: int) -> httpx2.Response:
            headers = api.headers("patrol") | {"Idempotency-Key": f"n{number % 12}"}
            return httpx2.post(f"{url}/api/v1/cases", json=CASE_IN, headers=headers, timeout=30)

        answers = list(pool.map(report, range(24)))
    assert {answer.status_code for answer in answers} == {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_a_reader_sees_one_state_of_the_database(api: Trial) -> None:
    store, count = api.app.state.services.store, "SELECT count(*) FROM case_numbers"
    with store.read() as reader:
        before = reader.exec_driver_sql(count).scalar_one()
        with store.write() as writer:
            writer.exec_driver_sql("INSERT INTO case_numbers VALUES ('20261121', 1)")
        assert reader.exec_driver_sql(count).scalar_one() == before


def test_writers_take_turns_whatever_isolation_the_city_has_chosen(api: Trial, url: str) -> None:
    strict = sa.make_url(url).update_query_dict({"options": "-c default_transaction_isolation=serializable"})
    stores = [Store(strict.render_as_string(hide_password=False)) for _ in range(2)]
    with api.app.state.services.store.write() as connection:
        connection.execute(sa.insert(case_numbers).values(day="20261121", last=0))

    def count(store: Store) -> None:
        for _ in range(25):
            with store.write() as connection:
                connection.execute(sa.update(case_numbers).values(last=case_numbers.c.last + 1))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, stores))
    for store in stores:
        store.close()
    with api.app.state.services.store.read() as connection:
        assert connection.execute(sa.select(case_numbers.c.last)).scalar_one() == 50


def test_who_waits_too_long_for_his_turn_is_told_so(api: Trial, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.store.BUSY_TIMEOUT_MS", 20)
    http, headers = TestClient(api.app), api.headers("admin") | {"Idempotency-Key": "a"}
    with closing(Store(url)) as other, other.write():
        answer = http.post("/api/v1/cases", json=CASE_IN, headers=headers)
        ready = http.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "database" in ready.json()["faults"]
    assert http.post("/api/v1/cases", json=CASE_IN, headers=headers).status_code == 201


def test_a_migration_waits_for_its_turn_however_long_and_nobody_sits_on_it(url: str) -> None:
    asked = "SELECT current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')"
    with closing(Store(url)) as store:
        with store.write() as connection:
            assert tuple(connection.exec_driver_sql(asked).one()) == ("10s", "1min")
        with store.write(patient=True) as connection:
            assert tuple(connection.exec_driver_sql(asked).one()) == ("0", "0")


def test_a_server_that_takes_connections_and_is_silent_does_not_hold_up_a_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PATIENCE, "connect_timeout", "2")  # the least that the library knows
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OperationalError, match="timeout"):
        upgrade(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none")


def test_a_database_that_cannot_hold_every_text_is_refused_with_what_to_write(url: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("DROP DATABASE IF EXISTS plain")
        connection.execute("CREATE DATABASE plain ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
    plain = sa.make_url(url).set(database="plain").render_as_string(hide_password=False)
    with pytest.raises(SchemaOutdated, match=r"SQL_ASCII.*createdb -E UTF8"):
        upgrade(plain)


def test_a_case_lives_its_life(api: Trial) -> None:
    http = TestClient(api.app)
    headers = api.headers("admin")
    case = http.post("/api/v1/cases", json=CASE_IN, headers=headers | {"Idempotency-Key": "a"}).json()
    address = f"/api/v1/cases/{case['id']}"
    for to in ("confirmed", "dispatched", "handled", "closed"):
        assert http.post(f"{address}/transitions", json={"to": to}, headers=headers).status_code == 200
    back = http.post(
        f"{address}/observations",
        json={"kind": "relapsed", "at": "2026-11-21T05:00:00+08:00"},
        headers=headers | {"Idempotency-Key": "b"},
    ).json()
    assert (back["status"], back["relapses"]) == ("new", 1)
    found = http.get("/api/v1/cases", params={"q": "GATE", "since": "2026-01-01T00:00:00Z"}, headers=headers)
    assert [item["id"] for item in found.json()["items"]] == [case["id"]]
    assert http.get("/readyz").json() == {"status": "ready"}
    assert 'curbwatch_cases{class="stall",status="new"} 1.0' in http.get("/metrics", headers=headers).text


def test_the_ledger_answers_why_and_forgets(api: Trial) -> None:
    http, headers = TestClient(api.app), api.headers("admin")
    http.put("/api/v1/cameras/cam-12", json=CAMERA_IN, headers=headers)
    http.put("/api/v1/cameras/cam-12/state", json=STATE_IN, headers=headers).raise_for_status()
    address = http.post("/api/v1/ledger", json=ENTRY_IN, headers=headers).headers["location"]
    assert http.get(address, headers=headers).json()["reason"] == ENTRY_IN["reason"]
    told = http.get("/api/v1/cameras/cam-12/why", params={"at": "2026-11-22T06:03:00Z"}, headers=headers).json()
    assert told["verdict"] in ("given_up", "future")
    with api.app.state.services.store.write() as connection:
        assert len(ledger_rows.forget(connection, before=datetime(2000, 1, 1, tzinfo=UTC), most_bytes=0)) == 1
        assert camera_state_rows.forget(connection, before=datetime(2200, 1, 1, tzinfo=UTC)) == 0
        camera_state_rows.note_removal(connection, "cam-12", now=datetime(2201, 1, 1, tzinfo=UTC))
        assert camera_state_rows.forget(connection, before=datetime(2200, 1, 1, tzinfo=UTC)) == 0  # it held until then
        assert camera_state_rows.forget(connection, before=datetime(2202, 1, 1, tzinfo=UTC)) == 1


def test_two_cameras_one_thing_and_a_place_that_repeats(api: Trial) -> None:
    http, headers = TestClient(api.app), api.headers("admin")

    def report(**more: object) -> dict[str, object]:
        key = {"Idempotency-Key": str(more["key"])}
        found: dict[str, object] = http.post("/api/v1/cases", json=CASE_IN | more, headers=headers | key).json()
        return found

    first, second = report(key="a"), report(key="b", camera_id="cam-2", history_of="a")
    assert second["linked_to"] == [first["id"]]
    assert (second["place"], second["recommendation"]["repetition"]) == ("a", 1)  # type: ignore[index]  # it is JSON


def test_what_came_back_counts_and_was_not_there_in_between(api: Trial) -> None:
    http, headers = TestClient(api.app), api.headers("admin")

    def tell(case_id: str, what: str, **body: object) -> None:
        key = {"Idempotency-Key": "-".join(map(str, body.values()))}
        http.post(f"/api/v1/cases/{case_id}/{what}", json=body, headers=headers | key).raise_for_status()

    first = http.post("/api/v1/cases", json=CASE_IN, headers=headers | {"Idempotency-Key": "a"}).json()
    for to in ("confirmed", "dispatched", "handled", "closed"):
        tell(first["id"], "transitions", to=to)
    tell(first["id"], "observations", kind="cleared", at="2026-11-21T02:00:00Z")
    tell(first["id"], "observations", kind="relapsed", at="2026-11-21T04:00:00Z")
    again = CASE_IN | {"key": "b", "history_of": CASE_IN["key"], "camera_id": "cam-2"}
    second = http.post("/api/v1/cases", json=again, headers=headers | {"Idempotency-Key": "b"}).json()
    assert second["recommendation"]["repetition"] == 2
    with api.app.state.services.store.read() as connection:
        hours = (datetime(2026, 11, 21, hour, 30, tzinfo=UTC) for hour in (1, 3, 4))
        there = [case_rows.standing(connection, first["camera_id"], hour) != [] for hour in hours]
    assert there == [True, False, True]


def test_a_nul_is_refused_wherever_it_comes_in(api: Trial) -> None:
    http = TestClient(api.app)
    answers = [
        http.get("/api/v1/cases?zone=%00", headers=api.headers("admin")),
        http.post(
            "/login", content="name=a%00b&password=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
        ),
    ]
    assert [answer.status_code for answer in answers] == [422, 422]


def test_events_become_visible_in_the_order_of_their_ids(api: Trial, url: str) -> None:
    """A tail that reads while several connections commit must never see an id below one it has seen."""
    stores = [Store(url) for _ in range(4)]
    total = 25 * len(stores)

    def report(name: int) -> None:
        for number in range(25):
            new = NewCase(**CaseIn.model_validate(CASE_IN | {"key": f"{name}/{number}"}).model_dump())
            with stores[name].write() as connection:
                tz = ZoneInfo("Asia/Shanghai")
                cases.register(connection, new, by=PATROL, now=datetime.now(UTC), tz=tz)

    writers = [threading.Thread(target=report, args=(name,)) for name in range(len(stores))]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    reader = Store(url)
    over = False
    while not over:
        over = not any(writer.is_alive() for writer in writers)  # asked before the read, which is then the last
        with reader.read() as connection:
            fresh = event_log.after(connection, seen[-1] if seen else 0, limit=total)
        seen += [event.id for event in fresh]
    for store in [*stores, reader]:
        store.close()
    assert seen == list(range(1, total + 1))
    with api.app.state.services.store.read() as connection:
        numbers = connection.execute(sa.text("SELECT count(DISTINCT id), max(id) FROM cases")).one()
    assert numbers[0] == total
    assert numbers[1].endswith(f"-{total:04d}")
