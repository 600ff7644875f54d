"""What adopting does to tables, and what it leaves as it was."""

import psycopg
import pytest
from sessionbook.deploy.verify import verify

from support.adoption import checksum

MARKED = "select id as migration_id from sessionbook.migrations order by 1"


def test_tables_move_with_their_rows_and_the_history_goes_on(shop):
    before = {table: checksum(shop.conn, table, "t.id") for table in ("items", "parts")}
    result = shop.adopt()
    assert result.plan.marked == ["0001_base"]
    assert [copy.migrations for copy in result.applied.copies] == [["0002_states", "0003_kinds", "0004_settings"]]
    assert {table: checksum(shop.conn, f"workshop.{table}", "t.id") for table in before} == before
    assert shop.rows(MARKED) == [("0001_base",), ("0002_states",), ("0003_kinds",), ("0004_settings",)]
    assert shop.one("select workshop.item_count()") == 3
    verdict = verify(shop.dsn, sql_root=shop.tree.root)
    assert verdict.exit_code == 0
    assert "not ours: schema" not in verdict.copies[0].notes


def test_columns_indexes_triggers_and_comments_of_theirs_stay(shop):
    shop.run(
        """
        create index theirs_idx on items (price desc);
        comment on column items.theirs is 'Theirs.';
        comment on column items.kind is 'Kind, they say.';
        create function note() returns trigger language plpgsql as 'begin new.theirs = ''{}''; return new; end';
        create trigger note before insert on items for each row execute function note();
        """
    )
    shop.adopt()
    assert shop.one("select to_regclass('workshop.theirs_idx') is not null")
    assert shop.rows(
        "select a.attname, col_description(a.attrelid, a.attnum) from pg_attribute as a"
        " where a.attrelid = 'workshop.items'::regclass and a.attname in ('kind', 'theirs') order by 1"
    ) == [("kind", "Kind, they say."), ("theirs", "Theirs.")]
    assert shop.again("insert into items (label, kind) values ('new', 'x') returning theirs") == [({},)]


def test_views_and_keys_of_other_tables_follow(shop):
    shop.run(
        """
        create table sales (item_id integer references items (id));
        create view priced as select i.id, i.theirs from items as i where i.price > 0;
        create materialized view counted as select count(*) as n from parts;
        """
    )
    shop.adopt()
    assert shop.one("select count(*) from priced") == 2
    shop.run("refresh materialized view counted")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.run("insert into sales values (99)")


def test_serial_column_goes_on_counting(shop):
    shop.adopt()
    assert shop.again("insert into items (label, kind) values ('next', 'x') returning id") == [(4,)]
    assert shop.one("select pg_get_serial_sequence('workshop.items', 'id')") == "workshop.items_id_seq"


def test_key_without_a_counter_gets_one_behind_the_last_row(shop):
    shop.run("alter table items alter column id drop default")
    shop.adopt()
    assert shop.again("insert into items (label, kind) values ('next', 'x') returning id") == [(4,)]


def test_unlike_names_become_ours(shop):
    shop.run(
        """
        alter table items rename constraint items_label_key to uq_label;
        alter index items_kind_idx rename to ix_kind;
        alter table parts rename constraint parts_item_id_fkey to fk_item;
        """
    )
    renamed = shop.adopt().plan.renamed
    assert {name.partition(" ")[0] for name in renamed} == {"uq_label", "ix_kind", "fk_item"}
    assert (
        shop.one("select count(*) from pg_constraint where conrelid = 'workshop.parts'::regclass and contype = 'f'")
        == 1
    )
    assert verify(shop.dsn, sql_root=shop.tree.root).exit_code == 0


def test_unique_index_becomes_the_constraint(shop):
    shop.run("alter table items drop constraint items_label_key; create unique index ix_label on items (label)")
    plan = shop.adopt().plan
    assert plan.completed == []
    assert shop.one("select count(*) from pg_index where indrelid = 'workshop.items'::regclass and indisunique") == 3
    assert verify(shop.dsn, sql_root=shop.tree.root).exit_code == 0


def test_what_is_missing_is_completed(shop):
    shop.run(
        """
        alter table items drop column kind, drop constraint items_price_check, alter column price drop not null,
            alter column price drop default, drop constraint items_label_key;
        drop index parts_item_id_idx;
        """
    )
    plan = shop.adopt().plan
    assert plan.version == "0001_base"
    assert {
        "column items.kind text",
        "default 0 of items.price",
        "not null of items.price",
        "constraint items_price_check on items",
        "constraint items_label_key on items",
        "index items_kind_idx on items",
        "index parts_item_id_idx on parts",
    } == set(plan.completed)
    assert verify(shop.dsn, sql_root=shop.tree.root, against_package=True).exit_code == 4
    assert verify(shop.dsn, sql_root=shop.tree.root).exit_code == 0


def test_missing_table_of_the_beginning_is_made(shop):
    shop.run("drop table parts")
    assert shop.adopt().plan.created == ["parts"]
    assert shop.one("select count(*) from workshop.parts") == 0
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.run("insert into workshop.parts values (1, 99)")


def test_constraint_of_our_name_with_another_meaning_gives_way(shop):
    shop.run(
        "alter table parts drop constraint parts_item_id_fkey,"
        " add constraint parts_item_id_fkey foreign key (item_id) references items (id)"
    )
    assert any("parts_item_id_fkey" in what for what in shop.adopt().plan.replaced)
    shop.run("delete from workshop.items where id = 1")
    assert shop.one("select count(*) from workshop.parts") == 1


