"""Small packages to deploy, and the command as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import scalar_row


class Tree:
    """A folder of SQL files that tests write."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, sql: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sql, encoding="utf-8")
        return file

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


class Command:
    """The command sessionbook as a process of its own."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.started: list[subprocess.Popen[str]] = []

    def start(self, name: str, *arguments: str, env: dict[str, str] | None = None, **how: Any) -> subprocess.Popen[str]:
        root = [] if name in ("tick", "demo", "watch", "forget", "rename") else ["--sql-root", str(self.tree.root)]
        process = subprocess.Popen(
            [sys.executable, "-m", "sessionbook", name, *root, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
            **how,
        )
        self.started.append(process)
        return process

    def __call__(self, name: str, *arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
        process = self.start(name, *arguments, **how)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, name: str, *arguments: str, **how: Any) -> dict[str, Any]:
        done = self(name, "--json", *arguments, **how)
        assert len(done.stdout.splitlines()) == 1, done.stderr
        return {"exit_code": done.returncode, **json.loads(done.stdout)}


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
