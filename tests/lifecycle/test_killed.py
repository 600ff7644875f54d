"""The server killed in the middle of ticks: every transition is recorded once, and none is lost."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest

from support.own_cluster import OwnCluster, own_cluster

# Raised with SESSIONBOOK_KILLS for a longer look; lessons, which send reminders too, get four times as many.
KILLS = int(os.environ.get("SESSIONBOOK_KILLS", "5"))
DUE = 2000

pytestmark = pytest.mark.timeout(300 + 60 * KILLS)


@pytest.fixture(scope="module")
def cluster() -> Iterator[OwnCluster]:
    from sessionbook.deploy import apply

    with own_cluster() as cluster:
        apply(cluster.conninfo, units=["workshop", "tutoring"])
        yield cluster


def ticker(cluster: OwnCluster, done: threading.Event) -> None:
    """Small batches, each committed, over lost connections."""
    while not done.is_set():
        with suppress(psycopg.Error), psycopg.connect(cluster.conninfo, autocommit=True, connect_timeout=2) as conn:
            while not done.is_set():
                conn.execute("select * from lifecycle.tick(null, 20)")
                conn.execute("call lifecycle.run_tick()")
        time.sleep(0.02)


def fill(cluster: OwnCluster) -> None:
    with psycopg.connect(cluster.conninfo) as conn:
        conn.execute("set search_path = workshop")
        conn.execute(
            "with c as (insert into creators (name, username, email) values ('N', gen_random_uuid(), gen_random_uuid())"
            " returning id), w as (insert into workshops (creator_id, name) select id, 'Pottery' from c returning id),"
            " r as (insert into workshop_runs (workshop_id, run_name, start_date)"
            " select w.id, 'R' || n, '2020-01-01' from w, generate_series(1, 50) as n returning id, workshop_id)"
            " insert into workshop_sessions (workshop_id, run_id, session_date, start_time)"
            " select r.workshop_id, r.id, date '2020-01-01' + n, '10:00' from r, generate_series(1, %s) as n",
            [DUE // 50],
        )


def test_killed_at_any_point_each_transition_is_recorded_once(cluster: OwnCluster) -> None:
    chance = random.Random(3)
    seen_at_work = 0
    for _ in range(KILLS):
        fill(cluster)
        done = threading.Event()
        threads = [threading.Thread(target=ticker, args=[cluster, done], daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.05, 0.35))
        cluster.kill()
        cluster.start()
        with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
            left = conn.execute(
                "select count(*) from workshop.workshop_sessions where status <> 'completed'"
            ).fetchone()
            assert left is not None
            seen_at_work += left[0] > 0
            deadline = time.monotonic() + 60
            while conn.execute(
                "select 1 from workshop.workshop_sessions where status <> 'completed' limit 1"
            ).fetchone():
                assert time.monotonic() < deadline, "the clock does not go on"
                time.sleep(0.05)
            done.set()
            for thread in threads:
                thread.join(60)
            moves = conn.execute(
                "select count(*), count(distinct c.subject_id), (select count(*) from workshop.workshop_sessions)"
                " from workshop.status_changes as c where c.machine = 'workshop.session'"
            ).fetchone()
            assert moves is not None
            assert moves[0] == moves[1] == moves[2]
            assert conn.execute("select count(*) from workshop.failed_steps").fetchone() == (0,)
            open_runs = conn.execute(
                "select count(*) from workshop.workshop_runs where status <> 'completed'"
            ).fetchone()
            assert open_runs == (0,)
    assert seen_at_work, "no kill came while there was work left"


LESSONS = """
with student as (
    insert into tutoring.enrolled_students (full_name, phone) values ('Sara', '+96555550000') returning id
),
course as (
    insert into tutoring.enrolled_courses (student_id, course_name) select id, 'Physics' from student returning id
)
insert into tutoring.sessions (enrolled_courses_id, session_date, start_time, end_time, timezone)
select c.id, t.starts::date, t.starts::time, (t.starts + interval '1 hour')::time, 'UTC'
from course as c
cross join generate_series(1, %s) as n
cross join lateral (
    -- Every other one is over, the rest start within the hour and are to be reminded of.
    select (now() at time zone 'UTC') + case n %% 2 when 0 then interval '-3 hours' else interval '40 minutes' end
) as t (starts)
"""

WAITING = """
select count(*)
from tutoring.sessions as s
where s.status <> case when s.starts_at < now() then 'completed' else 'scheduled' end
    or (select count(*) from tutoring.reminders as r where r.session_id = s.id and r.for_starts_at = s.starts_at) <> 1
"""

TWICE = """
select count(*)
from (
    select c.subject_id
    from tutoring.status_changes as c
    group by c.subject_id, c.to_status
    having count(*) > 1
) as twice
"""


def test_killed_at_any_point_each_lesson_moves_once_and_is_reminded_of_once(cluster: OwnCluster) -> None:
    chance = random.Random(7)
    seen_at_work = 0

    def number(conn: psycopg.Connection, query: str) -> int:
        row = conn.execute(query).fetchone()
        assert row is not None
        return row[0]

    for _ in range(4 * KILLS):
        with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
            conn.execute("truncate tutoring.sessions, tutoring.status_changes, tutoring.reminders cascade")
            conn.execute(LESSONS, [DUE])
        done = threading.Event()
        threads = [threading.Thread(target=ticker, args=[cluster, done], daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.05, 0.35))
        cluster.kill()
        cluster.start()
        with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
            seen_at_work += number(conn, WAITING) > 0
            deadline = time.monotonic() + 60
            while number(conn, WAITING):
                assert time.monotonic() < deadline, "the clock does not go on"
                time.sleep(0.05)
            done.set()
            for thread in threads:
                thread.join(60)
            assert number(conn, TWICE) == 0
            assert number(conn, "select count(*) from tutoring.status_changes") == DUE
            assert number(conn, "select count(*) from tutoring.reminders where state = 'queued'") == DUE // 2
            assert number(conn, "select count(*) from tutoring.reminders where state = 'missed'") == DUE // 2
            assert number(conn, "select count(*) from tutoring.failed_steps") == 0
    assert seen_at_work, "no kill came while there was work left"


def test_run_that_was_cut_off_is_marked_by_the_next_and_does_not_count(cluster: OwnCluster) -> None:
    with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
        conn.execute("insert into lifecycle.ticks default values")
        conn.execute("call lifecycle.run_tick()")
        rows = conn.execute(
            "select error, finished_at is null from lifecycle.ticks order by id desc limit 2"
        ).fetchall()
    assert rows[0] == (None, False)
    assert rows[1][0].startswith("cut off")
    assert rows[1][1]


def test_no_lock_is_left_behind_by_a_run_that_failed(cluster: OwnCluster) -> None:
    """A pooled session lives on after an error; its lock must not."""
    with (
        psycopg.connect(cluster.conninfo, autocommit=True) as pooled,
        psycopg.connect(cluster.conninfo, autocommit=True) as owner,
    ):
        owner.execute("alter table lifecycle.ticks add constraint ticks_closed_check check (false) not valid")
        with pytest.raises(psycopg.errors.CheckViolation):
            pooled.execute("call lifecycle.run_tick()")
        owner.execute("alter table lifecycle.ticks drop constraint ticks_closed_check")
        before = owner.execute("select count(*) from lifecycle.ticks").fetchone()
        owner.execute("call lifecycle.run_tick()")
        after = owner.execute("select count(*) from lifecycle.ticks").fetchone()
    assert before is not None
    assert after == (before[0] + 1,)
