"""What pg_cron writes down about its runs: failures are found, and old records are purged."""

from __future__ import annotations

import pytest
from sessionbook.clock.cron import check, sync

from cron.conftest import Cron
from cron.test_sync import keys, name_of, run_by_hand

DETAILS = """
insert into cron.job_run_details (
    jobid, runid, database, username, command, status, return_message, start_time, end_time
)
select %s, %s, %s, current_user, %s, %s, '', now() - %s * interval '1 day', now() - %s * interval '1 day'
"""


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


def test_failed_run_is_found(cron: Cron, database: str, tick: dict) -> None:
    detail(cron, tick, -1, "failed", 0)
    result = check(database, cron_database=cron.name)
    assert "job_failed" in keys(result)
    assert result.exit_code == 1
    cron.conn.execute("delete from cron.job_run_details where runid < 0")


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
