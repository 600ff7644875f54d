"""Reconciling jobs: ours are made what is declared, everybody else's are left alone."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.clock.cron import check, standing, sync
from sessionbook.database import Found
from sessionbook.deploy import apply
from sessionbook.errors import CronError, UsageError

from cron.conftest import Cron
from support.command import called
from support.errors import raises_key
from support.jobs import job_name
from support.server import Server
from support.sources import ROOT


def name_of(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def command(*arguments: str) -> tuple[int, dict[str, Any], str]:
    done = called([*arguments, "--json"])
    return done.returncode, json.loads(done.stdout), done.stderr


def keys(result: Found) -> list[str]:
    return sorted(finding.key for finding in result.findings)


def run_by_hand(dsn: str, job: dict[str, Any]) -> None:
    """Runs a job's command as pg_cron does, in its database."""
    with psycopg.connect(make_conninfo(dsn, dbname=job["database"]), autocommit=True) as conn:
        conn.execute(job["command"])


def test_jobs_are_made_once(cron: Cron, database: str) -> None:
    name = name_of(database)
    first = sync(database, cron_database=cron.name)
    assert [(change.name, change.action) for change in first.changes] == [
        (f"sessionbook:{job}:{name}", "created") for job in ("housekeeping", "run_details", "tick")
    ]
    assert [(job["name"], job["schedule"], job["database"], job["active"]) for job in cron.jobs(name)] == [
        (f"sessionbook:housekeeping:{name}", "17 3 * * *", name, True),
        (f"sessionbook:run_details:{name}", "47 3 * * *", cron.name, True),
        (f"sessionbook:tick:{name}", "* * * * *", name, True),
    ]
    assert sync(database, cron_database=cron.name).changes == []
    assert keys(check(database, cron_database=cron.name)) == []


def test_their_commands_run(cron: Cron, database: str) -> None:
    sync(database, cron_database=cron.name)
    for job in cron.jobs(name_of(database)):
        run_by_hand(database, job)
    with psycopg.connect(database) as conn:
        assert conn.execute("select count(*) from lifecycle.ticks where finished_at is not null").fetchone() == (1,)


def test_paused_job_stays_paused_also_when_it_changes(cron: Cron, database: str) -> None:
    sync(database, cron_database=cron.name)
    name = f"sessionbook:tick:{name_of(database)}"
    jobid = cron.job(name)["jobid"]
    cron.conn.execute("select cron.alter_job(%s::bigint, active => false)", [jobid])
    result = sync(database, cron_database=cron.name, tick_every=300)
    assert [(change.name, change.action, change.active) for change in result.changes] == [(name, "changed", False)]
    job = cron.job(name)
    assert (job["jobid"], job["schedule"], job["active"]) == (jobid, "*/5 * * * *", False)
    assert keys(check(database, cron_database=cron.name)) == ["job_paused"]


def test_pace_is_kept_from_then_on(cron: Cron, database: str) -> None:
    sync(database, cron_database=cron.name, tick_every=120)
    assert sync(database, cron_database=cron.name).changes == []
    assert cron.job(f"sessionbook:tick:{name_of(database)}")["schedule"] == "*/2 * * * *"


