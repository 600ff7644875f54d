"""Functions, views and triggers: replaced, made again, taken away, never by cascade."""

import pytest
from sessionbook.deploy import apply
from sessionbook.errors import BlockedError, SqlError

COUNT = "functions/workshop/item_count.sql"
LABELS = "views/workshop/labels.sql"
OURS = """
select p.oid::regprocedure::text from pg_proc as p where p.pronamespace = 'workshop'::regnamespace
union all
select c.oid::regclass::text from pg_class as c where c.relkind = 'v' and c.relnamespace = 'workshop'::regnamespace
order by 1
"""


@pytest.fixture
def applied(empty_database, tree):
    """A database with the tree applied, and how to apply it again."""
    apply(empty_database, sql_root=tree.root)

    def again():
        changes = apply(empty_database, sql_root=tree.root).copies
        return changes[0] if changes else None

    return again


def test_edited_function_is_deployed_without_a_migration(applied, tree, query):
    tree.write(COUNT, "create or replace function item_count() returns bigint language sql return 7;")
    assert applied().changed == [COUNT]
    assert query("select workshop.item_count()") == [7]


def test_function_pins_the_schema_of_its_copy(applied, query):
    assert query("select proconfig[1] from pg_proc where proname = 'item_count'") == ["search_path=workshop, pg_temp"]


def test_registry_names_what_each_file_made(applied, tree, query):
    tree.write(COUNT, "create or replace function item_count(uuid, p_n int default 1) returns int return 1;")
    tree.write(
        "functions/workshop/stamp.sql",
        "create or replace function stamp() returns trigger language plpgsql as 'begin return new; end';",
    )
    tree.write(
        "triggers/workshop/items.stamp.sql",
        "-- requires: functions/stamp\n"
        "create or replace trigger _100_stamp before insert on items for each row execute function stamp();",
    )
    applied()
    assert query("select key || ': ' || identity from sessionbook.made('workshop') where is_ours order by 1") == [
        "functions/item_count: function item_count(uuid, integer)",
        "functions/stamp: function stamp()",
        "triggers/items.stamp: trigger _100_stamp on items",
        "views/labels: view labels",
    ]


def test_what_the_package_has_no_more_is_dropped(applied, tree, query):
    tree.remove(COUNT)
    tree.remove(LABELS)
    assert applied().dropped == ["function item_count()", "view labels"]
    assert query(OURS) == []
    assert applied() is None


def test_objects_that_depend_on_each_other_are_dropped_together(applied, tree, query):
    tree.write(
        "views/workshop/zero.sql", "-- requires: views/labels\ncreate or replace view zero as select label from labels;"
    )
    applied()
    tree.remove("views/workshop/zero.sql")
    tree.remove(LABELS)
    assert applied().dropped == ["view labels", "view zero"]


def test_trigger_whose_file_is_gone_is_dropped(applied, tree, query):
    tree.write(
        "functions/workshop/stamp.sql",
        "create or replace function stamp() returns trigger language plpgsql as 'begin return new; end';",
    )
    tree.write(
        "triggers/workshop/items.stamp.sql",
        "-- requires: functions/stamp\n"
        "create or replace trigger _100_stamp before insert on items for each row execute function stamp();",
    )
    applied()
    tree.remove("functions/workshop/stamp.sql")
    tree.remove("triggers/workshop/items.stamp.sql")
    assert applied().dropped == ["function stamp()", "trigger _100_stamp on items"]


def test_changed_signature_leaves_no_overload(applied, tree, query):
    tree.write(COUNT, "create or replace function item_count(p_more int default 0) returns bigint return 1;")
    assert applied().dropped == ["function item_count()"]
    assert query("select workshop.item_count()") == [1]


def test_views_that_bound_to_the_old_signature_take_the_new_one(applied, tree, query):
    total = "-- requires: functions/item_count\ncreate or replace view total as select item_count() as n;"
    tree.write("views/workshop/total.sql", total)
    applied()
    tree.write(COUNT, "create or replace function item_count(p_more int default 0) returns bigint return 1;")
    assert applied().dropped == ["function item_count()"]
    assert query("select n from workshop.total") == [1]


def test_function_with_the_name_of_a_built_in_one_is_dropped(applied, tree, query):
    tree.write("functions/workshop/now.sql", "create or replace function workshop.now() returns int return 1;")
    applied()
    tree.remove("functions/workshop/now.sql")
    assert applied().dropped == ["function now()"]


def test_function_becomes_a_procedure(applied, tree, query):
    tree.write(COUNT, "create or replace procedure item_count() language sql begin atomic select 1; end;")
    assert applied().dropped == []
    assert query("select prokind::text from pg_proc where proname = 'item_count'") == ["p"]


def test_overloads_in_one_file_both_stay(applied, tree, query):
    one = "create or replace function item_count(int) returns int return 1;"
    two = "create or replace function item_count(text) returns int return 2;"
    tree.write(COUNT, one + two)
    applied()
    tree.write(COUNT, one + two + "\n-- edited")
    assert applied().dropped == []
    assert query("select workshop.item_count(1) + workshop.item_count('x'::text)") == [3]


