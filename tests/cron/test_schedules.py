"""Schedules: what pg_cron would take and never run is refused."""

from __future__ import annotations

import pytest
from sessionbook.errors import PackageError, UsageError
from sessionbook.jobs import is_of, job_name, read_jobs
from sessionbook.schedules import every, refuse_unsound

OLD, NEW = (1, 4), (1, 6)


@pytest.mark.parametrize(
    ("seconds", "schedule"),
    [
        (1, "1 seconds"),
        (10, "10 seconds"),
        (60, "* * * * *"),
        (300, "*/5 * * * *"),
        (3600, "0 * * * *"),
        (7200, "0 */2 * * *"),
        (86400, "0 0 * * *"),
    ],
)
def test_paces(seconds: float, schedule: str) -> None:
    assert every(seconds, NEW) == schedule
    refuse_unsound(schedule, NEW)


@pytest.mark.parametrize("seconds", [0.5, 61, 90, 7 * 60, 5 * 3600, 2 * 86400])
def test_paces_that_cron_cannot_keep(seconds: float) -> None:
    with pytest.raises(UsageError):
        every(seconds, NEW)


def test_seconds_need_a_newer_pg_cron() -> None:
    with pytest.raises(UsageError, match=r"pg_cron 1\.4"):
        every(10, OLD)


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "*/15 0-6 1,15 * mon-fri", "0 0 29 2 *", "0 0 31 2 sun", "5-59/10 * * jan,JUL 7", "0 0 $ * *"],
)
def test_sound(schedule: str) -> None:
    refuse_unsound(schedule, NEW)


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "* * * * * *",
        "*/90 * * * *",
        "*/0 * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "10-5 * * * *",
        "* * * foo *",
        "1,,2 * * * *",
        "0 0 31 2 *",
        "0 0 31 4,6 *",
        "60 seconds",
        "@hourly",
    ],
)
def test_unsound(schedule: str) -> None:
    with pytest.raises(UsageError):
        refuse_unsound(schedule, NEW)


@pytest.mark.parametrize("schedule", ["10 seconds", "0 0 $ * *"])
def test_too_new_for_an_old_pg_cron(schedule: str) -> None:
    with pytest.raises(UsageError):
        refuse_unsound(schedule, OLD)


def test_declared_jobs_say_what_they_are_for() -> None:
    jobs = {job.job: job for job in read_jobs()}
    assert set(jobs) == {"tick", "housekeeping", "run_details"}
    assert all(job.comment.endswith(".") for job in jobs.values())
    assert [name for name, job in jobs.items() if job.at_cron] == ["run_details"]


@pytest.mark.parametrize("header", ["-- schedule: * * * * *", "-- command: select 1"])
def test_job_without_a_header_is_refused(tmp_path, header: str) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "half.sql").write_text(f"-- Half a job.\n{header}\n")
    with pytest.raises(PackageError):
        read_jobs(tmp_path)


@pytest.mark.parametrize("database", ["shop", "Od\"d 'Näme:x", "x" * 63, "ü" * 31])
def test_names_of_jobs_fit_and_tell_databases_apart(database: str) -> None:
    name = job_name("housekeeping", database)
    assert len(name.encode()) <= 63
    assert is_of(name, database)
    assert not is_of(name, database[:-1])
    assert not is_of(name, database[:-1] + "z")
