"""Migrations that alter columns under views of ours, and everything in one transaction."""

import threading

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.errors import BlockedError, SqlError
from sessionbook.verify import verify

APPLIED = "select migration_id from sessionbook._yoyo_migration order by 1"
WIDER = "migrations/workshop/0002_wider.sql"
ALTER = "-- rebuild: views/labels\nalter table items alter column label type varchar(40);"


@pytest.fixture
def applied(empty_database, tree, query):
    """A database with a view on a view, and a migration due that alters a column under both."""
    tree.write(
        "views/workshop/loud.sql",
        "-- requires: views/labels\ncreate or replace view loud as select upper(l.label) as label from labels as l;\n"
        "comment on view loud is 'Labels in capitals.';",
    )
    apply(empty_database, sql_root=tree.root)
    tree.write(WIDER, ALTER)
    return empty_database


def test_column_under_a_view_cannot_be_altered_without_saying_so(applied, tree, query):
    tree.write(WIDER, ALTER.partition("\n")[2])
    with pytest.raises(SqlError) as error:
        apply(applied, sql_root=tree.root)
    assert error.value.sqlstate == "0A000"


def test_views_in_the_way_are_made_again_with_comments(applied, tree, query):
    apply(applied, sql_root=tree.root)
    assert query("select atttypmod - 4 from pg_attribute where attrelid = 'workshop.labels'::regclass") == [40]
    assert query("select obj_description('workshop.loud'::regclass)") == ["Labels in capitals."]
    assert verify(applied, sql_root=tree.root).exit_code == 0


def test_grants_of_others_on_them_are_kept(applied, tree, query):
    role = query("select 'reporter_' || md5(current_database())")[0]
    query(f"create role {role}")
    try:
        query(f"grant select on workshop.loud to {role}")
        apply(applied, sql_root=tree.root)
        assert query(f"select has_table_privilege('{role}', 'workshop.loud', 'select')") == [True]
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")


def test_nobody_meets_a_time_without_the_views(applied, tree, query):
    """The views come back in the transaction that took them away, with all the migrations that follow."""
    tree.write("migrations/workshop/0003_slow.sql", "select pg_sleep(1.5);")
    worker = threading.Thread(target=apply, args=[applied], kwargs={"sql_root": tree.root})
    worker.start()
    seen = []
    with psycopg.connect(applied, autocommit=True) as reader:
        while worker.is_alive():
            seen.append(reader.execute("select count(*) from workshop.loud").fetchone())
    worker.join()
    assert set(seen) == {(0,)}
    assert query(APPLIED) == ["0001_base", "0002_wider", "0003_slow"]


def test_foreign_view_on_one_of_them_stops_the_deploy_and_is_named(applied, tree, query):
    query("create view public.report as select * from workshop.loud")
    with pytest.raises(BlockedError) as error:
        apply(applied, sql_root=tree.root)
    assert "public.report" in error.value.detail
    assert error.value.file == WIDER
    assert query(APPLIED) == ["0001_base"]
    assert query("select count(*) from workshop.labels") == [0]


def test_view_of_another_owner_in_the_way_is_named(applied, tree, query):
    role = query("select 'analyst_' || md5(current_database())")[0]
    query(f"create role {role}")
    query(f"create schema {role} authorization {role}")
    try:
        query(f"grant usage on schema workshop to {role}")
        query(f"grant select on workshop.loud to {role}")
        query(f"set role {role}; create view {role}.report as select * from workshop.loud; reset role")
        with pytest.raises(BlockedError) as error:
            apply(applied, sql_root=tree.root)
        assert f"{role}.report" in error.value.detail
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")


def test_fresh_install_passes_over_views_that_are_not_there_yet(empty_database, tree, query):
    tree.write(WIDER, ALTER)
    apply(empty_database, sql_root=tree.root)
    assert query(APPLIED) == ["0001_base", "0002_wider"]


def test_views_come_back_after_a_later_file_outside_a_transaction(applied, tree, query):
    tree.write(
        "migrations/workshop/0003_index.sql",
        "-- transactional: false\ncreate index concurrently items_label_idx on items (label);",
    )
    apply(applied, sql_root=tree.root)
    assert query("select count(*) from workshop.loud") == [0]
    assert verify(applied, sql_root=tree.root).exit_code == 0


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
