"""With roles of ours, and without."""

import threading

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply, status
from sessionbook.errors import SqlError

GRANTS = "grants/workshop/items.sql"
PUBLIC = "select has_table_privilege('sessionbook_app', 'workshop.items', 'select')"


@pytest.fixture
def granting(tree):
    """The tree, with a role and grants to it."""
    tree.write(
        "roles/sessionbook_app.sql",
        "do $$ begin\n"
        "    if not exists (select from pg_roles where rolname = 'sessionbook_app') then\n"
        "        create role sessionbook_app nologin;\n"
        "    end if;\n"
        "exception when duplicate_object or unique_violation then null;\nend $$;",
    )
    tree.write(GRANTS, "grant select on items to sessionbook_app;")
    file = tree.root / "functions/workshop/item_count.sql"
    file.write_text(file.read_text() + "\ngrant execute on function item_count()\nto sessionbook_app;\n")
    return tree


def test_grants_are_made(empty_database, granting, query):
    apply(empty_database, sql_root=granting.root)
    assert query(PUBLIC) == [True]


def test_without_roles_nothing_is_granted_to_them(empty_database, granting, query):
    file = granting.root / "functions/workshop/item_count.sql"
    file.write_text(file.read_text().replace("sessionbook_app", "sessionbook_never_made"))
    granting.write(GRANTS, "grant select on items to sessionbook_never_made;")
    granting.write("roles/broken.sql", "select 1/0;")
    apply(empty_database, sql_root=granting.root, roles=False)
    assert query("select workshop.item_count()") == [0]
    assert not apply(empty_database, sql_root=granting.root, roles=False).changed


def test_roles_can_come_later(empty_database, granting, query):
    apply(empty_database, sql_root=granting.root, roles=False)
    assert status(empty_database, sql_root=granting.root, roles=True).exit_code == 3
    apply(empty_database, sql_root=granting.root, roles=True)
    assert query(PUBLIC) == [True]


def test_choice_is_remembered(empty_database, granting, query):
    apply(empty_database, sql_root=granting.root, roles=False)
    assert status(empty_database, sql_root=granting.root).exit_code == 0
    granting.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    apply(empty_database, sql_root=granting.root)
    assert query(PUBLIC) == [False]


def test_deployer_who_may_not_make_roles_is_told_what_to_do(server, empty_database, granting, query):
    (role,) = query("select 'modest_' || md5(current_database())")
    query(f"create role {role} login password 'modest'")
    (name,) = query("select current_database()")
    query(f"grant create on database {name} to {role}")
    granting.write("roles/missing.sql", "create role sessionbook_missing;")
    dsn = make_conninfo(empty_database, user=role, password="modest")
    try:
        with pytest.raises(SqlError) as error:
            apply(dsn, sql_root=granting.root)
        assert (error.value.sqlstate, error.value.file) == ("42501", "roles/missing.sql")
        assert "--no-roles" in error.value.hint
    finally:
        query(f"drop owned by {role} cascade")
        query(f"drop role {role}")


def test_role_that_another_deploy_is_making_is_waited_for(empty_database, tree, query):
    """Roles are the cluster's: somebody may make them in another database, in a transaction that takes its time."""
    (role,) = query("select 'made_' || md5(current_database())")
    tree.write(
        "roles/made.sql",
        f"do $$ begin create role {role}; exception when duplicate_object or unique_violation then null; end $$;",
    )
    with psycopg.connect(empty_database) as other:
        other.execute(f"create role {role}")
        done = threading.Timer(1.5, other.commit)
        done.start()
        apply(empty_database, sql_root=tree.root, lock_timeout=0.1)
        done.join()
        other.execute(f"drop role {role}")


def test_nothing_of_the_books_is_granted_to_public(database, installed):
    rows = installed.execute(
        "select c.oid::regclass::text from pg_class as c cross join lateral aclexplode(c.relacl) as a"
        " where c.relnamespace = 'sessionbook'::regnamespace and a.grantee = 0"
    ).fetchall()
    assert rows == []


def test_the_package_itself_applies_without_roles(empty_database, query):
    apply(empty_database, roles=False)
    assert (
        query(
            "select c.oid::regclass::text from pg_class as c cross join lateral aclexplode(c.relacl) as a"
            " where a.grantee <> 0 and pg_get_userbyid(a.grantee) like 'sessionbook%'"
            " and pg_get_userbyid(a.grantee) <> current_user"
        )
        == []
    )


def test_function_of_a_migration_outlives_the_file_that_grants_it(empty_database, granting, query):
    granting.write(
        "migrations/workshop/0002_code.sql",
        "create function code() returns int language sql as 'select 7'; alter table items add n int default code();",
    )
    granting.write("grants/workshop/code.sql", "grant execute on function code() to sessionbook_app;")
    apply(empty_database, sql_root=granting.root)
    granting.remove("grants/workshop/code.sql")
    assert apply(empty_database, sql_root=granting.root).copies[0].dropped == []
    assert query("select workshop.code()") == [7]
