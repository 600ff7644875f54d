"""pg_cron at work: nobody calls anything."""

from __future__ import annotations

import time

import psycopg
from sessionbook.clock.cron import check, sync

from cron.conftest import Cron
from cron.test_sync import keys
from support.market import open_market
from support.school import open_school


def test_session_is_completed_by_itself(cron: Cron, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        market = open_market(conn)
        session = market.session(market.workshop(), day="2020-01-01")
        sync(database, cron_database=cron.name, tick_every=3 if cron.version >= (1, 5) else 60)
        deadline = time.monotonic() + 68
        while market.status(session) != "completed":
            assert time.monotonic() < deadline, "pg_cron did not run the tick"
            time.sleep(0.2)
        change = market.row("select cause, changed_by from status_changes where subject_id = %s", str(session))
        assert change["cause"] == "clock"
        while not market.one("select healthy from lifecycle.health"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    result = check(database, cron_database=cron.name)
    while result.jobs[-1].last_status is None and time.monotonic() < deadline:
        time.sleep(0.2)
        result = check(database, cron_database=cron.name)
    assert result.jobs[-1].last_status == "succeeded"
    # Not whether there is nothing at all: jobs of other databases may be broken at this moment.
    assert not {"job_failed", "job_missing", "scheduler_absent"} & set(keys(result))


def test_lesson_starts_and_completes_by_itself(cron: Cron, database: str) -> None:
    """Every few seconds where pg_cron can, so that the lesson is seen in progress; else one tick finds it over."""
    quick = cron.version >= (1, 5)
    start, end = (4, 12) if quick else (-20, -10)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("set search_path = tutoring; set timezone = 'UTC'")
        school = open_school(conn)
        lesson = school.one(
            "insert into sessions (enrolled_courses_id, session_date, start_time, end_time, timezone)"
            " select %s, t.starts::date, t.starts::time, t.ends::time, 'UTC'"
            " from (select localtimestamp + %s * interval '1 s', localtimestamp + %s * interval '1 s')"
            " as t (starts, ends)"
            " returning id",
            school.course,
            start,
            end,
        )
        sync(database, cron_database=cron.name, tick_every=2 if quick else 60)
        deadline = time.monotonic() + 68
        seen = ["scheduled"]
        while seen[-1] != "completed":
            assert time.monotonic() < deadline, f"pg_cron left it {seen[-1]}"
            time.sleep(0.1)
            if (status := school.one("select status from sessions where id = %s", lesson)) != seen[-1]:
                seen.append(status)
        assert seen == (["scheduled", "in_progress", "completed"] if quick else ["scheduled", "completed"])
        moves = school.rows(
            "select from_status, to_status, cause from status_changes where subject_id = %s order by id", str(lesson)
        )
        assert [tuple(move.values()) for move in moves] == [
            ("scheduled", "in_progress", "clock"),
            ("in_progress", "completed", "clock"),
        ]
