"""The constructs that Citus refuses, or answers wrongly: none of them is here, but for those that docs/citus.md lists.

The functions are read from a database that was distributed, by a stub, because a deploy makes some of them anew."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import psycopg
import pytest
from sessionbook.deploy import apply

from catalog.citus import OF_CATALOG, OF_CODE, Code, Rule, findings
from catalog.citus_calls import refused_calls
from support.bodies import Body
from support.catalog import none_of, rows
from support.citus import put_stub
from support.server import Server
from support.sources import ROOT

PAGE = ROOT / "docs" / "citus.md"


@pytest.fixture(scope="module")
def distributed(server: Server, template: str) -> Iterator[psycopg.Connection]:
    name = server.create_database(template)
    put_stub(server.dsn(name))
    apply(server.dsn(name), citus=True)
    with psycopg.connect(server.dsn(name), autocommit=True) as conn:
        yield conn
    server.drop_database(name)


def stated() -> dict[str, set[str]]:
    """What the page says stays, by rule."""
    found: dict[str, set[str]] = defaultdict(set)
    for rule, where in re.findall(r"^\| `(\w+)` \| (`.*?`) \| \S.*\|$", PAGE.read_text(), re.MULTILINE):
        found[rule] |= set(re.findall(r"`([^`]+)`", where))
    return found


def test_what_stays_is_in_the_docs_with_a_reason(distributed: psycopg.Connection) -> None:
    said, found = stated(), findings(distributed)
    none_of(
        [f"{rule}: {one}" for rule, those in found.items() for one in those - said[rule]]
        + [
            f"{rule}: {one} is listed, and there is none"
            for rule in said
            for one in said[rule] - found.get(rule, set())
        ],
        "Citus refuses this, or answers wrongly; what must stay has a row in docs/citus.md",
    )


def test_calls_that_are_refused_are_in_the_docs(distributed: psycopg.Connection) -> None:
    """Also what they call, directly or through others."""
    page = PAGE.read_text()
    rows = re.findall(r"^\| `(\w+)` \| (only at times|refused) \| (`.*`) \|$", page, re.MULTILINE)
    said: dict[str, set[str]] = defaultdict(set)
    for unit, how, names in rows:
        said[how] |= {f"{unit}.{name}" for name in re.findall(r"`([^`]+)`", names)}
    calling, firing = refused_calls(distributed)
    assert said["refused"] == calling
    assert said["only at times"] == firing


def function(body: str, declared: str = "", language: str = "plpgsql") -> str:
    text = f"declare\n{declared}\nbegin\n{body}\nend" if language == "plpgsql" else body
    return (
        f"create function f(p_id bigint) returns bigint language {language} volatile as $function$\n{text}\n$function$;"
    )


# For each rule what it refuses, and what does the same and is let pass.
CODE = {
    "sql_over_tables": (
        function("select count(*) from seats as s where s.id = p_id", language="sql"),
        function("return count(*) from seats as s where s.id = p_id;"),
    ),
    "reader_in_query": (
        function("return s.id from seats as s where s.taken < held(s.id);"),
        function("v := held(p_id); return s.id from seats as s where s.taken < v;", "v bigint;"),
    ),
    "subquery_in_values": (
        function("insert into seats (id) values ((select max(s.id) + 1 from seats as s));"),
        function("insert into seats (id) select max(s.id) + 1 from seats as s;"),
    ),
    "change_of_a_view": (
        function("update free_seats as s set taken = 1 where s.id = p_id;"),
        function("update seats as s set taken = 1 where s.id = p_id;"),
    ),
    "unstable_conflict": (
        function("insert into seats (id) values (p_id) on conflict (id) do update set held_at = now();"),
        function("insert into seats (id) values (p_id) on conflict (id) do update set held_at = excluded.held_at;"),
    ),
    "unstable_returning": (
        function("update seats as s set taken = 1 where s.id = p_id returning age(s.held_at) into v;", "v interval;"),
        function("update seats as s set taken = 1 where s.id = p_id returning s.held_at into v;", "v timestamptz;"),
    ),
    "array_of_rows": (
        function("v := array(select s from seats as s);", "v seats[];"),
        function("v := array(select s.id from seats as s);", "v bigint[];"),
    ),
    "cause_by_setting": (
        function("perform set_config('lifecycle.cause', 'clock', true);"),
        function("perform set_config('lock_timeout', '1s', true);"),
    ),
    "own_transaction": (
        function("return pg_current_xact_id();"),
        function("return p_id;"),
    ),
    "several_subcommands": (
        "alter table seats add column note text, add constraint seats_note_check check (note <> '');",
        "alter table seats add column note text; alter table seats add constraint seats_note_check check (note <> '');",
    ),
    "dropped_expression": (
        "alter table seats alter column held_at drop expression;",
        "alter table seats alter column held_at drop default;",
    ),
    "advisory_lock": (
        function("perform pg_advisory_xact_lock(p_id);"),
        function("perform from seats as s where s.id = p_id for update;"),
    ),
    "set_constraints": (
        function("set constraints all immediate;"),
        function("set local lock_timeout = '1s';"),
    ),
}
NOW = "v_now timestamptz;"
# The same rule once more, where it has several forms.
MORE = [
    ("own_transaction", function("raise notice '%', tg_table_name;"), function("raise notice '%', p_id;")),
    ("own_transaction", function("perform pg_notify('seats', '');"), function("perform length('seats');")),
    (
        "unstable_update",
        function("delete from seats as s where date_trunc('day', s.held_at) = v_day;", "v_day timestamptz;"),
        function("delete from seats as s where s.held_at < v_day;", "v_day timestamptz;"),
    ),
    (
        "unstable_update",
        function("update seats as s set note = concat(s.note, '!');"),
        function("update seats as s set note = s.note || '!';"),
    ),
    (
        "unstable_update",
        function("update seats as s set taken = 1 where s.held_at < gen_random_uuid();"),
        function("update seats as s set taken = 1 where s.held_at < v_at;", "v_at timestamptz;"),
    ),
    (
        "dropped_expression",
        "alter table seats add column note text, alter column held_at drop expression;",
        "alter table seats add column note text;",
    ),
]
UNSTABLE = {
    "set held_at = clock_timestamp()": "set held_at = v_now",
    "set id = next_id()": "set id = v_id",
    "set held_at = held_at + interval '5 minutes'": "set held_at = v_now + interval '5 minutes'",
    "set note = to_char(s.held_at, 'HH24')": "set note = 'the lease of ' || s.note",
    "set taken = 1 where date_trunc('day', s.held_at) = v_now": "set taken = 1 where s.held_at = v_now",
}
HELD = (
    "create function held(p_id bigint) returns bigint language plpgsql as"
    " $function$ begin return s.id from seats as s limit 1; end $function$;"
)


def broken(rule: Rule, text: str) -> bool:
    language = {"u.f": "sql" if "language sql" in text else "plpgsql"}
    bodies = [Body("u", "f", text), Body("u", "held", HELD)]
    tables, volatile = frozenset({"u.seats"}), frozenset({"u.next_id"})
    return bool(list(rule(Code(bodies, tables, frozenset({"u.free_seats"}), volatile, language=language))))


@pytest.mark.parametrize("rule", OF_CODE, ids=lambda rule: rule.__name__)
def test_rule_refuses_the_construct_and_nothing_else(rule: Rule) -> None:
    examples = [(refused, passed) for name, refused, passed in MORE if name == rule.__name__]
    if rule.__name__ == "unstable_update":
        examples += [
            (function(f"update seats as s {refused};", NOW), function(f"update seats as s {passed};", NOW))
            for refused, passed in UNSTABLE.items()
        ]
    else:
        examples.append(CODE[rule.__name__])
    for refused, passed in examples:
        assert broken(rule, refused), refused
        assert not broken(rule, passed), passed


CATALOG = {
    "generic_plan": (
        "create function u.f() returns void language sql set plan_cache_mode = force_generic_plan as ''",
        "alter function u.f() reset plan_cache_mode",
    ),
    "transition_table": (
        "create function u.note() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger noted after insert on u.seats referencing new table as added"
        " for each statement execute function u.note()",
        "create or replace trigger noted after insert on u.seats for each row execute function u.note()",
    ),
    "row_type_in_granted_arguments": (
        "create function u.f(p_seats u.seats[]) returns void language sql as ''",
        "revoke all on function u.f(u.seats[]) from public",
    ),
    "integer_identity": (
        "alter table u.seats add column place integer generated always as identity",
        "alter table u.seats alter column place type bigint",
    ),
    "no_primary_key": ("create table u.notes (id bigint)", "alter table u.notes add primary key (id)"),
    "key_into_another_schema": (
        "create schema other; create table other.rooms (id bigint primary key);"
        "alter table u.seats add column room bigint references other.rooms",
        "alter table u.seats drop column room",
    ),
}


@pytest.mark.parametrize("rule", OF_CATALOG)
def test_rule_of_the_catalog_refuses_the_construct_and_nothing_else(empty_database: str, rule: str) -> None:
    refused, passed = CATALOG[rule]
    with psycopg.connect(empty_database) as conn:
        conn.execute("create schema u; create table u.seats (id bigint primary key)")
        assert rows(conn, OF_CATALOG[rule], ["u"]) == []
        conn.execute(refused.encode())
        assert len(rows(conn, OF_CATALOG[rule], ["u"])) == 1
        conn.execute(passed.encode())
        assert rows(conn, OF_CATALOG[rule], ["u"]) == []
