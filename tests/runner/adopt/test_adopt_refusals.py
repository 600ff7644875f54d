"""What cannot be adopted is named, all of it, and everything is left as it was."""

import time

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply
from sessionbook.errors import DriftError, SqlError, UsageError

from support.adoption import everything


def test_everything_in_the_way_is_named_at_once(shop):
    shop.run(
        """
        alter table items alter column label type varchar(80);
        alter table items add column state text not null default 'lost';
        alter table parts add column seen boolean;
        create function at_home() returns bigint language sql as 'select count(*) from public.items';
        """
    )
    detail = shop.refused().detail
    for what in (
        "items.label is character varying(80)",
        "parts.seen",
        "at_home()",
        "items_state_check",
        "'lost'"[1:-1],
    ):
        assert what in detail
    assert len(detail.splitlines()) > 4


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        ("alter table items drop column label cascade", "items.label"),
        ("alter table items drop column id cascade; alter table items add column id bigint", "bigint"),
        ("alter table parts drop column item_id", "parts.item_id"),
        ("alter table items drop constraint items_pkey cascade, add primary key (id, label)", "items_pkey"),
        ("alter table items drop constraint items_pkey cascade, add constraint p primary key (label)", "primary key"),
        ("drop table parts; create table parts (id integer, item_id integer) partition by range (id)", "partitioned"),
        ("drop table parts; create view parts as select 1 as id, 1 as item_id", "parts is a view"),
        ("drop table parts; create materialized view parts as select 1 as id", "materialized view"),
        ("drop table parts; create foreign data wrapper w; create server s foreign data wrapper w;"
         "create foreign table parts (id integer) server s", "foreign table"),
        ("create table more () inherits (parts)", "inherit"),
        ("alter table parts set unlogged", "unlogged"),
        ("alter table items add column box_id text", "items.box_id is text"),
        ("alter table parts add column seen boolean", "parts.seen"),
        ("alter table items add constraint items_kind_check check (kind <> 'z')", "items_kind_check"),
        ("create index parts_item_id_seen_key on parts (id)", "parts_item_id_seen_key"),
        ("alter table items drop column price; alter table items add column price numeric(10, 2)"
         " generated always as (1) stored", "items.price is generated"),
        ("create schema workshop create table theirs (id integer)", "theirs"),
        ("create function note() returns text language sql as $$select label from public.items$$", "note()"),
        ('create function note() returns text language sql as $$select label from "public" . items$$', "note()"),
    ],
)  # fmt: skip
def test_shape_in_the_way(shop, statements, named):
    shop.run(statements)
    assert named in shop.refused().detail


@pytest.mark.parametrize(
    ("statements", "rule", "rows"),
    [
        ("alter table items drop constraint items_price_check; update items set price = -1", "items_price_check", 3),
        ("alter table items alter column label drop not null; update items set label = null", "label not null", 3),
        ("alter table items drop constraint items_label_key; update items set label = 'a'", "items_label_key", 2),
        ("alter table parts drop constraint parts_item_id_fkey; insert into parts values (9, 9)",
         "parts_item_id_fkey", 1),
        ("alter table parts drop constraint parts_pkey; insert into parts values (1, 1)", "parts_pkey", 1),
        ("update items set kind = ''", "items_kind_check", 3),
        ("update items set kind = 'forbidden' where id < 3", "kind as checked", 2),
        ("alter table items add column state text; update items set state = 'lost' where id = 1",
         "items_state_check", 1),
        ("insert into items (label, price, kind) values ('d', 1, 'x'), ('e', 1, 'x')", "items_kind_price_key", 2),
        ("alter table items add constraint items_price_check2 check (price >= 0);"
         "alter table items drop constraint items_price_check,"
         "drop constraint items_price_check2, add constraint items_price_check check (price >= 0) not valid;"
         "alter table items drop constraint items_price_check; update items set price = -1 where id = 1;"
         "alter table items add constraint items_price_check check (price >= 0) not valid", "items_price_check", 1),
    ],
)  # fmt: skip
def test_rows_that_break_a_rule_are_counted_and_shown(shop, statements, rule, rows):
    shop.run(statements)
    (finding,) = shop.refused().plan.broken
    assert (finding.rule, finding.rows) == (rule, rows)
    assert 0 < len(finding.samples) <= 5


def test_default_that_a_check_to_come_refuses_is_in_the_way(shop):
    """No row may have it, but whoever leaves the column out would make one."""
    shop.run("alter table items add column state text not null default 'open'; update items set state = 'new'")
    detail = shop.refused().detail
    assert "default 'open'::text of items.state breaks items_state_check of 0002_states" in detail
    shop.run("alter table items alter column state set default 'sold'")
    shop.adopt()
    assert shop.again("insert into items (label, kind) values ('d', 'x') returning state") == [("sold",)]


def test_default_that_cannot_be_looked_at_is_let_through(shop):
    """It counts: to ask it would move it."""
    shop.run("create sequence prices; alter table items drop constraint items_price_check")
    shop.run("alter table items alter column price set default nextval('prices')")
    shop.adopt()
    assert shop.one("select nextval('prices')") == 1


def test_rows_that_an_exclusion_keeps_apart_are_counted(shop):
    shop.tree.write(
        "migrations/workshop/0005_last.sql",
        "-- depends: 0004_settings\nalter table items add constraint items_price_excl"
        " exclude using gist (int4range(price::integer, price::integer + 2) with &&) where (kind <> 'x');",
    )
    shop.run("update items set kind = label; insert into items (label, price, kind) values ('d', 50, 'd')")
    (finding,) = shop.refused().plan.broken
    assert (finding.rule, finding.rows) == ("items_price_excl", 3)


