"""The schema behind PostGraphile, which reads it and serves what it finds: nothing here says what is served."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

from support.connect import libpq_env
from support.department import Department, open_department
from support.graphql import GraphQL
from support.npm import NODE, modules
from support.server import Server

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "postgrest"


@pytest.fixture(scope="session")
def postgraphile() -> Path:
    """The program, installed at the versions of package-lock.json where it is not yet."""
    return modules(HERE) / "postgraphile" / "cli.js"


@contextmanager
def running(program: Path, *options: str, **env: str) -> Iterator[str]:
    """Runs it on a port that is free, and yields its address."""
    process = subprocess.Popen(
        [NODE, program, "--host", "127.0.0.1", "--port", "0", *options],
        env={"PATH": os.environ["PATH"], **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # Ends the reading below where it says nothing for a minute.
    watch = threading.Timer(60, process.kill)
    watch.start()
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.search(r"http://[\w.:]+/graphql", line)
            if found:
                break
        else:
            pytest.fail(f"PostGraphile ended: {''.join(said)}", pytrace=False)
        watch.cancel()
        # What it says later has to be read, or it stops when the pipe is full.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield found[0]
    finally:
        watch.cancel()
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Layer:
    """A database with the package applied, and PostGraphile in front of it."""

    database: str
    api: GraphQL


@pytest.fixture(scope="module")
def layer(server: Server, template: str, postgraphile: Path) -> Iterator[Layer]:
    """The layer logs in as the role of the example for PostgREST, and becomes the role that a token names."""
    name = server.create_database(template)
    database = server.dsn(name)
    login, anonymous = f"sbt_authenticator_{secrets.token_hex(4)}", f"sbt_anonymous_{secrets.token_hex(4)}"
    password, secret = secrets.token_hex(16), secrets.token_hex(32)
    roles = (EXAMPLE / "roles.sql").read_text()
    roles = roles.replace("sessionbook_authenticator", login).replace("sessionbook_anonymous", anonymous)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(roles.encode())
        conn.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(login), sql.Literal(password)))
    try:
        with (
            running(
                postgraphile,
                *("--schema", "training"),
                *("--default-role", anonymous),
                *("--jwt-secret", secret),
                *("--jwt-verify-audience", ""),
                *("--extended-errors", "hint,detail,errcode,constraint"),
                "--no-ignore-rbac",
                "--no-setof-functions-contain-nulls",
                "--dynamic-json",
                "--disable-default-mutations",
                "--disable-graphiql",
                **libpq_env(database, user=login, password=password),
            ) as url,
            httpx.Client(timeout=30) as client,
        ):
            tokens = {role: token(role, secret) for role in ("sessionbook_app", "sessionbook_reader")}
            yield Layer(database, GraphQL(client, url, tokens))
    finally:
        server.drop_database(name)
        for role in (login, anonymous):
            server.admin.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def token(role: str, secret: str) -> str:
    """Made as the example makes it."""
    made = subprocess.run(
        [sys.executable, EXAMPLE / "make_token.py", role],
        env={**os.environ, "PGRST_JWT_SECRET": secret},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


@pytest.fixture
def api(layer: Layer) -> GraphQL:
    """The layer, asked."""
    return layer.api


@pytest.fixture
def training(layer: Layer) -> Iterator[Department]:
    """A department behind the layer, and nothing left of the tests before: filled and looked into by the owner."""
    with psycopg.connect(layer.database, autocommit=True) as conn:
        conn.execute("set search_path = training")
        conn.execute("truncate courses, trainers, venues, personnel cascade")
        yield open_department(conn)
