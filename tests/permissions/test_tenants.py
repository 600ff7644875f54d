"""Two installations of each unit in one database: what the roles of one can reach of the other. It is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import errors, sql
from sessionbook.deploy import apply

from support.department import open_department
from support.errors import raises_key
from support.market import open_market
from support.school import open_school
from support.server import Server
from support.tenants import KINDS, prefixes

UNITS = ("workshop", "tutoring", "training")

# Runs each statement as the role that calls; returns those that were not refused, with what came of them.
ATTEMPT = """
create function pg_temp.not_refused(p_statements text[]) returns text[] language plpgsql as $$
declare
    v_statement text;
    v_found text[] := '{}';
begin
    foreach v_statement in array p_statements loop
        begin
            execute v_statement;
            v_found := v_found || concat(v_statement, ': done');
        exception
            when insufficient_privilege then null;
            when others then v_found := v_found || concat(v_statement, ': ', sqlstate, ' ', sqlerrm);
        end;
    end loop;
    return v_found;
end
$$
"""

# Each object of schemas, as statements that read, write, lock, call or count it, also by number instead of name.
STATEMENTS = """
with relation as (
    select c.oid, c.relkind, format('%%I.%%I', n.nspname, c.relname) as name, (
        select quote_ident(a.attname)
        from pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and a.attgenerated = '' and a.attidentity <> 'a'
        order by a.attnum
        limit 1
    ) as settable
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'S')
)
select format(s.statement, r.name, r.oid, r.settable, s.mode)
from relation as r
join (
    values
        ('rpv', 'select * from %%1$s', null),
        ('rpv', 'select count(*) from %%1$s', null),
        ('rpv', 'insert into %%1$s default values', null),
        ('rpv', 'update %%1$s set %%3$s = null', null),
        ('rpv', 'delete from %%1$s', null),
        ('rp', 'truncate %%1$s', null),
        ('rpv', 'select from %%1$s for key share', null),
        ('rp', 'create trigger t before update on %%1$s for each row'
            ' execute function suppress_redundant_updates_trigger()', null),
        ('rp', 'create statistics pg_temp.s on ctid, tableoid from %%1$s', null),
        ('S', 'select last_value from %%1$s', null),
        ('S', 'select nextval(%%2$s::regclass)', null),
        ('S', 'select setval(%%2$s::regclass, 1)', null)
    union all
    select 'rpv', 'lock table %%1$s in %%4$s mode', m.mode
    from unnest(array[
        'access share', 'row share', 'row exclusive', 'share update exclusive', 'share', 'share row exclusive',
        'exclusive', 'access exclusive'
    ]) as m (mode)
) as s (kinds, statement, mode) on strpos(s.kinds, r.relkind::text) > 0
where s.statement !~ '^(insert|update|delete)' or pg_relation_is_updatable(r.oid, false) = 28 and r.settable is not null
union all
select format(
    '%%s %%I.%%I(%%s)', case p.prokind when 'p' then 'call' else 'select' end, n.nspname, p.proname,
    (select string_agg(concat('null::', format_type(t.type, null)), ', ' order by t.place)
        from unnest(p.proargtypes) with ordinality as t (type, place))
)
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
-- The planner never calls a strict one of nothing; its grants are compared all the same.
where n.nspname = any(%(schemas)s) and not p.proisstrict
"""

# What a role may do with an object, whatever stands before it.
PRIVILEGES = """
select concat_ws(' ', r.rolname, o.what, o.name)
from pg_roles as r
cross join (
    select 'schema' as what, n.oid, n.nspname::text as name from pg_namespace as n where n.nspname = any(%(schemas)s)
    union all
    select 'table', c.oid, c.oid::regclass::text
    from pg_class as c
    where c.relnamespace::regnamespace::text = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm')
    union all
    select 'sequence', c.oid, c.oid::regclass::text
    from pg_class as c
    where c.relnamespace::regnamespace::text = any(%(schemas)s) and c.relkind = 'S'
    union all
    select 'function', p.oid, p.oid::regprocedure::text
    from pg_proc as p
    where p.pronamespace::regnamespace::text = any(%(schemas)s)
) as o
where r.rolname = any(%(roles)s)
    and case o.what
        when 'schema' then has_schema_privilege(r.oid, o.oid, 'usage, create')
        when 'table' then has_table_privilege(
            r.oid, o.oid, 'select, insert, update, delete, truncate, references, trigger'
        ) or has_any_column_privilege(r.oid, o.oid, 'select, insert, update, references')
        when 'sequence' then has_sequence_privilege(r.oid, o.oid, 'usage, select, update')
        else has_function_privilege(r.oid, o.oid, 'execute')
    end
