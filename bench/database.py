"""Databases to measure in: one with the package applied is the template, every scenario gets a copy."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from sessionbook.deploy import apply
from sessionbook.package import read_package

from bench.pgbench import Sample, run_pgbench

Connection = psycopg.Connection[TupleRow]

# Unit to the schema of its bare copy.
UNITS = {"workshop": "bare", "tutoring": "bare_tutoring", "training": "bare_training"}


class Database:
    """One database and what scenarios do in it."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    @contextmanager
    def connect(self, search_path: str = "") -> Iterator[Connection]:
        """An autocommit connection."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("select set_config('search_path', %s, false)", [search_path])
            yield connection

    def run(self, script: str, search_path: str = "") -> None:
        """Runs statements one after the other, each a transaction of its own, with triggers and key checks off.

        Args:
            script: statements, each ended by a semicolon at the end of a line.
            search_path: schemas that they see.
        """
        with self.connect(search_path) as connection:
            connection.execute("set session_replication_role = replica")
            for statement in script.split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode())

    def value(self, query: str, search_path: str = "") -> object:
        """The one value that a query returns."""
        with self.connect(search_path) as connection:
            row = connection.execute(query.encode()).fetchone()
        return None if row is None else row[0]

    def pgbench(
        self,
        script: str,
        *,
        search_path: str,
        clients: int = 1,
        seconds: float | None = None,
        transactions: int | None = None,
        variables: dict[str, int] | None = None,
    ) -> Sample:
        """Runs a script with pgbench, for some time or a number of times."""
        return run_pgbench(
            self.dsn,
            script,
            search_path=search_path,
            clients=clients,
            seconds=seconds,
            transactions=transactions,
            variables=variables or {},
        )


class Lab:
    """The server, with a template database that has each unit of UNITS in two schemas.

    The one named as the unit is the package as it is applied. The bare one is the same tables with the same columns,
    indexes, constraints and storage settings, by the same migrations, but without the functions, views and triggers.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._tag = f"sessionbook_bench_{secrets.token_hex(3)}"
        self._filled: dict[str, str] = {}
        self._kept = ExitStack()

    @contextmanager
    def template(self) -> Iterator[None]:
        """Makes the template for the length of the context."""
        with self._made(self._tag, "template0") as database:
            # Without roles: these would stay behind on a server that was given.
            apply(database.dsn, units=list(UNITS), roles=False)
            for unit, bare in UNITS.items():
                newest = read_package().units[unit].migrations[-1].id
                apply(database.dsn, units=[unit], schemas={unit: bare}, upto={unit: newest}, roles=False)
                left = database.value(
                    "select count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid "
                    f"where c.relnamespace = '{bare}'::regnamespace and not t.tgisinternal"
                )
                assert left == 0, "the bare tables have triggers"
            clocks = database.value("select array_agg(schema_name order by schema_name) from lifecycle.clocks")
            assert clocks == sorted(UNITS), f"the clock moves {clocks}"
            with self._kept:
                yield

    @contextmanager
    def empty(self, name: str) -> Iterator[Database]:
        """A database without the package."""
        with self._made(f"{self._tag}_{name}", "template0") as database:
            yield database

    @contextmanager
    def database(self, scenario: str) -> Iterator[Database]:
        """A fresh copy of the template."""
        with self._made(f"{self._tag}_{scenario}", self._tag) as database:
            yield database

    @contextmanager
    def filled(self, scenario: str, rows: str, fill: Callable[[Database], None]) -> Iterator[Database]:
        """A copy of the template with rows that several scenarios start from, which are written once only.

        Args:
            scenario: name of the copy.
            rows: name of the rows.
            fill: writes them.
        """
        if rows not in self._filled:
            name = f"{self._tag}_{rows}"
            fill(self._kept.enter_context(self._made(name, self._tag)))
            self._filled[rows] = name
        with self._made(f"{self._tag}_{scenario}", self._filled[rows]) as database:
            yield database

    @contextmanager
    def _made(self, name: str, template: str) -> Iterator[Database]:
        with psycopg.connect(self._dsn, autocommit=True) as admin:
            admin.execute(
                sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
            )
            try:
                yield Database(make_conninfo(self._dsn, dbname=name))
            finally:
                admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
