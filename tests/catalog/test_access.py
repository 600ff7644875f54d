"""Views read as their caller, functions run as the owner, nothing is granted to everybody, and few write tables."""

from __future__ import annotations

import re

import psycopg

from catalog.granted import FOR_THE_OWNER, HELPERS, NOBODYS, OF_THE_ENGINE
from support.catalog import PUBLIC_GRANTS, RELATIONS, none_of, rows
from support.sources import migrations, routines, sources, units, without_strings

# Roles, other than the owner, that may execute a function; and whether a view, a default, a constraint or an index
# calls it, directly or through other functions.
REACHED = """
with recursive called (oid) as (
    select d.refobjid
    from pg_catalog.pg_depend as d
    where d.refclassid = 'pg_proc'::regclass
        and d.classid in (
            'pg_rewrite'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_class'::regclass
        )
    union
    select d.refobjid
    from called as c
    join pg_catalog.pg_depend as d on d.objid = c.oid
    where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_proc'::regclass
)
select
    format('%%s.%%s', n.nspname, p.proname) as name,
    n.nspname as schema,
    p.proname as function,
    p.oid::regprocedure::text as signature,
    p.prosecdef as definer,
    p.prorettype = 'trigger'::regtype as is_trigger,
    p.proargnames as arguments,
    p.oid in (select c.oid from called as c) as is_called,
    array(
        select x.grantee::regrole::text
        from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as x
        where x.grantee <> p.proowner
        order by 1
    ) as roles
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any(%(schemas)s)
order by 1
"""
WRITES = """
select r.name as role, format('%%s.%%s', n.nspname, c.relname) as relation, c.relname as "table"
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join unnest(array[
    'sessionbook_app', 'sessionbook_clock', 'sessionbook_common', 'sessionbook_courier', 'sessionbook_monitor',
    'sessionbook_reader', 'sessionbook_writer'
]) as r (name)
where n.nspname = any(%(schemas)s)
    and c.relkind in ('r', 'p', 'v')
    and (
        has_table_privilege(r.name, c.oid, 'insert, update, delete, truncate, trigger, references')
        or has_any_column_privilege(r.name, c.oid, 'insert, update, references')
    )
"""


def test_views_read_as_their_caller(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['schema']}.{row['name']}"
            for row in rows(installed, RELATIONS)
            if row["kind"] == "v" and not row["invoker"]
        ],
        "views are with (security_invoker = true)",
    )


def test_views_name_their_columns() -> None:
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in sources("views")
            for found in re.finditer(
                r"\bselect\s+(?:distinct\s+)?\*|\w+\.\*(?=\s*(?:,|\n|from\b))|,\s*\*", without_strings(source.text)
            )
        ],
        "a view names its columns: a star is expanded once and then stays",
    )


def test_nothing_is_granted_to_public(installed: psycopg.Connection) -> None:
    none_of([row["what"] for row in rows(installed, PUBLIC_GRANTS)], "revoke ... from public is missing")


def test_nothing_is_changed_for_functions_to_come(installed: psycopg.Connection) -> None:
    none_of(
        installed.execute("select d.defaclobjtype from pg_catalog.pg_default_acl as d").fetchall(),
        "default privileges reach what the deploying role makes for other applications",
    )


def test_schema_that_holds_other_things_stays_open(empty_database: str) -> None:
    from sessionbook.deploy import apply

    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(
            """
            create schema shop;
            grant usage on schema shop to public;
            create function shop.price() returns integer language sql as 'select 1';
            """
        )
        apply(empty_database, units=["workshop"], schemas={"workshop": "shop"})
        conn.execute("create function shop.discount() returns integer language sql as 'select 2'")
        granted = [row["what"] for row in rows(conn, PUBLIC_GRANTS, ["shop", "lifecycle", "sessionbook"])]
    assert granted == ["EXECUTE on shop.discount()", "EXECUTE on shop.price()", "USAGE on schema shop"]


def test_internals_are_granted_to_nobody(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['signature']}: {', '.join(row['roles'])}"
            for row in rows(installed, REACHED)
            if row["roles"] and (row["function"].startswith("_") or row["is_trigger"])
        ],
        "internals (_name) and trigger functions are for functions of ours, and nobody calls them",
    )