"""


@dataclass
class Side:
    """An installation of each unit, and the beginning of the names of its roles."""

    schemas: dict[str, str]
    prefix: str

    @property
    def roles(self) -> list[str]:
        return [f"{self.prefix}_{kind}" for kind in KINDS]


@dataclass
class Both:
    """Two tenants, each with work that waits."""

    dsn: str
    first: Side
    second: Side

    def pairs(self) -> list[tuple[Side, Side]]:
        """Whose roles, and whose objects they try."""
        return [(self.first, self.second), (self.second, self.first)]


@pytest.fixture(scope="module")
def both(server: Server, template: str) -> Iterator[Both]:
    with prefixes(server) as made:
        name, prefix = server.create_database(template), made[0]
        dsn = server.dsn(name)
        schemas = {unit: f"{prefix}{unit[:2]}" for unit in UNITS}
        apply(dsn, schemas=schemas, role_prefix=prefix, timezone="UTC")
        found = Both(dsn, Side({unit: unit for unit in UNITS}, "sessionbook"), Side(schemas, prefix))
        with psycopg.connect(dsn, autocommit=True) as conn:
            for side, times in ((found.first, 1), (found.second, 2)):
                fill(conn, side, times)
            conn.execute("update lifecycle.clocks set last_error = 'secret of ' || schema_name")
            conn.execute(
                "insert into lifecycle.ticks (finished_at, moved, failed, error)"
                " select now(), jsonb_object_agg(schema_name, 3), 7, string_agg(last_error, ' ') from lifecycle.clocks"
            )
        yield found
        server.drop_database(name)


def fill(conn: psycopg.Connection, side: Side, times: int) -> None:
    """So many sessions of each unit that are overdue, and as many failed steps."""
    conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(side.schemas["workshop"])))
    market = open_market(conn)
    for _ in range(times):
        market.session(market.workshop(), day="2020-01-01", timezone="UTC")
    conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(side.schemas["tutoring"])))
    school = open_school(conn)
    for _ in range(times):
        school.session(day="2020-01-01", timezone="UTC")
    conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(side.schemas["training"])))
    open_department(conn)
    conn.execute(
        "insert into failed_steps (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at)"
        " select 'secret', n::text, '23514', 'no', 5, now(), now() from generate_series(1, %s) as n",
        [times],
    )
    conn.execute("reset search_path")


@pytest.fixture
def owner(both: Both) -> Iterator[psycopg.Connection]:
    """The deployer's connection; whatever a test does is taken back."""
    with psycopg.connect(both.dsn) as conn:
        conn.execute(ATTEMPT)
        conn.execute("grant execute on function pg_temp.not_refused(text[]) to public")
        yield conn
        conn.rollback()


def in_role(conn: psycopg.Connection, role: str) -> None:
    conn.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))


def test_no_role_has_a_privilege_on_an_object_of_the_other(both: Both, owner: psycopg.Connection) -> None:
    for mine, theirs in both.pairs():
        values = {"roles": mine.roles, "schemas": list(theirs.schemas.values())}
        assert owner.execute(PRIVILEGES, values).fetchall() == []


def test_each_role_has_what_its_twin_has(both: Both, owner: psycopg.Connection) -> None:
    """So that nothing is refused above because nothing was granted at all."""
    seen = []
    for side in (both.first, both.second):
        values = {"roles": side.roles, "schemas": list(side.schemas.values())}
        found = {str(row) for (row,) in owner.execute(PRIVILEGES, values)}
        for unit, schema in side.schemas.items():
            found = {row.replace(f"{schema}.", f"{unit}.").replace(f"schema {schema}", unit) for row in found}
        seen.append({row.replace(side.prefix, "", 1) for row in found})
    assert len(seen[0]) > 450
    assert seen[0] == seen[1]


