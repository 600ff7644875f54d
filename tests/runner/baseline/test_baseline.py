"""Databases that have the schema and no books."""

import psycopg
import pytest
from sessionbook.deploy import apply, status
from sessionbook.deploy.baseline import baseline
from sessionbook.deploy.verify import verify
from sessionbook.errors import DriftError, UsageError
from sessionbook.package import read_package

APPLIED = "select migration_id from sessionbook._yoyo_migration order by 1"


@pytest.fixture
def bare(empty_database, tree, query):
    """The schema of the first migration, made by somebody else, with a row; a second migration is in the package."""
    query("create schema workshop")
    query("create table workshop.items (id integer, label text)")
    query("insert into workshop.items values (1, 'a')")
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    return empty_database


def test_schema_that_is_there_is_marked_and_apply_goes_on_from_it(bare, tree, query):
    assert baseline(bare, "0001_base", sql_root=tree.root).migrations == ["0001_base"]
    assert query(APPLIED) == ["0001_base"]
    (copy,) = apply(bare, sql_root=tree.root).copies
    assert copy.migrations == ["0002_more"]
    assert query("select workshop.item_count()") == [1]
    assert verify(bare, sql_root=tree.root).exit_code == 0


def test_what_differs_is_named_and_nothing_is_marked(bare, tree, query):
    with pytest.raises(DriftError) as error:
        baseline(bare, "0002_more", sql_root=tree.root)
    assert "column items.more" in error.value.detail
    assert query("select to_regnamespace('sessionbook')::text") == [None]


def test_difference_is_exit_4(bare, command, query):
    query("alter table workshop.items alter column id set not null")
    answer = command.json("baseline", "0001_base", "--dsn", bare)
    assert answer["exit_code"] == 4
    assert "column items.id" in answer["detail"]


def test_objects_of_others_are_no_hindrance(bare, tree, query):
    query("create table workshop.theirs (id integer)")
    query("create index theirs_idx on workshop.items (label)")
    baseline(bare, "0001_base", sql_root=tree.root)
    assert query(APPLIED) == ["0001_base"]


def test_other_schema(bare, tree, query):
    query("create schema acme create table items (id integer, label text)")
    baseline(bare, "0001_base", schema="acme", sql_root=tree.root)
    assert query("select schema_name from sessionbook.installations") == ["acme"]


def test_copy_in_the_books_is_refused(empty_database, tree):
    apply(empty_database, sql_root=tree.root)
    with pytest.raises(UsageError):
        baseline(empty_database, "0001_base", sql_root=tree.root)


def test_unknown_migration_is_refused(bare, command):
    assert command("baseline", "0009_nope", "--dsn", bare).returncode == 2


def test_the_package_itself_after_its_books_were_lost(database):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop schema sessionbook cascade")
    for unit in read_package().units.values():
        baseline(database, unit.migrations[-1].id)
    result = apply(database)
    assert [copy.migrations for copy in result.copies if copy.migrations] == []
    assert status(database).exit_code == 0
    assert verify(database).exit_code == 0
