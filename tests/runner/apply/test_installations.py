"""The same unit in more than one schema."""

import pytest
from sessionbook.deploy import apply, rollback, status
from sessionbook.errors import UsageError

COPIES = "select schema_name || ' ' || version from sessionbook.installations order by 1"
ACME = {"units": ["workshop"], "schemas": {"workshop": "acme"}}


@pytest.fixture
def two(empty_database, tree):
    """A database with the default copy and one in acme."""
    apply(empty_database, sql_root=tree.root)
    apply(empty_database, sql_root=tree.root, **ACME)
    return empty_database


def test_second_copy_lives_beside_the_first(two, query):
    query("insert into acme.items (id) values (1)")
    assert query("select acme.item_count() - workshop.item_count()") == [1]
    assert query(COPIES) == ["acme 0001_base", "workshop 0001_base"]


def test_plain_apply_upgrades_every_copy(two, tree, query):
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    assert [copy.schema for copy in apply(two, sql_root=tree.root).copies] == ["workshop", "acme"]
    assert query(COPIES) == ["acme 0002_more", "workshop 0002_more"]


def test_naming_a_copy_leaves_the_others_alone(two, tree, query):
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    apply(two, sql_root=tree.root, **ACME)
    assert query(COPIES) == ["acme 0002_more", "workshop 0001_base"]


def test_copy_can_be_installed_without_the_default_one(empty_database, tree, query):
    apply(empty_database, sql_root=tree.root, **ACME)
    assert query("select to_regnamespace('workshop')::text") == [None]


def test_schema_name_that_needs_quotes_works(empty_database, tree, query):
    apply(empty_database, sql_root=tree.root, units=["workshop"], schemas={"workshop": 'A "b" c'})
    assert query('select "A ""b"" c".item_count()') == [0]
    assert not apply(empty_database, sql_root=tree.root, units=["workshop"], schemas={"workshop": 'A "b" c'}).changed


def test_schema_named_with_a_word_of_sql_works(empty_database, tree, query):
    apply(empty_database, sql_root=tree.root, units=["workshop"], schemas={"workshop": "order"})
    assert query('select "order".item_count()') == [0]
    assert rollback(empty_database, "workshop", "order", sql_root=tree.root).migrations == ["0001_base"]


def test_empty_schema_that_is_there_already_is_used(empty_database, tree, query):
    query("create schema acme")
    assert apply(empty_database, sql_root=tree.root, **ACME).changed


def test_schema_of_an_extension_is_refused(empty_database, tree, query):
    query("create schema acme; alter extension plpgsql add schema acme")
    with pytest.raises(UsageError, match="extension plpgsql"):
        apply(empty_database, sql_root=tree.root, **ACME)
    assert query("select count(*) from pg_class where relnamespace = 'acme'::regnamespace") == [0]


def test_schema_with_tables_of_others_is_refused(empty_database, tree, query):
    query("create schema acme create table theirs (id integer)")
    with pytest.raises(UsageError, match="theirs"):
        apply(empty_database, sql_root=tree.root, **ACME)


def test_schema_with_the_books_of_another_yoyo_project_is_refused(empty_database, tree, query):
    query("create schema acme create table _yoyo_migration (migration_hash text, migration_id text)")
    with pytest.raises(UsageError, match="_yoyo_migration"):
        apply(empty_database, sql_root=tree.root, **ACME)


def test_schema_with_a_copy_of_another_unit_is_refused(two, tree):
    tree.write("migrations/training/0001_training.sql", "select 1;")
    with pytest.raises(UsageError, match="acme"):
        apply(two, sql_root=tree.root, units=["training"], schemas={"training": "acme"})


@pytest.mark.parametrize(
    "schema",
    [
        "sessionbook",
        "lifecycle",
        "training",
        "pg_x",
        "information_schema",
        "public",
        "$user",
        "x" * 64,
        "ü" * 32,
        "two\nlines",
        "100%",
    ],
)
def test_reserved_schema_is_refused(empty_database, tree, schema):
    with pytest.raises(UsageError):
        apply(empty_database, sql_root=tree.root, schemas={"workshop": schema})


def test_shared_unit_cannot_be_moved(empty_database, tree):
    tree.write("migrations/lifecycle/0001_lifecycle.sql", "select 1;")
    with pytest.raises(UsageError):
        apply(empty_database, sql_root=tree.root, schemas={"lifecycle": "elsewhere"})


def test_status_covers_every_copy(two, tree):
    assert [copy.schema for copy in status(two, sql_root=tree.root).copies] == ["workshop", "acme"]


def test_the_package_itself_installs_twice(database, server):
    result = apply(database, units=["workshop"], schemas={"workshop": "acme"})
    assert [copy.schema for copy in result.copies] == ["acme"]
    assert not apply(database).changed