@pytest.mark.parametrize("may_use_the_schema", [False, True])
def test_nothing_of_the_other_is_read_written_locked_called_or_counted(
    both: Both, owner: psycopg.Connection, may_use_the_schema: bool
) -> None:
    """Also if somebody granted usage of the schema, each object refuses by itself."""
    for mine, theirs in both.pairs():
        schemas = list(theirs.schemas.values())
        statements = [text for (text,) in owner.execute(STATEMENTS, {"schemas": schemas})]
        assert len(statements) > 1500
        for role in mine.roles:
            with owner.transaction(force_rollback=True):
                if may_use_the_schema:
                    names = sql.SQL(", ").join(map(sql.Identifier, schemas))
                    owner.execute(sql.SQL("grant usage on schema {} to {}").format(names, sql.Identifier(role)))
                in_role(owner, role)
                assert owner.execute("select pg_temp.not_refused(%s)", [statements]).fetchone() == ([],), role


def test_the_same_statements_reach_ones_own(both: Both, owner: psycopg.Connection) -> None:
    """So that the attempts above are good for something."""
    statements = [text for (text,) in owner.execute(STATEMENTS, {"schemas": list(both.second.schemas.values())})]
    in_role(owner, f"{both.second.prefix}_writer")
    row = owner.execute("select pg_temp.not_refused(%s)", [statements]).fetchone()
    assert row is not None
    assert len(row[0]) > 300


def test_roles_cannot_become_each_other(both: Both, owner: psycopg.Connection) -> None:
    owner.execute("create role sbt_tenant login in role " + f"{both.second.prefix}_writer")
    owner.execute("set session authorization sbt_tenant")
    for role in (*both.first.roles, "sessionbook_monitor", "sessionbook_clock"):
        with pytest.raises(errors.InsufficientPrivilege), owner.transaction():
            in_role(owner, role)
        # PostgreSQL 18 refuses to make it, earlier ones to call it.
        make = f"create function pg_temp.f() returns text set role = {role} language sql as 'select 1'"
        with pytest.raises(errors.InsufficientPrivilege), owner.transaction():
            owner.execute(f"{make}; select pg_temp.f()".encode())


def said(conn: psycopg.Connection, query: str) -> str:
    """Everything that a query shows, or nothing if it is refused."""
    try:
        with conn.transaction():
            return repr(conn.execute(query.encode()).fetchall())
    except psycopg.Error as error:
        return f"{error} {error.diag.message_detail}"


def test_lifecycle_names_nothing_of_the_other(both: Both, owner: psycopg.Connection) -> None:
    relations = [
        f"select * from {name}"
        for (name,) in owner.execute(
            "select c.oid::regclass::text from pg_class as c"
            " where c.relnamespace = 'lifecycle'::regnamespace and c.relkind in ('r', 'v')"
        )
    ]
    calls = [
        f"select * from {name}({', '.join(f'null::{kind}' for kind in kinds)})"
        for name, kinds in owner.execute(
            "select p.oid::regproc::text, p.proargtypes::regtype[]::text[] from pg_proc as p"
            " where p.pronamespace = 'lifecycle'::regnamespace and p.prokind = 'f'"
        )
    ]
    columns = ["select id, started_at, finished_at from lifecycle.ticks"]
    for mine, theirs in both.pairs():
        # The default installations are called as units are, which anybody may know.
        words = [f"secret of {schema}" for schema in theirs.schemas.values()]
        words += theirs.schemas.values() if theirs is both.second else ()
        for role in mine.roles:
            with owner.transaction(force_rollback=True):
                in_role(owner, role)
                for query in (*relations, *calls, *columns):
                    text = said(owner, query)
                    assert [word for word in words if word in text] == [], (role, query, text)


