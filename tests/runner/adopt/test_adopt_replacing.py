"""What of an application's has the name of something of ours, or leads to its tables by name."""

import pytest
from sessionbook.adopt.paths import elements, extended
from sessionbook.deploy.verify import verify

ITEM_COUNT = "create function item_count() returns bigint language sql as 'select count(*) * 0 from public.items'"


def test_function_of_the_same_name_and_arguments_gives_way(shop):
    shop.run(ITEM_COUNT)
    assert any("item_count()" in what for what in shop.adopt().plan.replaced)
    assert shop.again("select item_count()") == [(3,)]


def test_text_that_names_a_function_where_it_was_is_in_the_way(shop):
    shop.run(ITEM_COUNT)
    shop.run("create function twice() returns bigint language sql as 'select 2 * public.item_count()'")
    assert "twice()" in shop.refused().detail


def test_function_with_other_arguments_stays(shop):
    shop.run("create function item_count(integer) returns integer language sql as 'select $1'")
    assert any("item_count(integer)" in note for note in shop.adopt().plan.notes)
    assert shop.again("select item_count(), item_count(8)") == [(3, 8)]


def test_trigger_that_calls_a_function_of_our_name_goes_with_it(shop):
    shop.tree.write(
        "functions/workshop/mark.sql",
        "create or replace function mark() returns trigger language plpgsql set search_path from current\n"
        "as $$ begin new.kind = 'ours'; return new; end $$;",
    )
    shop.tree.write(
        "triggers/workshop/items.mark.sql",
        "-- requires: functions/mark\ncreate or replace trigger _100_mark before insert on items\n"
        "for each row execute function mark();",
    )
    shop.run(
        """
        create function mark() returns trigger language plpgsql as $$ begin new.kind = 'theirs'; return new; end $$;
        create trigger zz before insert on items for each row execute function mark();
        """
    )
    assert any("trigger zz on items" in what for what in shop.adopt().plan.replaced)
    assert shop.again("insert into items (label, kind) values ('new', '-') returning kind") == [("ours",)]


@pytest.mark.parametrize(
    "dependent",
    [
        "create view counted as select item_count() as n",
        "create table counts (n bigint default item_count())",
        "create table others (id integer); create function other() returns trigger language plpgsql"
        " as 'begin return new; end'; drop function item_count(); create function item_count() returns trigger"
        " language plpgsql as 'begin return new; end';"
        " create trigger counting before insert on others for each row execute function item_count()",
    ],
)
def test_what_else_depends_on_a_function_of_our_name_is_in_the_way(shop, dependent):
    shop.run(ITEM_COUNT)
    shop.run(dependent)
    assert "depends on" in shop.refused().detail


def test_trigger_of_our_name_is_in_the_way(shop):
    shop.tree.write(
        "functions/workshop/mark.sql",
        "create or replace function mark() returns trigger language plpgsql set search_path from current\n"
        "as $$ begin return new; end $$;",
    )
    shop.tree.write(
        "triggers/workshop/items.mark.sql",
        "-- requires: functions/mark\ncreate or replace trigger _100_mark before insert on items\n"
        "for each row execute function mark();",
    )
    shop.run(
        """
        create function theirs() returns trigger language plpgsql as 'begin return new; end';
        create trigger _100_mark before insert on items for each row execute function theirs();
        """
    )
    assert "_100_mark" in shop.refused().detail


def test_view_of_our_name_with_our_columns_gives_way_and_leaves_its_grants(shop):
    role = f"reader_{shop.one('select current_database()')}"
    shop.run(f"create role {role}; create view labels as select label from items; grant select on labels to {role}")
    try:
        (said,) = shop.adopt().plan.replaced
        assert "view labels" in said
        assert role in said
        assert shop.one("select to_regclass('public.labels')") is None
        assert shop.again("select count(*) from labels") == [(3,)]
        assert shop.one(f"select has_table_privilege('{role}', 'workshop.labels', 'select')")
    finally:
        shop.run(f"drop owned by {role}; drop role {role}")


@pytest.mark.parametrize(
    ("view", "named"),
    [
        ("create view labels as select label, price from items", "price numeric"),
        ("create view labels as select label from items; create view more as select label from labels", "more"),
    ],
)
def test_view_of_our_name_that_cannot_give_way_is_in_the_way(shop, view, named):
    shop.run(view)
    assert named in shop.refused().detail