def test_samples_have_the_key_and_what_is_wrong(shop):
    shop.run("alter table items drop constraint items_price_check; update items set price = -7 where id = 2")
    assert shop.refused().plan.broken[0].samples == [{"id": "2", "price": "-7.00"}]


def test_five_samples_are_enough(shop):
    shop.run("insert into items (label, kind) select g::text, '' from generate_series(1, 50) as g")
    (finding,) = shop.refused().plan.broken
    assert (finding.rows, len(finding.samples)) == (50, 5)


def test_rows_of_which_some_are_mended_are_told_apart(shop):
    shop.run("alter table items add column state text; update items set kind = ''  where id = 1")
    plan = shop.refused().plan
    assert {(found.rule, found.rows) for found in plan.broken} == {("items_kind_check", 1)}
    assert {(found.rule, found.rows, found.repaired_by) for found in plan.repaired} == {
        ("state not null", 3, "adopt"),
        ("kind not null", 1, "0003_kinds"),
    }


def test_what_cannot_be_judged_by_reading_is_judged_by_the_transaction(shop):
    shop.tree.write(
        "migrations/workshop/0005_last.sql",
        "-- depends: 0004_settings\n\ndo $$ begin raise exception using errcode = 'PT409', constraint = 'never',"
        " message = 'never'; end $$;",
    )
    before = everything(shop.conn)
    with pytest.raises(SqlError) as error:
        shop.adopt()
    assert (error.value.sqlstate, error.value.file) == ("PT409", "migrations/workshop/0005_last.sql")
    assert everything(shop.conn) == before


def test_migration_outside_a_transaction_is_refused(shop):
    shop.tree.write(
        "migrations/workshop/0005_last.sql",
        "-- depends: 0004_settings\n-- transactional: false\ncreate index concurrently last_idx on parts (seen);",
    )
    assert "0005_last" in shop.refused().detail


def test_tables_of_somebody_else_are_refused(shop, server):
    owner = f"owner_{shop.one('select current_database()')}"
    modest = f"modest_{owner}"
    shop.run(
        f"create role {owner}; create role {modest} login password 'modest' createdb;"
        f"alter table items owner to {owner};"
        f"grant create on database {shop.one('select current_database()')} to {modest}"
    )
    try:
        with pytest.raises(DriftError) as error:
            shop_of(shop, modest).adopt(roles=False)
        for what in ("items belongs to", "parts belongs to", "search_path"):
            assert what in error.value.detail
        assert shop.one("select to_regclass('public.items') is not null")
    finally:
        shop.run(
            f"alter table items owner to current_user; drop owned by {modest}; drop role {modest}; drop role {owner}"
        )


def shop_of(shop, role):
    """The same shop, deployed to by another role."""
    return type(shop)(shop.conn, make_conninfo(shop.dsn, user=role, password="modest"), shop.tree)


def test_row_level_security_that_the_deployer_is_under_is_refused(shop):
    database = shop.one("select current_database()")
    owner = f"owner_{database}"
    shop.run(
        f"create role {owner} login password 'modest' createdb; alter database {database} owner to {owner};"
        f"alter table items owner to {owner}; alter table parts owner to {owner};"
        "alter table items enable row level security, force row level security"
    )
    try:
        with pytest.raises(DriftError) as error:
            shop_of(shop, owner).adopt(roles=False)
        assert "row level security" in error.value.detail
    finally:
        shop.run(f"alter database {database} owner to current_user; reassign owned by {owner} to current_user;"
                 f"drop owned by {owner}; drop role {owner}")  # fmt: skip


def test_copy_in_the_books_is_refused(shop):
    apply(shop.dsn, sql_root=shop.tree.root)
    with pytest.raises(UsageError):
        shop.adopt()


def test_schema_without_a_table_of_the_unit_is_refused(shop):
    shop.run("create schema empty create table others (id integer)")
    with pytest.raises(UsageError):
        shop.plan("empty")


def test_schema_that_is_not_there_is_refused(shop):
    with pytest.raises(UsageError):
        shop.plan("nowhere")


def test_tables_that_are_in_place_already_are_refused(shop):
    with pytest.raises(UsageError):
        shop.plan("public", schema="public")


def test_what_changed_since_the_plan_is_not_done(shop):
    before = None

    def confirm(plan):
        nonlocal before
        shop.run("alter table items add column size integer; create index items_kind_price_key on items (kind)")
        before = everything(shop.conn)
        return True

    with pytest.raises(DriftError):
        shop.adopt(confirm=confirm)
    assert everything(shop.conn) == before


def test_deployer_killed_in_the_middle_leaves_all_as_it_was(shop, command, until):
    shop.tree.write(
        "migrations/workshop/0005_last.sql", "-- depends: 0004_settings\n\nselect pg_sleep(60) from items limit 1;"
    )
    before = everything(shop.conn)
    process = command.start("adopt", "workshop", "--from", "public", "--yes", "--dsn", shop.dsn)
    asleep = "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    until(lambda: shop.rows(asleep))
    process.kill()
    process.wait()
    free = "select count(*) from pg_locks as l where l.relation = 'public.items'::regclass"
    with psycopg.connect(shop.dsn, autocommit=True) as other:
        deadline = time.monotonic() + 20
        while other.execute(free).fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert everything(shop.conn) == before
