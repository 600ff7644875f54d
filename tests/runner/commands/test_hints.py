"""What a message says to do next, for mistakes that people make."""

import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply

LONG = "x" * 70


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["rollback"], 2, "--unit"),
        (["rollback", "--to", "0001_bose"], 2, "0001_base"),
        (["rollback", "--to", "0001_base", "--unit", "training"], 2, "0001_base is a migration of workshop"),
        (["rollback", "--to", "0001_base", "--all"], 2, "contradict"),
        (["baseline", "0002_nope"], 2, "0001_base"),
        (["resolve", "0001_base"], 2, "--applied or --retry"),
        (["apply", "--unit", "worksop"], 2, "workshop"),
        (["apply", "--schema", f"workshop={LONG}"], 2, "55 bytes"),
        (["apply", "--schema", "workshop=public"], 2, "of its own"),
        (["apply", "--schema", "workshop=$user"], 2, "reserved"),
        (["apply", "--lock-timeout", "soon"], 2, "--lock-timeout"),
        (["apply", "--tick-every", "7s", "--no-cron"], 2, "--tick-every"),
        (["watch", "--json"], 2, "--once"),
        (["aply"], 2, "apply"),
    ],
)
def test_wrong_use_says_what_would_be_right(empty_database, tree, command, line, code, said):
    apply(empty_database, sql_root=tree.root)
    done = command(*line, *([] if line[0] == "aply" else ["--dsn", empty_database]))
    assert done.returncode == code
    assert said in done.stderr


def test_empty_dsn_is_not_passed_over(empty_database, command):
    done = command("status", "--dsn", "", env={"DATABASE_URL": empty_database})
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr


def test_without_a_server_the_ways_to_one_are_named(command, monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = command("status", env={"PGHOST": str(tmp_path)})
    assert done.returncode == 1
    for way in ("--dsn", "DATABASE_URL", "sessionbook demo"):
        assert way in done.stderr


def test_shared_unit_with_others_says_which_to_take_back_first(database, called):
    done = called(["rollback", "--unit", "lifecycle", "--all", "--yes", "--dsn", database])
    assert done.returncode == 2
    assert "rollback --unit NAME --all" in done.stderr
    assert "tutoring" in done.stderr


def test_older_package_is_told_from_a_missing_file(empty_database, tree, command):
    tree.write("migrations/workshop/0002_more.sql", "select 1;")
    apply(empty_database, sql_root=tree.root)
    tree.remove("migrations/workshop/0002_more.sql")
    done = command("apply", "--dsn", empty_database)
    assert done.returncode == 4
    assert "the package is older" in done.stderr


def test_read_only_server_is_told_from_a_fault(empty_database, command):
    read_only = make_conninfo(empty_database, options="-c default_transaction_read_only=on")
    answer = command.json("apply", "--dsn", read_only)
    assert (answer["exit_code"], answer["sqlstate"]) == (1, "25006")
    assert "primary" in answer["hint"]


def test_sql_error_names_its_installation(empty_database, tree, command):
    tree.write("migrations/workshop/0002_more.sql", "select nope;")
    answer = command.json("apply", "--schema", "workshop=acme", "--dsn", empty_database)
    assert (answer["installation"], answer["line"]) == ("workshop in acme", 1)
