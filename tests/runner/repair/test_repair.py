"""Objects changed by hand are made again; edited files are not accepted."""

import pytest
from sessionbook.deploy import apply
from sessionbook.deploy.baseline import repair
from sessionbook.errors import DriftError

BASE = "migrations/workshop/0001_base.sql"


@pytest.fixture
def applied(empty_database, tree):
    """A database with the tree applied."""
    apply(empty_database, sql_root=tree.root)
    return empty_database


def test_edited_file_is_not_accepted(applied, tree):
    tree.write(BASE, "-- A comment more.\ncreate table items (id integer, label text);")
    with pytest.raises(DriftError, match=BASE):
        repair(applied, sql_root=tree.root)


def test_tables_are_left_alone(applied, tree, query):
    query("drop view workshop.labels; alter table workshop.items drop column label")
    assert repair(applied, sql_root=tree.root) == ["views/workshop/labels.sql"]


def test_file_that_is_gone_cannot_be_repaired(applied, tree):
    tree.write("migrations/workshop/0002_more.sql", "select 1;")
    apply(applied, sql_root=tree.root)
    tree.remove("migrations/workshop/0002_more.sql")
    with pytest.raises(DriftError, match="0002_more"):
        repair(applied, sql_root=tree.root)


def test_nothing_to_repair_is_exit_0(applied, command):
    done = command.json("repair", "--dsn", applied)
    assert done == {"exit_code": 0, "accepted": [], "due": []}


def test_grant_on_a_function_of_a_migration_comes_back(empty_database, tree, query):
    (role,) = query("select 'caller_' || md5(current_database())")
    query(f"create role {role}")
    try:
        tree.write("migrations/workshop/0002_code.sql", "create function code() returns int language sql return 7;")
        tree.write("grants/workshop/code.sql", f"grant execute on function code() to {role};")
        apply(empty_database, sql_root=tree.root)
        query(f"revoke execute on function workshop.code() from {role}")
        assert repair(empty_database, sql_root=tree.root) == ["grants/workshop/code.sql"]
        apply(empty_database, sql_root=tree.root)
        assert query(f"select has_function_privilege('{role}', 'workshop.code()', 'execute')") == [True]
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")
