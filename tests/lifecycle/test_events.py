"""Events: each is read once, in an order in which no cause comes after its effect, whoever dies on the way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.rows import dict_row

from support.concurrency import race, results
from support.connect import Connect
from support.errors import raises_key

WRITERS = 32
ROUNDS = int(os.environ.get("SESSIONBOOK_ROUNDS", "10"))
NOTE = (
    "insert into tutoring.pending_events (kind, subject_id, payload, actor, occurred_at)"
    " values (%s, %s, '{}', 'x', now())"
)

# A reader in a process of its own: it keeps in a file what it has read, as far as each call is committed.
READER = """
    import os, sys, psycopg
    dsn, path = sys.argv[1:]
    with psycopg.connect(dsn, autocommit=True) as conn:
        while True:
            lines = open(path).read().splitlines() if os.path.exists(path) else []
            after = int(lines[-1].split()[0]) if lines else 0
            rows = conn.execute("select position, subject_id from tutoring.read_events(%s, 7)", [after]).fetchall()
            if rows:
                with open(path + ".new", "w") as file:
                    file.write("\\n".join([*lines, *(f"{position} {subject}" for position, subject in rows)]))
                os.replace(path + ".new", path)
"""


def read(conn: psycopg.Connection, after: int = 0, limit: int = 10000) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from tutoring.read_events(%s, %s)", [after, limit]).fetchall()


def kinds(conn: psycopg.Connection, schema: str) -> list[str]:
    return [row[0] for row in conn.execute(f"select kind from {schema}.read_events()").fetchall()]


def test_events_are_read_once_and_from_where_one_was(db: psycopg.Connection) -> None:
    for subject in "abcde":
        db.execute(NOTE, ["x.y", subject])
    first = read(db, 0, 2)
    assert [(row["position"], row["subject_id"]) for row in first] == [(1, "a"), (2, "b")]
    assert [row["subject_id"] for row in read(db, 2)] == ["c", "d", "e"]
    assert read(db, 5) == []
    assert [row["position"] for row in read(db)] == [1, 2, 3, 4, 5]


def test_what_commits_late_comes_after_what_was_read(db: psycopg.Connection, connect: Connect) -> None:
    late = connect(autocommit=False)
    late.execute(NOTE, ["x.y", "late"])
    db.execute(NOTE, ["x.y", "early"])
    assert [row["subject_id"] for row in read(db)] == ["early"]
    late.commit()
    assert [row["subject_id"] for row in read(db, 1)] == ["late"]


def test_effect_never_comes_before_its_cause(db: psycopg.Connection, connect: Connect) -> None:
    """The effect's transaction began first, and a third one is open all the while."""
    effect, third = connect(autocommit=False), connect(autocommit=False)
    effect.execute(NOTE, ["x.y", "before"])
    third.execute(NOTE, ["x.y", "third"])
    db.execute(NOTE, ["x.y", "cause"])
    effect.execute(NOTE, ["x.y", "effect"])
    effect.commit()
    subjects = [row["subject_id"] for row in read(db)]
    assert subjects.index("cause") < subjects.index("effect")
    third.commit()
    assert [row["subject_id"] for row in read(db, 3)] == ["third"]


def test_reader_that_is_at_it_keeps_nobody_waiting(db: psycopg.Connection, connect: Connect) -> None:
    db.execute(NOTE, ["x.y", "a"])
    read(db)
    slow = connect(autocommit=False)
    db.execute(NOTE, ["x.y", "b"])
    assert len(read(slow)) == 2
    db.execute("set lock_timeout = '1s'")
    assert [row["subject_id"] for row in read(db)] == ["a"]
    slow.rollback()
    assert [row["subject_id"] for row in read(db)] == ["a", "b"]


def test_old_snapshot_numbers_nothing_twice(db: psycopg.Connection, connect: Connect) -> None:
    old = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    old.execute("select 1 from tutoring.sessions")
    db.execute(NOTE, ["x.y", "a"])
    read(db)
    db.execute(NOTE, ["x.y", "b"])
    assert read(old) == []
    old.rollback()
    assert [row["position"] for row in read(db)] == [1, 2]


def test_limits(db: psycopg.Connection) -> None:
    assert read(db, 0, 10_000_000) == []
    for limit in (0, -1, None):
        with raises_key("PT400", "limit_not_positive"):
            db.execute("select * from tutoring.read_events(0, %s)", [limit])


def test_applications_read_and_number_and_write_nothing(db: psycopg.Connection, connect: Connect) -> None:
    db.execute(NOTE, ["x.y", "a"])
    app = connect(role="sessionbook_app", autocommit=False)
    assert len(read(app)) == 1
    app.commit()
    for statement in (NOTE.replace("%s", "'z'"), "update tutoring.event_counter set last_position = 0"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement)
        app.rollback()


