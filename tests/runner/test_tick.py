"""The clock from outside."""

import json
import signal

import pytest
from sessionbook.durations import seconds
from sessionbook.errors import UsageError

TICKS = "select pid from pg_stat_activity where application_name = 'sessionbook' and datname = current_database()"


@pytest.mark.parametrize(("text", "expected"), [("10s", 10), ("5m", 300), ("1h", 3600), ("250ms", 0.25), ("2", 2)])
def test_durations_are_read(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0s", "-1s", "soon", "1d", "5 m s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UsageError):
        seconds(text)


def test_one_tick_prints_its_row(database, command):
    answer = command.json("tick", "--dsn", database)
    assert (answer["exit_code"], answer["id"], answer["failed"]) == (0, 1, 0)


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
