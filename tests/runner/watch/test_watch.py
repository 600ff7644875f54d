"""The terminal view: health, next steps, reminders."""

import contextlib
import datetime
import json
import os
import pty
import secrets
import select
import signal
import subprocess
import sys
import time
from zoneinfo import ZoneInfo

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sessionbook.clock.watch import look
from sessionbook.deploy import apply

STUDENT, PHONE, COURSE = "Sara Ali", "+965 5555 0000", "Algebra"


@pytest.fixture
def day(db):
    """Three sessions: one to start in half an hour, with its reminder queued; one in three days; one that is on."""
    plan(db, "tutoring")
    return db


def plan(db, schema):
    db.execute(sql.SQL("set search_path = {}").format(sql.Identifier(schema)))
    db.execute(
        "with s as (insert into enrolled_students (full_name, phone) values (%s, %s) returning id),"
        " c as (insert into enrolled_courses (student_id, course_name, timezone)"
        "       select s.id, %s, 'UTC' from s returning id)"
        " insert into sessions (enrolled_courses_id, session_date, start_time, end_time)"
        " select c.id, l.starts::date, l.starts::time, (l.starts + interval '50 minutes')::time"
        " from c, unnest(array['30 minutes', '3 days', '-20 minutes']::interval[]) as o (ahead),"
        " lateral (select date_trunc('second', now() at time zone 'UTC') + o.ahead as starts) as l",
        [STUDENT, PHONE, COURSE],
    )
    db.execute("select * from lifecycle.tick()")


@pytest.fixture
def login(db, database):
    """Makes a login role with some of the package's roles; returns its DSN."""
    made = []

    def make(*groups):
        name, password = f"sbt_watch_{secrets.token_hex(4)}", secrets.token_hex(8)
        role = sql.Identifier(name)
        db.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(password)))
        for group in groups:
            db.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), role))
        made.append(role)
        return make_conninfo(database, user=name, password=password)

    yield make
    for role in made:
        db.execute(sql.SQL("drop role {}").format(role))


def test_one_frame_has_health_next_steps_and_reminders(day, database, command):
    done = command("watch", "--once", "--dsn", database, env={"TZ": "UTC"})
    assert done.returncode == 0, done.stderr
    for words in ("last tick", "tutoring: next steps", "start_sessions", "complete_sessions", "queue_reminders",
                  "29 min", COURSE, STUDENT, "tutoring: reminders waiting", "starts_soon", "queued"):  # fmt: skip
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_a_frame_fits_80_columns_and_nothing_is_cut(day, database, command):
    out = command("watch", "--once", "--dsn", database, env={"TZ": "UTC", "COLUMNS": "80"}).stdout
    assert max(map(len, out.splitlines())) <= 80
    for words in (STUDENT, COURSE, "start_sessions", "queue_reminders", "starts_soon", "next try"):
        assert words in " ".join(out.split())
    assert "…" not in out


def test_soonest_step_comes_first(day, database):
    (copy,) = look(database).copies
    assert [row["next_step"] for row in copy.next_steps] == ["start_sessions", "complete_sessions", "queue_reminders"]


def test_overdue_steps_are_said(day, database, command):
    day.execute("update sessions set session_date = session_date - 1 where id = (select min(id) from sessions)")
    (copy,) = look(database).copies
    assert [row["overdue"] for row in copy.next_steps].count(True) == 1
    assert "overdue 23 h" in command("watch", "--once", "--dsn", database).stdout


def test_claimed_and_failed_reminders_are_shown_with_what_went_wrong(day, database, command):
    day.execute("select claim_reminders('courier-7')")
    assert "with courier-7 until" in command("watch", "--once", "--dsn", database).stdout
    day.execute("select fail_reminder(r.id, 'courier-7', '400: no such number', null, true) from reminders as r"
                " where r.state = 'claimed'")  # fmt: skip
    (copy,) = look(database).copies
    assert [(row["state"], row["last_error"]) for row in copy.reminders] == [("failed", "400: no such number")]


@pytest.mark.parametrize("zone", ["Asia/Kuwait", "America/New_York"])
def test_times_are_in_the_zone_of_the_reader(day, database, command, zone):
    (starts,) = day.execute("select min(starts_at) from sessions where status = 'scheduled'").fetchone()
    local = starts.astimezone(ZoneInfo(zone))
    out = command("watch", "--once", "--dsn", database, env={"TZ": zone}).stdout
    assert f"{local:%H:%M}" in out
    assert f"UTC{local:%z}"[:6] in out
    answer = command.json("watch", "--once", "--dsn", database, env={"TZ": zone})
    steps = [row["starts_at"] for row in answer["copies"][0]["next_steps"]]
    assert local.isoformat() in steps


