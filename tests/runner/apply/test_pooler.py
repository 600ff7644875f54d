"""Through PgBouncer: a pool of transactions is refused for writing, and nothing of ours stays in it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from sessionbook.cli import app
from sessionbook.clock.cron import check
from sessionbook.clock.watch import look
from sessionbook.deploy import apply, plan, status
from sessionbook.deploy.verify import verify
from sessionbook.errors import ConnectError
from typer.main import get_command
from typer.testing import CliRunner

from support.page import blocks
from support.pooler import pooler
from support.sources import ROOT

# What is of a transaction ends with it, but counts as set.
SETTINGS = "select name, setting from pg_settings where source = 'session' and name <> 'application_name'"
SETTINGS += " and name not like 'transaction%' order by 1"
LEFT = "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database"
LEFT += " where datname = current_database())"


@pytest.fixture
def pool(database: str) -> Iterator[Callable[..., str]]:
    """Starts a pool of two connections to the database; returns how to connect through it."""
    with ExitStack() as started:
        yield lambda mode, user=None: started.enter_context(pooler(database, mode, user))


def test_transaction_pool_is_refused_for_writing_and_keeps_nothing(pool, db):
    dsn = pool("transaction")
    with pytest.raises(ConnectError, match="transaction pooler"):
        apply(dsn)
    assert db.execute(LEFT).fetchone() == (0,)
    with psycopg.connect(dsn, autocommit=True) as application:
        assert application.execute(SETTINGS).fetchall() == []


def test_reading_commands_leave_nothing_in_a_transaction_pool(pool):
    dsn = pool("transaction")
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as application:
        before = application.execute(SETTINGS).fetchall()
        for _ in range(3):
            assert status(dsn).exit_code == 0
            assert plan(dsn).copies == []
            assert verify(dsn).exit_code == 0
            look(dsn)
            check(dsn)
            application.execute("create table if not exists public.written (id integer)")
            application.execute("insert into public.written values (1)")
            assert application.execute(SETTINGS).fetchall() == before


def test_session_pool_is_as_good_as_the_server(pool):
    assert not apply(pool("session")).changed


# What refuses a pool of transactions says 1.
COMMANDS = {
    "plan": ([], 0),
    "status": ([], 0),
    "verify": ([], 0),
    "apply": ([], 1),
    "rollback": (["--unit", "workshop", "--yes"], 1),
    "baseline": (["0001_baseline"], 1),
    "adopt": (["workshop", "--from", "public", "--yes"], 1),
    "release": (["workshop", "--yes"], 1),
    "repair": ([], 1),
    "resolve": (["0001_baseline", "--retry"], 1),
    "forget": (["workshop"], 1),
    "rename": (["workshop", "acme"], 1),
    "move": (["workshop", "--back"], 1),
    "cron sync": ([], 1),
    "cron check": ([], None),
    "tick": ([], 0),
    "watch": (["--once"], None),
}
CONNECT_NOWHERE = {"export", "globals", "serve", "demo"}


def names() -> set[str]:
    """All commands of the command line."""
    found = set()
    for name, command in get_command(app).commands.items():
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})} or {name}
    return found


def test_page_says_which_commands_go_through():
    page = (ROOT / "docs" / "poolers.md").read_text()
    said = {
        row: set(re.findall(r"`([^`]+)`", cells)) for row, cells in re.findall(r"^\| (\w+) \| (`.*) \|$", page, re.M)
    }
    assert said == {
        "work": {name for name, (_, code) in COMMANDS.items() if code != 1},
        "refused": {name for name, (_, code) in COMMANDS.items() if code == 1},
    }


def test_settings_of_the_page_come_through_a_pool(pool, db, server, password):
    """As the user of the pool, whom they are of."""
    login = f"{server.prefix}shop_app"
    db.execute(f"create role {login} login password '{password or 'none'}'; grant sessionbook_app to {login}")
    try:
        (roles, one_transaction) = (text for _, text in blocks("poolers"))
        db.execute(roles.replace("shop_app", login))
        with psycopg.connect(pool("transaction", login), prepare_threshold=None, autocommit=True) as application:
            assert application.execute("show lock_timeout").fetchone() == ("700ms",)
            assert application.execute("select count(*) from store_sessions").fetchone() == (0,)
            begin, setting, *_ = one_transaction.split(";\n")
            application.execute(begin)
            application.execute(setting)
            assert application.execute("select lifecycle.actor()").fetchone() == ("amal",)
            application.execute("commit")
            assert application.execute("select lifecycle.actor()").fetchone() == (login,)
    finally:
        db.execute(f"drop owned by {login}; drop role {login}")


def test_every_command_leaves_an_application_in_the_pool_alone(pool, db):
    """It works all the while through the same connections, and finds nothing changed and nothing locked."""
    assert names() == COMMANDS.keys() | CONNECT_NOWHERE
    dsn = pool("transaction")
    db.execute("create table public.written (id integer generated always as identity, note text)")
    ended = threading.Event()
    errors: list[Exception] = []
    done = [0, 0]

    def work(number: int) -> None:
        try:
            with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as application:
                before = application.execute(SETTINGS).fetchall()
                while not ended.is_set():
                    with application.transaction():
                        application.execute("insert into written (note) values (lower('SOLD'))")
                        application.execute("select count(*) from workshop.session_availability")
                    assert application.execute(SETTINGS).fetchall() == before
                    done[number] += 1
        except Exception as error:
            errors.append(error)

    workers = [threading.Thread(target=work, args=[number]) for number in range(2)]
    for worker in workers:
        worker.start()
    try:
        for name, (options, code) in COMMANDS.items():
            count = list(done)
            said = CliRunner().invoke(app, [*name.split(), *options, "--dsn", dsn])
            assert code is None or said.exit_code == code, (name, said.output)
            assert said.exception is None or isinstance(said.exception, SystemExit), name
            while not errors and any(now == then for now, then in zip(done, count, strict=True)):
                time.sleep(0.01)
            assert db.execute(LEFT).fetchone() == (0,), name
    finally:
        ended.set()
        for worker in workers:
            worker.join()
    assert errors == []
    assert db.execute("select count(distinct note) from public.written").fetchone() == (1,)
    # Both connections that the pool has.
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as two:
        found = [
            each.execute(f"select pg_backend_pid(), array(select s.name from ({SETTINGS}) as s)") for each in (one, two)
        ]
        (first, left), (second, right) = (cursor.fetchone() for cursor in found)
        assert first != second
        assert left == right == []
