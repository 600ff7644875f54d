"""Functions state what they are and pin their search_path."""

from __future__ import annotations

import re

import psycopg

from catalog.unpinned import COMMITTING, INLINABLE, INSIDE_PINNED, NAMES_NO_RELATION
from support.catalog import FUNCTIONS, none_of, rows
from support.sources import Routine, all_sources, migrations, routines, sources, without_comments, without_strings

STATED = {
    "language": r"\blanguage\s+\w+",
    "volatility": r"\b(immutable|stable|volatile)\b",
    "security": r"\bsecurity\s+(invoker|definer)\b",
    "parallel": r"\bparallel\s+(safe|restricted|unsafe)\b",
}
SEARCH_PATHS = """
select n.nspname as schema, p.oid::regprocedure::text as signature,
    (
        select c.setting from unnest(p.proconfig) as c (setting) where starts_with(c.setting, 'search_path=')
    ) as search_path
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any(%(schemas)s) and p.prosecdef
"""
# What has_work() runs, directly, through views and through other functions, and reads its names only then.
ASKED_BY_NAME = """
with recursive reached (kind, oid) as (
    select 'pg_catalog.pg_proc'::regclass::oid, p.oid
    from pg_catalog.pg_proc as p
    where p.proname = 'has_work'
    union
    select x.kind, x.oid
    from reached as r
    cross join lateral (
        select d.refclassid, d.refobjid
        from pg_catalog.pg_depend as d
        where d.classid = r.kind and d.objid = r.oid
            and d.refclassid in ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_class'::regclass)
        union all
        select 'pg_catalog.pg_rewrite'::regclass, w.oid
        from pg_catalog.pg_rewrite as w
        where r.kind = 'pg_catalog.pg_class'::regclass and w.ev_class = r.oid
    ) as x (kind, oid)
)
select p.oid::regprocedure::text as signature, p.prosqlbody is null as by_name
from reached as r
inner join pg_catalog.pg_proc as p on p.oid = r.oid
where r.kind = 'pg_catalog.pg_proc'::regclass and p.pronamespace <> 'pg_catalog'::regnamespace
"""
ROW_LOCK = re.compile(r"\bfor\s+(update|no\s+key\s+update|share|key\s+share)\b|\block\s+table\b", re.IGNORECASE)
# A relation that is neither qualified nor a call: the search_path would decide which one it is.
RELATION = re.compile(r"\b(?:from|join|into|update)\s+(?!v_|new\b|old\b|public\b)[a-z_]+\b(?!\s*[.(])")

# Settings that functions read. Of those that a caller may write, a time counts for the owner only, and the others are
# said to be no proof.
HEEDED = frozenset(
    {
        # Only says whether to ask the sequence, which knows.
        "lifecycle.clock_xact",
        "lifecycle.fake_now",
        "request.jwt.claims",
        "role",
        "server_version_num",
        "sessionbook.actor",
        # Only a superuser may write it, or somebody to whom one granted that.
        "session_replication_role",
        "transaction_isolation",
        "transaction_read_only",
    }
)
# A trigger function that runs as its caller calls none but these of ours: they are granted to whoever writes.
FOR_TRIGGERS = frozenset({"is_timezone", "now", "shown", "status_in_arabic"})


def all_routines() -> list[Routine]:
    return [routine for source in [*sources("functions"), *migrations()] for routine in routines(source)]


def test_attributes_are_stated() -> None:
    missing = []
    for routine in all_routines():
        for attribute, pattern in STATED.items():
            # A procedure has neither volatility nor parallel safety.
            if routine.kind == "procedure" and attribute in ("volatility", "parallel"):
                continue
            if not re.search(pattern, routine.head, re.IGNORECASE):
                missing.append(f"{routine.source}: {routine.name} does not state its {attribute}")
    none_of(missing, "create or replace resets what is not restated")


def test_search_path_is_pinned(installed: psycopg.Connection) -> None:
    allowed = INLINABLE | COMMITTING | INSIDE_PINNED | NAMES_NO_RELATION
    none_of(
        [
            row["signature"]
            for row in rows(installed, FUNCTIONS)
            if not row["pinned"] and f"{row['schema']}.{row['name']}" not in allowed
        ],
        "set search_path from current is missing; exceptions are in tests/catalog/unpinned.py",
    )


def test_exceptions_are_what_they_are_listed_as(installed: psycopg.Connection) -> None:
    unpinned = {f"{row['schema']}.{row['name']}": row for row in rows(installed, FUNCTIONS) if not row["pinned"]}
    none_of(
        [
            f"{name}: is gone or pinned"
            for name in (INLINABLE | COMMITTING | INSIDE_PINNED | NAMES_NO_RELATION) - unpinned.keys()
        ]
        + [f"{name}: has no begin atomic" for name in INLINABLE & unpinned.keys() if not unpinned[name]["inlinable"]]
        + [f"{name}: is no procedure" for name in COMMITTING & unpinned.keys() if unpinned[name]["kind"] != "p"]
        + [
            f"{name}: is no trigger" for name in NAMES_NO_RELATION & unpinned.keys() if not unpinned[name]["is_trigger"]
        ],
        "the list of unpinned functions is out of date",
    )


def test_unpinned_internals_are_called_only_by_what_is_pinned() -> None:
    """Or by each other: at the head of each chain is a function with a path of its own."""
    problems = []
    for source in [source for kind in ("functions", "triggers", "views") for source in sources(kind)]:
        caller = f"{source.unit}.{source.name}"
        for name in INSIDE_PINNED - {caller}:
            if not re.search(rf"\b{name.partition('.')[2]}\(", without_strings(source.text)):
                continue
            if caller not in INSIDE_PINNED and "set search_path from current" not in source.text:
                problems.append(f"{caller} calls {name} and pins no search_path")
    problems += [name for name in INSIDE_PINNED if not name.partition(".")[2].startswith("_")]
    none_of(problems, "an internal without a search_path has that of its caller, which must be pinned")


