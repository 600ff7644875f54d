"""Everything in one transaction."""

import threading

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.deploy.verify import verify

APPLIED = "select migration_id from sessionbook._yoyo_migration order by 1"


@pytest.fixture
def applied(empty_database, tree):
    """A database with the tree applied, and a migration due."""
    apply(empty_database, sql_root=tree.root)
    tree.write("migrations/workshop/0002_wider.sql", "alter table items add column more text;")
    return empty_database


def test_single_transaction_is_all_or_nothing(empty_database, tree, query, command):
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    tree.write("views/workshop/labels.sql", "create or replace view labels as select i.nope from items as i;")
    assert command("apply", "--single-transaction", "--dsn", empty_database).returncode == 1
    assert query("select nspname from pg_namespace where nspname in ('workshop', 'sessionbook')") == []


def test_single_transaction_applies_the_same(empty_database, tree, command, query):
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    assert command("apply", "--single-transaction", "--dsn", empty_database).returncode == 0
    assert query(APPLIED) == ["0001_base", "0002_more"]
    assert not apply(empty_database, sql_root=tree.root).changed
    assert verify(empty_database, sql_root=tree.root).exit_code == 0


def test_single_transaction_that_loses_a_race_for_a_lock_begins_anew(applied, tree, query):
    with psycopg.connect(applied) as reader:
        reader.execute("select * from workshop.items")
        threading.Timer(1.0, reader.rollback).start()
        apply(applied, sql_root=tree.root, lock_timeout=0.1, single_transaction=True)
    assert query(APPLIED) == ["0001_base", "0002_wider"]


def test_the_package_itself_applies_in_a_single_transaction(empty_database):
    apply(empty_database, single_transaction=True)
    assert verify(empty_database).exit_code == 0
