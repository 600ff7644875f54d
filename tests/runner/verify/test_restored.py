"""Installations that come from a dump: of the same server, or of one of an older major version; of another owner."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply, status
from sessionbook.deploy.baseline import repair
from sessionbook.deploy.verify import verify

from support.choice import do_without
from support.clients import installed, newest
from support.local_server import LocalServer
from support.server import Server, Unavailable

pytestmark = pytest.mark.every_server
BASE = """
create table items (
    id integer constraint items_pkey primary key,
    label varchar(20) not null default 'none',
    kind varchar(9) constraint items_kind_check check (kind in ('a', 'b'))
);

create index items_label_idx on items (lower(label)) where kind in ('a', 'b');
"""
STAMP = "create or replace function stamp() returns trigger language plpgsql as 'begin return new; end';"
TRIGGER = """-- requires: functions/stamp
create or replace trigger zz_100_stamp before insert on items
for each row when (new.kind in ('a', 'b')) execute function stamp();
"""
KINDS = """create or replace function kinds() returns bigint language sql stable
begin atomic
    select count(*) from items as i where i.kind in ('a', 'b') and (i.label || 'x') is not null;
end;"""


@pytest.fixture
def rich(tree: Any) -> Any:
    """The tree, with expressions that PostgreSQL words in its own way."""
    tree.write("migrations/workshop/0001_base.sql", BASE)
    tree.write("functions/workshop/stamp.sql", STAMP)
    tree.write("functions/workshop/kinds.sql", KINDS)
    tree.write("triggers/workshop/items.stamp.sql", TRIGGER)
    tree.write(
        "views/workshop/labels.sql",
        "create or replace view labels as select i.label, i.kind from items as i where i.kind in ('a', 'b');",
    )
    return tree


@pytest.fixture(scope="module", params=["same server", "older server"])
def source(request: pytest.FixtureRequest, server: Server) -> Iterator[Server]:
    if request.param == "same server":
        yield server
        return
    try:
        with LocalServer.run() as older:
            if older.version >= server.version:
                do_without("older-server", "the PostgreSQL that is installed is no older than the tests' own")
            yield older
    except Unavailable as error:
        do_without("older-server", str(error))


def restored(source: Server, target: str, *options: str, root: Any, **what: Any) -> None:
    name = source.create_database()
    try:
        apply(source.dsn(name), sql_root=root, **what)
        # The server's own, which knows what its distribution keeps in the catalog.
        program = installed("pg_dump").get(source.version, newest("pg_dump"))
        dump = [program, *options, "--dbname", source.dsn(name)]
        text = subprocess.run(dump, check=True, capture_output=True).stdout
        load = [newest("psql"), "-X", "-q", "--set=ON_ERROR_STOP=1", "-d", target]
        done = subprocess.run(load, input=text, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
    finally:
        source.drop_database(name)


@pytest.fixture
def whole(source: Server, empty_database: str, rich: Any) -> str:
    restored(source, empty_database, root=rich.root)
    return empty_database


def test_restored_database_is_what_was_applied(whole: str, rich: Any) -> None:
    assert (status(whole, sql_root=rich.root).exit_code, verify(whole, sql_root=rich.root).exit_code) == (0, 0)
    assert not apply(whole, sql_root=rich.root).changed


CHANGES = [
    ("alter table workshop.items alter column label drop not null", ("changed", "column items.label")),
    ("alter table workshop.items alter column label type varchar(30)", ("changed", "column items.label")),
    ("alter table workshop.items disable trigger zz_100_stamp", ("changed", "trigger zz_100_stamp on items")),
    ("comment on view workshop.labels is 'Other.'", ("changed", "view labels")),
    ("comment on index workshop.items_label_idx is 'Other.'", ("changed", "index items_label_idx on items")),
    ("alter table workshop.items drop constraint items_kind_check",
     ("missing", "constraint items_kind_check on items")),
    ("drop index workshop.items_label_idx", ("missing", "index items_label_idx on items")),
    ("grant select on workshop.items to public", ("added", "grant to public on table items")),
    ("create or replace function workshop.stamp() returns trigger language plpgsql as 'begin return null; end'",
     ("changed", "function stamp()")),
]  # fmt: skip


@pytest.mark.parametrize(("change", "difference"), CHANGES)
def test_change_by_hand_after_a_restore_is_found(whole: str, rich: Any, change: str, difference: Any) -> None:
    with psycopg.connect(whole, autocommit=True) as connection:
        if "varchar(30)" in change:
            connection.execute("drop view workshop.labels; drop function workshop.kinds()")
        connection.execute(change.encode())
    (verdict,) = verify(whole, sql_root=rich.root).copies
    assert difference in [(one.kind, one.object) for one in verdict.differences]


def test_function_dropped_after_a_restore_is_repaired(whole: str, rich: Any) -> None:
    with psycopg.connect(whole, autocommit=True) as connection:
        connection.execute("drop function workshop.item_count()")
    assert verify(whole, sql_root=rich.root).exit_code == 4
    assert repair(whole, sql_root=rich.root) == ["functions/workshop/item_count.sql"]
    apply(whole, sql_root=rich.root)
    assert verify(whole, sql_root=rich.root).exit_code == 0


def test_schema_alone_comes_into_another_database_of_another_owner(
    source: Server, empty_database: str, rich: Any
) -> None:
    """Where Sessionbook is installed already; the registry of the other database stays behind."""
    role = f"sbt_owner_{secrets.token_hex(4)}"
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"create role {role} login password 'x'")
        (name,) = connection.execute("select current_database()").fetchone() or ("",)
        connection.execute(f"alter database {name} owner to {role}")
        owner = make_conninfo(empty_database, user=role, password="x")
        try:
            apply(owner, sql_root=rich.root)
            restored(
                source, owner, "--schema=acme", "--no-owner", "--no-privileges",
                root=rich.root, units=["workshop"], schemas={"workshop": "acme"},
            )  # fmt: skip
            assert status(owner, sql_root=rich.root).restored == ["workshop in acme at 0001_base"]
            rich.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
            apply(owner, sql_root=rich.root)
            found = {copy.schema: copy.version for copy in status(owner, sql_root=rich.root).copies}
            assert found == {"workshop": "0002_more", "acme": "0002_more"}
            assert verify(owner, sql_root=rich.root).exit_code == 0
        finally:
            connection.execute(f"reassign owned by {role} to current_user; drop owned by {role}; drop role {role}")