def test_pace_takes_the_place_of_one_that_is_none(cron: Cron, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("update lifecycle.settings set value = 'forever' where key in ('tick_every', 'keep_history')")
    with pytest.raises(UsageError):
        sync(database, cron_database=cron.name)
    sync(database, cron_database=cron.name, tick_every=120)
    assert cron.job(f"sessionbook:tick:{name_of(database)}")["schedule"] == "*/2 * * * *"


def test_seconds_where_pg_cron_knows_them(cron: Cron, database: str) -> None:
    name = f"sessionbook:tick:{name_of(database)}"
    if cron.version >= (1, 5):
        sync(database, cron_database=cron.name, tick_every=10)
        assert cron.job(name)["schedule"] == "10 seconds"
        return
    with pytest.raises(UsageError):
        sync(database, cron_database=cron.name, tick_every=10)
    with psycopg.connect(database, autocommit=True) as conn:
        assert conn.execute("select value from lifecycle.settings where key = 'tick_every'").fetchone() == ("1 minute",)
        conn.execute("update lifecycle.settings set value = '10 seconds' where key = 'tick_every'")
    result = sync(database, cron_database=cron.name)
    assert len(result.warnings) == 1
    assert cron.job(name)["schedule"] == "* * * * *"
    assert keys(check(database, cron_database=cron.name)) == ["tick_too_fast"]


def test_status_and_plan_say_what_a_sync_would_do(cron: Cron, database: str) -> None:
    declared = len(standing(database).jobs)
    assert declared > 0
    assert {job.due for job in standing(database).jobs} == {"created"}
    sync(database)
    assert [job.due for job in standing(database).jobs] == [None] * declared
    tick = job_name("tick", conninfo_to_dict(database)["dbname"])
    number = cron.job(tick)["jobid"]
    cron.conn.execute("select cron.alter_job(%s, schedule => '7 * * * *', active => false)", [number])
    (job,) = [job for job in standing(database).jobs if job.name == tick]
    assert (job.schedule, job.active, job.due) == ("7 * * * *", False, "changed")


def test_job_that_is_declared_no_more_goes_and_others_stay(cron: Cron, database: str) -> None:
    name = name_of(database)
    for jobname in (f"sessionbook:nightly:{name}", f"sessionbook:tick:{name}x", f"vacuum:{name}"):
        cron.conn.execute("select cron.schedule_in_database(%s, '0 0 1 1 *', 'select 1', %s)", [jobname, name])
    assert "job_left_over" in keys(check(database, cron_database=cron.name))
    result = sync(database, cron_database=cron.name)
    assert [change.name for change in result.changes if change.action == "removed"] == [f"sessionbook:nightly:{name}"]
    assert {f"sessionbook:tick:{name}x", f"vacuum:{name}"} <= {job["name"] for job in cron.jobs(name)}


def test_job_pointing_at_another_database_is_found_and_mended(cron: Cron, database: str) -> None:
    sync(database, cron_database=cron.name)
    name = name_of(database)
    jobid = cron.job(f"sessionbook:tick:{name}")["jobid"]
    cron.conn.execute("update cron.job set database = %s where jobid = %s", [cron.name, jobid])
    assert keys(check(database, cron_database=cron.name)) == ["job_elsewhere"]
    sync(database, cron_database=cron.name)
    assert cron.job(f"sessionbook:tick:{name}")["database"] == name


def test_job_of_a_database_that_is_gone_is_found(cron: Cron, database: str) -> None:
    sync(database, cron_database=cron.name)
    gone = f"{name_of(database)}_gone"
    name = f"sessionbook:tick:{gone}"
    cron.conn.execute("select cron.schedule_in_database(%s, '0 0 1 1 *', 'select 1', %s)", [name, name_of(database)])
    cron.conn.execute("update cron.job set database = %s where jobname::text = %s", [gone, name])
    try:
        assert keys(check(database, cron_database=cron.name)) == ["database_missing"]
    finally:
        cron.conn.execute("delete from cron.job where database = %s", [gone])


def test_name_of_another_users_job_is_refused_naming_both(cron: Cron, database: str, role: str) -> None:
    name = f"sessionbook:tick:{name_of(database)}"
    cron.conn.execute(f"set role {role}")
    try:
        cron.conn.execute(
            "select cron.schedule_in_database(%s, '0 0 1 1 *', 'select 1', %s)", [name, name_of(database)]
        )
    finally:
        cron.conn.execute("reset role")
    with pytest.raises(CronError) as error:
        sync(database, cron_database=cron.name)
    me = cron.conn.info.user
    assert error.value.key == "job_of_another_user"
    assert role in error.value.message
    assert me in error.value.message
    assert [job["username"] for job in cron.jobs(name_of(database))] == [role]
    assert "job_of_another_user" in keys(check(database, cron_database=cron.name))


@pytest.mark.parametrize("name", ["Od\"d 'Näme: %s {home}", "x" * 63])
def test_database_with_an_odd_name(cron: Cron, server: Server, template: str, name: str) -> None:
    server.drop_database(name)
    server.admin.execute(
        sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
    )
    try:
        sync(server.dsn(name), cron_database=cron.name)
        assert sync(server.dsn(name), cron_database=cron.name).changes == []
        jobs = cron.jobs(name)
        assert len(jobs) == 3
        for job in jobs:
            run_by_hand(server.dsn(name), job)
        assert keys(check(server.dsn(name), cron_database=cron.name)) == []
    finally:
        for job in cron.jobs(name):
            cron.conn.execute("select cron.unschedule(%s::bigint)", [job["jobid"]])
        server.drop_database(name)


def test_jobs_of_a_name_that_the_database_had_are_all_found(cron: Cron, server: Server, database: str) -> None:
    """Also the one that runs where pg_cron is, whose database is there as before."""
    old = name_of(database)
    sync(database, cron_database=cron.name)
    renamed = f"{old}_renamed"
    server.admin.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(renamed)))
    try:
        found = check(server.dsn(renamed), cron_database=cron.name).findings
        gone = sorted(one.message.split()[1] for one in found if one.key == "database_missing")
        assert gone == [f"sessionbook:{job}:{old}" for job in ("housekeeping", "run_details", "tick")]
        assert all("cron.unschedule(" in one.hint for one in found if one.key == "database_missing")
    finally:
        server.admin.execute(
            sql.SQL("alter database {} rename to {}").format(sql.Identifier(renamed), sql.Identifier(old))
        )


