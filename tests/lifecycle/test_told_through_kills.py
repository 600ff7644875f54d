"""The server killed while changes are told: each student was last told the truth, and nobody the same twice."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest

from support.own_cluster import OwnCluster, own_cluster

# Raised with SESSIONBOOK_KILLS for a longer look.
KILLS = int(os.environ.get("SESSIONBOOK_KILLS", "5"))
LESSONS = 300
BATCH = 10
COURIERS = 2

pytestmark = pytest.mark.timeout(300 + 60 * KILLS)

FILL = """
with student as (
    insert into enrolled_students (full_name, phone) values ('Sara', '+96555550000') returning id
),
course as (
    insert into enrolled_courses (student_id, course_name) select s.id, 'Physics' from student as s returning id
)
insert into sessions (enrolled_courses_id, session_date, start_time, end_time, timezone)
select c.id, t.starts::date, t.starts::time, (t.starts + interval '1 hour')::time, 'UTC'
from course as c
cross join generate_series(1, %s) as n
cross join (select (now() at time zone 'UTC') + interval '20 minutes') as t (starts)
"""
# A third moves, a third is called off or brought back, a third gets another room.
CHANGE = """
update sessions as s
set session_date = case when s.id %% 3 = %(turn)s then t.starts::date else s.session_date end,
    start_time = case when s.id %% 3 = %(turn)s then t.starts::time else s.start_time end,
    end_time = case when s.id %% 3 = %(turn)s then (t.starts + interval '1 hour')::time else s.end_time end,
    location = case when s.id %% 3 = (%(turn)s + 1) %% 3 then 'Room ' || %(round)s else s.location end,
    status = case
        when s.id %% 3 = (%(turn)s + 2) %% 3 and s.status = 'scheduled' then 'cancelled'
        when s.id %% 3 = (%(turn)s + 2) %% 3 and s.status = 'cancelled' then 'scheduled'
        else s.status
    end
from (select (now() at time zone 'UTC') + %(minutes)s * interval '1 minute') as t (starts)
"""
LEFT = """
select (select count(*) from reminders where state in ('queued', 'claimed'))
    + (select count(*) from _due_corrections(lifecycle.now()))
"""
# What was said last, against what holds now.
WRONG = """
select s.id, s.status, s.starts_at, s.location, r.kind, r.for_starts_at, r.message ->> 'location'
from sessions as s
left join lateral (
    select x.* from reminders as x
    where x.session_id = s.id and x.state = 'sent' order by x.settled_at desc, x.id desc limit 1
) as r on true
where case
    when s.status = 'cancelled' then r.kind is distinct from 'cancelled'
    else r.kind is null
        or r.kind = 'cancelled'
        or r.for_starts_at <> s.starts_at
        or r.message ->> 'location' is distinct from s.location
end
"""
TWICE = """
select count(*)
from (
    select
        r.kind = 'cancelled' and lag(r.kind) over w = 'cancelled'
        or r.kind <> 'cancelled'
        and lag(r.kind) over w <> 'cancelled'
        and r.for_starts_at = lag(r.for_starts_at) over w
        and r.message ->> 'location' is not distinct from lag(r.message) over w ->> 'location' as is_same
    from reminders as r
    where r.state = 'sent'
    window w as (partition by r.session_id order by r.settled_at, r.id)
) as x
where x.is_same
"""


@pytest.fixture
def cluster() -> Iterator[OwnCluster]:
    from sessionbook.deploy import apply

    with own_cluster() as cluster:
        apply(cluster.conninfo, units=["tutoring"])
        yield cluster


def test_killed_at_any_point_each_student_was_last_told_the_truth(cluster: OwnCluster) -> None:
    chance = random.Random(11)
    done = threading.Event()
    told: list[int] = []

    def keep(work: str, claims: bool) -> None:
        while not done.is_set():
            with suppress(psycopg.Error), psycopg.connect(cluster.conninfo, autocommit=True, connect_timeout=2) as conn:
                conn.execute("set search_path = tutoring")
                while not done.is_set():
                    rows = conn.execute(work).fetchall() if claims else []
                    if not claims:
                        conn.execute(work)
                    for (reminder,) in rows:
                        told.append(reminder)
                        conn.execute("select complete_reminder(%s, %s)", [reminder, threading.current_thread().name])
                    time.sleep(0.01)
            time.sleep(0.02)

    def threads() -> list[threading.Thread]:
        made = [threading.Thread(target=keep, args=["call lifecycle.run_tick()", False], daemon=True)]
        for n in range(COURIERS):
            claim = f"select id from claim_reminders('courier {n}', {BATCH}, '2 seconds')"
            made.append(threading.Thread(target=keep, args=[claim, True], name=f"courier {n}", daemon=True))
        for thread in made:
            thread.start()
        return made

    with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
        conn.execute("set search_path = tutoring")
        conn.execute(FILL, [LESSONS])
    seen_at_work = 0
    running = threads()
    try:
        for n in range(KILLS + 1):
            with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
                conn.execute("set search_path = tutoring")
                if n:
                    conn.execute(CHANGE, {"turn": n % 3, "round": n, "minutes": 25 + n})
                    time.sleep(chance.uniform(0.02, 0.5))
            if n:
                cluster.kill()
                cluster.start()
            with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
                conn.execute("set search_path = tutoring")

                def number(query: str, conn: psycopg.Connection = conn) -> int:
                    row = conn.execute(query).fetchone()
                    assert row is not None
                    return row[0]

                seen_at_work += n > 0 and number(LEFT) > 0
                deadline = time.monotonic() + 90
                while conn.execute(WRONG).fetchall() or number(LEFT):
                    assert time.monotonic() < deadline, (conn.execute(WRONG).fetchall()[:5], number(LEFT))
                    time.sleep(0.1)
                assert number(TWICE) == 0
                assert number("select count(*) from reminders where state = 'failed'") == 0
    finally:
        done.set()
        for thread in running:
            thread.join(30)
    assert seen_at_work, "no kill came while there was something to tell"
    # Who dies between sending and saying so sends again: what was in hand then, and no more.
    assert sum(count - 1 for count in Counter(told).values()) <= KILLS * COURIERS * BATCH
