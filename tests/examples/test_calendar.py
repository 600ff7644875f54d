"""The example that serves calendars, as a login role that is an application and nothing else."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from support.calendars import events
from support.school import open_school

SCRIPT = Path(__file__).parents[2] / "examples" / "calendar" / "serve.py"


@pytest.fixture
def url(db, database):
    """Where it serves."""
    name, password = f"sbt_calendar_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    db.execute(sql.SQL("create role {} login password {} in role sessionbook_app").format(role, sql.Literal(password)))
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    env["DATABASE_URL"] = make_conninfo(database, user=name, password=password)
    process = subprocess.Popen([sys.executable, str(SCRIPT), "--port", "0"], env=env, stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().split("/<")[0]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    db.execute("select pg_terminate_backend(a.pid, 5000) from pg_stat_activity as a where a.usename = %s", [name])
    db.execute(sql.SQL("drop role {}").format(role))


def test_calendar_is_served_as_one_until_its_token_is_revoked(db, url):
    db.execute("set search_path = tutoring")
    school = open_school(db)
    school.conn.execute("update enrolled_courses set course_name = %s", ["رياضيات، أولى"])
    school.session("2037-01-05")
    token = school.one("select create_calendar_token('student', %s)", str(school.student))
    answer = httpx.get(f"{url}/tutoring/{token}.ics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in answer.headers["Cache-Control"]
    (event,) = events(answer.content.decode())
    assert (event["summary"], event["status"]) == ("رياضيات، أولى", "CONFIRMED")
    head = httpx.head(f"{url}/tutoring/{token}.ics")
    assert (head.status_code, head.content) == (200, b"")
    db.execute("select revoke_calendar_tokens('student', %s)", [str(school.student)])
    for path in (f"tutoring/{token}.ics", f"workshop/{token}.ics", f"lifecycle/{token}.ics", "tutoring/x.ics", ""):
        assert httpx.get(f"{url}/{path}").status_code == 404
