"""Small packages to deploy."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import scalar_row
from sessionbook import adopt as adopting
from sessionbook.adopt.history import History, read_history
from sessionbook.deploy.chosen import Installation
from sessionbook.package import read_package

from support.adoption import MIGRATIONS, TABLES, Shop
from support.command import Command, Tree, called


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


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch, histories: dict[object, History]) -> None:
    """What files make is found out once, not once a test."""

    def read(conninfo: str, migrations: Any, copy: Installation, *, sql_root: Path | None, progress: Any) -> History:
        files = [file.sha256 for file in read_package(sql_root).units[copy.unit].repeatables]
        key = (copy, *(migration.sha256 for migration in migrations), *files)
        if key not in histories:
            histories[key] = read_history(conninfo, migrations, copy, sql_root=sql_root, progress=progress)
        return histories[key]

    monkeypatch.setattr(adopting, "read_history", read)


@pytest.fixture(scope="session")
def histories() -> dict[object, History]:
    return {}


@pytest.fixture
def shop(empty_database: str, tree: Tree, remembered: None) -> Iterator[Shop]:
    """An application's tables in public, at the first of four migrations of the tree's."""
    for identity, text in MIGRATIONS.items():
        tree.write(f"migrations/workshop/{identity}.sql", text)
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(TABLES)
        yield Shop(conn, empty_database, tree)


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