def test_missing_extension_is_said_clearly(database: str) -> None:
    with pytest.raises(CronError, match="pg_cron is not installed in database") as error:
        sync(database, cron_database=name_of(database))
    assert "sessionbook tick --every" in (error.value.hint or "")
    result = check(database, cron_database=name_of(database))
    assert (keys(result), result.exit_code) == (["extension_missing"], 1)


def test_database_of_pg_cron_that_is_not_there(database: str) -> None:
    with pytest.raises(CronError, match="nowhere") as error:
        sync(database, cron_database="nowhere")
    assert error.value.key == "cron_unreachable"


def test_apply_warns_without_pg_cron_and_fails_where_it_is_required(database: str) -> None:
    without = ["--dsn", database, "--cron-database", name_of(database)]
    code, answer, _ = command("apply", *without)
    assert (code, answer["jobs"]) == (0, [])
    assert "pg_cron is not installed" in answer["warnings"][0]
    code, answer, _ = command("apply", "--require-cron", *without)
    assert (code, answer["key"]) == (1, "extension_missing")
    code, answer, _ = command("apply", "--no-cron", *without)
    assert (code, answer["warnings"]) == (0, [])


def test_apply_makes_the_jobs_and_check_is_content(cron: Cron, database: str) -> None:
    code, answer, _ = command("cron", "check", "--dsn", database, "--cron-database", cron.name)
    assert (code, {finding["key"] for finding in answer["findings"]}) == (3, {"job_missing"})
    code, answer, _ = command("apply", "--require-cron", "--dsn", database, "--cron-database", cron.name)
    assert (code, len(answer["jobs"]), answer["changed"]) == (0, 3, True)
    code, answer, _ = command("apply", "--dsn", database, "--cron-database", cron.name)
    assert (code, answer["changed"]) == (0, False)
    code, answer, _ = command("cron", "check", "--dsn", database, "--cron-database", cron.name)
    assert (code, answer["findings"], len(answer["jobs"])) == (0, [], 3)


