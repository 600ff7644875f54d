"""Every function that a role may call, from the catalog: none runs what the caller queued, or shows or chews long."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from support.connect import Connect

ROLES = ["app", "writer", "reader", "courier", "clock", "monitor"]

CALLS = """
select concat_ws('.', n.nspname, p.proname), p.proargtypes::regtype[]::text[]
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname in ('lifecycle', 'workshop', 'tutoring', 'training')
    and p.prokind = 'f'
    and has_function_privilege(%s, p.oid, 'execute')
order by 1, 2
"""

BAIT = """
create temp table caught (who name);
create temp table bait (x integer);
create function pg_temp.bait() returns trigger language plpgsql as $$
begin
    insert into pg_temp.caught values (current_user);
    return null;
end
$$;
create constraint trigger bait after insert on bait deferrable initially deferred
for each row execute function pg_temp.bait();
"""

PLAIN = {
    "bigint": "1",
    "bigint[]": "array[1]",
    "boolean": "false",
    "character varying": "'a'",
    "date": "'2099-01-01'",
    "integer": "1",
    "numeric": "1",
    "interval": "'1 hour'",
    "jsonb": "'[]'",
    "text": "'a'",
    "text[]": "array['a']",
    "time without time zone": "'10:00'",
    "timestamp with time zone": "'2099-01-01'",
    "uuid": "gen_random_uuid()",
}

LONG = "repeat('x', 1000000)"
EXTREMES = {
    "bigint": ["9223372036854775807", "'-9223372036854775808'", "null"],
    "bigint[]": ["array_fill(1::bigint, array[100000])", "array[null]", "'{}'", "null"],
    "boolean": ["null"],
    "character varying": [LONG, "''", "null"],
    "date": ["'infinity'", "'-infinity'", "'5874897-12-31'", "'4714-11-24 BC'", "null"],
    "numeric": ["'NaN'", "'Infinity'", "1e30", "-1", "null"],
    "integer": ["2147483647", "'-2147483648'", "null"],
    "interval": ["'178000000 years'", "'-178000000 years'", "null"],
    "jsonb": [
        "('[' || repeat('1,', 99999) || '1]')",
        "(repeat('[', 3000) || repeat(']', 3000))",
        f"('{{\"' || {LONG} || '\": 1}}')",
        f"('[{{\"' || {LONG} || '\": 1}}]')",
        "'null'",
        "null",
    ],
    "text": [LONG, "''", "null"],
    "text[]": ["array_fill('x'::text, array[100000])", f"array[{LONG}]", "array[null]", "'{}'", "null"],
    "time without time zone": ["'24:00'", "null"],
    "timestamp with time zone": ["'infinity'", "'-infinity'", "'294276-12-31'", "'4714-11-24 BC'", "null"],
    "uuid": ["null"],
}


def calls_of(db: psycopg.Connection, role: str) -> list[tuple[str, list[str]]]:
    # It is part of constraints: whoever writes the table needs it, and nobody calls it.
    calls = [(name, kinds) for name, kinds in db.execute(CALLS, [f"sessionbook_{role}"]) if name != "training.busy"]
    assert calls
    return calls


def call(name: str, values: list[tuple[str, str]]) -> bytes:
    arguments = ", ".join(f"{value}::{kind}" for kind, value in values)
    return f"select * from {name}({arguments})".encode()


@pytest.fixture
def login(db: psycopg.Connection, database: str, role: str) -> Iterator[psycopg.Connection]:
    """A session of somebody who is a member of the role and nothing else."""
    name = f"{db.info.dbname}_{role}"
    db.execute(
        sql.SQL("create role {} login password 'x' in role {}").format(
            sql.Identifier(name), sql.Identifier(f"sessionbook_{role}")
        )
    )
    with psycopg.connect(database, user=name, password="x", autocommit=True) as conn:
        pid = conn.info.backend_pid
        yield conn
    db.execute("select pg_terminate_backend(%s, 5000)", [pid])
    db.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(name)))


@pytest.mark.parametrize("role", ROLES)
def test_what_the_caller_has_queued_waits_for_the_callers_commit(
    db: psycopg.Connection, login: psycopg.Connection, role: str
) -> None:
    login.execute(BAIT)
    for name, kinds in calls_of(db, role):
        with login.transaction():
            login.execute("insert into bait values (1)")
            try:
                with login.transaction():
                    login.execute(call(name, [(kind, PLAIN[kind]) for kind in kinds]))
            except psycopg.Error:
                pass
            assert login.execute("select who from caught").fetchall() == [], name
        assert login.execute("delete from caught returning who").fetchall() == [(login.info.user,)], name


@pytest.mark.parametrize("role", ROLES)
def test_extreme_arguments_are_refused_at_once_and_not_shown_whole(
    db: psycopg.Connection, connect: Connect, role: str
) -> None:
    conn = connect(role=f"sessionbook_{role}")
    problems = []
    for name, kinds in calls_of(db, role):
        for place, kind in enumerate(kinds):
            for extreme in EXTREMES[kind]:
                values = [(k, extreme if i == place else PLAIN[k]) for i, k in enumerate(kinds)]
                began, shown, code = time.monotonic(), 0, "PT400"
                try:
                    conn.execute(call(name, values))
                except psycopg.Error as error:
                    code = error.sqlstate or "?"
                    shown = len(f"{error.diag.message_primary}{error.diag.message_detail}{error.diag.message_hint}")
                if not code.startswith("PT") or shown > 2000 or time.monotonic() - began > 3:
                    problems.append(f"{name}, {kind} {extreme}: {code}, {shown} characters")
    assert problems == []
