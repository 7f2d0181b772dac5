# SPDX-License-Identifier: AGPL-3.0-or-later
"""The database: one engine, one way to read, one way to write, and its migrations.

Writers take turns, on SQLite (BEGIN IMMEDIATE) and on PostgreSQL (an advisory lock) alike. So numbers of
cases have no gaps, event ids become visible in their order, and no write has to be tried twice.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine

from api.errors import SchemaOutdated

MIGRATIONS = Path(__file__).parent / "migrations"
WRITERS_TURN = 0x63757262  # "curb": the advisory lock that PostgreSQL writers take
BUSY_TIMEOUT_MS = 10_000
# a PostgreSQL that went silent must hold nobody up for ever; what the address says goes before
PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "tcp_user_timeout": "15000",
    "client_encoding": "utf8",
}
IDLE_WRITER_MS = 60_000  # a process that froze within its turn loses it
MOST_CONNECTIONS = 30  # below the 40 threads that answer requests: where all wait, the others can still say so
PRIVATE = 0o700  # of a folder that is made: hashes of passwords and pictures of people lie in it


class _DriverConnection(Protocol):
    isolation_level: str | None

    def execute(self, sql: str, /) -> Any: ...


def _prepare_sqlite(connection: _DriverConnection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own BEGIN comes too late
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_postgresql(connection: Any, _record: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise SchemaOutdated(
            f"the database's encoding is {encoding}, which does not hold every text: make it anew with "
            "`createdb -E UTF8 -T template0 --locale=C.UTF-8 -O OWNER NAME`"
        )


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("writes", False):
        lock_ms, idle_ms = (0, 0) if options.get("patient", False) else (BUSY_TIMEOUT_MS, IDLE_WRITER_MS)
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{lock_ms}', true),"
            f" set_config('idle_in_transaction_session_timeout', '{idle_ms}', true),"
            f" pg_advisory_xact_lock({WRITERS_TURN})"
        )


def _engine(url: str) -> Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql" and "+" not in parsed.drivername:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and not parsed.database:
        raise ValueError("an in-memory database cannot be shared: name a file, as in sqlite:////var/lib/cw.db")
    # errors travel into logs, and parameters hold CSRF tokens and hashes of passwords
    engine = sa.create_engine(
        parsed, pool_size=10, max_overflow=MOST_CONNECTIONS - 10, pool_timeout=BUSY_TIMEOUT_MS / 1000,
        pool_pre_ping=True, hide_parameters=True, connect_args=_patience(parsed),
    )  # fmt: skip
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        sa.event.listen(engine, "connect", _check_postgresql)
        sa.event.listen(engine, "begin", _begin_postgresql)
    return engine


def _patience(url: sa.URL) -> dict[str, str]:
    if url.get_backend_name() != "postgresql":
        return {}
    return {name: value for name, value in PATIENCE.items() if name not in url.query}


class Store:
    """One database; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Opens lazily: nothing is touched before the first transaction."""
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(writes=True)
        self._reader = self._engine
        if self._engine.dialect.name == "postgresql":
            # a writer that waited for its turn must see what the one before it wrote, a reader one state all along
            self._writer = self._writer.execution_options(isolation_level="READ COMMITTED")
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._turn = threading.Lock()
        self._after_commit: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"Store({self._engine.url.render_as_string(hide_password=True)})"

    def after_commit(self, call: Callable[[], None]) -> None:
        """Calls `call` after each write of this process, on the writer's thread."""
        self._after_commit.append(call)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that sees one state of the database."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, patient: bool = False) -> Iterator[Connection]:
        """One transaction that may write: all of it is kept, or nothing.

        patient: on PostgreSQL, however long its turn takes to come; otherwise OperationalError after 10 s.
        """
        # SQLite's busy handler sleeps and is unfair; threads of one process queue here instead
        turn = self._turn if self._engine.dialect.name == "sqlite" else nullcontext()
        with turn, self._writer.execution_options(patient=patient).begin() as connection:
            yield connection
        for call in self._after_commit:
            call()

    def close(self) -> None:
        """Gives back all connections."""
        self._engine.dispose()


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """A store for one command; closed at the end."""
    store = Store(url)
    try:
        yield store
    finally:
        store.close()


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def head_revision() -> str:
    """The newest migration of this version of the program."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    if head is None:
        raise SchemaOutdated("this installation has no migrations: install curbwatch again")
    return head


def revision(connection: Connection) -> str | None:
    """The migration that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def check_schema(store: Store) -> None:
    """Raises SchemaOutdated unless the database is at this version's newest migration."""
    with store.read() as connection:
        found = revision(connection)
    if found == head_revision():
        return
    if found and found not in {each.revision for each in ScriptDirectory.from_config(_alembic()).walk_revisions()}:
        raise _too_new(found)
    raise SchemaOutdated(
        f"the database is at {found or 'nothing yet'}, this version needs {head_revision()}: "
        "run `curbwatch db upgrade -s FILE`"
    )


def _too_new(found: str | None) -> SchemaOutdated:
    return SchemaOutdated(
        f"the database is at {found}, which this version does not know: it was made by a newer one; install that"
    )


def upgrade(url: str) -> str:
    """Brings the database to the newest migration in one transaction; returns its revision."""
    _make_folder(url)
    config = _alembic()
    with open_store(url) as store, store.write(patient=True) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise _too_new(revision(connection)) from error
    return head_revision()


def _make_folder(url: str) -> None:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(PRIVATE, parents=True, exist_ok=True)