def test_unpinned_triggers_name_no_relation() -> None:
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in sources("functions")
            if f"{source.unit}.{source.name}" in NAMES_NO_RELATION
            for found in RELATION.finditer(re.sub(r"\bdistinct from\b", "", without_strings(source.text)))
        ],
        "a trigger function that names a relation pins its search_path",
    )


def test_definers_look_into_the_temporary_schema_last(installed: psycopg.Connection) -> None:
    none_of(
        [
            row["signature"]
            for row in rows(installed, SEARCH_PATHS)
            if not re.fullmatch(rf'search_path="?{row["schema"]}"?, pg_temp', row["search_path"] or "")
        ],
        "a definer's search_path is its schema, then pg_temp",
    )


def test_trigger_functions_that_use_anything_of_ours_are_definers(installed: psycopg.Connection) -> None:
    """Whoever writes the table has no right on what they use; before PostgreSQL 18 not even whoever wrote it."""
    invokers = {
        (row["schema"], row["name"]) for row in rows(installed, FUNCTIONS) if row["is_trigger"] and not row["definer"]
    }
    ours = {row["name"] for row in rows(installed, FUNCTIONS)} - FOR_TRIGGERS
    problems = []
    for source in sources("functions"):
        if (source.unit, source.name) not in invokers:
            continue
        text = re.sub(r"\bdistinct from\b", "", without_strings(source.text))
        body = text[text.index("as $function$") :].split("$function$;")[0] if "as $function$" in text else text
        problems += [f"{source}: {found.group(0)}" for found in RELATION.finditer(body)]
        problems += [f"{source}: {name}()" for name in re.findall(r"\b(\w+)\s*\(", body) if name in ours]
    none_of(problems, "a trigger function that reads, writes or calls something of ours is security definer")


def test_no_caller_is_believed() -> None:
    none_of(
        [
            f"{source}: {name}"
            for source in [*sources("functions"), *sources("views"), *sources("triggers")]
            for name in re.findall(r"\bcurrent_setting\(\s*'([\w.]+)'", without_comments(source.text))
            if name not in HEEDED
        ],
        "a setting that the caller can write decides nothing",
    )


def test_no_body_depends_on_how_strings_are_read() -> None:
    """A body is read when it is first called, as the caller's standard_conforming_strings says."""
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in sources("functions")
            if "as $function$" in source.text
            for found in re.finditer(r"(?<![\w'])'(?:[^'\n]|'')*'", without_comments(source.text))
            if "\\" in found.group(0)
        ],
        "a backslash stands in e'...', or a bracket expression says the same",
    )


def test_nobodys_constraints_but_ours_are_made_immediate() -> None:
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in all_sources()
            for found in re.finditer(r"\bset\s+constraints\s+all\b", without_comments(source.text), re.IGNORECASE)
        ],
        "what the caller has queued is fired by the caller's commit, not as the owner",
    )


def test_no_lock_that_anybody_can_take() -> None:
    none_of(
        [
            f"{source}: {found.group(0)}"
            for kind in ("functions", "views", "triggers")
            for source in sources(kind)
            for found in re.finditer(r"\bpg_\w*advisory\w*", without_comments(source.text))
        ],
        "row locks, never advisory locks, for correctness",
    )


def test_definers_say_why(installed: psycopg.Connection) -> None:
    definers = {(row["schema"], row["name"]) for row in rows(installed, FUNCTIONS) if row["definer"]}
    none_of(
        [
            str(source)
            for source in sources("functions")
            if (source.unit, source.name) in definers and not re.search(r"^-- security: \S", source.text, re.MULTILINE)
        ],
        "a security definer function says why on a `-- security:` line",
    )


def test_definers_are_filed_functions(installed: psycopg.Connection) -> None:
    filed = {(source.unit, source.name) for source in sources("functions")}
    none_of(
        [
            row["signature"]
            for row in rows(installed, FUNCTIONS)
            if row["definer"] and (row["schema"], row["name"]) not in filed
        ],
        "a security definer function is a repeatable with a file",
    )


def test_row_locks_are_announced() -> None:
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in sources("functions")
            if (found := ROW_LOCK.search(without_strings(source.text))) and "Locks:" not in source.header
        ],
        "a function that locks says which rows in which order on a `-- Locks:` line of its header",
    )


def test_what_the_clock_asks_before_it_trusts_has_its_names_bound(installed: psycopg.Connection) -> None:
    reached = rows(installed, ASKED_BY_NAME)
    assert any("has_work" in row["signature"] for row in reached)
    none_of(
        [row["signature"] for row in reached if row["by_name"]],
        "has_work() runs before the pass has asked whose objects it names: it and what it calls are begin atomic",
    )


def test_what_rules_out_ways_to_plan_is_not_compiled_either(installed: psycopg.Connection) -> None:
    # Before PostgreSQL 18 a way that is ruled out and taken all the same is taken to cost the world, and JIT sets in.
    query = """
    select p.oid::regprocedure::text as signature
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where (n.nspname = any(%(schemas)s) or n.nspname = 'sessionbook')
        and exists (select from unnest(p.proconfig) as c (setting) where c.setting ~ '^enable_.*=off$')
        and 'jit=off' <> all(p.proconfig)
    """
    none_of([row["signature"] for row in rows(installed, query)], "a function that sets enable_... sets jit = off too")
