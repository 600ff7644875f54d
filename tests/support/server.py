"""The disposable PostgreSQL servers that the suite runs on."""

from __future__ import annotations

import os
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

# For servers that are thrown away: nothing has to survive a crash.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Races of dozens of connections, in several workers at once.
    "max_connections": "400",
    "max_prepared_transactions": "4",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "jit": "off",
}


class Unavailable(Exception):
    """This kind of server cannot be had on this machine; the text says why."""


class Server(ABC):
    """A running server, its databases and what it can do."""

    kind: str

    def __init__(self, conninfo: str, tag: str | None = None, worker: str | None = None) -> None:
        self._conninfo = conninfo
        self._names = count(1)
        self._tag = tag or secrets.token_hex(3)
        # What everything begins with that is made on the server, also by the workers of the same run.
        self.prefix = "_".join(part for part in ("sbt", self._tag, worker) if part) + "_"

    def shared(self) -> dict[str, str]:
        """What a worker needs to know to use this server too."""
        return {"kind": self.kind, "conninfo": self._conninfo, "tag": self._tag}

    def dsn(self, dbname: str) -> str:
        """How to connect to one of its databases as the superuser."""
        return make_conninfo(self._conninfo, dbname=dbname)

    @cached_property
    def admin(self) -> psycopg.Connection:
        """An autocommit connection to the maintenance database, kept for the session."""
        return psycopg.connect(self._conninfo, autocommit=True)

    @cached_property
    def version(self) -> int:
        """Major version: 15, 16, 17, 18."""
        return self.admin.info.server_version // 10000

    def has(self, extension: str) -> bool:
        """Whether the extension can be used: its files are there and, for pg_cron, its library is loaded."""
        known = self.admin.execute(
            "select from pg_catalog.pg_available_extensions as e where e.name = %s", [extension]
        ).fetchone()
        return known is not None and (extension != "pg_cron" or self._cron_loaded)

    @cached_property
    def _cron_loaded(self) -> bool:
        row = self.admin.execute("select current_setting('shared_preload_libraries') ~ '\\mpg_cron\\M'").fetchone()
        return row is not None and bool(row[0])

    @cached_property
    def cron(self) -> psycopg.Connection | None:
        """An autocommit connection to pg_cron's own database, with the extension created there; None without it."""
        if not self.has("pg_cron"):
            return None
        row = self.admin.execute("select current_setting('cron.database_name')").fetchone()
        assert row is not None
        conn = psycopg.connect(self.dsn(row[0]), autocommit=True)
        with self._alone():
            conn.execute("set client_min_messages = warning; create extension if not exists pg_cron")
        return conn

    def create_database(self, template: str | None = None) -> str:
        """Makes a database, a copy of template where one is named, and returns its name."""
        name = f"{self.prefix}{next(self._names)}"
        self._copy(template or "template0", name)
        return name

    def _copy(self, template: str, name: str) -> None:
        # By file: in memory half as dear as through the log, which is the default.
        statement = sql.SQL("create database {} template {} strategy file_copy")
        self.admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drops a database with its connections and its cron jobs."""
        self.forget_jobs(name)
        self.admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def forget_jobs(self, name: str) -> None:
        """Removes the cron jobs of one database: the scheduler would go on connecting to it."""
        if self.cron is not None:
            self.cron.execute(
                "delete from cron.job as j where j.database = %s or starts_with(j.jobname::text, 'sessionbook:')"
                " and right(j.jobname::text, length(%s) + 1) = ':' || %s",
                [name, name, name],
            )

    def make_template(self, fill: Callable[[str], None]) -> str:
        """Makes the database that tests clone, filled by fill(dsn) and then closed to everybody; once a run."""
        name = f"sbt_{self._tag}_template"
        with self._alone():
            made = self.admin.execute(
                "select from pg_catalog.pg_database as d where d.datname = %s and not d.datallowconn", [name]
            ).fetchone()
            if made is None:
                # One that is open was left unfinished by a fill that failed.
                self.drop_database(name)
                self._copy("template0", name)
                fill(self.dsn(name))
                self.forget_jobs(name)
                self.admin.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)))
        return name

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One worker of the run at a time."""
        self.admin.execute("select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(%s, 0))", [self._tag])
        try:
            yield
        finally:
            self.admin.execute("select pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended(%s, 0))", [self._tag])

    def close(self) -> None:
        """Drops the databases that are left and closes the kept connections."""
        rows = self.admin.execute(
            "select d.datname from pg_catalog.pg_database as d where starts_with(d.datname, %s)", [self.prefix]
        ).fetchall()
        for (name,) in rows:
            self.drop_database(name)
        if self.cron is not None:
            self.cron.close()
        self.admin.close()

    @classmethod
    @abstractmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        """Starts such a server, or raises Unavailable, and stops it in the end."""
        raise NotImplementedError
        yield


class GivenServer(Server):
    """A server that somebody else runs: SESSIONBOOK_TEST_SERVER is its DSN, of a superuser."""

    kind = "dsn"

    @classmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        conninfo = os.environ["SESSIONBOOK_TEST_SERVER"]
        wait_until_ready(conninfo, lambda: "SESSIONBOOK_TEST_SERVER names no server that answers")
        server = cls(conninfo)
        try:
            yield server
        finally:
            server.close()


def wait_until_ready(conninfo: str, alive: Callable[[], str | None], seconds: float = 60) -> None:
    """Connects until the server answers; alive() returns the reason when there is nothing left to wait for."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(conninfo, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            died = alive()
            if died is not None:
                raise Unavailable(died) from error
            if time.monotonic() > deadline:
                raise Unavailable(f"no answer within {seconds:.0f} seconds: {error}") from error
            time.sleep(0.1)
