"""Taking migrations back."""

import os
import pty
import select
import signal
import subprocess
import sys

import pytest
from sessionbook.deploy import apply, rollback, status
from sessionbook.errors import BlockedError, SqlError, UsageError

APPLIED = "select migration_id from sessionbook._yoyo_migration order by 1"


@pytest.fixture
def applied(empty_database, tree):
    """A database with two migrations applied."""
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    tree.write("migrations/workshop/0002_more.rollback.sql", "alter table items drop column more;")
    tree.write("views/workshop/labels.sql", "create or replace view labels as select i.label, i.more from items as i;")
    apply(empty_database, sql_root=tree.root)
    return empty_database


def test_newest_migration_goes_with_the_views_on_it(applied, tree, query):
    assert rollback(applied, "workshop", to_id="0001_base", sql_root=tree.root).migrations == ["0002_more"]
    assert query(APPLIED) == ["0001_base"]
    assert query("select version from sessionbook.installations") == ["0001_base"]
    assert query("select to_regclass('workshop.labels')::text") == [None]
    assert query("select operation from sessionbook.history order by id desc limit 1") == ["rollback"]


def test_all_of_them_go_without_a_target(applied, tree, query):
    assert rollback(applied, "workshop", sql_root=tree.root).migrations == ["0002_more", "0001_base"]
    assert query("select relname from pg_class where relnamespace = 'workshop'::regnamespace") == []
    assert query("select unit from sessionbook.installations") == []


def test_apply_brings_it_all_back(applied, tree):
    rollback(applied, "workshop", sql_root=tree.root)
    apply(applied, sql_root=tree.root)
    assert status(applied, sql_root=tree.root).exit_code == 0


def test_only_the_copy_named_goes(applied, tree, query):
    apply(applied, sql_root=tree.root, units=["workshop"], schemas={"workshop": "acme"})
    rollback(applied, "workshop", "acme", "0001_base", tree.root)
    assert query("select id from sessionbook.migrations where schema_name = 'acme'") == ["0001_base"]
    assert query("select max(id) from sessionbook.migrations where schema_name = 'workshop'") == ["0002_more"]


def test_missing_rollback_file_is_refused_before_anything_goes(applied, tree, query):
    tree.remove("migrations/workshop/0001_base.rollback.sql")
    with pytest.raises(UsageError, match="0001_base"):
        rollback(applied, "workshop", sql_root=tree.root)
    assert query(APPLIED) == ["0001_base", "0002_more"]
    assert status(applied, sql_root=tree.root).exit_code == 0


def test_target_that_is_not_applied_is_refused(applied, tree):
    with pytest.raises(UsageError):
        rollback(applied, "workshop", to_id="0003_nope", sql_root=tree.root)


def test_failed_rollback_file_leaves_everything_as_it_was(applied, tree, query):
    tree.write("migrations/workshop/0001_base.rollback.sql", "drop table items;\nselect 1/0;")
    with pytest.raises(SqlError):
        rollback(applied, "workshop", sql_root=tree.root)
    assert query(APPLIED) == ["0001_base", "0002_more"]
    assert query("select count(*) from workshop.labels") == [0]
    assert not apply(applied, sql_root=tree.root).changed


def test_foreign_dependent_stops_it_and_is_named(applied, tree, query):
    query("create view public.report as select * from workshop.labels")
    with pytest.raises(BlockedError) as error:
        rollback(applied, "workshop", to_id="0001_base", sql_root=tree.root)
    assert "public.report" in error.value.detail


def test_what_needs_nothing_of_what_goes_is_applied_again(applied, tree, query):
    rollback(applied, "workshop", to_id="0001_base", sql_root=tree.root)
    assert query("select workshop.item_count()") == [0]


def test_function_that_mentions_what_goes_goes_with_its_triggers(empty_database, tree, query):
    """PostgreSQL would let both stand, and every write to the table would fail."""
    tree.write("migrations/workshop/0002_more.sql", "create table history (id integer);")
    tree.write("migrations/workshop/0002_more.rollback.sql", "drop table history;")
    tree.write(
        "functions/workshop/remember.sql",
        "create or replace function remember() returns trigger language plpgsql\n"
        "set search_path from current as 'begin insert into history values (new.id); return new; end';",
    )
    tree.write(
        "triggers/workshop/items.remember.sql",
        "-- requires: functions/remember\n"
        "create or replace trigger _100_remember after insert on items for each row execute function remember();",
    )
    apply(empty_database, sql_root=tree.root)
    done = rollback(empty_database, "workshop", to_id="0001_base", sql_root=tree.root)
    assert done.left_out == ["functions/workshop/remember.sql", "triggers/workshop/items.remember.sql"]
    query("insert into workshop.items values (1)")
    apply(empty_database, sql_root=tree.root)
    assert query("select tgname::text from pg_trigger where not tgisinternal") == ["_100_remember"]


