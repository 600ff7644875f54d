"""One server a run, one template with the package applied, one clone of it a test."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import IsolationLevel, sql

from support.choice import chosen_server, shared_server
from support.connect import Connect
from support.distribution import slowness
from support.server import Server, Unavailable
from support.sharing import chosen_share, is_for_every_server, split

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from support.distribution import Scheduler

SHARED = pytest.StashKey[Server]()


def pytest_configure(config: pytest.Config) -> None:
    """A run that is asked to end, as `timeout` does, stops its server like one that is interrupted.

    A shell's background job is deaf to SIGINT and so are all that it starts; the tests of Ctrl-C need it heard.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("told to end", returncode=128 + signal.SIGTERM))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves this server's share of the tests, the slow files first: what is begun last, all wait for."""
    items[:], others = split(items, chosen_share())
    if others:
        config.hook.pytest_deselected(items=others)
    items.sort(key=slowness)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that only this server has cannot be skipped: then none would run it."""
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and chosen_share().parts > 1
        and not is_for_every_server(item)
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped on the one server that has it; mark it every_server: {report.longrepr}"
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """More than there are processors, because a test waits for the server as long as it works itself."""
    return min(2 * (os.cpu_count() or 1), 8)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler:
    """How tests are given to workers, whatever --dist says."""
    from support.distribution import Scheduler

    return Scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Starts the server that all workers use, in the process that outlives them, before the first of them."""
    config = node.config
    if SHARED not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        try:
            config.stash[SHARED], notice = stack.enter_context(chosen_server())
            _announce(config, config.stash[SHARED], notice)
        except Unavailable as error:
            raise pytest.UsageError(f"no server to test on: {error}") from error
    node.workerinput["server"] = config.stash[SHARED].shared()


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server that the whole session runs on."""
    worker = getattr(request.config, "workerinput", None)
    if worker is not None:
        running = shared_server(worker["server"], worker["workerid"])
        yield running
        running.close()
        return
    with chosen_server() as (running, notice):
        _announce(request.config, running, notice)
        yield running


def _announce(config: pytest.Config, server: Server, notice: str | None) -> None:
    """Writes to the terminal, also from within a fixture, where output is captured."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if reporter is not None and capture is not None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            for line in (f"server: {server.kind}, PostgreSQL {server.version}", notice):
                if line:
                    reporter.write_line(line, yellow=True)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """Name of the database with the package applied that tests clone."""
    from sessionbook.deploy import apply

    return server.make_template(lambda dsn: apply(dsn, timezone="Asia/Kuwait", currency="KWD"))


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
