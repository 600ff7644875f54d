"""The script in the hands of others: as a migration of another tool, and in a database within a program."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.deploy import apply, status
from sessionbook.deploy.export import export
from sessionbook.deploy.verify import verify
from sessionbook.package import read_package

from support.clients import newest, run
from support.connect import libpq_env
from support.deployed import deployed
from support.npm import NODE, modules
from support.server import Server

TOOLS = Path(__file__).parent / "tools"
NEWEST = {name: unit.migrations[-1].id for name, unit in read_package().units.items()}
REVISION = """
import pathlib
from alembic import op

revision, down_revision = {revision!r}, {before!r}

def upgrade():
    script = pathlib.Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().exec_driver_sql(script, execution_options={{"no_parameters": True}})
"""
ENV = """
from alembic import context
from sqlalchemy import create_engine

with create_engine("postgresql+psycopg://").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.fixture(scope="module")
def script() -> str:
    return export().script


@pytest.fixture
def as_applied(server: Server, template: str, empty_database: str) -> Iterator[None]:
    """Afterwards the database is what apply makes."""
    yield
    name = server.create_database(template)
    try:
        assert deployed(empty_database) == deployed(server.dsn(name))
    finally:
        server.drop_database(name)
    assert (status(empty_database).exit_code, verify(empty_database).exit_code) == (0, 0)


def test_alembic(script: str, empty_database: str, tmp_path: Path) -> None:
    """A revision for each release, with the whole script of the release."""
    versions = tmp_path / "versions"
    versions.mkdir()
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = .\npath_separator = os\n")
    (tmp_path / "env.py").write_text(ENV)
    before = None
    for revision in ("first", "second"):
        (versions / f"{revision}.py").write_text(REVISION.format(revision=revision, before=before))
        (versions / f"{revision}.sql").write_text(script)
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=tmp_path, check=True, timeout=120,
            env={**os.environ, **libpq_env(empty_database)},
        )  # fmt: skip
        before = revision
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select version_num from alembic_version").fetchone() == ("second",)
        assert dict(connection.execute("select schema_name, version from sessionbook.installations")) == NEWEST
    assert verify(empty_database).exit_code == 0


def test_prisma(script: str, server: Server, empty_database: str, tmp_path: Path) -> None:
    """By `prisma migrate deploy`, with its engine as it comes without a download."""
    program = modules(TOOLS) / "prisma" / "build" / "index.js"
    for name in ("1_sessionbook", "2_sessionbook"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "migration.sql").write_text(script)
    (tmp_path / "migration_lock.toml").write_text('provider = "postgresql"\n')
    info = conninfo_to_dict(empty_database)
    host, port = info.get("host", "localhost"), info.get("port", "5432")
    known = f"{info['user']}:{info['password']}" if info.get("password") else info["user"]
    # Any file does for the native engines: with an adapter they are not called.
    subprocess.run(
        [NODE, program, "migrate", "deploy"], cwd=TOOLS, check=True, timeout=240,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "MIGRATIONS": str(tmp_path),
            "DATABASE_URL": f"postgresql://{known}@localhost:{port}/{info['dbname']}?host={host}",
            "CHECKPOINT_DISABLE": "1",
            "PRISMA_QUERY_ENGINE_LIBRARY": sys.executable,
            "PRISMA_SCHEMA_ENGINE_BINARY": sys.executable,
        },
    )  # fmt: skip
    with psycopg.connect(empty_database) as connection:
        done = connection.execute("select migration_name from _prisma_migrations where finished_at is not null")
        assert sorted(done) == [("1_sessionbook",), ("2_sessionbook",)]
        assert dict(connection.execute("select schema_name, version from sessionbook.installations")) == NEWEST
    assert verify(empty_database).exit_code == 0


def test_pglite(script: str, tmp_path: Path) -> None:
    modules(TOOLS)
    file = tmp_path / "deploy.sql"
    file.write_text(script)
    done = subprocess.run(
        [NODE, TOOLS / "pglite.mjs", file], check=True, capture_output=True, text=True, timeout=280
    ).stdout
    assert json.loads(done) == NEWEST


def test_supabase(script: str, server: Server, empty_database: str, tmp_path: Path, as_applied: None) -> None:
    """As a role with what `postgres` has there: no superuser, but it may make roles, and the database is its own."""
    role = f"sbt_hosted_{secrets.token_hex(4)}"
    name = conninfo_to_dict(empty_database)["dbname"]
    file = tmp_path / "deploy.sql"
    file.write_text(script)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"create role {role} login createrole createdb bypassrls replication password 'hosted'")
        connection.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(name), sql.Identifier(role)))
        connection.execute("create schema extensions")
        connection.execute(
            sql.SQL('alter database {} set search_path = "$user", public, extensions').format(sql.Identifier(name))
        )
        try:
            for _ in range(2):
                done = run(newest("psql"), make_conninfo(empty_database, user=role, password="hosted"), file, "-1")
                assert (done.returncode, done.stderr) == (0, "")
            assert verify(make_conninfo(empty_database, user=role, password="hosted")).exit_code == 0
        finally:
            connection.execute(f"reassign owned by {role} to current_user; drop owned by {role}; drop role {role}")
            connection.execute(sql.SQL("alter database {} reset search_path").format(sql.Identifier(name)))
            connection.execute("drop schema extensions")


def test_flyway_finds_no_placeholder(script: str) -> None:
    """It replaces ${...} before anything else, also in dollar quotes, and fails over a name that it does not know."""
    assert "${" not in script


def test_no_client_takes_a_part_of_it_for_its_own(script: str) -> None:
    """A line that begins with a backslash is psql's, and COPY from the client's input is nothing that drivers do."""
    assert not [line for line in script.splitlines() if line.startswith("\\") or line.lower().endswith("from stdin;")]


def test_script_leaves_a_session_as_it_found_it(script: str, empty_database: str) -> None:
    """A migration tool goes on in the same session, and in the same transaction."""
    settings = "select name, setting from pg_settings where name <> 'client_connection_check_interval'"
    settings += " and name not like 'plpgsql.%' order by 1"
    with psycopg.connect(empty_database) as connection:
        for _ in range(2):
            before = connection.execute(settings).fetchall()
            connection.execute(script.encode())
            assert connection.execute(settings).fetchall() == before
            connection.commit()
        assert connection.execute(settings).fetchall() == before
        locks = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
        assert connection.execute(locks).fetchone() == (0,)


def test_apply_goes_on_after_another_tool(script: str, empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute(script.encode())
    assert not apply(empty_database).changed
