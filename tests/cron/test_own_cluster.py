"""What would break the server that the other tests share: a restored dump, a dead scheduler, a dropped owner."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import scalar_row
from sessionbook.clock.cron import check, sync
from sessionbook.database import Found
from sessionbook.deploy import apply

from cron.test_sync import keys
from support.errors import raises_key
from support.market import open_market
from support.own_cluster import OwnCluster, own_cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[OwnCluster]:
    """A cluster with pg_cron, and the package in database shop."""
    with own_cluster() as cluster:
        need_cron(cluster)
        prepare(cluster)
        yield cluster


def need_cron(cluster: OwnCluster) -> None:
    if cluster.has_cron:
        return
    reason = "pg_cron is not among the binaries installed on this machine"
    # A container has it where this machine has not: then these tests are not what was asked for.
    if "pg_cron" in os.environ.get("SESSIONBOOK_REQUIRE", "") and os.environ.get("SESSIONBOOK_TEST_SERVER") == "local":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def prepare(cluster: OwnCluster) -> None:
    run(cluster, "postgres", "create extension pg_cron")
    run(cluster, "postgres", "create database shop")
    apply(cluster.dsn("shop"), units=["workshop"])


def run(cluster: OwnCluster, database: str, statement: str) -> list[Any]:
    with psycopg.connect(cluster.dsn(database), autocommit=True, row_factory=scalar_row) as conn:
        cursor = conn.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def unless_tried(result: Found) -> list[str]:
    """The keys. Where a minute began meanwhile, the scheduler has tried a job, which failed as it should: not that."""
    return [key for key in keys(result) if key != "job_failed"]


def wait(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def test_restored_dump_runs_no_job_until_it_is_told_to(cluster: OwnCluster) -> None:
    with psycopg.connect(cluster.dsn("shop"), autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        market = open_market(conn)
        market.session(market.workshop(), day="2020-01-01")
    sync(cluster.dsn("shop"))
    assert keys(check(cluster.dsn("shop"))) == []
    dump = cluster.run("pg_dumpall", "--no-role-passwords")
    with own_cluster() as staging:
        staging.run("psql", "--quiet", "--set=ON_ERROR_STOP=off", "--dbname=postgres", stdin=dump)
        commands = run(staging, "postgres", "select command from cron.job where jobname like 'sessionbook:%:shop'")
        assert len(commands) == 3
        [tick] = [command for command in commands if "'tick'" in command]
        with raises_key("PT409", "job_not_at_home"):
            run(staging, "shop", tick)
        assert run(staging, "shop", "select status from workshop.workshop_sessions") == ["upcoming"]
        result = check(staging.dsn("shop"))
        assert unless_tried(result) == ["job_not_at_home", "job_not_at_home"]
        assert result.exit_code == 1
        assert [change.action for change in sync(staging.dsn("shop")).changes] == ["changed", "changed"]
        [tick] = run(staging, "postgres", "select command from cron.job where jobname = 'sessionbook:tick:shop'")
        run(staging, "shop", tick)
        assert run(staging, "shop", "select status from workshop.workshop_sessions") == ["completed"]
        assert unless_tried(check(staging.dsn("shop"))) == []


def test_restart_keeps_the_jobs_at_home(cluster: OwnCluster) -> None:
    sync(cluster.dsn("shop"))
    cluster.stop()
    cluster.start()
    assert sync(cluster.dsn("shop")).changes == []


def test_package_beside_pg_cron_purges_run_details_itself(cluster: OwnCluster) -> None:
    apply(cluster.conninfo, units=["workshop"])
    try:
        changes = sync(cluster.conninfo).changes
        assert [change.name for change in changes] == ["sessionbook:housekeeping:postgres", "sessionbook:tick:postgres"]
        run(
            cluster,
            "postgres",
            "insert into cron.job_run_details (jobid, runid, database, username, command, start_time, end_time)"
            " select j.jobid, n, j.database, j.username, j.command, t, t from cron.job as j"
            " cross join (values (-3, null), (-2, now() - interval '8 days'), (-1, now() - interval '6 days'))"
            " as d (n, t)"
            " where j.jobname = 'sessionbook:tick:postgres'",
        )
        [command] = run(
            cluster, "postgres", "select command from cron.job where jobname = 'sessionbook:housekeeping:postgres'"
        )
        run(cluster, "postgres", command)
        assert run(cluster, "postgres", "select runid from cron.job_run_details where runid < 0") == [-1]
        assert keys(check(cluster.conninfo)) == []
        assert keys(check(cluster.dsn("shop"))) in ([], ["job_missing"] * 3)
    finally:
        run(cluster, "postgres", "delete from cron.job where jobname like '%:postgres'")


def test_dead_scheduler_is_found(cluster: OwnCluster) -> None:
    sync(cluster.dsn("shop"))
    scheduler = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pg_cron %'"
    wait(lambda: run(cluster, "postgres", scheduler))
    try:
        wait(lambda: "scheduler_absent" in keys(check(cluster.dsn("shop"))))
        assert check(cluster.dsn("shop")).exit_code == 1
    finally:
        cluster.stop()
        cluster.start()
    wait(lambda: keys(check(cluster.dsn("shop"))) == [])


def test_dropped_owner_is_found_before_it_stops_everything(cluster: OwnCluster) -> None:
    sync(cluster.dsn("shop"))
    run(cluster, "postgres", "create role gone login; grant usage on schema cron to gone")
    run(cluster, "postgres", "set role gone; select cron.schedule('theirs', '0 0 1 1 *', 'select 1')")
    run(cluster, "postgres", "drop owned by gone; drop role gone")
    result = check(cluster.dsn("shop"))
    # On a busy machine the scheduler may have stopped by now, as it does when it reads its jobs anew.
    assert set(keys(result)) - {"scheduler_absent"} == {"owner_missing"}
    (found,) = [one for one in result.findings if one.key == "owner_missing"]
    assert "gone" in found.message
    cluster.stop()
    cluster.start()
    statement = found.hint.removeprefix("As a superuser: ")
    run(cluster, "postgres", statement)
    wait(lambda: keys(check(cluster.dsn("shop"))) == [], seconds=30)