@pytest.mark.parametrize("kind", ["app", "writer", "reader"])
def test_health_and_overview_count_ones_own(both: Both, owner: psycopg.Connection, kind: str) -> None:
    for side, times in ((both.first, 1), (both.second, 2)):
        with owner.transaction(force_rollback=True):
            in_role(owner, f"{side.prefix}_{kind}")
            rows = owner.execute("select unit, schema_name, overdue, given_up from lifecycle.overview").fetchall()
            assert {unit: schema for unit, schema, *_ in rows} == side.schemas
            assert {unit: (overdue, lost) for unit, _, overdue, lost in rows} == {
                "workshop": (times, 0),
                "tutoring": (times, 0),
                "training": (0, times),
            }
            health = owner.execute(
                "select sessions_overdue, steps_given_up, overdue_by_schema, seconds_since_tick >= 0"
                " from lifecycle.health"
            ).fetchone()
            counts = {side.schemas[unit]: times for unit in ("workshop", "tutoring")}
            assert health == (2 * times, times, counts, True)


def test_monitor_sees_all(both: Both, owner: psycopg.Connection) -> None:
    in_role(owner, "sessionbook_monitor")
    names = sorted([*both.first.schemas.values(), *both.second.schemas.values()])
    for relation in ("overview", "clocks"):
        found = owner.execute(f"select schema_name from lifecycle.{relation} order by 1".encode()).fetchall()
        assert found == [(name,) for name in names]
    assert owner.execute("select sessions_overdue from lifecycle.health").fetchone() == (6,)


def test_who_may_use_no_installation_sees_none(both: Both, owner: psycopg.Connection) -> None:
    owner.execute("create role sbt_tenant in role sessionbook_common")
    in_role(owner, "sbt_tenant")
    assert owner.execute("select * from lifecycle.overview").fetchall() == []
    found = owner.execute("select sessions_overdue, steps_given_up, healthy, reason from lifecycle.health").fetchone()
    assert found == (0, 0, True, "")


def test_asked_is_the_role_that_was_set_not_who_logged_in(both: Both, owner: psycopg.Connection) -> None:
    """As behind PostgREST, whose login role may become each of them."""
    owner.execute(
        sql.SQL("create role sbt_tenant login noinherit in role {}, sessionbook_reader").format(
            sql.Identifier(f"{both.second.prefix}_reader")
        )
    )
    owner.execute("set session authorization sbt_tenant")
    for side in (both.first, both.second):
        with owner.transaction(force_rollback=True):
            in_role(owner, f"{side.prefix}_reader")
            found = owner.execute("select schema_name from lifecycle.overview").fetchall()
            assert sorted(found) == sorted((name,) for name in side.schemas.values())
    with pytest.raises(errors.InsufficientPrivilege):
        owner.execute("select * from lifecycle.overview")


def test_functions_find_nothing_by_a_key_of_the_other(both: Both, owner: psycopg.Connection) -> None:
    row = owner.execute("select id from workshop.workshop_sessions").fetchone()
    assert row is not None
    in_role(owner, f"{both.second.prefix}_app")
    enroll = sql.SQL("select * from {}.enroll(%s, 'Noor', 'noor@example.org')").format(
        sql.Identifier(both.second.schemas["workshop"])
    )
    with raises_key("PT404", "session_not_found"):
        owner.execute(enroll, [row[0]])


def test_notification_names_nobody(both: Both) -> None:
    schema = both.second.schemas["workshop"]
    with (
        psycopg.connect(both.dsn, autocommit=True) as listener,
        psycopg.connect(both.dsn, autocommit=True) as conn,
    ):
        in_role_of(listener, "sessionbook_reader")
        listener.execute("listen sessionbook_events")
        conn.execute("update lifecycle.settings set value = 'on' where key = 'notify_events'")
        conn.execute(sql.SQL("select * from {}.read_events(0, 10)").format(sql.Identifier(schema)))
        conn.execute("update lifecycle.settings set value = 'off' where key = 'notify_events'")
        assert [note.payload for note in listener.notifies(timeout=0.5)] == [""]


def in_role_of(conn: psycopg.Connection, role: str) -> None:
    conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
