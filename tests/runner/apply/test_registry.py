"""What the registry remembers, and installations that come, go and move without it."""

import re
import subprocess
import sys

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.deploy import apply, status
from sessionbook.deploy.baseline import forget, rename
from sessionbook.deploy.verify import verify
from sessionbook.errors import ConnectError, DriftError, SqlError, UsageError

from support.clients import newest
from support.sources import ROOT

ACME = {"units": ["workshop"], "schemas": {"workshop": "acme"}}


@pytest.fixture
def two_units(tree):
    """The tree, with a second unit."""
    tree.write("migrations/training/0001_training.sql", "create table drafts (id integer);")
    return tree


def test_units_that_nobody_asked_for_are_not_installed_later(empty_database, two_units):
    apply(empty_database, sql_root=two_units.root, units=["workshop"])
    assert not apply(empty_database, sql_root=two_units.root).changed
    assert [copy.unit for copy in status(empty_database, sql_root=two_units.root).copies] == ["workshop"]


def test_units_that_a_failed_apply_did_not_come_to_are_still_wanted(empty_database, two_units):
    two_units.write("migrations/workshop/0001_base.sql", "select 1/0;")
    with pytest.raises(SqlError):
        apply(empty_database, sql_root=two_units.root)
    two_units.write("migrations/workshop/0001_base.sql", "create table items (id integer, label text);")
    apply(empty_database, sql_root=two_units.root)
    assert {copy.unit for copy in status(empty_database, sql_root=two_units.root).copies} == {"workshop", "training"}


def test_schema_that_is_gone_is_drift_and_can_be_forgotten(empty_database, tree, query, command):
    apply(empty_database, sql_root=tree.root)
    query("drop schema workshop cascade")
    answer = command.json("status", "--dsn", empty_database)
    assert (answer["exit_code"], "workshop" in answer["copies"][0]["drift"][0]) == (4, True)
    with pytest.raises(DriftError):
        apply(empty_database, sql_root=tree.root)
    assert command("forget", "workshop", "--dsn", empty_database).returncode == 0
    apply(empty_database, sql_root=tree.root)
    assert query("select workshop.item_count()") == [0]


def test_forgetting_leaves_the_schema(empty_database, tree, query):
    apply(empty_database, sql_root=tree.root, **ACME)
    forget(empty_database, "acme")
    assert query("select acme.item_count()") == [0]
    with pytest.raises(UsageError):
        forget(empty_database, "acme")


@pytest.mark.parametrize("by_hand", [False, True])
def test_renamed_installation_goes_on(empty_database, tree, query, by_hand):
    apply(empty_database, sql_root=tree.root, **ACME)
    query("insert into acme.items (id) values (1)")
    if by_hand:
        query("alter schema acme rename to zenith")
    rename(empty_database, "acme", "zenith")
    assert status(empty_database, sql_root=tree.root).exit_code == 3
    apply(empty_database, sql_root=tree.root)
    assert query("select zenith.item_count()") == [1]
    assert verify(empty_database, sql_root=tree.root).exit_code == 0


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize(("old", "new"), [("acme", "zenith"), ("a\\c.m+e", 'z\\1 "e" &'), ("zenith", "a zenith")])
def test_what_names_the_schema_is_no_drift_after_a_rename(empty_database, tree, query, old, new, by_hand):
    tree.write(
        "migrations/workshop/0002_more.sql",
        "alter table items add primary key (id);\n\n"
        "create table parts (id integer generated always as identity, item_id integer references items,\n"
        "    place serial, kind text check (kind <> 'acme.x'), name text default 'acme.x');\n\n"
        "create index parts_item_id_idx on parts (item_id);",
    )
    tree.write(
        "functions/workshop/part_of.sql",
        "create or replace function part_of(p_part parts, p_items items[]) returns integer\n"
        "language sql as 'select 1';",
    )
    apply(empty_database, sql_root=tree.root, units=["workshop"], schemas={"workshop": old})
    drop = sql.SQL("alter table {}.parts drop constraint parts_kind_check")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(drop.format(sql.Identifier(old)))
        if by_hand:
            to = sql.SQL("alter schema {} rename to {}").format(sql.Identifier(old), sql.Identifier(new))
            connection.execute(to)

    rename(empty_database, old, new)
    apply(empty_database, sql_root=tree.root)

    found = verify(empty_database, sql_root=tree.root)
    assert [(one.kind, one.object) for copy in found.copies for one in copy.differences] == [
        ("missing", "constraint parts_kind_check on parts")
    ]


def test_name_that_another_installation_has_is_refused(empty_database, tree, query):
    apply(empty_database, sql_root=tree.root)
    apply(empty_database, sql_root=tree.root, **ACME)
    with pytest.raises(UsageError):
        rename(empty_database, "acme", "workshop")
    assert query("select acme.item_count()") == [0]
    assert status(empty_database, sql_root=tree.root).exit_code == 0


