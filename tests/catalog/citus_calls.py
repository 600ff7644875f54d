"""Which calls and views come to what Citus refuses, themselves or through what they call and fire."""

from __future__ import annotations

from collections import defaultdict

import psycopg
from pglast import ast

from catalog.citus import UNITS, array_of_rows, of_database, reader_in_query

Graph = dict[str, set[str]]
_EVENTS = {ast.InsertStmt: 4, ast.DeleteStmt: 8, ast.UpdateStmt: 16}
_GRANTED = """
select n.nspname || '.' || p.proname
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any(%(units)s) and pg_catalog.has_function_privilege('sessionbook_app', p.oid, 'execute')
union
select n.nspname || '.' || c.relname
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(units)s) and c.relkind = 'v'
    and pg_catalog.has_table_privilege('sessionbook_app', c.oid, 'select')
"""
_TRIGGERS = """
select n.nspname || '.' || c.relname, n.nspname || '.' || p.proname, t.tgtype, array(
    select a.attname::text
    from unnest(t.tgattr) as k (place)
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.place
)
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_proc as p on p.oid = t.tgfoid and p.pronamespace = n.oid
where not t.tgisinternal and n.nspname = any(%(units)s)
"""


def refused_calls(conn: psycopg.Connection) -> tuple[set[str], set[str]]:
    """Of the application, in a database that was distributed: those that call it, and those that only fire it."""
    code = of_database(conn)
    refused = {one.split(" > ")[0] for rule in (reader_in_query, array_of_rows) for one in rule(code)}
    called: Graph = defaultdict(set)
    for body in code.bodies:
        for statement in body.statements:
            relations, functions = code.named(body, statement)
            called[str(body)] |= functions | (relations & code.views)
    fired = {name: set(those) for name, those in called.items()}
    triggers = conn.execute(_TRIGGERS.encode(), {"units": UNITS}).fetchall()
    for body in code.bodies:
        for node in body.nodes:
            if event := _EVENTS.get(type(node)):
                table = f"{node.relation.schemaname or body.unit}.{node.relation.relname}"
                columns = {target.name for target in getattr(node, "targetList", None) or ()}
                fired[str(body)] |= {
                    function
                    for on, function, kind, of in triggers
                    if on == table and kind & event and not (of and event == 16 and columns.isdisjoint(of))
                }
    granted = {name for (name,) in conn.execute(_GRANTED.encode(), {"units": UNITS})}
    calling, firing = (granted & _reaching(refused, graph) for graph in (called, fired))
    return calling, firing - calling


def _reaching(what: set[str], graph: Graph) -> set[str]:
    found = set(what)
    while more := {name for name, those in graph.items() if name not in found and those & found}:
        found |= more
    return found
