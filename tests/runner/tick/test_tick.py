"""The clock from outside."""

import json
import signal

import pytest
import typer
from psycopg.conninfo import make_conninfo
from sessionbook.clock import tick
from sessionbook.commands import seconds

TICKS = "select pid from pg_stat_activity where application_name = 'sessionbook' and datname = current_database()"


@pytest.mark.parametrize(("text", "expected"), [("10s", 10), ("5m", 300), ("1h", 3600), ("250ms", 0.25), ("2", 2)])
def test_durations_are_read(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0s", "-1s", "soon", "1d", "5 m s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(typer.BadParameter):
        seconds(text)


def test_one_tick_prints_its_row(database, command):
    answer = command.json("tick", "--dsn", database)
    assert (answer["exit_code"], answer["id"], answer["failed"]) == (0, 1, 0)


def test_a_tick_that_was_kept_out_names_who_is_in_the_way(database, command, connect):
    holder = connect(autocommit=False)
    holder.execute("lock table workshop.workshop_sessions")
    done = command("tick", "--json", "--dsn", database)
    assert done.returncode == 1
    assert f"process {holder.info.backend_pid} " in json.loads(done.stdout)["error"]


def test_dates_may_be_written_otherwise(database, command):
    dsn = make_conninfo(database, options="-c datestyle=german")
    assert command.json("tick", "--dsn", dsn)["exit_code"] == 0


def test_database_without_the_package_is_exit_1(empty_database, command):
    answer = command.json("tick", "--dsn", empty_database)
    assert (answer["exit_code"], answer["sqlstate"]) == (1, "3F000")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_goes_on_until_told_to_stop(database, command, number):
    process = command.start("tick", "--every", "50ms", "--json", "--dsn", database)
    rows = [json.loads(process.stdout.readline()) for _ in range(3)]
    process.send_signal(number)
    assert process.wait(60) == 0
    assert [row["id"] for row in rows] == [1, 2, 3]


def test_comes_back_after_a_lost_connection(database, command, db):
    process = command.start("tick", "--every", "300ms", "--json", "--dsn", database)
    process.stdout.readline()
    db.execute(
        "select pg_terminate_backend(a.pid) from pg_stat_activity as a"
        " where a.application_name = 'sessionbook' and a.datname = current_database()"
    )
    ids = [json.loads(process.stdout.readline())["id"] for _ in range(3)]
    process.terminate()
    assert process.wait(60) == 0
    assert ids == sorted(set(ids))


def test_wrong_duration_is_exit_2(database, command):
    assert command("tick", "--every", "soon", "--dsn", database).returncode == 2


OLD = "insert into lifecycle.ticks (started_at, finished_at) values (now() - %s::interval, now())"
OLDEST = "select now() - min(started_at) > interval '1 day' from lifecycle.ticks"


def test_housekeeping_that_nobody_does_is_done(database, command, db):
    """Ticks are kept for 14 days, and nothing was deleted for one more."""
    db.execute(OLD, ["16 days"])
    assert command("tick", "--dsn", database).returncode == 0
    assert db.execute(OLDEST).fetchone() == (False,)


def test_housekeeping_is_left_to_the_job_that_does_it(database, command, db):
    db.execute(OLD, ["14 days 12 hours"])
    assert command("tick", "--dsn", database).returncode == 0
    assert db.execute(OLDEST).fetchone() == (True,)


def test_housekeeping_goes_on_happening(database, db):
    rows = tick.tick_forever(database, 0.01, warn=pytest.fail, tidy=0)
    next(rows)
    db.execute("update lifecycle.ticks set started_at = now() - interval '16 days'")
    next(rows)
    next(rows)
    rows.close()
    assert db.execute(OLDEST).fetchone() == (False,)


def test_housekeeping_that_fails_does_not_stop_the_clock(database, command, db):
    db.execute("create schema broken; select lifecycle.register_clock('broken', 'workshop')")
    db.execute("update lifecycle.clocks set enabled = false where schema_name = 'broken'")
    db.execute("create table broken.status_changes (like workshop.status_changes)")
    db.execute(
        "create function broken._purge_history(timestamptz, integer) returns bigint language sql"
        " as 'select 1 / 0::bigint'"
    )
    db.execute(OLD, ["16 days"])
    done = command("tick", "--json", "--dsn", database)
    assert (done.returncode, json.loads(done.stdout)["id"]) == (0, 2)
    assert "PT500" in done.stderr


def test_role_that_may_tick_and_nothing_else_leaves_housekeeping_alone(database, db):
    db.execute(OLD, ["16 days"])
    clock = make_conninfo(database, options="-c role=sessionbook_clock")
    assert tick.tick_once(clock, warn=pytest.fail)["failed"] == 0
    assert db.execute(OLDEST).fetchone() == (True,)
