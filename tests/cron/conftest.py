"""pg_cron as the server has it, and a database whose jobs are gone after the test."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from support.choice import need_extension
from support.jobs import is_of
from support.server import Server


class Cron:
    """The database of pg_cron, seen by a superuser."""

    def __init__(self, conn: psycopg.Connection, name: str) -> None:
        self.conn = conn
        self.name = name
        row = conn.execute("select extversion from pg_extension where extname = 'pg_cron'").fetchone()
        assert row is not None
        self.version = tuple(int(part) for part in row[0].replace("-", ".").split(".")[:2])

    def jobs(self, database: str) -> list[dict]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                "select jobid, jobname::text as name, schedule, command, database, username, active"
                " from cron.job order by jobname, username"
            ).fetchall()
        return [row for row in rows if row["database"] == database or is_of(row["name"] or "", database)]

    def job(self, name: str) -> dict:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute("select * from cron.job where jobname::text = %s", [name]).fetchall()
        assert len(rows) == 1, rows
        return rows[0]


@pytest.fixture
def cron(server: Server) -> Cron:
    """Skips where pg_cron is not installed."""
    need_extension(server, "pg_cron")
    assert server.cron is not None
    return Cron(server.cron, server.cron.info.dbname)


@pytest.fixture
def role(server: Server, cron: Cron) -> Iterator[str]:
    """A role that may log in, and use pg_cron."""
    name = f"{server.prefix}role"
    server.admin.execute(f"create role {name} login password 'secret'")
    cron.conn.execute(
        f"grant usage on schema cron to {name};"
        "grant execute on function cron.schedule_in_database(text, text, text, text, text, boolean),"
        f" cron.alter_job(bigint, text, text, text, text, boolean) to {name}"
    )
    yield name
    cron.conn.execute("delete from cron.job where username = %s", [name])
    if server.admin.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone():
        cron.conn.execute(f"drop owned by {name}")
        server.admin.execute(f"drop role {name}")