def test_newest_alone_goes_where_no_target_is_named(applied, command, query):
    assert command("rollback", "--unit", "workshop", "--yes", "--dsn", applied).returncode == 0
    assert query(APPLIED) == ["0001_base"]


def test_data_that_goes_is_shown_with_its_rows_and_nothing_is_done_unasked(applied, command, query):
    query("insert into workshop.items values (1, 'a', 'x'), (2, 'b', null)")
    answer = command.json("rollback", "--to", "0001_base", "--dsn", applied)
    assert answer["exit_code"] == 2
    assert answer["plan"]["losses"] == [{"object": "column items.more", "rows": 1}]
    assert answer["migrations"] == []
    assert query("select count(*) from workshop.labels") == [2]


def test_rows_that_a_rollback_rewrites_are_shown(applied, tree, query):
    query("insert into workshop.items values (1), (2), (3)")
    tree.write(
        "migrations/workshop/0002_more.rollback.sql",
        "delete from items where id = 1; update items set label = 'x'; alter table items drop column more;",
    )
    seen = []
    rollback(applied, "workshop", newest=True, confirm=seen.append, sql_root=tree.root)
    assert [(one["table"], one["updated"], one["deleted"]) for one in seen[0].rewritten] == [("items", 2, 1)]
    assert query("select count(*) from workshop.items") == [3]


def test_table_that_goes_is_shown_with_its_rows(applied, tree, query):
    query("insert into workshop.items values (1), (2)")
    seen = []
    rollback(applied, "workshop", confirm=seen.append, sql_root=tree.root)
    assert [(loss["object"], loss["rows"]) for loss in seen[0].losses] == [("table items", 2)]


def test_answer_yes_on_the_terminal_goes_ahead(applied, command, query):
    terminal, other = os.openpty()
    process = command.start("rollback", "--to", "0001_base", "--dsn", applied, stdin=other)
    os.write(terminal, b"y\n")
    assert process.wait(60) == 0
    assert query(APPLIED) == ["0001_base"]


def test_rollback_without_a_unit_is_refused(applied, command):
    assert command("rollback", "--dsn", applied).returncode == 2


def test_missing_rollback_file_is_exit_2(applied, tree, command, query):
    tree.remove("migrations/workshop/0002_more.rollback.sql")
    assert command("rollback", "--unit", "workshop", "--yes", "--dsn", applied).returncode == 2
    assert query(APPLIED) == ["0001_base", "0002_more"]


def test_paused_clock_stays_paused_unless_the_copy_goes(database, db):
    paused = "select enabled from lifecycle.clocks where schema_name = 'workshop'"
    db.execute("update lifecycle.clocks set enabled = false where schema_name = 'workshop'")
    rollback(database, "workshop", to_id="0004_session_instants")
    assert db.execute(paused).fetchall() == [(False,)]
    db.execute("call lifecycle.run_tick()")
    assert db.execute("select error from lifecycle.ticks").fetchall() == [(None,)]
    apply(database)
    assert db.execute(paused).fetchall() == [(False,)]
    rollback(database, "workshop")
    assert db.execute(paused).fetchall() == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (None, 2)], ids=["int", "term", "end of input"]
)
def test_question_that_is_not_answered_changes_nothing(applied, tree, query, number, code):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sessionbook",
            "rollback",
            "--unit=workshop",
            f"--sql-root={tree.root}",
            "--dsn",
            applied,
        ],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        said = b""
        while b"Take it back?" not in said:
            assert select.select([process.stderr], [], [], 60)[0]
            said += os.read(process.stderr.fileno(), 1000)
        if number is None:
            os.write(ours, b"\x04")
        else:
            process.send_signal(number)
        assert process.wait(60) == code
    os.close(ours)
    os.close(theirs)
    assert query(APPLIED) == ["0001_base", "0002_more"]