def test_database_without_the_package(empty_database: str) -> None:
    with pytest.raises(UsageError):
        sync(empty_database)
    with pytest.raises(UsageError):
        check(empty_database)


def test_deployer_who_may_not_use_pg_cron_is_told_what_to_grant(cron: Cron, server: Server, role: str) -> None:
    cron.conn.execute(f"drop owned by {role}")
    name = server.create_database()
    server.admin.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(name), sql.Identifier(role)))
    dsn = make_conninfo(server.dsn(name), user=role, password="secret")
    try:
        apply(dsn, roles=False)
        with pytest.raises(CronError) as error:
            sync(dsn, cron_database=cron.name)
        assert error.value.key == "cron_not_allowed"
        cron.conn.execute((error.value.hint or "").partition(": ")[2])
        assert len(sync(dsn, cron_database=cron.name).changes) == 3
        assert keys(check(dsn, cron_database=cron.name)) == []
        for job in cron.jobs(name):
            assert job["username"] == role
            run_by_hand(dsn, job)
    finally:
        server.drop_database(name)


def test_copy_of_the_database_refuses_the_jobs_of_the_first(cron: Cron, server: Server, database: str) -> None:
    sync(database, cron_database=cron.name)
    job = cron.job(f"sessionbook:tick:{name_of(database)}")
    copy = server.create_database(name_of(database))
    with raises_key("PT409", "job_not_at_home"):
        run_by_hand(database, {**job, "database": copy})
    with psycopg.connect(server.dsn(copy)) as conn:
        assert conn.execute("select count(*) from lifecycle.ticks").fetchone() == (0,)


@pytest.mark.parametrize(
    ("change", "is_home"),
    [
        (lambda c, v, d, t: (c, v, d, t), True),
        (lambda c, v, d, t: (c, v, d, t + 1), True),
        (lambda c, v, d, t: (c, v, d + 1, t), False),
        (lambda c, v, d, t: (c + 1, v, d, t), False),
        (lambda c, v, d, t: (c + 1, v - 1, d, t), True),
        (lambda c, v, d, t: (c + 1, v - 1, d, t + 1), False),
        (lambda c, v, d, t: (c + 1, v + 1, d, t), False),
    ],
    ids=["same", "table made anew", "other database", "other cluster", "pg_upgrade", "restored later", "from a later"],
)
def test_where_a_job_is_at_home(database: str, change: Any, is_home: bool) -> None:
    with psycopg.connect(database) as conn:
        row = conn.execute("select lifecycle.home()").fetchone()
        assert row is not None
        made_for = ".".join(str(part) for part in change(*(int(part) for part in row[0].split("."))))
        assert conn.execute("select lifecycle.is_home(%s)", [made_for]).fetchone() == (is_home,)


@pytest.mark.parametrize("made_for", [None, "", "1", "a.b.c.d", "1.2.3.4.5", "'; drop"])
def test_nonsense_is_nobodys_home(database: str, made_for: str | None) -> None:
    with psycopg.connect(database) as conn:
        assert conn.execute("select lifecycle.is_home(%s)", [made_for]).fetchone() == (False,)


def test_unknown_job(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn, raises_key("PT404", "job_not_found"):
        conn.execute("do $$ begin execute format('call lifecycle.run_job(%L, %L)', 'dance', lifecycle.home()); end $$")


def test_jobs_made_as_the_documentation_says_are_left_by_a_sync(database: str, cron: Cron) -> None:
    text = (ROOT / "docs" / "deploying.md").read_text()
    (query,) = (block for block in re.findall(r"```sql\n(.*?)```", text, re.DOTALL) if "schedule_in_database" in block)
    with psycopg.connect(database) as connection:
        for (statement,) in connection.execute(query.encode()).fetchall():
            cron.conn.execute(statement.encode())
    assert [change.name for change in sync(database, cron_database=cron.name).changes] == [
        job_name("run_details", name_of(database))
    ]