def test_32_writers_and_two_readers_that_are_killed(db: psycopg.Connection, database: str, tmp_path: Any) -> None:
    """Each writer notes n after it has seen n - 1 of its neighbour committed: the cause. Readers die at random."""
    each = 12
    dice = random.Random(3)
    script = tmp_path / "reader.py"
    script.write_text(textwrap.dedent(READER))
    files = [tmp_path / f"read{n}" for n in range(2)]
    running: dict[int, subprocess.Popen[bytes]] = {}

    def start(me: int) -> None:
        running[me] = subprocess.Popen([sys.executable, str(script), database, str(files[me])])

    done = threading.Event()
    killed = [0]

    def kill() -> None:
        while not done.is_set():
            time.sleep(dice.uniform(0.5, 1.5))
            me = dice.randrange(2)
            running[me].send_signal(signal.SIGKILL)
            running[me].wait()
            killed[0] += 1
            start(me)

    def write(conn: psycopg.Connection, me: int) -> int:
        for n in range(each):
            if n and me:
                while not conn.execute(
                    "select from (select subject_id from tutoring.pending_events union all"
                    " select subject_id from tutoring.events) as e where e.subject_id = %s",
                    [f"{me - 1}:{n - 1}"],
                ).fetchall():
                    conn.commit()
                    time.sleep(0.01)
            conn.execute(NOTE, ["x.y", f"{me}:{n}"])
            if dice.random() < 0.2:
                conn.rollback()
                conn.execute(NOTE, ["x.y", f"{me}:{n}"])
            time.sleep(dice.uniform(0, 0.01))
            conn.commit()
        return each

    start(0)
    start(1)
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        assert sum(results(race(database, WRITERS, write))) == WRITERS * each
        # On a busy machine one would be killed again and again before it has begun.
        done.set()
        killer.join()
        deadline = time.monotonic() + 120
        while any(not file.exists() or len(file.read_text().split("\n")) < WRITERS * each for file in files):
            assert time.monotonic() < deadline, "not all were read"
            time.sleep(0.1)
    finally:
        done.set()
        killer.join()
        for process in running.values():
            process.kill()
            process.wait()
    assert killed[0] > 0
    expected = {f"{me}:{n}" for me in range(WRITERS) for n in range(each)}
    for file in files:
        lines = [line.split() for line in file.read_text().split("\n")]
        assert [int(position) for position, _ in lines] == list(range(1, len(expected) + 1))
        place = {subject: at for at, (_, subject) in enumerate(lines)}
        assert place.keys() == expected
        for me in range(WRITERS):
            for n in range(1, each):
                assert place[f"{me}:{n - 1}"] < place[f"{me}:{n}"]
                if me:
                    assert place[f"{me - 1}:{n - 1}"] < place[f"{me}:{n}"]


def test_readers_killed_by_the_server_lose_nothing(db: psycopg.Connection, database: str, connect: Connect) -> None:
    def ended(conn: psycopg.Connection) -> None:
        db.execute("select pg_terminate_backend(%s, 5000)", [conn.info.backend_pid])

    for n in range(ROUNDS):
        db.execute(NOTE, ["x.y", str(n)])
        reader = connect(autocommit=False)
        read(reader)
        ended(reader)
    assert [row["subject_id"] for row in read(db)] == [str(n) for n in range(ROUNDS)]


def notifications(conn: psycopg.Connection) -> list[str]:
    return [note.payload for note in conn.notifies(timeout=0.5)]


@pytest.mark.parametrize("number", [lambda c: c.execute("call lifecycle.run_tick()"), lambda c: read(c)])
def test_notify_is_behind_a_setting(
    db: psycopg.Connection, connect: Connect, number: Callable[[psycopg.Connection], object]
) -> None:
    listener = connect()
    listener.execute("listen sessionbook_events")
    db.execute(NOTE, ["x.y", "a"])
    number(db)
    assert notifications(listener) == []
    db.execute("update lifecycle.settings set value = 'on' where key = 'notify_events'")
    db.execute(NOTE, ["x.y", "b"])
    number(db)
    assert notifications(listener) == [""]
    number(db)
    assert notifications(listener) == []
    assert len(read(db)) == 2


def test_one_installation_that_fails_keeps_no_other_from_numbering(db: psycopg.Connection) -> None:
    db.execute("update lifecycle.settings set value = 'on' where key = 'notify_events'")
    db.execute("alter table training.events add constraint no check (kind <> 'x.y')")
    db.execute(NOTE.replace("tutoring", "training"), ["x.y", "a"])
    db.execute(NOTE, ["x.y", "a"])
    db.execute("call lifecycle.run_tick()")
    row = db.execute("select (select count(*) from training.events), (select count(*) from tutoring.events)").fetchone()
    assert row == (0, 1)


def test_housekeeping_deletes_what_is_old_also_if_nobody_reads(db: psycopg.Connection) -> None:
    db.execute(NOTE, ["x.y", "new"])
    db.execute(NOTE.replace("now()", "now() - interval '31 days'"), ["x.y", "old"])
    db.execute("call lifecycle.housekeeping()")
    assert [(row["position"], row["subject_id"]) for row in read(db)] == [(1, "new")]
    db.execute(NOTE, ["x.y", "next"])
    assert [row["position"] for row in read(db, 1)] == [3]


def test_clocks_moves_are_events_too(db: psycopg.Connection) -> None:
    db.execute("set search_path = tutoring")
    db.execute(
        "with st as (insert into enrolled_students (full_name) values ('Sara') returning id),"
        " c as (insert into enrolled_courses (student_id, course_name) select id, 'Physics' from st returning id)"
        " insert into sessions (enrolled_courses_id, session_date, start_time, end_time)"
        " select c.id, '2027-01-04', '10:00', '12:00' from c"
    )
    db.execute("select reschedule_session(id, '2027-01-05', '10:00', '12:00') from sessions")
    db.execute("select count(*) from lifecycle.advance('tutoring', '2027-01-05 13:00+00')")
    rows = read(db)
    assert [row["kind"] for row in rows] == [
        "session.created",
        "session.moved",
        "session.in_progress",
        "session.completed",
    ]
    assert rows[3]["payload"] == {"from": "in_progress", "to": "completed", "cause": "clock"}
