# SPDX-License-Identifier: AGPL-3.0-or-later
"""The database: migrations, transactions, and writers that take turns between processes."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from api import case_rows, cases, housekeeping
from api.errors import SchemaOutdated
from api.model import CaseFilter, NewCase, Observation
from api.roles import Principal, Role
from api.schemas import CASE_IN, CaseIn
from api.store import Store, _alembic, check_schema, head_revision, upgrade
from api.tables import case_numbers, idempotency, metadata, probe
from api.workflow import Status
from support.trial import trial

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/deep/down/cw.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    upgrade(url)
    found = Store(url)
    yield found
    found.close()


def test_migrations_make_what_the_code_expects(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_others_on_the_machine_cannot_look_into_the_folder_that_is_made(tmp_path: Path, store: Store) -> None:
    check_schema(store)
    assert (tmp_path / "deep" / "down").stat().st_mode & 0o777 == 0o700


def test_upgrading_twice_changes_nothing(url: str, store: Store) -> None:
    with store.write() as connection:
        connection.execute(sa.insert(probe).values(id=1, at=NOW))
    assert upgrade(url) == head_revision()
    check_schema(store)
    with store.read() as connection:
        assert connection.execute(sa.select(probe.c.at)).scalar_one() == NOW


def test_a_database_of_a_newer_version_is_left_alone(url: str, store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    for ask in (lambda: upgrade(url), lambda: check_schema(store)):
        with pytest.raises(SchemaOutdated, match=r"the database is at later, .* newer one; install that"):
            ask()


def test_processes_that_upgrade_at_once_do_not_collide(url: str) -> None:
    code = f"from api.store import upgrade; upgrade({url!r})"
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    store = Store(url)
    check_schema(store)
    store.close()


def test_a_downgrade_leaves_nothing_behind(store: Store) -> None:
    config = _alembic()
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with store.read() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]


def test_what_the_patrol_saw_is_read_off_the_notes_of_older_rows(tmp_path: Path) -> None:
    api = trial(tmp_path)
    store, by = api.app.state.services.store, Principal("key", "patrol-1", Role.PATROL)
    with store.write() as connection:
        new = NewCase(**CaseIn.model_validate(CASE_IN).model_dump())
        case, _ = cases.register(connection, new, by=by, now=NOW, tz=api.config.tz)
        for kind in ("cleared", "resumed", "cleared", "relapsed"):
            fact = Observation(kind, NOW - timedelta(hours=1), note="seen so")
            case = cases.observe(connection, case.id, fact, by=by, now=NOW)
        people = Principal("user", "li", Role.OPERATOR)
        case = cases.move(connection, case.id, Status.CONFIRMED, by=people, now=NOW, note="cleared: says li")
        config = _alembic()
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        command.upgrade(config, "head")
        again = case_rows.get(connection, case.id)
    assert [row.fact for row in case.history] == [None, "cleared", "resumed", "cleared", "relapsed", None]
    assert again.history == tuple(replace(row, fact_at=None) for row in case.history)


def test_where_older_cases_stand_on_the_wall_is_read_off_their_history(tmp_path: Path) -> None:
    api = trial(tmp_path)
    people = Principal("user", "li", Role.OPERATOR)
    with api.app.state.services.store.write() as connection:
        for key in "abc":
            new = NewCase(**CaseIn.model_validate(CASE_IN | {"key": key}).model_dump())
            case, _ = cases.register(connection, new, by=people, now=NOW, tz=api.config.tz)
            cases.move(connection, case.id, Status.CONFIRMED, by=people, now=NOW)
        for to in (Status.FALSE_ALARM, Status.NEW):
            cases.move(connection, "C20261121-0002", to, by=people, now=NOW)
        config = _alembic()
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        command.upgrade(config, "head")
        found = case_rows.latest_new(connection, CaseFilter(), limit=3)
    assert [case.key for case in found] == ["b", "c", "a"]


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    def write_then_break() -> None:
        with store.write() as connection:
            connection.execute(sa.insert(probe).values(id=1, at=NOW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_then_break()
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(probe)).scalar_one() == 0


def test_writes_are_durable_and_references_hold(store: Store) -> None:
    with store.read() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 10_000]


COUNT = """
import sys, sqlalchemy as sa
from api.store import Store
from api.tables import case_numbers
store = Store(sys.argv[1])
for _ in range(40):
    with store.write() as connection:
        last = connection.execute(sa.select(case_numbers.c.last)).scalar_one()
        connection.execute(sa.update(case_numbers).values(last=last + 1))
"""


def test_writers_in_threads_and_processes_take_turns(url: str, store: Store) -> None:
    with store.write() as connection:
        connection.execute(sa.insert(case_numbers).values(day="20261121", last=0))

    def count() -> None:
        for _ in range(40):
            with store.write() as connection:
                last = connection.execute(sa.select(case_numbers.c.last)).scalar_one()
                connection.execute(sa.update(case_numbers).values(last=last + 1))

    threads = [threading.Thread(target=count) for _ in range(2)]
    running = [subprocess.Popen([sys.executable, "-c", COUNT, url]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [process.wait(60) for process in running] == [0, 0]
    with store.read() as connection:
        assert connection.execute(sa.select(case_numbers.c.last)).scalar_one() == 160


def test_an_in_memory_database_is_refused() -> None:
    with pytest.raises(ValueError, match="name a file"):
        Store("sqlite://")


def test_housekeeping_forgets_what_is_old(tmp_path: Path) -> None:
    api = trial(tmp_path, clock=lambda: NOW)
    services = api.app.state.services
    row = {"scope": "s", "fingerprint": "f", "status": 200, "body": "{}"}
    with services.store.write() as connection:
        for key, age in (("old", timedelta(days=61)), ("young", timedelta(days=59))):
            connection.execute(sa.insert(idempotency).values(key=key, created_at=NOW - age, **row))
    housekeeping.tidy(services)
    with services.store.read() as connection:
        assert connection.execute(sa.select(idempotency.c.key)).scalars().all() == ["young"]