def test_relation_that_hides_one_of_ours_is_said(shop):
    shop.run(
        "create materialized view labels as select label, price from items; create view settings as select 1 as id"
    )
    notes = "\n".join(shop.adopt().plan.notes)
    assert "labels stays" in notes
    assert "settings stays" in notes
    assert shop.again("select price::text from labels where label = 'a'") == [("1.00",)]


def test_search_path_of_the_database_is_extended_behind_the_old_schema(shop):
    database = shop.one("select current_database()")
    shop.run(f"create schema other; alter database {database} set search_path = public, other")
    shop.adopt()
    assert shop.again("show search_path") == [("public, workshop, other",)]


def test_search_path_of_a_role_is_extended_for_this_database(shop):
    # Roles are the cluster's: a schema of its own name keeps this one out of tests that run meanwhile.
    name = shop.one("select current_database()")
    role, schema = f"web_{name}", f"shop_{name}"
    shop.run(f"create role {role}; alter role {role} set search_path = {schema}")
    shop.run(f"alter schema public rename to {schema}; create schema public")
    try:
        shop.adopt(source=schema)
        assert shop.rows(
            "select s.setdatabase <> 0, s.setconfig from pg_db_role_setting as s inner join pg_roles as r"
            f" on r.oid = s.setrole where r.rolname = '{role}' order by 1"
        ) == [(False, [f"search_path={schema}"]), (True, [f"search_path={schema}, workshop"])]
    finally:
        shop.run(f"drop role {role}")


def test_schema_named_like_its_role_is_found_by_user(shop):
    role = f"web_{shop.one('select current_database()')}"
    shop.run(f"create role {role} login; alter schema public rename to {role}; create schema public")
    try:
        shop.adopt(source=role)
        assert shop.rows(
            "select s.setconfig from pg_db_role_setting as s inner join pg_roles as r on r.oid = s.setrole"
            f" where r.rolname = '{role}'"
        ) == [(['search_path="$user", workshop, public'],)]
    finally:
        shop.run(f"alter schema {role} rename to gone; drop owned by {role}; drop role {role}")


def test_function_that_pins_its_search_path_still_finds_the_tables(shop):
    shop.run(
        """
        create schema api;
        create function api.labels() returns setof text language plpgsql set search_path = public, pg_temp
        as 'begin return query select label from items; end';
        create function api.other() returns text language sql set search_path = public as $$select 'x'$$;
        """
    )
    shop.adopt()
    assert len(shop.again("select api.labels()")) == 3
    assert shop.rows("select proname, proconfig from pg_proc where pronamespace = 'api'::regnamespace order by 1") == [
        ("labels", ["search_path=public, workshop, pg_temp"]),
        ("other", ["search_path=public"]),
    ]


def test_what_writes_of_ours_set_off_still_finds_its_tables(shop):
    """Functions of ours look in their own schema only; triggers, defaults and checks of theirs ran with their path."""
    shop.tree.write(
        "functions/workshop/sell.sql",
        "create or replace function sell() returns void language sql set search_path from current\n"
        "begin atomic delete from parts; insert into items (label, kind) values ('sold', 'x'); end;",
    )
    shop.run(
        """
        create table log (said text);
        create function fits(integer) returns boolean language plpgsql as 'begin return $1 < (select 9 from room); end';
        create function number() returns integer language plpgsql as 'begin return (select 7 from room); end';
        create function note() returns trigger language plpgsql
        as 'begin insert into log values (tg_table_name); return null; end';
        create table room (id integer); insert into room values (1);
        create table pictures (part_id integer references parts (id) on delete cascade);
        insert into pictures values (1);
        alter table items add column number integer default number(), add constraint fits check (fits(number));
        create function plain() returns trigger language plpgsql as 'begin new.kind = upper(new.kind); return new; end';
        create trigger plain before insert on items for each row execute function plain();
        create trigger note after insert on items for each row execute function note();
        create trigger note after delete on pictures for each row execute function note();
        """
    )
    plan = shop.adopt().plan
    shop.run("select workshop.sell()")
    assert shop.rows("select said from log order by 1") == [("items",), ("pictures",)]
    assert shop.one("select number from workshop.items where label = 'sold'") == 7
    assert {one.owner for one in plan.paths if one.old == "its caller's"} == {
        "function public.fits(integer)",
        "function public.number()",
        "function public.note()",
    }


