"""Accepting files that were edited after they were applied."""

import hashlib

import pytest
from sessionbook.deploy import apply, status
from sessionbook.errors import DriftError
from sessionbook.repair import repair

BASE = "migrations/workshop/0001_base.sql"
HASH = "select sha256 from sessionbook.migration_hashes where migration_id = '0001_base'"


@pytest.fixture
def applied(empty_database, tree):
    """A database with the tree applied."""
    apply(empty_database, sql_root=tree.root)
    return empty_database


def test_edit_that_changes_nothing_is_accepted_and_both_hashes_are_shown(applied, tree, command, query):
    (old,) = query(HASH)
    text = "-- A comment more.\ncreate table items (id integer, label text);"
    tree.write(BASE, text)
    answer = command.json("repair", "--dsn", applied)
    new = hashlib.sha256(text.encode()).hexdigest()
    assert answer["accepted"] == [{"schema": "workshop", "path": BASE, "old_sha256": old, "new_sha256": new}]
    assert query(HASH) == [new]
    assert status(applied, sql_root=tree.root).exit_code == 0


def test_edit_that_the_database_does_not_have_is_refused_with_the_difference(applied, tree, query):
    (old,) = query(HASH)
    tree.write(BASE, "create table items (id bigint, label text, more text);")
    with pytest.raises(DriftError) as error:
        repair(applied, sql_root=tree.root)
    assert "column items.more" in error.value.detail
    assert "column items.id" in error.value.detail
    assert query(HASH) == [old]


def test_edit_is_accepted_where_the_database_was_changed_by_hand_in_the_same_way(applied, tree, query):
    query("alter table workshop.items add column more text")
    tree.write(BASE, "create table items (id integer, label text, more text);")
    assert [one.path for one in repair(applied, sql_root=tree.root).accepted] == [BASE]


def test_file_that_is_gone_cannot_be_repaired(applied, tree):
    tree.write("migrations/workshop/0002_more.sql", "select 1;")
    apply(applied, sql_root=tree.root)
    tree.remove("migrations/workshop/0002_more.sql")
    with pytest.raises(DriftError, match="0002_more"):
        repair(applied, sql_root=tree.root)


def test_nothing_to_repair_is_exit_0(applied, command):
    done = command.json("repair", "--dsn", applied)
    assert done == {"exit_code": 0, "accepted": [], "due": []}


def test_edit_while_something_is_pending_is_judged_at_the_version_applied(applied, tree, query):
    tree.write(BASE, "create table items (id integer, label text); -- edited")
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    repair(applied, sql_root=tree.root)
    assert apply(applied, sql_root=tree.root).copies[0].migrations == ["0002_more"]


def test_grant_on_a_function_of_a_migration_comes_back(empty_database, tree, query):
    (role,) = query("select 'caller_' || md5(current_database())")
    query(f"create role {role}")
    try:
        tree.write("migrations/workshop/0002_code.sql", "create function code() returns int language sql return 7;")
        tree.write("grants/workshop/code.sql", f"grant execute on function code() to {role};")
        apply(empty_database, sql_root=tree.root)
        query(f"revoke execute on function workshop.code() from {role}")
        assert repair(empty_database, sql_root=tree.root).due == ["grants/workshop/code.sql"]
        apply(empty_database, sql_root=tree.root)
        assert query(f"select has_function_privilege('{role}', 'workshop.code()', 'execute')") == [True]
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")
