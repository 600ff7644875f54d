"""Taking migrations back."""

import pytest
from sessionbook.deploy import apply, rollback, status
from sessionbook.errors import BlockedError, SqlError, UsageError

APPLIED = "select migration_id from sessionbook._yoyo_migration order by 1"


@pytest.fixture
def applied(empty_database, tree):
    """A database with two migrations applied."""
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    tree.write("migrations/workshop/0002_more.rollback.sql", "alter table items drop column more;")
    tree.write("views/workshop/labels.sql", "create or replace view labels as select i.label, i.more from items as i;")
    apply(empty_database, sql_root=tree.root)
    return empty_database


def test_newest_migration_goes_with_the_views_on_it(applied, tree, query):
    assert rollback(applied, "workshop", to_id="0001_base", sql_root=tree.root) == ["0002_more"]
    assert query(APPLIED) == ["0001_base"]
    assert query("select version from sessionbook.installations") == ["0001_base"]
    assert query("select to_regclass('workshop.labels')::text") == [None]
    assert query("select operation from sessionbook._yoyo_log order by created_at_utc desc limit 1") == ["rollback"]


def test_all_of_them_go_without_a_target(applied, tree, query):
    assert rollback(applied, "workshop", sql_root=tree.root) == ["0002_more", "0001_base"]
    assert query("select relname from pg_class where relnamespace = 'workshop'::regnamespace") == []
    assert query("select unit from sessionbook.installations") == []


def test_apply_brings_it_all_back(applied, tree):
    rollback(applied, "workshop", sql_root=tree.root)
    apply(applied, sql_root=tree.root)
    assert status(applied, sql_root=tree.root).exit_code == 0


def test_only_the_copy_named_goes(applied, tree, query):
    apply(applied, sql_root=tree.root, units=["workshop"], schemas={"workshop": "acme"})
    rollback(applied, "workshop", "acme", "0001_base", tree.root)
    assert query("select migration_id from acme._yoyo_migration") == ["0001_base"]
    assert query(APPLIED) == ["0001_base", "0002_more"]


def test_missing_rollback_file_is_refused_before_anything_goes(applied, tree, query):
    tree.remove("migrations/workshop/0001_base.rollback.sql")
    with pytest.raises(UsageError, match="0001_base"):
        rollback(applied, "workshop", sql_root=tree.root)
    assert query(APPLIED) == ["0001_base", "0002_more"]
    assert status(applied, sql_root=tree.root).exit_code == 0


def test_target_that_is_not_applied_is_refused(applied, tree):
    with pytest.raises(UsageError):
        rollback(applied, "workshop", to_id="0003_nope", sql_root=tree.root)


def test_failed_rollback_file_keeps_its_migration(applied, tree, query):
    tree.write("migrations/workshop/0002_more.rollback.sql", "alter table items drop column more;\nselect 1/0;")
    with pytest.raises(SqlError):
        rollback(applied, "workshop", to_id="0001_base", sql_root=tree.root)
    assert query(APPLIED) == ["0001_base", "0002_more"]
    assert apply(applied, sql_root=tree.root).copies[0].migrations == []


def test_foreign_dependent_stops_it_and_is_named(applied, tree, query):
    query("create view public.report as select * from workshop.labels")
    with pytest.raises(BlockedError) as error:
        rollback(applied, "workshop", to_id="0001_base", sql_root=tree.root)
    assert "public.report" in error.value.detail