def test_json_holds_everything_and_nothing_personal(day, database, command):
    answer = command.json("watch", "--once", "--dsn", database)
    assert answer["exit_code"] == 0
    assert datetime.datetime.fromisoformat(answer["now"]).tzinfo is not None
    assert {"healthy", "reason", "seconds_since_tick", "reminders_waiting"} <= answer["health"].keys()
    (copy,) = answer["copies"]
    assert (copy["schema"], len(copy["next_steps"]), len(copy["reminders"])) == ("tutoring", 3, 1)
    assert PHONE not in json.dumps(answer)


def test_every_copy_is_shown_whatever_its_name(day, database, command):
    apply(database, units=["tutoring"], schemas={"tutoring": 'Or"der me'})
    plan(day, 'Or"der me')
    frame = look(database)
    assert [(copy.schema, len(copy.next_steps), copy.problem) for copy in frame.copies] == [
        ('Or"der me', 3, None),
        ("tutoring", 3, None),
    ]
    assert 'Or"der me: next steps' in command("watch", "--once", "--dsn", database).stdout


def test_reader_sees_it_all(day, login):
    frame = look(login("sessionbook_reader"))
    assert frame.health is not None
    (copy,) = frame.copies
    assert (copy.problem, len(copy.next_steps), len(copy.reminders)) == (None, 3, 1)


def test_reader_without_rights_on_a_copy_sees_the_rest(day, login):
    day.execute("revoke usage on schema tutoring from sessionbook_reader")
    frame = look(login("sessionbook_reader"))
    assert frame.health is not None
    assert "sessionbook_reader" in frame.copies[0].problem


def test_role_without_rights_is_told_which_it_needs(day, login, command):
    answer = command.json("watch", "--once", "--dsn", login())
    assert (answer["exit_code"], answer["sqlstate"]) == (1, "42501")
    assert "sessionbook_reader" in answer["hint"]


def test_database_without_the_package_is_exit_1(empty_database, command):
    answer = command.json("watch", "--once", "--dsn", empty_database)
    assert (answer["exit_code"], answer["sqlstate"]) == (1, "3F000")
    assert "sessionbook apply" in answer["hint"]


def test_database_without_tutoring_says_so(empty_database, command):
    apply(empty_database, units=["workshop"])
    done = command("watch", "--once", "--dsn", empty_database)
    assert done.returncode == 0
    assert "last tick" in done.stdout
    assert "tutoring is not installed" in done.stdout


def test_database_without_health_says_so(day, database, command):
    day.execute("drop view lifecycle.health")
    done = command("watch", "--once", "--dsn", database)
    assert done.returncode == 0
    assert "health" in done.stdout
    assert "not installed" in done.stdout
    assert "start_sessions" in done.stdout


def test_nothing_is_written(day, database):
    look(database)
    assert day.execute("select count(*) from lifecycle.ticks").fetchone() == (0,)


def test_without_a_terminal_it_takes_once(database, command):
    done = command("watch", "--dsn", database)
    assert done.returncode == 2
    assert "--once" in done.stderr


@pytest.mark.parametrize("arguments", [["--json"], ["--every", "soon"], ["--once", "--every", "0s"]])
def test_wrong_use_is_exit_2(database, command, arguments):
    assert command("watch", "--dsn", database, *arguments).returncode == 2


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, dsn):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sessionbook", "watch", "--every", "200ms", "--dsn", dsn],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "150", "LINES": "40"},
        )
        os.close(slave)
        self.seen = ""

    def read_until(self, words):
        deadline = time.monotonic() + 60
        while words not in self.seen:
            assert time.monotonic() < deadline, self.seen[-3000:]
            if select.select([self.master], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    self.seen += os.read(self.master, 65536).decode(errors="replace")
        self.seen = ""

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        os.close(self.master)


@pytest.fixture
def terminal(database):
    """Runs watch on a terminal."""
    terminal = Terminal(database)
    yield terminal
    terminal.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_goes_on_until_told_to_stop(day, terminal, number):
    terminal.read_until("start_sessions")
    day.execute("update sessions set status = 'cancelled' where status = 'scheduled'")
    day.execute("update enrolled_courses set course_name = 'Geometry'")
    terminal.read_until("Geometry")
    terminal.process.send_signal(number)
    assert terminal.process.wait(60) == 0


def test_comes_back_after_a_lost_connection(day, terminal):
    terminal.read_until("start_sessions")
    day.execute(
        "select pg_terminate_backend(a.pid) from pg_stat_activity as a"
        " where a.application_name = 'sessionbook' and a.datname = current_database()"
    )
    terminal.read_until("No connection")
    day.execute("update enrolled_courses set course_name = 'Geometry'")
    terminal.read_until("Geometry")
