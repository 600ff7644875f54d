"""On a terminal of 80 columns lines fit, and no name is cut."""

import pytest
from sessionbook.deploy import apply

NARROW = {"COLUMNS": "80"}
NAME = "0002_a_rather_long_name_of_a_migration_that_adds_things"


@pytest.fixture
def applied(empty_database, tree):
    """An installation whose name is long, with a migration due whose name is long too."""
    apply(empty_database, sql_root=tree.root, units=["workshop"], schemas={"workshop": "w" * 40})
    tree.write(f"migrations/workshop/{NAME}.sql", "select 1;")
    return empty_database


@pytest.mark.parametrize("name", ["status", "plan", "verify", "apply"])
def test_nothing_is_cut(applied, command, name):
    said = command(name, "--dsn", applied, env=NARROW).stdout
    assert "w" * 40 in said
    assert "…" not in said
    if name in ("status", "apply"):
        assert max(map(len, said.splitlines())) <= 80


def test_long_names_stand_in_a_line_of_their_own(applied, command):
    assert f"  pending: {NAME}" in command("status", "--dsn", applied, env=NARROW).stdout.splitlines()


def test_a_wide_terminal_has_a_table(applied, command):
    lines = command("status", "--dsn", applied, env={"COLUMNS": "200"}).stdout.splitlines()
    row = ["workshop", "w" * 40, "0001_base", "w" * 40, NAME, "pending"]
    assert [line.split() for line in lines if NAME in line] == [row]


@pytest.mark.parametrize("name", ["", "apply", "cron check", "rollback", "adopt"])
def test_options_are_whole_in_the_help(called, name):
    said = called([*name.split(), "--help"]).stdout
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 80
    if name == "apply":
        assert "--single-transaction" in said
