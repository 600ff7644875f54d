"""Trees that are read, and those that are refused."""

import pytest
from sessionbook.errors import PackageError
from sessionbook.grants import without_role_grants
from sessionbook.ordering import in_order
from sessionbook.package import read_package
from sessionbook.sqlscan import refuse_unsendable


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(PackageError):
        read_package(tmp_path / "nope")


def test_folder_without_units_is_refused(tmp_path):
    (tmp_path / "migrations").mkdir()
    with pytest.raises(PackageError):
        read_package(tmp_path)


def test_unit_without_migrations_is_refused(tree):
    (tree.root / "migrations" / "training").mkdir()
    with pytest.raises(PackageError):
        read_package(tree.root)


def test_mistyped_unit_is_refused(tree):
    tree.write("functions/workshp/f.sql", "select 1;")
    with pytest.raises(PackageError):
        read_package(tree.root)


@pytest.mark.parametrize(
    "name",
    ["0003_gap.sql", "0001_twin.sql", "2_short.sql", "0002_Upper.sql", "0002_x.sql.bak", "0009_alone.rollback.sql"],
)
def test_wrong_file_name_is_refused(tree, name):
    tree.write(f"migrations/workshop/{name}", "select 1;")
    with pytest.raises(PackageError):
        read_package(tree.root)


def test_id_shared_by_two_units_is_refused(tree):
    tree.write("migrations/training/0001_base.sql", "select 1;")
    with pytest.raises(PackageError):
        read_package(tree.root)


def test_byte_order_mark_is_refused(tree):
    tree.write("functions/workshop/f.sql", "\ufeffselect 1;")
    with pytest.raises(PackageError):
        read_package(tree.root)


@pytest.mark.parametrize(
    "sql",
    [
        "-- transactional: false\nselect 1; select 2;",
        "-- transactional: no\nselect 1;",
        "-- transactional: false\n-- rebuild: views/labels\nselect 1;",
    ],
)
def test_migration_outside_a_transaction_is_one_statement_and_no_more(tree, sql):
    tree.write("migrations/workshop/0002_index.sql", sql)
    with pytest.raises(PackageError):
        read_package(tree.root)


@pytest.mark.parametrize(
    "sql",
    [
        "begin; select 1; commit;",
        "select 1; COMMIT",
        "select 1;\nend;",
        "rollback;",
        "start transaction;",
        "begin isolation level serializable;",
        "/* a /* nested */ comment; */ abort;",
        "create function f() returns int language sql begin atomic select case when true then 1 end; end; commit;",
        "select $a$ ; $b$ ; $a$; commit;",
        "copy t from stdin;",
        "copy t to stdout;",
        "\\copy t from 'x'",
    ],
)
def test_text_that_is_more_than_a_transaction_is_refused(sql):
    with pytest.raises(PackageError):
        refuse_unsendable("f.sql", sql)


@pytest.mark.parametrize(
    "sql",
    [
        'create function f(begin int, "commit" int) returns int language sql return begin + 1;',
        "select t.begin from t; select 'it''s; commit;'; select E'\\'; commit;';",
        "do $$ begin perform 1; commit; end $$;",
        "create function f() returns int language sql begin atomic select 1; select case when true then 1 end; end;",
        "savepoint a; rollback to a; rollback to savepoint a; release a;",
        "-- commit;\n/* commit; */ select 1;",
        "create procedure p() language plpgsql as $p$ begin commit; end $p$;",
    ],
)
def test_names_and_bodies_that_only_look_like_it_are_let_through(sql):
    refuse_unsendable("f.sql", sql)


def keys(tree, unit="workshop"):
    package = read_package(tree.root)
    return [file.key for file in in_order(package, package.units[unit])]


def test_required_files_come_first_and_the_rest_by_kind_and_name(tree):
    tree.write("triggers/workshop/items.b.sql", "select 1;")
    tree.write("grants/workshop/items.sql", "select 1;")
    tree.write("functions/workshop/a.sql", "-- why it is here\n-- requires: views/labels, functions/z\nselect 1;")
    tree.write("functions/workshop/z.sql", "-- requires: functions/item_count\n-- requires: views/labels\nselect 1;")
    assert keys(tree) == [
        "functions/item_count",
        "views/labels",
        "functions/z",
        "functions/a",
        "triggers/items.b",
        "grants/items",
    ]


def test_shared_unit_may_be_required(tree):
    tree.write("migrations/lifecycle/0001_lifecycle.sql", "select 1;")
    tree.write("functions/lifecycle/now.sql", "select 1;")
    tree.write("functions/workshop/a.sql", "-- requires: functions/lifecycle.now\nselect 1;")
    assert "functions/a" in keys(tree)


@pytest.mark.parametrize("name", ["functions/nope", "views/item_count", "functions/training.f", "item_count"])
def test_unknown_requirement_is_refused(tree, name):
    tree.write("migrations/training/0001_training.sql", "select 1;")
    tree.write("functions/training/f.sql", "select 1;")
    tree.write("functions/workshop/a.sql", f"-- requires: {name}\nselect 1;")
    with pytest.raises(PackageError, match=r"functions/workshop/a\.sql"):
        keys(tree)


def test_cycle_is_refused(tree):
    tree.write("functions/workshop/a.sql", "-- requires: functions/b\nselect 1;")
    tree.write("functions/workshop/b.sql", "-- requires: functions/a\nselect 1;")
    with pytest.raises(PackageError, match=r"functions/workshop/a\.sql"):
        keys(tree)


def test_without_roles_only_their_grants_are_blanked():
    text = (
        "grant select on a\n    to sessionbook_app, sessionbook_reader;\n"
        "grant select on a to reporting;\n"
        "revoke all on a from public;\n"
        "revoke insert on a from sessionbook_app;\n"
        "select 1;\n"
    )
    left = without_role_grants(text)
    assert " ".join(left.split()) == "grant select on a to reporting; revoke all on a from public; select 1;"
    assert left.count("\n") == text.count("\n")