def test_what_roles_call_runs_as_the_owner(installed: psycopg.Connection) -> None:
    none_of(
        [
            row["signature"]
            for row in rows(installed, REACHED, units())
            if row["roles"] and not row["definer"] and not row["is_called"] and row["name"] not in HELPERS
        ],
        "an API function is security definer; exceptions are in tests/catalog/granted.py",
    )


def test_what_nobody_is_granted_is_named_so(installed: psycopg.Connection) -> None:
    # They are schema, made for defaults, constraints and indexes.
    migrated = {f"{source.unit}.{routine.name}" for source in migrations() for routine in routines(source)}
    none_of(
        [
            row["signature"]
            for row in rows(installed, REACHED, units())
            if not row["roles"]
            and not row["is_trigger"]
            and not row["function"].startswith("_")
            and row["function"] not in OF_THE_ENGINE
            and row["name"] not in FOR_THE_OWNER | migrated
        ],
        "a function that is granted to nobody is an internal, and its name begins with _",
    )


def test_lists_of_functions_are_of_this_package(installed: psycopg.Connection) -> None:
    live = {row["name"]: row for row in rows(installed, REACHED)}
    none_of(
        [f"{name}: is gone" for name in (FOR_THE_OWNER | HELPERS) - live.keys()]
        + [f"{name}: is granted" for name in FOR_THE_OWNER & live.keys() if live[name]["roles"]]
        + [f"{name}: is granted to nobody" for name in HELPERS & live.keys() if not live[name]["roles"]]
        + [f"{name}: is a definer" for name in HELPERS & live.keys() if live[name]["definer"]],
        "tests/catalog/granted.py is out of date",
    )


def test_engine_is_called_by_the_owner_only(installed: psycopg.Connection) -> None:
    """due_steps() only reads, and a view may call it."""
    none_of(
        [
            row["signature"]
            for row in rows(installed, REACHED)
            if row["function"] in OF_THE_ENGINE and row["roles"] and not row["is_called"]
        ],
        "what a unit brings for the engine is granted to nobody",
    )


def test_time_is_no_argument_of_applications(installed: psycopg.Connection) -> None:
    """lifecycle.tick() has one, and heeds it for the owner only."""
    none_of(
        [
            row["signature"]
            for row in rows(installed, REACHED)
            if "p_now" in (row["arguments"] or []) and row["roles"] and row["definer"] and row["schema"] != "lifecycle"
        ],
        "the time to judge by is the server's",
    )


def test_only_the_writer_writes_tables(installed: psycopg.Connection) -> None:
    none_of(
        [f"{row['role']}: {row['relation']}" for row in rows(installed, WRITES) if row["role"] != "sessionbook_writer"],
        "roles write through functions; sessionbook_writer alone writes tables",
    )


def test_nobody_writes_histories_outboxes_and_settings(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['role']}: {row['relation']}"
            for row in rows(installed, WRITES)
            if row["table"] in NOBODYS or row["relation"].startswith(("lifecycle.", "sessionbook."))
        ],
        "what only functions and triggers write is granted to nobody",
    )


def test_roles_of_an_installation_are_named_in_grants_alone() -> None:
    """The engine puts others there, and does not look for where a text begins."""
    grants = re.compile(r"^(grant|revoke)\b[^;]*;|\$roles\$[^;]*\$roles\$", re.MULTILINE)
    kinds = ("functions", "views", "triggers", "grants", "migrations")
    none_of(
        [
            f"{source}: {found[0]}"
            for kind in kinds
            for source in sources(kind)
            for found in re.finditer(r".*sessionbook_(app|writer|reader|courier)\b.*", grants.sub("", source.code))
        ],
        "files name roles in grants and revokes only",
    )


def test_what_all_installations_share_is_granted_to_the_shared_roles() -> None:
    none_of(
        [
            f"{source}: {found[0]}"
            for kind in ("functions", "views", "grants", "migrations")
            for source in sources(kind)
            if source.unit == "lifecycle"
            for found in re.finditer(r"sessionbook_(app|writer|reader|courier)\b", source.code)
        ],
        "lifecycle grants to sessionbook_common, so that a new tenant has it too",
    )