def test_objects_of_somebody_else_in_the_schema_stay(applied, tree, query):
    query("create function workshop.theirs() returns int return 1")
    query("create view workshop.their_view as select 1 as one")
    tree.remove(COUNT)
    applied()
    assert query(OURS) == ["workshop.labels", "workshop.their_view", "workshop.theirs()"]


def test_foreign_dependent_of_an_orphan_stops_the_deploy_and_is_named(applied, tree, query):
    query("create view public.report as select workshop.item_count()")
    tree.remove(COUNT)
    tree.write(LABELS, "create or replace view labels as select i.label, 1 as one from items as i;")
    with pytest.raises(BlockedError) as error:
        applied()
    assert "public.report" in error.value.detail
    assert query("select attname from pg_attribute where attrelid = 'workshop.labels'::regclass") == ["label"]


def test_return_type_changes_with_everything_of_ours_that_depends_on_it(applied, tree, query):
    tree.write(
        "views/workshop/total.sql",
        "-- requires: functions/item_count\ncreate or replace view total as select item_count() as n;",
    )
    applied()
    tree.write(COUNT, "create or replace function item_count() returns text language sql return 'many';")
    applied()
    assert query("select n from workshop.total") == ["many"]


def test_view_loses_a_column_that_our_function_returns_rows_of(applied, tree, query):
    tree.write(LABELS, "create or replace view labels as select i.id, i.label from items as i where i.id > 0;")
    tree.write(
        "functions/workshop/first_label.sql",
        "-- requires: views/labels\ncreate or replace function first_label() returns labels language sql\n"
        "set search_path from current as 'select * from labels limit 1';",
    )
    applied()
    tree.write(LABELS, "create or replace view labels as select i.label from items as i;")
    assert applied().dropped == []
    assert query("select pg_get_function_result('workshop.first_label()'::regprocedure)") == ["workshop.labels"]


def test_foreign_dependent_of_a_view_made_again_stops_the_deploy_and_is_named(applied, tree, query):
    query("create view public.report as select * from workshop.labels")
    tree.write(LABELS, "create or replace view labels as select i.id from items as i;")
    with pytest.raises(BlockedError) as error:
        applied()
    assert "public.report" in error.value.detail
    assert error.value.file == LABELS


def test_grants_of_others_outlive_making_a_view_again(applied, tree, query, server):
    role = query("select 'reporter_' || md5(current_database())")[0]
    query(f"create role {role}")
    try:
        query(f"grant usage on schema workshop to {role}")
        query(f"grant select on workshop.labels to {role} with grant option")
        query(f"grant select (label) on workshop.labels to {role}")
        tree.write(LABELS, "create or replace view labels as select i.id, i.label from items as i;")
        applied()
        assert query(f"select has_table_privilege('{role}', 'workshop.labels', 'select with grant option')") == [True]
    finally:
        query(f"drop owned by {role}")
        query(f"drop role {role}")


def test_function_that_cannot_be_made_at_all_says_so(applied, tree):
    tree.write(COUNT, "create or replace function item_count() returns bigint language sql as 'select now()';")
    with pytest.raises(SqlError) as error:
        applied()
    assert (error.value.sqlstate, error.value.file) == ("42P13", COUNT)


def test_one_bad_file_takes_all_of_them_back(applied, tree, query):
    tree.write(COUNT, "create or replace function item_count() returns bigint language sql return 7;")
    tree.write(LABELS, "create or replace view labels as\nselect i.label,\n    i.nope\nfrom items as i;")
    with pytest.raises(SqlError) as error:
        applied()
    assert (error.value.sqlstate, error.value.file, error.value.line) == ("42703", LABELS, 3)
    assert query("select workshop.item_count()") == [0]


def test_shared_function_goes_only_after_the_copies_that_used_it(empty_database, tree, query):
    tree.write("migrations/lifecycle/0001_lifecycle.sql", "select 1;")
    tree.write("functions/lifecycle/old.sql", "create or replace function old() returns int return 1;")
    tree.write(
        "views/workshop/labels.sql",
        "-- requires: functions/lifecycle.old\ncreate or replace view labels as select lifecycle.old() as n;",
    )
    apply(empty_database, sql_root=tree.root)
    tree.remove("functions/lifecycle/old.sql")
    tree.write("views/workshop/labels.sql", "create or replace view labels as select 2 as n;")
    lifecycle, _ = apply(empty_database, sql_root=tree.root).copies
    assert lifecycle.dropped == ["function old()"]
    assert not apply(empty_database, sql_root=tree.root).changed


def test_shared_function_stays_while_a_copy_left_out_may_use_it(empty_database, tree, query):
    tree.write("migrations/lifecycle/0001_lifecycle.sql", "select 1;")
    tree.write("functions/lifecycle/old.sql", "create or replace function old() returns int return 1;")
    apply(empty_database, sql_root=tree.root)
    query("create view workshop.user as select lifecycle.old()")
    tree.remove("functions/lifecycle/old.sql")
    (lifecycle,) = apply(empty_database, sql_root=tree.root, units=["lifecycle"]).copies
    assert (lifecycle.dropped, lifecycle.waiting) == ([], ["function old()"])
    query("drop view workshop.user")
    (lifecycle,) = apply(empty_database, sql_root=tree.root).copies
    assert lifecycle.dropped == ["function old()"]
