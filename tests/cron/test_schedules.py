"""Paces that cron can keep, and names that fit."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from support.jobs import job_name
from support.server import Server


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
def test_paces(installed: psycopg.Connection, seconds: float, schedule: str) -> None:
    assert installed.execute("select sessionbook.pace(%s, true)", [seconds]).fetchone() == (schedule,)


@pytest.mark.parametrize("seconds", [0.5, 61, 90, 7 * 60, 5 * 3600, 2 * 86400])
def test_paces_that_cron_cannot_keep(installed: psycopg.Connection, seconds: float) -> None:
    assert installed.execute("select sessionbook.pace(%s, true)", [seconds]).fetchone() == (None,)


def test_seconds_need_a_newer_pg_cron(installed: psycopg.Connection) -> None:
    assert installed.execute("select sessionbook.pace(10, false)").fetchone() == (None,)


def test_records_are_purged_from_outside_only_if_pg_cron_is_elsewhere(installed: psycopg.Connection) -> None:
    def jobs(home: str) -> set[str]:
        return {job for (job,) in installed.execute("select job from sessionbook.jobs(%s, true)", [home])}

    assert jobs("elsewhere") == {"tick", "housekeeping", "run_details"}
    assert jobs(installed.info.dbname) == {"tick", "housekeeping"}


@pytest.mark.parametrize("database", ["shop", "Od\"d 'Name:x", "x" * 63, "\u00fc" * 31])
def test_names_of_jobs_fit(server: Server, template: str, database: str) -> None:
    server.admin.execute(
        sql.SQL("create database {} template {}").format(sql.Identifier(database), sql.Identifier(template))
    )
    try:
        with psycopg.connect(server.dsn(database)) as connection:
            row = connection.execute("select sessionbook.job_name('housekeeping')").fetchone()
        assert row == (job_name("housekeeping", database),)
        assert len(row[0].encode()) <= 63
    finally:
        server.admin.execute(sql.SQL("drop database {}").format(sql.Identifier(database)))