def test_default_of_theirs_stays(shop):
    shop.run("alter table items alter column price set default 5")
    shop.adopt()
    assert shop.again("insert into items (label, kind) values ('new', 'y') returning price::text") == [("5.00",)]


def test_begun_columns_and_tables_are_filled_and_go_along(shop):
    shop.run(
        """
        alter table items add column state text, add column box_id integer;
        update items set state = 'sold' where id = 1;
        update items set box_id = 7 + id where id < 3;
        create table boxes (id integer primary key, room integer);
        insert into boxes values (8, null);
        """
    )
    result = shop.adopt()
    assert result.plan.version == "0001_base"
    assert "boxes" in result.plan.moved
    assert shop.rows("select state, box_id from workshop.items order by id") == [
        ("sold", 8),
        ("new", None),
        ("new", None),
    ]
    assert shop.rows("select id, room from workshop.boxes") == [(8, 1)]
    assert {(found.rule, found.rows, found.repaired_by) for found in result.plan.repaired} == {
        ("state not null", 2, "adopt"),
        ("room not null", 1, "adopt"),
        ("items_box_id_fkey", 1, "0003_kinds"),
        ("kind not null", 1, "0003_kinds"),
    }
    assert verify(shop.dsn, sql_root=shop.tree.root).exit_code == 0


def test_table_that_a_later_migration_makes_under_the_same_name_stays(shop):
    shop.run("create table settings (name text primary key, value text); insert into settings values ('a', 'b')")
    plan = shop.adopt().plan
    assert any("settings" in note for note in plan.notes)
    assert shop.again("select value from settings") == [("b",)]
    assert shop.one("select count(*) from workshop.settings") == 0


def test_what_a_later_migration_makes_all_the_same_is_left_to_it(shop):
    shop.run("alter table items add constraint items_kind_check check (kind <> '')")
    shop.run("create unique index items_kind_price_key on items (kind, price) where price > 0")
    shop.adopt()
    assert verify(shop.dsn, sql_root=shop.tree.root).exit_code == 0


@pytest.mark.parametrize("places", [1, 2, 3, 4])
def test_any_point_of_the_history(shop, places):
    names = sorted(path.name for path in (shop.tree.root / "migrations/workshop").glob("000?_[a-z]*s*.sql"))
    names = [name for name in names if ".rollback" not in name][1:places] if places > 1 else []
    for name in names:
        shop.run((shop.tree.root / "migrations/workshop" / name).read_text())
    marked = shop.adopt().plan.marked
    assert [f"{identity}.sql" for identity in marked] == ["0001_base.sql", *names]
    assert verify(shop.dsn, sql_root=shop.tree.root).exit_code == 0


def test_second_copy(shop):
    shop.adopt(schema="acme")
    assert shop.rows("select unit, schema_name from sessionbook.installations") == [("workshop", "acme")]
    assert shop.again("select count(*) from items") == [(3,)]
    assert verify(shop.dsn, sql_root=shop.tree.root, schemas={"workshop": "acme"}).exit_code == 0


def test_triggers_of_theirs_sleep_while_rows_are_mended(shop):
    """They look for their tables by the application's search_path, and a repair is no event of the application's."""
    shop.run(
        """
        create table log (id integer);
        create function log() returns trigger language plpgsql
        as 'begin insert into log values (new.id); return new; end';
        create trigger log before update on items for each row execute function log();
        create trigger off before update on items for each row execute function log();
        alter table items disable trigger off;
        """
    )
    shop.adopt()
    assert shop.one("select count(*) from log") == 0
    shop.again("update items set price = 9 where id = 1")
    assert shop.one("select count(*) from log") == 1


def test_deferred_key_of_theirs_is_no_hindrance(shop):
    shop.run(
        """
        alter table items add column box_id integer;
        create table boxes (id integer primary key, room integer not null default 1);
        alter table items add constraint theirs
        foreign key (box_id) references boxes (id) deferrable initially deferred;
        """
    )
    shop.adopt()
    assert verify(shop.dsn, sql_root=shop.tree.root).exit_code == 0


def test_rows_written_while_waiting_for_the_lock_are_mended_too(shop):
    with psycopg.connect(shop.dsn) as writer:
        writer.execute("insert into items (label, kind) values ('late', null)")
        with pytest.raises(Exception, match="lock timeout"):
            shop.adopt(lock_timeout=0.1)
        writer.commit()
    assert shop.one("select to_regclass('workshop.items')") is None
    shop.adopt()
    assert shop.one("select kind from workshop.items where label = 'late'") == "plain"


def test_what_writes_of_ours_have_to_get_past_is_said(shop):
    shop.run(
        """
        alter table items add column tenant integer not null default 1;
        alter table items alter column tenant drop default, alter column kind set default 'x',
            alter column price set default 5;
        update items set kind = 'x' where kind is null;
        alter table items alter column kind set not null, add constraint cheap check (price < 100);
        """
    )
    notes = "\n".join(shop.adopt().plan.notes)
    for said in ("items.tenant has no default", "default 5 of items.price", "items.kind stays", "constraint cheap"):
        assert said in notes
