"""A tutoring day with reminders that are due, a courier's login role, and an API to send to."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

FOLDER = Path(__file__).parents[2] / "examples" / "whatsapp_courier"


@dataclass
class Answer:
    """What the API says to one request."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"messages": [{"id": "wamid.1", "message_status": "accepted"}]})
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] | None = None


class Api:
    """The messages endpoint: answers as told, else 200, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[dict[str, Any]] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = api.answers.pop(0) if api.answers else Answer()
                token = self.headers["Authorization"]
                api.requests.append({"path": self.path, "token": token, "body": body, "at": time.monotonic()})
                if answer.before is not None:
                    answer.before()
                content = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
                try:
                    self.send_response(answer.status)
                    for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    pass  # the courier has hung up

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def marks(self) -> list[str]:
        return [request["body"]["biz_opaque_callback_data"] for request in self.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def api() -> Iterator[Api]:
    """The API, local."""
    api = Api()
    yield api
    api.close()


@pytest.fixture
def courier_dsn(db: psycopg.Connection, database: str) -> Iterator[str]:
    """DSN of a login role that has sessionbook_courier and nothing else."""
    name, password = f"sbt_courier_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    db.execute(
        sql.SQL("create role {} login password {} in role sessionbook_courier").format(role, sql.Literal(password))
    )
    yield make_conninfo(database, user=name, password=password)
    db.execute("select pg_terminate_backend(a.pid, 5000) from pg_stat_activity as a where a.usename = %s", [name])
    db.execute(sql.SQL("drop role {}").format(role))


class Day:
    """Sessions that start within the hour, and their reminders."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self.conn = conn
        conn.execute("set search_path = tutoring")

    def remind(self, n: int = 1) -> list[int]:
        """Makes n reminders that are due; their keys in the order in which they are claimed."""
        self.conn.execute(
            "with t as (insert into tutors (full_name) values ('Huda') returning id),"
            " s as (insert into enrolled_students (full_name, phone)"
            "       values ('Sara  \n Ali', '+965 5555 0000') returning id),"
            " c as (insert into enrolled_courses (student_id, tutor_id, course_name, timezone)"
            "       select s.id, t.id, 'Algebra', 'Asia/Kuwait' from s, t returning id)"
            " insert into sessions (enrolled_courses_id, session_date, start_time, end_time, timezone)"
            " select c.id, l.starts::date, l.starts::time, (l.starts + interval '1 hour')::time, 'Asia/Kuwait'"
            " from c, generate_series(1, %s) as g (n),"
            " lateral (select date_trunc('second', now() at time zone 'Asia/Kuwait')"
            "          + interval '30 minutes' + g.n * interval '30 seconds' as starts) as l",
            [n],
        )
        self.conn.execute("select lifecycle.advance('tutoring')")
        return [row["id"] for row in self.rows()]

    def rows(self) -> list[dict[str, Any]]:
        cursor = self.conn.cursor(row_factory=dict_row)
        return cursor.execute(
            "select r.*, extract(epoch from r.next_attempt_at - now())::float as wait"
            " from reminders as r order by r.for_starts_at, r.id"
        ).fetchall()

    def row(self) -> dict[str, Any]:
        (row,) = self.rows()
        return row

    def states(self) -> list[str]:
        return [row["state"] for row in self.rows()]

    def hurry(self) -> None:
        """Makes what waits for its next attempt due, and leases run out."""
        self.conn.execute("update reminders set next_attempt_at = now() - interval '1 second' where state = 'queued'")
        self.conn.execute(
            "update reminders set lease_until = clock_timestamp() - interval '1 second' where state = 'claimed'"
        )


@pytest.fixture
def day(db: psycopg.Connection) -> Day:
    """A tutoring day, seen by the owner."""
    return Day(db)


class Couriers:
    """Couriers as processes."""

    def __init__(self, dsn: str, api: Api) -> None:
        self.dsn = dsn
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PG", "WHATSAPP"))},
            "DATABASE_URL": dsn,
            "WHATSAPP_TOKEN": "s3cr3t",
            "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
            "WHATSAPP_BASE_URL": api.url,
        }
        self.started: list[subprocess.Popen[str]] = []

    def start(self, script: str, *arguments: str, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(FOLDER / script), *arguments],
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.start(script, *arguments, **env)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def couriers(courier_dsn: str, api: Api) -> Iterator[Couriers]:
    """Starts couriers that log in as the courier's role and send to the API here."""
    couriers = Couriers(courier_dsn, api)
    yield couriers
    for process in couriers.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until a condition holds, a minute at most."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait
