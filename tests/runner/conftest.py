"""Small packages to deploy."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import scalar_row

from support.command import Command, Tree, called
from support.server import Server


@pytest.fixture
def password(server: Server, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """That of the server, as people have it: neither a fleet file nor a move that was begun holds it."""
    said = conninfo_to_dict(server.dsn("postgres")).get("password")
    if said:
        monkeypatch.setenv("PGPASSWORD", str(said))
    return said and str(said)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """One unit with one table, one function and one view."""
    tree = Tree(tmp_path / "sql")
    tree.write("migrations/workshop/0001_base.sql", "create table items (id integer, label text);")
    tree.write("migrations/workshop/0001_base.rollback.sql", "drop table items;")
    tree.write(
        "functions/workshop/item_count.sql",
        "create or replace function item_count() returns bigint language sql stable\n"
        "set search_path from current as 'select count(*) from items';",
    )
    tree.write("views/workshop/labels.sql", "create or replace view labels as select i.label from items as i;")
    return tree


@pytest.fixture(name="called")
def _called() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a whole command line in this process."""
    return called


@pytest.fixture
def command(tree: Tree) -> Iterator[Command]:
    """Runs the command on the tree."""
    command = Command(tree)
    yield command
    for process in command.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def query(empty_database: str) -> Iterator[Callable[..., list[Any]]]:
    """Runs SQL on the test's database; returns the first column."""
    with psycopg.connect(empty_database, autocommit=True, row_factory=scalar_row) as connection:

        def run(sql: str, *values: object) -> list[Any]:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until a condition holds, a minute at most."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait
