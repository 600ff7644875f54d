"""Live objects that are not what was applied."""

import secrets

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply, rollback
from sessionbook.deploy.baseline import repair
from sessionbook.deploy.shadow import disposable_database
from sessionbook.deploy.verify import verify
from sessionbook.errors import SqlError

from support.sources import SQL


@pytest.fixture
def prefix():
    """What shadow databases of this test are called: others run at the same time."""
    return f"sessionbook_verify_{secrets.token_hex(4)}_"


@pytest.fixture
def left(prefix, query):
    """Says which of them are left."""
    return lambda: query(f"select datname from pg_database where starts_with(datname, '{prefix}')")


@pytest.fixture
def applied(empty_database, tree):
    """A database with the tree applied."""
    tree.write(
        "migrations/workshop/0001_base.sql",
        "create type mood as enum ('good', 'bad');\n"
        "create table items (id integer default 1, label text, mood mood, constraint items_pkey primary key (id));\n"
        "create index items_label_idx on items (label);\n"
        "comment on table items is 'Things.';",
    )
    tree.write(
        "functions/workshop/stamp.sql",
        "create or replace function stamp() returns trigger language plpgsql as 'begin return new; end';",
    )
    tree.write(
        "triggers/workshop/items.stamp.sql",
        "-- requires: functions/stamp\n"
        "create or replace trigger _100_stamp before insert on items for each row execute function stamp();",
    )
    apply(empty_database, sql_root=tree.root)
    return empty_database


def found(dsn, tree, **how):
    (verdict,) = verify(dsn, sql_root=tree.root, **how).copies
    return [(one.kind, one.object) for one in verdict.differences]


@pytest.mark.parametrize("against_package", [False, True])
def test_what_was_applied_is_clean(applied, tree, against_package):
    assert verify(applied, sql_root=tree.root, against_package=against_package).exit_code == 0


CHANGES = [
    ("alter table workshop.items alter column label set not null", ("changed", "column items.label")),
    ("alter table workshop.items alter column id drop default", ("changed", "column items.id")),
    ("alter table workshop.items alter column label type varchar(9)", ("changed", "column items.label")),
    ("alter table workshop.items drop column mood", ("missing", "column items.mood")),
    ("alter table workshop.items drop constraint items_pkey", ("missing", "constraint items_pkey on items")),
    ("drop index workshop.items_label_idx", ("missing", "index items_label_idx on items")),
    ("alter type workshop.mood add value 'so_so'", ("changed", "type mood")),
    ("comment on table workshop.items is 'Other things.'", ("changed", "table items")),
    ("alter table workshop.items enable row level security", ("changed", "table items")),
    ("grant select on workshop.items to public", ("added", "grant to public on table items")),
    ("drop view workshop.labels", ("missing", "view labels")),
    ("create or replace view workshop.labels as select 'x' as label", ("changed", "view labels")),
    ("alter view workshop.labels set (security_barrier)", ("changed", "view labels")),
    ("alter table workshop.items disable trigger _100_stamp", ("changed", "trigger _100_stamp on items")),
    ("drop trigger _100_stamp on workshop.items", ("missing", "trigger _100_stamp on items")),
    ("alter function workshop.item_count() security definer", ("changed", "function item_count()")),
    ("comment on function workshop.item_count() is 'Counts.'", ("changed", "function item_count()")),
    ("revoke execute on function workshop.item_count() from public",
     ("missing", "grant to public on function item_count()")),
]  # fmt: skip


@pytest.mark.parametrize(("change", "difference"), CHANGES)
def test_change_by_hand_is_found_in_the_registry(applied, tree, query, change, difference):
    if "drop column" in change or "column label type" in change:
        query("drop view workshop.labels")
    query(change)
    assert difference in found(applied, tree)


def test_every_change_by_hand_is_found_against_the_package(applied, tree, query, prefix, left):
    changes = [change for change, _ in CHANGES if change.split()[0] != "drop" and "drop column" not in change]
    changes = [change for change in changes if "column label type" not in change]
    for change in changes:
        query(change)
    differences = found(applied, tree, against_package=True, prefix=prefix)
    assert set(differences) >= {difference for change, difference in CHANGES if change in changes}
    assert left() == []


@pytest.mark.parametrize("side", ["items", "parts"])
def test_key_that_is_not_enforced_is_found(applied, tree, query, side):
    """As a restore of data alone leaves it that was interrupted: the constraint stands, its triggers sleep."""
    tree.write(
        "migrations/workshop/0002_parts.sql",
        "create table parts (item_id integer, constraint parts_item_id_fkey foreign key (item_id) references items);",
    )
    apply(applied, sql_root=tree.root)
    query(f"alter table workshop.{side} disable trigger all; alter table workshop.{side} enable trigger user")
    for against_package in (False, True):
        differences = found(applied, tree, against_package=against_package)
        assert differences == [("changed", "constraint parts_item_id_fkey on parts")]


def test_difference_reads_like_a_patch(applied, tree, query, command):
    query("alter table workshop.items alter column id set default 2")
    done = command("verify", "--dsn", applied)
    assert done.returncode == 4
    assert "-integer not null default 1" in done.stdout
    assert "+integer not null default 2" in done.stdout


def test_hot_edited_body_shows_its_lines(applied, tree, query):
    query("create or replace function workshop.stamp() returns trigger language plpgsql as 'begin return null; end'")
    (verdict,) = verify(applied, sql_root=tree.root).copies
    (difference,) = verdict.differences
    assert "-AS $function$begin return new; end$function$" in difference.text


def test_objects_of_others_are_noted_and_no_drift(applied, tree, query, server):
    query("create index theirs_idx on workshop.items (mood)")
    query("create view workshop.theirs as select 1 as one")
    query("alter table workshop.items add column theirs text")
    role = query("select 'reporter_' || md5(current_database())")[0]
    query(f"create role {role}")
    try:
        query(f"grant select on workshop.labels to {role}")
        for against_package in (False, True):
            result = verify(applied, sql_root=tree.root, against_package=against_package)
            assert result.exit_code == 0
            assert "not ours: index theirs_idx on items" in result.copies[0].notes
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")


def test_overload_of_ours_by_somebody_else_is_a_difference(applied, tree, query):
    """A call of ours may mean it from then on."""
    for name in ("item_count", "another"):
        query(f"create function workshop.{name}(text) returns bigint language sql return 7")
        query(f"revoke all on function workshop.{name}(text) from public")
    assert found(applied, tree) == [("added", "function item_count(text)")]
    apply(applied, sql_root=tree.root)
    assert query("select workshop.item_count('x')") == [7]


def test_what_an_apply_does_is_no_drift(applied, tree, query):
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    tree.write("views/workshop/labels.sql", "create or replace view labels as select i.more from items as i;")
    tree.remove("triggers/workshop/items.stamp.sql")
    apply(applied, sql_root=tree.root)
    assert verify(applied, sql_root=tree.root).exit_code == 0
    assert verify(applied, sql_root=tree.root, against_package=True).exit_code == 0


def test_drift_outlives_an_apply_that_does_not_mend_it(applied, tree, query):
    query("alter table workshop.items alter column label set not null")
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    apply(applied, sql_root=tree.root)
    assert found(applied, tree) == [("changed", "column items.label")]


def test_apply_mends_a_function_that_was_edited_by_hand(applied, tree, query):
    query("create or replace function workshop.item_count() returns bigint language sql return 7")
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    apply(applied, sql_root=tree.root)
    assert verify(applied, sql_root=tree.root).exit_code == 0


def test_repair_and_apply_bring_back_what_was_changed_by_hand(applied, tree, query):
    query("create or replace function workshop.item_count() returns bigint language sql return 7")
    query("drop view workshop.labels")
    assert repair(applied, sql_root=tree.root) == [
        "functions/workshop/item_count.sql",
        "views/workshop/labels.sql",
    ]
    apply(applied, sql_root=tree.root)
    assert query("select workshop.item_count()") == [0]
    assert verify(applied, sql_root=tree.root).exit_code == 0


def test_owner_changed_by_hand_stays_drift(applied, tree, query):
    """Replacing a function or view leaves it to whom it was given, rights of a definer and all."""
    (role,) = query("select 'thief_' || md5(current_database())")
    query(f"create role {role}")
    try:
        query(f"alter function workshop.item_count() owner to {role}; alter view workshop.labels owner to {role}")
        repair(applied, sql_root=tree.root)
        apply(applied, sql_root=tree.root)
        stolen = [("added", "owner of function item_count()"), ("added", "owner of view labels")]
        assert found(applied, tree) == stolen
        tree.write("functions/workshop/item_count.sql", ITEM_COUNT)
        apply(applied, sql_root=tree.root)
        assert found(applied, tree) == stolen
        tree.write(
            "views/workshop/labels.sql", "create or replace view labels as select i.id, i.label from items as i;"
        )
        apply(applied, sql_root=tree.root)
        assert found(applied, tree) == [("added", "owner of function item_count()")]
        query("alter function workshop.item_count() owner to current_user")
        assert verify(applied, sql_root=tree.root).exit_code == 0
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")


ITEM_COUNT = """create or replace function item_count() returns bigint language sql stable
set search_path from current as 'select count(i.*) from items as i';"""


def test_edited_file_is_named(applied, tree, command):
    tree.write("migrations/workshop/0001_base.sql", "select 1;")
    answer = command.json("verify", "--dsn", applied)
    assert answer["exit_code"] == 4
    assert "0001_base.sql" in answer["copies"][0]["files"][0]


def test_pending_is_exit_3(applied, tree, command):
    tree.write("migrations/workshop/0002_more.sql", "select 1;")
    assert command("verify", "--dsn", applied).returncode == 3
    assert command("verify", "--against-package", "--dsn", applied).returncode == 3


def test_verify_works_where_writing_is_refused(applied, tree):
    read_only = make_conninfo(applied, options="-c default_transaction_read_only=on")
    assert verify(read_only, sql_root=tree.root).exit_code == 0
    assert verify(read_only, sql_root=tree.root, against_package=True).exit_code == 0


@pytest.mark.parametrize(
    "setting",
    ["intervalstyle=iso_8601", "datestyle=german", "quote_all_identifiers=on", "standard_conforming_strings=off"],
)
def test_settings_of_the_session_are_no_drift(applied, tree, setting):
    tree.write(
        "migrations/workshop/0002_worded.sql",
        "create table worded (\n"
        "    span interval default '2 hours', day date default '2026-11-21', code text check (code ~ '^\\d+$')\n);",
    )
    tree.write("migrations/workshop/0002_worded.rollback.sql", "drop table worded;")
    dsn = make_conninfo(applied, options=f"-c {setting}")
    for deployer, reader in ((applied, dsn), (dsn, applied)):
        apply(deployer, sql_root=tree.root)
        assert verify(reader, sql_root=tree.root).exit_code == 0
        assert verify(reader, sql_root=tree.root, against_package=True).exit_code == 0
        assert rollback(applied, "workshop", to_id="0001_base", sql_root=tree.root).migrations == ["0002_worded"]


def test_copies_are_compared_in_their_own_schema(applied, tree, query):
    apply(applied, units=["workshop"], schemas={"workshop": "acme"}, sql_root=tree.root)
    query("alter table acme.items alter column label set not null")
    for against_package in (False, True):
        default, acme = verify(applied, sql_root=tree.root, against_package=against_package).copies
        assert default.differences == []
        assert [one.object for one in acme.differences] == ["column items.label"]


def test_role_that_may_not_create_a_database_compares_on_an_embedded_server(applied, tree, query):
    """It needs to be a member of sessionbook_monitor, and no more."""
    tree.write("roles/roles.sql", (SQL / "roles" / "roles.sql").read_text())
    tree.write("views/workshop/more.sql", "create or replace view more as select 1 as one;")
    apply(applied, sql_root=tree.root)
    role = query("select 'modest_' || md5(current_database())")[0]
    query(f"create role {role} login password 'modest' in role sessionbook_monitor")
    modest = make_conninfo(applied, user=role, password="modest")
    try:
        assert verify(modest, sql_root=tree.root, against_package=True).exit_code == 0
        query("alter table workshop.items alter column label set not null")
        assert found(modest, tree, against_package=True) == [("changed", "column items.label")]
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")


def test_database_to_compare_with_is_in_utf8_whatever_the_others_are(applied, query):
    """What a cluster is set up for may be an encoding in which the package's Arabic cannot be written."""
    name = f"{query('select current_database()')[0]}_latin"
    query(f"create database {name} template template0 encoding 'LATIN1' locale_provider libc locale 'C'")
    try:
        with (
            disposable_database(make_conninfo(applied, dbname=name)) as (dsn, beside),
            psycopg.connect(dsn) as connection,
        ):
            assert beside
            assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
    finally:
        query(f"drop database {name}")


def test_failure_while_comparing_leaves_no_database(applied, tree, query, prefix, left):
    file = tree.root / "functions/workshop/item_count.sql"
    text = file.read_text()
    file.write_text(text + "\n-- edited")
    apply(applied, sql_root=tree.root)
    query("create schema later")
    file.write_text(text.replace("items", "later.items"))
    query("create table later.items (id integer)")
    apply(applied, sql_root=tree.root)
    with pytest.raises(SqlError, match=r"later\.items"):
        verify(applied, sql_root=tree.root, against_package=True, prefix=prefix)
    assert left() == []


@pytest.mark.parametrize("against_package", [False, True])
def test_the_package_itself_is_clean(database, against_package):
    result = verify(database, against_package=against_package)
    assert "\n".join(one.text for copy in result.copies for one in copy.differences) == ""
    assert result.exit_code == 0
