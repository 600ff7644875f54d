"""One server a session, one template with the package applied, one clone of it a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg import IsolationLevel, sql

from support.choice import chosen_server
from support.connect import Connect
from support.server import Server


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server that the whole session runs on."""
    with chosen_server() as (running, notice):
        _announce(request.config, f"server: {running.kind}, PostgreSQL {running.version}")
        if notice:
            _announce(request.config, notice)
        yield running


def _announce(config: pytest.Config, line: str) -> None:
    """Writes to the terminal from within a fixture, where output is captured."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if reporter is not None and capture is not None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(line, yellow=True)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """Name of the database with the package applied that tests clone."""
    from sessionbook.deploy import apply

    return server.make_template(apply)


def _clone(server: Server, template: str | None) -> Iterator[str]:
    name = server.create_database(template)
    yield server.dsn(name)
    server.drop_database(name)


@pytest.fixture
def database(server: Server, template: str) -> Iterator[str]:
    """DSN of a fresh database with the package applied."""
    yield from _clone(server, template)


@pytest.fixture
def empty_database(server: Server) -> Iterator[str]:
    """DSN of a fresh database with nothing in it."""
    yield from _clone(server, None)


@pytest.fixture(scope="session")
def installed(server: Server, template: str) -> Iterator[psycopg.Connection]:
    """A connection to one clone for the whole session, for tests that only read the catalog."""
    for dsn in _clone(server, template):
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute("set default_transaction_read_only = on")
            yield conn


@pytest.fixture
def connect(database: str) -> Iterator[Connect]:
    """Opens more connections to the clone; they are closed after the test."""
    with ExitStack() as stack:

        def open_one(
            role: str | None = None, autocommit: bool = True, isolation: IsolationLevel | None = None
        ) -> psycopg.Connection:
            conn = psycopg.connect(database, autocommit=True)
            stack.callback(conn.close)
            if role is not None:
                conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            conn.autocommit = autocommit
            conn.isolation_level = isolation
            return conn

        yield open_one


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    """An autocommit connection of the deployer to a fresh clone, with the search_path of the server."""
    return connect()


@pytest.fixture
def workshop(db: psycopg.Connection) -> psycopg.Connection:
    """The connection of `db`, with workshop as its search_path."""
    db.execute("set search_path = workshop")
    return db
