"""docs/tutorial.md, followed from its first block to its last by somebody who has an application."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from support.npm import NODE, modules
from support.page import blocks, url, with_commands
from support.server import Server
from support.sources import ROOT


@dataclass
class Reader:
    """Somebody who does what the page says, with the user that it says."""

    owner: str
    login: str
    folder: Path
    password: str = "change me"
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def app(self) -> str:
        return make_conninfo(self.owner, user=self.login, password=self.password)

    def run(self, language: str, text: str) -> None:
        getattr(self, language)(text)

    def sh(self, text: str) -> None:
        self._process("sh", ["sh", "-euc", text], self.owner)

    def sql(self, text: str) -> None:
        """The first block as the owner, the rest as the application; each statement on its own, as in psql."""
        with psycopg.connect(self.app if "sql" in self.said else self.owner, autocommit=True) as conn:
            for statement in text.replace("shop_app", self.login).split(";\n"):
                if statement.strip():
                    cursor = conn.execute(statement.encode())
            self.said["sql"] = [str(row) for row in cursor] if cursor.description else []

    def python(self, text: str) -> None:
        program = self.folder / "book.py"
        program.write_text(text)
        self._process("python", [sys.executable, program], self.app)

    def js(self, text: str) -> None:
        program = self.folder / "book.mjs"
        program.write_text(text)
        (self.folder / "node_modules").symlink_to(modules(ROOT / "tests" / "over_http"))
        self._process("js", [NODE, program], self.app)

    def _process(self, language: str, command: list[str | Path], dsn: str) -> None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=with_commands(DATABASE_URL=url(dsn)),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        self.said[language] = done.stdout.splitlines()


@pytest.fixture
def reader(server: Server, empty_database: str, tmp_path: Path) -> Iterator[Reader]:
    """Has an application with a table of its own in the database."""
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("create table public.orders (id integer primary key, note text)")
    login = f"sbt_shop_app_{secrets.token_hex(4)}"
    yield Reader(empty_database, login, tmp_path)
    server.admin.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(login)))


@pytest.mark.every_server
def test_page_runs_from_the_first_block_to_the_last(reader: Reader) -> None:
    for language, text in blocks("tutorial"):
        reader.run(language, text)
        *listed, last = reader.said[language] or [""]
        if language == "sql" and "refund" in text:
            assert "'cancelled'" in last
        if language in ("python", "js"):
            assert "cancelled" in "".join(listed)
            assert last == "PT409 already_enrolled"

    with psycopg.connect(reader.owner) as conn:
        assert conn.execute(
            "select o.customer_name, o.status, (select sum(case p.kind when 'refund' then -p.amount else p.amount end) "
            "from workshop.payments as p where p.order_id = o.id) from workshop.orders as o order by o.created_at"
        ).fetchall() == [(name, "refunded", 0) for name in ("Dana", "Ben", "Tom")]
        assert conn.execute(
            "select s.current_attendees from workshop.workshop_sessions as s order by s.session_date"
        ).fetchall() == [(1,), (0,)]
        assert conn.execute("select count(*) from public.orders").fetchone() == (0,)
