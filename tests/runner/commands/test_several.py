"""Several servers, one after the other: one report each, and the worst exit code."""

import json

import pytest
from sessionbook.deploy import apply, status

NOWHERE = "host=127.0.0.1 port=1 user=u password=s3cr3t"


@pytest.fixture
def second(server):
    """A second empty database."""
    name = server.create_database()
    yield server.dsn(name)
    server.drop_database(name)


def both(first, second):
    return ("--dsn", first, "--dsn", second)


def test_each_is_applied(empty_database, second, tree, command):
    done = command("apply", *both(empty_database, second))
    assert done.returncode == 0
    assert [status(dsn, sql_root=tree.root).exit_code for dsn in (empty_database, second)] == [0, 0]


def test_each_is_named(empty_database, second, query, command):
    (name,) = query("select current_database()")
    lines = command("apply", *both(empty_database, second)).stdout.splitlines()
    assert sum(line.endswith(f"/{name}:") for line in lines) == 1
    assert sum(line.endswith(":") for line in lines) == 2


def test_each_is_a_line_for_machines(empty_database, second, tree, command):
    apply(second, sql_root=tree.root)
    done = command("status", "--json", *both(empty_database, second))
    first, other = map(json.loads, done.stdout.splitlines())
    assert (first["exit_code"], other["exit_code"], done.returncode) == (3, 0, 3)
    assert first["server"] != other["server"]


def test_failure_of_one_does_not_stop_the_rest(empty_database, tree, command):
    done = command("apply", "--json", *both(NOWHERE, empty_database))
    failed, applied = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, failed["exit_code"], applied["changed"]) == (1, 1, True)
    assert failed["server"] == "127.0.0.1:1/"
    assert "s3cr3t" not in done.stdout + done.stderr


def test_failure_is_worse_than_something_pending(empty_database, command):
    assert command("status", *both(empty_database, NOWHERE)).returncode == 1


@pytest.mark.parametrize("name", ["tick", "watch"])
def test_what_goes_on_is_for_one(empty_database, command, name):
    more = ("--every", "1s")
    assert command(name, *more, *both(empty_database, empty_database)).returncode == 2