@pytest.mark.parametrize("name", ["AuditLog", "audit log"])
def test_what_writes_of_ours_set_off_finds_tables_that_need_quotes(shop, name):
    shop.tree.write(
        "functions/workshop/sell.sql",
        "create or replace function sell() returns void language sql set search_path from current\n"
        "begin atomic insert into items (label, kind) values ('sold', 'x'); end;",
    )
    shop.run(
        f"""
        create table "{name}" (said text);
        create function note() returns trigger language plpgsql
        as 'begin insert into "{name}" values (tg_table_name); return null; end';
        create trigger note after insert on items for each row execute function note();
        """
    )
    shop.adopt()
    shop.run("select workshop.sell()")
    assert shop.rows(f'select said from "{name}"') == [("items",)]


def test_check_of_a_domain_still_finds_its_tables(shop):
    shop.tree.write(
        "functions/workshop/sell.sql",
        "create or replace function sell() returns void language sql set search_path from current\n"
        "begin atomic insert into items (label, kind) values ('sold', 'x'); end;",
    )
    shop.run(
        """
        create table colours (name text);
        create function is_colour(text) returns boolean language plpgsql
        as 'begin return $1 in (select c.name from colours as c); end';
        insert into colours values ('red');
        create domain colour as text check (is_colour(value));
        alter table items add column colour colour default 'red';
        """
    )
    shop.adopt()
    shop.run("select workshop.sell()")
    assert shop.one("select colour from workshop.items where label = 'sold'") == "red"


def test_bodies_that_are_kept_by_reference_follow(shop):
    shop.run(
        "create function latest() returns text language sql"
        " begin atomic select label from public.items order by id desc limit 1; end;"
        "alter table items enable row level security;"
        "create policy seen on items using (exists (select from public.parts as p where p.item_id = items.id))"
    )
    shop.adopt()
    assert shop.again("select latest()") == [("c",)]
    assert "workshop.parts" in shop.one("select qual from pg_policies where tablename = 'items'")


def test_names_are_quoted(shop):
    shop.run('alter schema public rename to "My Shop"; create schema public')
    shop.run(f'alter database {shop.one("select current_database()")} set search_path = "My Shop", public')
    shop.adopt(source="My Shop", schema="Their Copy")
    assert shop.again("select count(*) from items") == [(3,)]
    assert shop.again("show search_path") == [('"My Shop", "Their Copy", public',)]
    assert verify(shop.dsn, sql_root=shop.tree.root, schemas={"workshop": "Their Copy"}).exit_code == 0


def test_words_of_sql_are_quoted(shop):
    """What a schema, a trigger and columns may be called that PostgreSQL takes for something else without quotes."""
    shop.run('alter schema public rename to "order"; create schema public')
    shop.run(f'alter database {shop.one("select current_database()")} set search_path = "order", public')
    shop.run('alter table "order".items add column "end" text, add column "user" text not null default 1')
    shop.run("create function noop() returns trigger language plpgsql as 'begin return new; end'")
    shop.run('create trigger "all" before insert on "order".items for each row execute function noop()')
    shop.adopt(source="order", schema="table")
    assert shop.again('select count("user") from items') == [(3,)]
    assert shop.again("show search_path") == [('"order", "table", public',)]
    assert verify(shop.dsn, sql_root=shop.tree.root, schemas={"workshop": "table"}).exit_code == 0


def test_schema_on_nobodys_search_path_is_said(shop):
    shop.run("alter schema public rename to hidden; create schema public")
    plan = shop.plan("hidden")
    assert plan.paths == []
    assert any("no search_path" in note for note in plan.notes)


def test_elements_of_a_search_path():
    assert elements('"$user", public,  "A ""b"", c" , PlAin') == ["$user", "public", 'A "b", c', "plain"]


@pytest.mark.parametrize(
    ("path", "role", "becomes"),
    [
        ("a, b", None, "a, t, b"),
        ("b", None, None),
        ("a, t", None, None),
        ('"$user", b', "a", '"$user", t, b'),
        ('"$user", b', "c", None),
        ('"A"', None, None),
    ],
)
def test_extended_search_path(path, role, becomes):
    assert extended(path, "a", "t", stands_for=role) == becomes
