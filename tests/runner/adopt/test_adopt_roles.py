"""Who could use the tables still can."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.adopt import adopt, plan_adoption
from sessionbook.deploy import apply
from sessionbook.deploy.verify import verify
from sessionbook.errors import SqlError

from support.adoption import migrate

GRANTS = """
select c.relname, r.rolname, a.privilege_type
from pg_class as c cross join lateral aclexplode(c.relacl) as a inner join pg_roles as r on r.oid = a.grantee
where c.relname in ('creators', 'workshops', 'workshop_sessions') and r.rolname like 'web%%' order by 1, 2, 3
"""


@pytest.fixture
def market(empty_database, remembered):
    """The tables of the first migration in public, owned by a role of the application's, written by another."""
    with psycopg.connect(empty_database, autocommit=True) as conn:
        (name,) = conn.execute("select current_database()").fetchone()
        web, owner = f"web_{name}", f"owner_{name}"
        migrate(conn, "workshop", 1)
        conn.execute(f"create role {web} login password 'modest'; create role {owner} login password 'modest' createdb")
        conn.execute(f"grant usage on schema public to {web}, {owner}")
        conn.execute(f"grant select, insert, update on all tables in schema public to {web}")
        try:
            yield conn, empty_database, web, owner
        finally:
            conn.execute(f"reassign owned by {owner} to current_user; drop owned by {web}, {owner}")
            conn.execute(f"alter database {name} owner to current_user; drop role {web}, {owner}")


def give(conn, owner, *, database=False):
    """Makes a role the owner of the tables, perhaps of the database too; how it connects."""
    for (table,) in conn.execute("select tablename from pg_tables where schemaname = 'public'").fetchall():
        conn.execute(f"alter table {table} owner to {owner}")
    if database:
        conn.execute(f"alter database {conn.info.dbname} owner to {owner}")
    return make_conninfo(conn.info.dsn, user=owner, password="modest")


def sell(dsn, role):
    """What the application does, in its own words."""
    with psycopg.connect(make_conninfo(dsn, user=role, password="modest"), autocommit=True) as conn:
        creator = conn.execute(
            "insert into creators (name, username, email) values ('a', 'b', 'c') returning id"
        ).fetchone()
        workshop = conn.execute(
            "insert into workshops (creator_id, name, title) values (%s, 'w', 'w') returning id", creator
        ).fetchone()
        session = conn.execute(
            "insert into workshop_sessions (workshop_id, session_date, start_time, max_attendees)"
            " values (%s, current_date + 9, '10:00', 2) returning id",
            workshop,
        ).fetchone()
        conn.execute("update workshop_sessions set current_attendees = 2 where id = %s", session)
        return conn.execute("select status from workshop_sessions").fetchone()


def test_role_that_writes_the_tables_goes_on_writing(market):
    conn, dsn, web, _ = market
    before = conn.execute(GRANTS).fetchall()
    plan = adopt(dsn, "workshop", source="public").plan
    assert (plan.guests, plan.members) == ([web], [web])
    assert conn.execute(GRANTS).fetchall() == before
    assert sell(dsn, web) == ("full",)
    assert verify(dsn).exit_code == 0


def test_tables_of_another_owner_than_the_deployer_are_refused_and_stay_as_they_were(market):
    """The clock would run the triggers of that owner with the deployer's rights."""
    conn, dsn, _, owner = market
    give(conn, owner)
    with pytest.raises(SqlError) as error:
        adopt(dsn, "workshop", source="public")
    assert error.value.sqlstate == "PT409"
    tables = conn.execute("select schemaname, tableowner from pg_tables where tablename = 'creators'").fetchall()
    assert tables == [("public", owner)]


def test_deployer_who_owns_the_database_needs_no_more(market):
    conn, dsn, web, owner = market
    deployer = give(conn, owner, database=True)
    plan = adopt(deployer, "workshop", source="public", roles=False).plan
    assert any(web in note for note in plan.notes)
    assert sell(dsn, owner) == ("full",)
    assert verify(dsn, units=["workshop"], roles=False).exit_code == 0


def test_grants_to_everybody_are_no_drift(market):
    conn, dsn, _, _ = market
    conn.execute("grant select on workshops to public")
    plan = adopt(dsn, "workshop", source="public").plan
    assert "public" in plan.guests
    assert verify(dsn, units=["workshop"]).exit_code == 0


def test_deployer_who_may_not_let_others_in_is_told_before(market):
    conn, dsn, web, owner = market
    deployer = give(conn, owner, database=True)
    apply(dsn, units=["lifecycle"])
    conn.execute("drop schema sessionbook, lifecycle cascade")
    plan = plan_adoption(deployer, "workshop", source="public")
    assert any(web in blocker for blocker in plan.blockers)
    conn.execute(f"grant sessionbook_app to {web}")
    assert plan_adoption(deployer, "workshop", source="public").possible


def test_row_level_security_stays_and_is_said(market):
    conn, dsn, web, _ = market
    conn.execute(
        f"alter table creators enable row level security; create policy mine on creators to {web} using (true)"
    )
    plan = adopt(dsn, "workshop", source="public").plan
    assert any("row level security" in note for note in plan.notes)
    assert conn.execute("select schemaname, roles from pg_policies").fetchall() == [("workshop", [web])]


def test_publication_of_a_schema_is_said_and_one_of_a_table_follows(market):
    conn, dsn, _, _ = market
    conn.execute("create publication one for table orders; create publication whole for tables in schema public")
    plan = adopt(dsn, "workshop", source="public").plan
    assert {note.partition(":")[0] for note in plan.notes if "publication" in note} == {
        "publication one",
        "publication whole is of schema public",
    }
    assert conn.execute("select pubname, schemaname, tablename from pg_publication_tables").fetchall() == [
        ("one", "workshop", "orders")
    ]


def test_deployer_who_may_make_no_database_compares_with_an_embedded_one(market):
    conn, dsn, _, owner = market
    deployer = give(conn, owner, database=True)
    conn.execute(f"alter role {owner} nocreatedb")
    plan = adopt(deployer, "workshop", source="public", schema="acme", roles=False).plan
    assert (plan.completed, plan.renamed, plan.replaced) == ([], [], [])
    assert verify(dsn, units=["workshop"], schemas={"workshop": "acme"}, roles=False).exit_code == 0