def test_name_that_cannot_be_one_is_refused(empty_database, tree):
    apply(empty_database, sql_root=tree.root, **ACME)
    with pytest.raises(UsageError):
        rename(empty_database, "acme", "public")


@pytest.fixture
def restored(server, empty_database, tree, query):
    """A database with the installation acme of another one, from a dump of its schema alone."""
    apply(empty_database, sql_root=tree.root, **ACME)
    query("insert into acme.items (id) values (1)")
    name = server.create_database()
    dump = subprocess.run(
        [newest("pg_dump"), "--schema=acme", "--dbname", empty_database], check=True, capture_output=True
    ).stdout
    subprocess.run([newest("psql"), "-X", "-q", "-d", server.dsn(name)], input=dump, check=True, capture_output=True)
    yield server.dsn(name)
    server.drop_database(name)


def test_restored_installation_is_registered(restored, tree):
    assert status(restored, sql_root=tree.root).restored == ["workshop in acme at 0001_base"]
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    apply(restored, sql_root=tree.root)
    with psycopg.connect(restored) as connection:
        assert connection.execute("select acme.item_count(), max(more) from acme.items").fetchone() == (1, None)
    assert verify(restored, sql_root=tree.root).exit_code == 0


def test_restored_installation_that_differs_is_named(restored, tree):
    with psycopg.connect(restored, autocommit=True) as connection:
        connection.execute("delete from acme.items; alter table acme.items alter column label set not null")
    with pytest.raises(DriftError) as error:
        apply(restored, sql_root=tree.root)
    assert "column items.label" in error.value.detail


def test_objects_belong_to_whom_the_others_belong(server, empty_database, tree, query):
    (first,) = query("select 'first_' || md5(current_database())")
    second = first.replace("first", "second")
    name = conninfo_to_dict(empty_database)["dbname"]
    query(f"create role {first} login password 'x'; create role {second} login password 'x' in role {first}")
    query(f"grant create on database {name} to {first}")
    try:
        apply(make_conninfo(empty_database, user=first, password="x"), sql_root=tree.root)
        tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
        tree.write("functions/workshop/more.sql", "create or replace function more() returns int return 1;")
        apply(make_conninfo(empty_database, user=second, password="x"), sql_root=tree.root)
        owners = "select distinct relowner::regrole::text from pg_class where relnamespace = 'workshop'::regnamespace"
        owners += " union select proowner::regrole::text from pg_proc where pronamespace = 'workshop'::regnamespace"
        assert query(owners) == [first]
        assert verify(empty_database, sql_root=tree.root).exit_code == 0
    finally:
        query(f"drop owned by {first}, {second} cascade")
        query(f"drop role {second}; drop role {first}")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_encoding_that_cannot_hold_every_name_is_refused(query, empty_database, tree, encoding):
    name = f"{conninfo_to_dict(empty_database)['dbname']}_{encoding.lower()}"
    query(f"create database {name} template template0 encoding '{encoding}' locale_provider libc locale 'C'")
    try:
        dsn = make_conninfo(empty_database, dbname=name)
        with pytest.raises(ConnectError, match=encoding):
            apply(dsn, sql_root=tree.root)
        with psycopg.connect(dsn) as connection:
            rows = connection.execute("select from pg_namespace where nspname in ('sessionbook', 'workshop')")
            assert rows.fetchall() == []
    finally:
        query(f"drop database {name}")


def test_version_is_in_the_command_and_in_the_registry(empty_database, tree, query):
    said = subprocess.run(
        [sys.executable, "-m", "sessionbook", "--version"], capture_output=True, text=True, check=True
    ).stdout
    apply(empty_database, sql_root=tree.root)
    (version,) = query("select value from sessionbook.settings where key = 'version'")
    assert said == f"sessionbook {version}\n"


def test_plan_says_why(empty_database, tree, command):
    apply(empty_database, sql_root=tree.root)
    tree.write("views/workshop/labels.sql", "create or replace view labels as select 'x' as label;")
    (copy,) = command.json("plan", "--dsn", empty_database)["copies"]
    assert {step["path"]: step["reason"] for step in copy["steps"]} == {
        "functions/workshop/item_count.sql": "again, with the others",
        "views/workshop/labels.sql": "changed",
    }
    (line,) = [
        one for one in command("plan", "--dsn", empty_database).stdout.splitlines() if not one.startswith("jobs:")
    ]
    assert line == "workshop: views/workshop/labels.sql (changed)"


def test_uninstalling_as_the_documentation_says_leaves_nothing(database):
    (statement,) = re.findall(r"^drop schema .*;$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    before = status(database)
    assert before.exit_code == 0
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement.encode())
        left = (
            "select count(*) from pg_proc as p where p.pronamespace::regnamespace::text !~ '^(pg_|information_)'"
            " and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')"
        )
        assert connection.execute(left.encode()).fetchone() == (0,)
    assert [copy.version for copy in status(database).copies] == [None] * len(before.copies)
