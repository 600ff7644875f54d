"""Migrations outside a transaction: one statement, noted before it begins, and asked about when it died."""

import threading
import time

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply, plan, rollback, status
from sessionbook.deploy.baseline import repair, resolve
from sessionbook.deploy.verify import verify
from sessionbook.errors import DirtyError, SqlError, UsageError

APPLIED = "select migration_id from sessionbook._yoyo_migration order by 1"
INDEX = "migrations/workshop/0002_index.sql"
BACK = "migrations/workshop/0002_index.rollback.sql"
CREATE = "-- transactional: false\ncreate index concurrently items_label_idx on items (label);"
VALID = "select indisvalid from pg_index where indexrelid = to_regclass('workshop.items_label_idx')"
HERE = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
BUILDING = f"{HERE} and query like '%index concurrently%'"
STARTED = "select started from sessionbook.installations where started is not null"
FREE = "select pg_try_advisory_xact_lock(hashtextextended('sessionbook', 0))"


@pytest.fixture
def due(empty_database, tree):
    """A database whose next migration builds an index concurrently."""
    apply(empty_database, sql_root=tree.root)
    tree.write(INDEX, CREATE)
    tree.write(BACK, "-- transactional: false\ndrop index concurrently if exists items_label_idx;")
    return empty_database


@pytest.fixture
def writer(due):
    """A transaction that has written to the table, which a concurrent build waits for."""
    with psycopg.connect(due) as connection:
        connection.execute("insert into workshop.items values (1, 'a')")
        yield connection


@pytest.fixture
def dirty(due, tree, query):
    """The migration failed and left an invalid index: two rows have the same label."""
    query("insert into workshop.items values (1, 'a'), (2, 'a')")
    tree.write(INDEX, CREATE.replace("create index", "create unique index"))
    with pytest.raises(SqlError) as error:
        apply(due, sql_root=tree.root)
    assert error.value.sqlstate == "23505"
    assert "resolve 0002_index" in error.value.hint
    return due


def test_index_is_built_concurrently_and_the_rest_follows(due, tree, query):
    tree.write("migrations/workshop/0003_more.sql", "alter table items add column more text;")
    (copy,) = apply(due, sql_root=tree.root).copies
    assert copy.migrations == ["0002_index", "0003_more"]
    assert query(VALID) == [True]
    assert query(STARTED) == []
    assert verify(due, sql_root=tree.root).exit_code == 0


def test_lock_timeout_does_not_count(due, tree, writer, query):
    threading.Timer(1.0, writer.commit).start()
    apply(due, sql_root=tree.root, lock_timeout=0.1)
    assert query(VALID) == [True]


def test_statement_timeout_of_the_role_does_not_count(due, tree, writer, query):
    """It is meant for applications, and would leave an invalid index behind."""
    # Long enough for all else, on a busy machine too.
    threading.Timer(5.0, writer.commit).start()
    apply(make_conninfo(due, options="-c statement_timeout=4s"), sql_root=tree.root)
    assert query(VALID) == [True]


def test_plan_tells_which_file_runs_outside(due, tree):
    first = plan(due, sql_root=tree.root).copies[0].steps[0]
    assert (first.path, first.transactional) == (INDEX, False)


def test_invalid_index_is_dirty_and_exit_6(dirty, tree, command, query):
    assert query(VALID) == [False]
    assert query(APPLIED) == ["0001_base"]
    assert status(dirty, sql_root=tree.root).copies[0].unfinished == ["0002_index"]
    for name in ("apply", "status", "plan", "verify", "repair"):
        assert command(name, "--dsn", dirty).returncode == 6
    assert command("rollback", "--unit", "workshop", "--yes", "--dsn", dirty).returncode == 6


def test_retry_drops_the_invalid_index_and_apply_tries_again(dirty, tree, query):
    done = resolve(dirty, "0002_index", applied=False, sql_root=tree.root)
    assert (done["state"], done["dropped"]) == ("pending", ["items_label_idx"])
    query("delete from workshop.items")
    apply(dirty, sql_root=tree.root)
    assert query(VALID) == [True]


def test_applied_is_refused_while_the_index_is_invalid(dirty, tree, query):
    with pytest.raises(DirtyError):
        resolve(dirty, "0002_index", applied=True, sql_root=tree.root)
    assert query(STARTED) == ["0002_index"]


def test_applied_is_taken_where_it_was_finished_by_hand(dirty, tree, query):
    query("drop index workshop.items_label_idx")
    query("create index items_label_idx on workshop.items (label)")
    assert resolve(dirty, "0002_index", applied=True, sql_root=tree.root)["state"] == "applied"
    assert query(APPLIED) == ["0001_base", "0002_index"]
    apply(dirty, sql_root=tree.root)
    assert verify(dirty, sql_root=tree.root).exit_code == 0
    query("drop index workshop.items_label_idx")
    assert verify(dirty, sql_root=tree.root).exit_code == 4


def test_resolve_of_what_did_not_die_is_refused(due, tree, command):
    with pytest.raises(UsageError):
        resolve(due, "0002_index", applied=True, sql_root=tree.root)
    assert command("resolve", "0001_base", "--retry", "--dsn", due).returncode == 2
    assert command("resolve", "0001_base", "--dsn", due).returncode == 2


def test_killed_deployer_leaves_word_and_frees_its_lock_within_three_seconds(due, tree, writer, command, query, until):
    process = command.start("apply", "--dsn", due)
    until(lambda: query(BUILDING))
    process.kill()
    killed = time.monotonic()
    until(lambda: query(FREE) == [True])
    assert time.monotonic() - killed < 3
    writer.commit()
    until(lambda: query(BUILDING) == [])
    assert command("status", "--dsn", due).returncode == 6
    assert command.json("resolve", "0002_index", "--retry", "--dsn", due)["state"] == "pending"
    assert command("apply", "--dsn", due).returncode == 0
    assert query(VALID) == [True]


def test_terminated_deployer_leaves_word(due, writer, command, query, until):
    process = command.start("apply", "--dsn", due)
    until(lambda: query(BUILDING))
    process.terminate()
    assert process.wait(60) == 143
    assert query(FREE) == [True]
    assert query(STARTED) == ["0002_index"]


def test_deployer_who_waits_does_not_stop_a_concurrent_index(due, writer, command, query, until):
    """One that waits inside a statement would be waited for by the build, and one of the two would be the victim."""
    first = command.start("apply", "--dsn", due)
    until(lambda: query(BUILDING))
    second = command.start("apply", "--dsn", due)
    until(lambda: len(query(f"{HERE} and application_name = 'sessionbook'")) >= 2)
    time.sleep(1.5)
    writer.commit()
    assert [first.wait(60), second.wait(60)] == [0, 0]
    assert query(VALID) == [True]


def test_rollback_file_outside_a_transaction_is_refused_before_anything_goes(due, tree, query):
    apply(due, sql_root=tree.root)
    with pytest.raises(UsageError, match="outside a transaction"):
        rollback(due, "workshop", to_id="0001_base", sql_root=tree.root)
    assert query(APPLIED) == ["0001_base", "0002_index"]
    assert query(VALID) == [True]


def test_single_transaction_is_refused_before_anything_runs(due, tree, command, query):
    tree.write("migrations/workshop/0003_more.sql", "select 1;")
    assert command("apply", "--single-transaction", "--dsn", due).returncode == 2
    assert query(APPLIED) == ["0001_base"]


def test_repair_leaves_a_dirty_copy_alone(dirty, tree):
    with pytest.raises(DirtyError):
        repair(dirty, sql_root=tree.root)
