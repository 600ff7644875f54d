"""Applied files that are not what they were."""

import pytest
from sessionbook.deploy import apply, plan, rollback, status
from sessionbook.errors import DriftError

BASE = "migrations/workshop/0001_base.sql"


@pytest.fixture
def edited(empty_database, tree):
    """A database whose applied migration was edited afterwards, with another one pending."""
    apply(empty_database, sql_root=tree.root)
    tree.write(BASE, "create table items (id bigint, label text);")
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    return empty_database


def test_edited_file_stops_the_deploy_and_is_named(edited, tree, query):
    with pytest.raises(DriftError, match=BASE):
        apply(edited, sql_root=tree.root)
    assert query("select to_regclass('workshop.more')::text") == [None]


def test_edited_file_stops_a_rollback(edited, tree):
    with pytest.raises(DriftError, match=BASE):
        rollback(edited, "workshop", sql_root=tree.root)


def test_status_and_plan_show_the_edited_file(edited, tree):
    assert BASE in status(edited, sql_root=tree.root).copies[0].drift[0]
    assert BASE in plan(edited, sql_root=tree.root).copies[0].drift[0]


@pytest.mark.parametrize("name", ["apply", "status", "plan"])
def test_edited_file_is_exit_4(edited, command, name):
    assert command(name, "--dsn", edited).returncode == 4


def test_applied_migration_without_its_file_stops_the_deploy(empty_database, tree):
    tree.write("migrations/workshop/0002_more.sql", "select 1;")
    apply(empty_database, sql_root=tree.root)
    tree.remove("migrations/workshop/0002_more.sql")
    with pytest.raises(DriftError, match="0002_more"):
        apply(empty_database, sql_root=tree.root)


def test_file_that_comes_late_stops_the_deploy(empty_database, tree, query):
    tree.write("migrations/workshop/0002_more.sql", "select 1;")
    apply(empty_database, sql_root=tree.root)
    query("delete from sessionbook.migrations where id = '0001_base'")
    with pytest.raises(DriftError, match=BASE):
        apply(empty_database, sql_root=tree.root)


def test_migration_whose_hash_is_not_known_is_taken_as_applied(empty_database, tree, query):
    apply(empty_database, sql_root=tree.root)
    query("update sessionbook.migrations set sha256 = null")
    tree.write(BASE, "select 'marked by hand';")
    assert status(empty_database, sql_root=tree.root).exit_code == 0
