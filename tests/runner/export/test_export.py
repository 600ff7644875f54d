"""The script: refuses what apply refuses, stops at the first error, can be run again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psycopg
import pytest
from sessionbook.deploy import apply, status
from sessionbook.deploy.export import export
from sessionbook.deploy.verify import verify
from sessionbook.errors import LockedError, UsageError

from support.clients import STRICT, newest, run
from support.deployed import deployed

MORE = "migrations/workshop/0002_more.sql"
INDEX = "migrations/workshop/0002_index.sql"
CREATE = "-- transactional: false\ncreate index concurrently items_label_idx on items (label);"
COUNT = "functions/workshop/item_count.sql"
LABELS = "views/workshop/labels.sql"
APPLIED = "select migration_id from sessionbook._yoyo_migration order by 1"
HERE = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
SLEEPING = f"{HERE} and wait_event = 'PgSleep'"
FREE = "select pg_try_advisory_xact_lock(hashtextextended('sessionbook', 0))"
SLOW = "create table slow (id integer);\nselect pg_sleep(60);"
ACME = {"units": ["workshop"], "schemas": {"workshop": "acme"}}


class Script:
    """Writes the script of the tree as it is now, and runs it."""

    def __init__(self, dsn: str, root: Path, file: Path, query: Any, until: Any) -> None:
        self.dsn = dsn
        self.query = query
        self.until = until
        self.root = root
        self.file = file
        self.started: list[subprocess.Popen[str]] = []

    def write(self, **how: Any) -> str:
        text = export(**{"sql_root": self.root, "roles": False, **how}).script
        self.file.write_bytes(text.encode())
        return text

    def __call__(self, *arguments: str, **how: Any) -> CompletedProcess[str]:
        self.write(**how)
        return run(newest("psql"), self.dsn, self.file, *arguments)

    def start(self) -> subprocess.Popen[str]:
        self.write()
        command = [newest("psql"), "-X", *STRICT, "-f", self.file, "-d", self.dsn]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def refused(self, sqlstate: str, *arguments: str, **how: Any) -> str:
        """Runs it; it must stop with this code, which is on stderr with the rest that is returned."""
        before = set(self.query(HERE))
        done = self(*arguments, **how)
        # The server ends a session, and frees its lock, a moment after psql is gone.
        self.until(lambda: before.issuperset(self.query(HERE)))
        assert done.returncode == 3, done.stderr
        assert f"ERROR:  {sqlstate}: " in done.stderr
        return done.stderr


@pytest.fixture
def script(empty_database: str, tree: Any, tmp_path: Path, query: Any, until: Any) -> Iterator[Script]:
    """The script of the tree."""
    script = Script(empty_database, tree.root, tmp_path / "script.sql", query, until)
    yield script
    for process in script.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def applied(empty_database: str, tree: Any) -> str:
    """A database with the tree applied."""
    apply(empty_database, sql_root=tree.root)
    return empty_database


def test_failed_migration_leaves_nothing(script, tree, query):
    tree.write("migrations/workshop/0001_base.sql", "create table items (id integer);\nselect 1/0;")
    script.refused("22012")
    assert query("select nspname from pg_namespace where nspname = 'workshop'") == []


def test_failure_keeps_the_migrations_before_it_and_a_rerun_goes_on(script, tree, query):
    tree.write(MORE, "create table more (id integer);\nselect nope;")
    script.refused("42703")
    assert query(APPLIED) == ["0001_base"]
    tree.write(MORE, "create table more (id integer);")
    assert script().returncode == 0
    assert query(APPLIED) == ["0001_base", "0002_more"]


def test_failed_view_is_named_with_its_line_and_takes_the_others_back(script, applied, tree, query):
    tree.write(COUNT, "create or replace function item_count() returns bigint language sql return 7;")
    tree.write(LABELS, "create or replace view labels as\nselect i.label,\n    i.nope\nfrom items as i;")
    said = script.refused("42703")
    assert f"/* {LABELS}:1 */" in said
    assert "LINE 3:" in said
    assert query("select workshop.item_count()") == [0]


def test_function_that_cannot_be_made_at_all_stops_with_its_code(script, applied, tree):
    tree.write(COUNT, "create or replace function item_count() returns bigint language sql as 'select now()';")
    assert COUNT in script.refused("42P13")


def test_foreign_dependent_of_an_orphan_is_named_and_nothing_changes(script, applied, tree, query):
    query("create view public.report as select workshop.item_count()")
    tree.remove(COUNT)
    tree.write(LABELS, "create or replace view labels as select i.label, 1 as one from items as i;")
    before = deployed(applied)
    assert "public.report" in script.refused("2BP01")
    assert deployed(applied) == before


def test_foreign_dependent_of_a_view_made_again_is_named(script, applied, tree, query):
    query("create view public.report as select * from workshop.labels")
    tree.write(LABELS, "create or replace view labels as select i.id from items as i;")
    assert "public.report" in script.refused("2BP01")


def test_edited_file_is_named(script, applied, tree):
    tree.write("migrations/workshop/0001_base.sql", "create table items (id integer, label varchar);")
    assert "0001_base" in script.refused("55000")


def test_file_that_is_gone_is_named(script, tree, empty_database):
    tree.write(MORE, "create table more (id integer);")
    apply(empty_database, sql_root=tree.root)
    tree.remove(MORE)
    assert "0002_more" in script.refused("55000")


def test_late_file_is_named(script, tree, query, empty_database):
    tree.write(MORE, "create table more (id integer);")
    apply(empty_database, sql_root=tree.root)
    query("delete from sessionbook.migrations where id = '0001_base'")
    assert "0001_base" in script.refused("55000")


def test_schema_with_tables_of_others_is_refused(script, query):
    query("create schema acme create table theirs (id integer)")
    assert "theirs" in script.refused("42P06", **ACME)


def test_schema_with_a_copy_of_another_unit_is_refused(script, tree, query):
    tree.write("migrations/training/0001_training.sql", "create table drafts (id integer);")
    assert script(units=["training"], schemas={"training": "acme"}).returncode == 0
    script.refused("42P06", **ACME)


def test_single_transaction_is_all_or_nothing(script, tree, query):
    tree.write(MORE, "create table more (id integer);\n\nselect 1/0;")
    script.refused("22012", "--single-transaction")
    assert query("select nspname from pg_namespace where nspname in ('workshop', 'sessionbook')") == []
    tree.write(MORE, "create table more (id integer);")
    assert script("--single-transaction").returncode == 0
    assert query(APPLIED) == ["0001_base", "0002_more"]


def test_client_that_goes_on_after_an_error_applies_nothing_out_of_order(script, tree, query):
    tree.write(MORE, "select 1/0;")
    tree.write("migrations/workshop/0003_late.sql", "create table late (id integer);")
    script("--set=ON_ERROR_STOP=0")
    assert query(APPLIED) == ["0001_base"]
    assert query("select to_regclass('workshop.late')::text, to_regclass('workshop.labels')::text") == [None]


@pytest.mark.parametrize("autocommit", [True, False])
def test_driver_runs_it_as_psql_does(script, applied, tree, query, autocommit):
    tree.write(MORE, "create table more (id integer);")
    with psycopg.connect(applied, autocommit=autocommit) as connection:
        connection.execute(script.write().encode())
    assert query(APPLIED) == ["0001_base", "0002_more"]
    assert verify(applied, sql_root=tree.root).exit_code == 0


def test_settings_of_the_caller_make_no_difference(script, query):
    done = script("--set=ON_ERROR_ROLLBACK=on")
    assert (done.returncode, done.stderr) == (0, "")
    assert query(APPLIED) == ["0001_base"]


def test_settings_of_the_database_make_no_difference(script, tree, query, empty_database):
    tree.write(MORE, "create table more (span interval default '2 hours', code text check (code ~ '^\\d+$'));")
    for setting in ("intervalstyle = iso_8601", "standard_conforming_strings = off", "quote_all_identifiers = on"):
        query(f"do $$ begin execute format('alter database %I set {setting}', current_database()); end $$")
    assert script().returncode == 0
    assert verify(empty_database, sql_root=tree.root).exit_code == 0
    assert verify(empty_database, sql_root=tree.root, against_package=True).exit_code == 0


def test_owner_changed_by_hand_stays_drift(script, tree, query, empty_database):
    assert script().returncode == 0
    (role,) = query("select 'thief_' || md5(current_database())")
    query(f"create role {role}")
    try:
        query(f"alter function workshop.item_count() owner to {role}")
        query("update sessionbook.files set sha256 = null")
        for text in (tree.root / COUNT).read_text(), "create or replace function item_count() returns bigint return 7;":
            tree.write(COUNT, text)
            assert script().returncode == 0
            (found,) = verify(empty_database, sql_root=tree.root).copies[0].differences
            assert (found.object, found.text) == ("owner of function item_count()", f"@@ -0,0 +1 @@\n+{role}")
        query("alter function workshop.item_count() owner to current_user")
        assert verify(empty_database, sql_root=tree.root).exit_code == 0
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")


def test_held_lock_stops_it_and_names_the_holder(script, query):
    query("select pg_advisory_lock(hashtextextended('sessionbook', 0))")
    (pid,) = query("select pg_backend_pid()")
    assert f"pid {pid}" in script.refused("55P03")


def test_apply_waits_for_a_script_and_a_second_script_does_not_begin(script, tree, query, until):
    tree.write("migrations/workshop/0002_slow.sql", SLOW)
    script.start()
    until(lambda: query(SLEEPING))
    with pytest.raises(LockedError, match="application psql"):
        apply(script.dsn, sql_root=tree.root, lock_wait=0.1)
    script.refused("55P03")


def test_killed_in_a_migration_leaves_nothing_and_the_next_run_succeeds(script, tree, query, until):
    tree.write("migrations/workshop/0002_slow.sql", SLOW)
    process = script.start()
    until(lambda: query(SLEEPING))
    process.kill()
    until(lambda: query(FREE) == [True])
    assert query(APPLIED) == ["0001_base"]
    assert query("select to_regclass('workshop.slow')::text") == [None]
    tree.write("migrations/workshop/0002_slow.sql", "create table slow (id integer);")
    assert script().returncode == 0
    assert query(APPLIED) == ["0001_base", "0002_slow"]
    assert verify(script.dsn, sql_root=tree.root).exit_code == 0


def test_repeatables_that_a_killed_run_owed_are_made(script, applied, tree, query, until):
    tree.write(MORE, "create table more (id integer);")
    tree.write("functions/workshop/slow.sql", "select pg_sleep(60);")
    process = script.start()
    until(lambda: query(f"{HERE} and wait_event = 'PgSleep'"))
    process.kill()
    until(lambda: query(FREE) == [True])
    tree.remove("functions/workshop/slow.sql")
    assert query(APPLIED) == ["0001_base", "0002_more"]
    assert status(applied, sql_root=tree.root).exit_code == 3
    assert script().returncode == 0
    assert status(applied, sql_root=tree.root).exit_code == 0


def test_lock_that_is_not_to_be_had_stops_it(script, applied, tree):
    tree.write(MORE, "alter table items add column more integer;")
    script.file.write_text(f"set lock_timeout = '50ms';\n{script.write()}")
    with psycopg.connect(applied) as reader:
        reader.execute("select * from workshop.items")
        done = run(newest("psql"), applied, script.file)
    assert (done.returncode, "ERROR:  55P03: " in done.stderr) == (3, True)


def test_file_outside_a_transaction_is_refused(tree):
    tree.write(INDEX, CREATE)
    with pytest.raises(UsageError, match="0002_index"):
        export(sql_root=tree.root)


def test_other_installations_are_left_alone(script, applied, tree, query):
    apply(applied, sql_root=tree.root, **ACME)
    tree.write(MORE, "create table more (id integer);")
    assert script().returncode == 0
    assert query("select schema_name || ' ' || version from sessionbook.installations order by 1") == [
        "acme 0001_base",
        "workshop 0002_more",
    ]


def test_what_was_dropped_is_said(script, applied, tree):
    tree.remove(COUNT)
    assert "function item_count()" in script().stdout


def test_owner_of_the_database_needs_no_superuser(server, script, tree, query):
    name = server.create_database()
    (role,) = query("select 'deployer_' || md5(current_database())")
    query(f"create role {role} login password 'deploy'")
    try:
        query(f"alter database {name} owner to {role}")
        script.dsn = psycopg.conninfo.make_conninfo(server.dsn(name), user=role, password="deploy")
        assert script().returncode == 0
    finally:
        server.drop_database(name)
        query(f"drop role {role}")


def test_command_writes_the_script_to_stdout_or_a_file(command, tree, tmp_path):
    text = command("export").stdout
    file = tmp_path / "deploy.sql"
    done = command("export", "--output", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    assert file.read_text() == text == export(sql_root=tree.root).script


def test_command_tells_machines_what_is_in_it(command, tree, tmp_path):
    assert command.json("export", "--schema", "workshop=acme") == {
        "exit_code": 0,
        "output": None,
        "copies": [{"unit": "workshop", "schema": "acme"}],
        "migrations": ["0001_base"],
        "repeatables": [COUNT, LABELS],
        "script": export(sql_root=tree.root, schemas={"workshop": "acme"}).script,
    }


def test_command_connects_nowhere(command):
    assert command("export", env={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere"}).returncode == 0


def test_folder_that_is_not_there_is_an_error(command, tmp_path):
    assert command("export", "--output", str(tmp_path / "no" / "deploy.sql")).returncode == 1


@pytest.mark.parametrize("how", [{"units": ["nope"]}, {"schemas": {"workshop": "pg_temp"}}])
def test_wrong_names_are_refused(tree, how):
    with pytest.raises(UsageError):
        export(sql_root=tree.root, **how)


def test_one_schema_for_two_units_is_refused(tree):
    tree.write("migrations/training/0001_training.sql", "select 1;")
    with pytest.raises(UsageError):
        export(sql_root=tree.root, schemas={"workshop": "acme", "training": "acme"})


@pytest.mark.parametrize(
    "sql",
    [
        "insert into items (label) values (':name ''\\d'' :\"x\" {{1,2}} $1 %s');",
        "insert into items (label) values (E'a\\'b:c\\\\');",
        "insert into items (label) values ($x$:'x' \\q $$ begin ; $x$);",
        "insert into items (label) select (array['a', 'b'])[2:2]::text;",
        "/* :name /* \\q */ ; */ insert into items (label) values ('a') -- :name \\q ; '",
        'alter table items rename column label to ":label \\q";\nalter table items rename ":label \\q" to label;'
        "insert into items (id) values (1);",
        "do $do$ declare v_x text := 'a:b'; begin insert into items (label) values (v_x); end $do$",
        "create function one() returns int language sql begin atomic select case when true then 1 end; end;\n"
        "insert into items (id) values (one());",
        "create rule none as on delete to items do instead (select 1; select 2);\ninsert into items values (1);",
        "create function two(begin int, \"end\" int) returns int language sql as 'select 2';"
        " insert into items (id) values (two(1, 2));",
    ],
)
def test_migration_with_signs_that_mean_something_to_psql_does_the_same(script, server, tree, query, sql):
    tree.remove(LABELS)
    tree.write(MORE, sql)
    done = script()
    assert (done.returncode, done.stderr) == (0, "")
    name = server.create_database()
    apply(server.dsn(name), sql_root=tree.root)
    rows = "select format('%s %s', id, label) from workshop.items order by 1"
    with psycopg.connect(server.dsn(name)) as connection:
        expected = [row[0] for row in connection.execute(rows)]
    server.drop_database(name)
    assert query(rows) == expected != []
