"""pg_cron at work: nobody calls anything, and what it writes down is purged."""

from __future__ import annotations

import time

import psycopg
import pytest
from sessionbook.cron import check, sync

from cron.conftest import Cron
from cron.test_sync import keys, name_of, run_by_hand
from support.market import open_market
from support.school import open_school

# With the tests that put broken jobs there, which every check sees.
alone = pytest.mark.xdist_group("cron")

DETAILS = """
insert into cron.job_run_details (
    jobid, runid, database, username, command, status, return_message, start_time, end_time
)
select %s, %s, %s, current_user, %s, %s, '', now() - %s * interval '1 day', now() - %s * interval '1 day'
"""


@alone
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
        change = market.row("select cause, changed_by from status_changes where subject_id = %s", session)
        assert change["cause"] == "clock"
        while not market.one("select healthy from lifecycle.health"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    result = check(database, cron_database=cron.name)
    while result.jobs[-1].last_status is None and time.monotonic() < deadline:
        time.sleep(0.2)
        result = check(database, cron_database=cron.name)
    assert result.jobs[-1].last_status == "succeeded"
    assert keys(result) == []


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
            "select from_status, to_status, cause from status_changes where subject_id = %s order by id", lesson
        )
        assert [tuple(move.values()) for move in moves] == [
            ("scheduled", "in_progress", "clock"),
            ("in_progress", "completed", "clock"),
        ]


@pytest.fixture
def tick(cron: Cron, database: str) -> dict:
    """The job tick, paused so that it writes nothing itself."""
    sync(database, cron_database=cron.name)
    job = cron.job(f"sessionbook:tick:{name_of(database)}")
    cron.conn.execute("select cron.alter_job(%s::bigint, active => false)", [job["jobid"]])
    return job


def detail(cron: Cron, job: dict, runid: int, status: str = "succeeded", days: int | None = None) -> None:
    cron.conn.execute(
        DETAILS, [job["jobid"], runid, job["database"], job["command"], status, days, days]
    )  # null days: a run that never began


@alone
def test_failed_run_is_found(cron: Cron, database: str, tick: dict) -> None:
    detail(cron, tick, -1, "failed", 0)
    result = check(database, cron_database=cron.name)
    assert "job_failed" in keys(result)
    assert result.exit_code == 1
    cron.conn.execute("delete from cron.job_run_details where runid < 0")


@alone
def test_run_details_are_purged_also_those_without_times(cron: Cron, database: str, tick: dict) -> None:
    """Lower numbers than any real run has, so that they are the oldest."""
    foreign = {**tick, "jobid": -1, "command": "select 1"}
    for runid, job, days in [
        (-9, tick, None),
        (-8, tick, 20),
        (-7, tick, 8),
        (-6, foreign, 20),
        (-5, tick, 6),
        (-4, tick, None),
    ]:
        detail(cron, job, runid, days=days)
    try:
        assert "run_details_growth" in keys(check(database, cron_database=cron.name))
        run_by_hand(database, cron.job(f"sessionbook:run_details:{name_of(database)}"))
        left = cron.conn.execute("select runid from cron.job_run_details where runid < 0 order by runid").fetchall()
        assert [runid for (runid,) in left] == [-6, -5, -4]
        assert "run_details_growth" not in keys(check(database, cron_database=cron.name))
    finally:
        cron.conn.execute("delete from cron.job_run_details where runid < 0")
