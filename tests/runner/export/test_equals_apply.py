"""What the script leaves in a database is what apply leaves there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sessionbook.deploy import apply, status
from sessionbook.deploy.export import export
from sessionbook.deploy.verify import verify
from sessionbook.package import UNITS

from support.clients import newest, run
from support.deployed import deployed, places

COUNT = "functions/workshop/item_count.sql"
LABELS = "views/workshop/labels.sql"
TOTAL = "views/workshop/total.sql"
ON_COUNT = "-- requires: functions/item_count\ncreate or replace view total as select item_count() as n;"
STAMP = {
    "functions/workshop/stamp.sql": (
        "create or replace function stamp() returns trigger language plpgsql as 'begin return new; end';"
    ),
    "triggers/workshop/items.stamp.sql": (
        "-- requires: functions/stamp\n"
        "create or replace trigger _100_stamp before insert on items for each row execute function stamp();"
    ),
}
OVERLOADS = (
    "create or replace function item_count(int) returns int return 1;\n"
    "create or replace function item_count(text) returns int return 2;\n"
)
LIFECYCLE = "migrations/lifecycle/0001_lifecycle.sql"
OLD = "functions/lifecycle/old.sql"
BY_HAND = "create or replace function workshop.item_count() returns bigint language sql as 'select 7::bigint';"


@dataclass
class Case:
    """Files of a first version, what is done by hand then, and files of the next; None: the file is gone."""

    files: dict[str, str | None]
    first: dict[str, str] = field(default_factory=dict)
    by_hand: str = "select 1"
    how: dict[str, Any] = field(default_factory=dict)


CASES = {
    "nothing changed": Case({}),
    "function edited": Case({COUNT: "create or replace function item_count() returns bigint return 7;"}),
    "migration and no file edited": Case({"migrations/workshop/0002_more.sql": "create table more (id integer);"}),
    "file is gone": Case({COUNT: None, LABELS: None}),
    "files that depend on each other are gone": Case({TOTAL: None, COUNT: None}, {TOTAL: ON_COUNT}),
    "trigger is gone": Case(dict.fromkeys(STAMP), STAMP),
    "trigger is new": Case({**STAMP}),
    "comment on what cannot be replaced": Case(
        {COUNT: "select 1;\ncomment on function item_count() is 'As it stands.';"}
    ),
    "new signature": Case({COUNT: "create or replace function item_count(p_more int) returns bigint return 1;"}),
    "new signature that fits old calls": Case(
        {COUNT: "create or replace function item_count(p_more int default 0) returns bigint return 1;"},
        {TOTAL: ON_COUNT},
    ),
    "name of a built-in function": Case(
        {"functions/workshop/now.sql": None},
        {"functions/workshop/now.sql": "create or replace function workshop.now() returns int return 1;"},
    ),
    "function becomes a procedure": Case(
        {COUNT: "create or replace procedure item_count() language sql begin atomic select 1; end;"}
    ),
    "overloads in one file": Case({COUNT: f"{OVERLOADS}-- edited"}, {COUNT: OVERLOADS}),
    "result changes under a view": Case(
        {COUNT: "create or replace function item_count() returns text language sql return 'many';"}, {TOTAL: ON_COUNT}
    ),
    "view loses a column that a function returns": Case(
        {LABELS: "create or replace view labels as select i.label from items as i;"},
        {
            LABELS: "create or replace view labels as select i.id, i.label from items as i;",
            "functions/workshop/first_label.sql": (
                "-- requires: views/labels\ncreate or replace function first_label() returns labels language sql\n"
                "set search_path from current as 'select * from labels limit 1';"
            ),
        },
    ),
    "grants of others on a view made again": Case(
        {LABELS: "create or replace view labels as select i.id, i.label from items as i;"},
        by_hand="grant select on workshop.labels to pg_monitor with grant option;"
        " grant select (label) on workshop.labels to pg_read_all_stats",
    ),
    "objects of somebody else": Case(
        {COUNT: None}, by_hand="create view workshop.theirs as select 1 as one; create index on workshop.items (id)"
    ),
    "function changed by hand": Case({LABELS: "create or replace view labels as select 1 as label;"}, by_hand=BY_HAND),
    "column of a view changed by hand": Case(
        {COUNT: "create or replace function item_count() returns bigint return 7;"},
        by_hand="comment on column workshop.labels.label is 'By hand.'",
    ),
    "books that know of no grants": Case(
        {COUNT: "create or replace function item_count() returns bigint return 7;"},
        by_hand="delete from sessionbook.objects where starts_with(identity, 'grant to ')",
    ),
    "table changed by hand": Case(
        {"migrations/workshop/0002_more.sql": "alter table items add column more text default 'a:b \\ :c';"},
        by_hand="alter table workshop.items alter column label set default 'x'",
    ),
    "shared function that nobody uses any more": Case(
        {OLD: None, LABELS: "create or replace view labels as select 2 as n;"},
        {
            LIFECYCLE: "select 1;",
            OLD: "create or replace function old() returns int return 1;",
            LABELS: "-- requires: functions/lifecycle.old\ncreate or replace view labels as select lifecycle.old() n;",
        },
    ),
    "shared function that a copy left out may use": Case(
        {OLD: None},
        {LIFECYCLE: "select 1;", OLD: "create or replace function old() returns int return 1;"},
        by_hand="create view workshop.mine as select lifecycle.old() as n",
        how={"units": ["lifecycle"]},
    ),
    "shared signature that a copy left out may use": Case(
        {OLD: "create or replace function old(p_more int) returns int return 1;"},
        {LIFECYCLE: "select 1;", OLD: "create or replace function old() returns int return 1;"},
        how={"units": ["lifecycle"]},
    ),
    "varchar literals": Case(
        {
            "migrations/workshop/0002_kinds.sql": "alter table items add column kind varchar(9) default 'a';\n"
            "alter table items add constraint items_kind_check check (kind in ('it''s', 'b', '(c)'));"
        },
    ),
    "copy whose schema needs quotes": Case(
        {COUNT: None}, how={"units": ["workshop"], "schemas": {"workshop": "A \"b\" 'c' :d"}}
    ),
}


@pytest.fixture
def other(server: Any) -> Iterator[str]:
    """A second database."""
    name = server.create_database()
    yield server.dsn(name)
    server.drop_database(name)


@pytest.fixture
def by_script(tmp_path: Path) -> Any:
    """Does what apply does, with a script."""

    def play(dsn: str, **how: Any) -> str:
        file = tmp_path / "script.sql"
        file.write_bytes(export(**how).script.encode())
        done = run(newest("psql"), dsn, file)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    return play


@pytest.mark.parametrize("name", CASES)
def test_script_does_what_apply_does(name, empty_database, other, tree, by_script):
    case = CASES[name]
    how = {"sql_root": tree.root, "roles": False, **case.how}
    for path, text in case.first.items():
        tree.write(path, text)
    for dsn, deploy in ((empty_database, apply), (other, by_script)):
        deploy(dsn, **{**how, "units": None} if case.how.get("schemas") is None else how)
        with psycopg.connect(dsn) as connection:
            connection.execute(case.by_hand.encode())
    for path, text in case.files.items():
        if text is None:
            tree.remove(path)
        else:
            tree.write(path, text)
    apply(empty_database, **how)
    by_script(other, **how)
    assert deployed(other) == deployed(empty_database)


@pytest.mark.every_server
def test_whole_package_is_the_same_and_nothing_is_left_to_do(database, other, by_script):
    by_script(other)
    assert deployed(other) == deployed(database)
    assert status(other).exit_code == 0
    assert verify(other).exit_code == 0
    assert not apply(other).changed


def test_older_state_of_the_package_is_brought_up(empty_database, other, by_script):
    for dsn in (empty_database, other):
        apply(dsn, units=["lifecycle"])
        apply(dsn, units=UNITS, upto={"workshop": "0003_fix_run_id_foreign_keys", "tutoring": "0001_sessions"})
    apply(empty_database)
    by_script(other)
    assert deployed(other) == deployed(empty_database)


def test_second_copy_of_the_package(empty_database, other, by_script):
    acme = {"units": ["workshop"], "schemas": {"workshop": "acme"}}
    apply(empty_database, **acme)
    by_script(other, **acme)
    assert deployed(other) == deployed(empty_database)


def test_package_without_roles(empty_database, other, by_script):
    apply(empty_database, roles=False)
    by_script(other, roles=False)
    assert deployed(other) == deployed(empty_database)
    assert status(other, roles=False).exit_code == 0


def test_second_run_writes_nothing(empty_database, by_script):
    by_script(empty_database)
    before = places(empty_database)
    by_script(empty_database)
    assert places(empty_database) == before


def test_script_after_apply_writes_nothing(database, by_script):
    before = places(database)
    by_script(database)
    assert places(database) == before
