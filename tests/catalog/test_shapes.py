"""What the engine of steps reads and writes in each unit has one shape."""

from __future__ import annotations

from collections import defaultdict

import psycopg
import pytest

from support.catalog import none_of, rows
from support.sources import units

COLUMNS = """
select n.nspname as schema, c.relname as relation,
    array_agg(
        format('%%s %%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)) order by a.attnum
    )::text as shape
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and a.attnum > 0 and not a.attisdropped
group by 1, 2
"""
# Which columns may be null, where all units agree; and the constraints.
RULES = """
select n.nspname as schema, c.relname as relation,
    array_agg(a.attname order by a.attnum) filter (where a.attnotnull)::text || (
        select array_agg(k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid) order by k.conname)::text
        from pg_catalog.pg_constraint as k
        where k.conrelid = c.oid and k.contype <> 'n'
    ) as shape
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relname = 'failed_steps' and a.attnum > 0 and not a.attisdropped
group by 1, 2, c.oid
"""
FUNCTIONS = """
select n.nspname as schema, p.proname as relation,
    format(
        '%%s(%%s) %%s', p.proname, pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid)
    ) as shape
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any(%(schemas)s)
"""
DOMAINS = [unit for unit in units() if unit != "lifecycle"]


def shapes(conn: psycopg.Connection, query: str, name: str) -> dict[str, list[str]]:
    """Units by the shape that something of this name has in them."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows(conn, query, DOMAINS):
        if row["relation"] == name:
            found[row["shape"]].append(row["schema"])
    return found


@pytest.mark.parametrize("relation", ["failed_steps", "status_changes", "status_rules", "clock_health"])
def test_relations_have_the_same_columns(installed: psycopg.Connection, relation: str) -> None:
    found = shapes(installed, COLUMNS, relation)
    none_of([f"{', '.join(names)}: {shape}" for shape, names in found.items()] if len(found) > 1 else [], relation)
    assert sorted(name for names in found.values() for name in names) == DOMAINS


def test_failed_steps_have_the_same_rules(installed: psycopg.Connection) -> None:
    found = shapes(installed, RULES, "failed_steps")
    none_of(
        [f"{', '.join(names)}: {shape}" for shape, names in found.items()] if len(found) > 1 else [], "failed_steps"
    )


@pytest.mark.parametrize(
    "function",
    ["apply_step", "due_rows", "due_steps", "has_work", "retry_failed_step", "retry_failed_steps", "steps"],
)
def test_functions_have_the_same_signature(installed: psycopg.Connection, function: str) -> None:
    found = shapes(installed, FUNCTIONS, function)
    none_of([f"{', '.join(names)}: {shape}" for shape, names in found.items()] if len(found) > 1 else [], function)
    assert sorted(name for names in found.values() for name in names) == DOMAINS
