"""What Citus refuses, or answers wrongly in silence: a rule for each construct that was tried there.

Each rule names what breaks it. In schema-based sharding every table of a unit is distributed; a statement over one is
sent to the node that has it, and a function that this statement calls would have to read tables from there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import psycopg
from pglast import ast, enums

from support.bodies import Body, Names, nodes
from support.catalog import rows
from support.sources import sources

VOLATILE = frozenset({"clock_timestamp", "gen_random_uuid", "nextval", "random"})
STABLE = frozenset({"age", "concat", "concat_ws", "date_trunc", "format", "now", "to_char", "to_timestamp"})
# PostgreSQL's parser takes these for columns.
_VARIABLE = re.compile(r"(p|v)_")
_INSTANT = re.compile(r".*_(at|until)")


@dataclass(frozen=True)
class Code:
    """What the rules look at: bodies, the tables and views of units, and what the catalog says of our functions."""

    bodies: list[Body]
    tables: frozenset[str]
    views: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    stable: frozenset[str] = frozenset()
    language: dict[str, str] = field(default_factory=dict)

    def named(self, body: Body, statement: ast.Node) -> tuple[set[str], set[str]]:
        """Relations of units and functions that a statement names."""
        found = Names(statement)
        relations = {f"{schema or body.unit}.{name}" for schema, name in found.relations}
        return relations & (self.tables | self.views), {self._full(body, *one) for one in found.functions}

    @staticmethod
    def _full(body: Body, schema: str | None, name: str) -> str:
        return f"{schema or body.unit}.{name}"

    @cached_property
    def readers(self) -> frozenset[str]:
        """Functions that read a table of a unit, themselves or through another."""
        named = {str(body): [self.named(body, one) for one in body.statements] for body in self.bodies}
        found: set[str] = set()
        while more := {
            name
            for name, statements in named.items()
            if name not in found and any(relations or calls & found for relations, calls in statements)
        }:
            found |= more
        return frozenset(found) - self.views


def sql_over_tables(code: Code) -> Iterator[str]:
    """Inlined into a query without a table, it reads the coordinator's empty table in silence (citus#981); with a
    parameter and not inlined, it is refused."""
    for body in code.bodies:
        if code.language.get(str(body)) == "sql" and any(code.named(body, one)[0] for one in body.statements):
            yield str(body)


def reader_in_query(code: Code) -> Iterator[str]:
    """`cannot execute a distributed query from a query on a shard`: call it apart, into a variable."""
    for body in code.bodies:
        for statement in body.statements:
            # The target of an insert is no part of its query.
            query = statement.selectStmt if isinstance(statement, ast.InsertStmt) else statement
            relations, calls = code.named(body, query) if query else (set(), set())
            if relations:
                yield from (f"{body} > {name}" for name in calls & code.readers)


def subquery_in_values(code: Code) -> Iterator[str]:
    """`subqueries are not supported within INSERT queries`: insert ... select."""
    for body, statement in _each(code, ast.InsertStmt):
        values = getattr(statement.selectStmt, "valuesLists", None)
        if values and any(_has(one, ast.SubLink) for row in values for one in row):
            yield str(body)


def change_of_a_view(code: Code) -> Iterator[str]:
    """`cannot modify views when the query contains citus tables`."""
    for body, statement in _each(code, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt):
        target = statement.relation
        if f"{target.schemaname or body.unit}.{target.relname}" in code.views:
            yield str(body)


def unstable_update(code: Code) -> Iterator[str]:
    """No volatile function in an update, none that is stable of a column: compute into a variable."""
    for body, statement in _each(code, ast.UpdateStmt, ast.DeleteStmt):
        parts = [*(getattr(statement, "targetList", None) or ()), statement.whereClause]
        for part in parts:
            if part is not None and (why := _unstable(code, body, part)):
                yield f"{body}: {why}"


def unstable_conflict(code: Code) -> Iterator[str]:
    """`on conflict do update set` calls immutable functions only: excluded.column works."""
    for body, statement in _each(code, ast.InsertStmt):
        clause = statement.onConflictClause
        for part in (clause and clause.targetList) or ():
            if _calls(code, body, part) & (code.volatile | code.stable | VOLATILE | STABLE):
                yield str(body)


def unstable_returning(code: Code) -> Iterator[str]:
    """`returning` calls immutable functions only."""
    for body, statement in _each(code, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt):
        for part in returned(statement):
            if _calls(code, body, part) & (code.volatile | code.stable | VOLATILE | STABLE):
                yield str(body)


def returned(statement: ast.Node) -> Iterable[ast.Node]:
    """What a statement returns; the parser of PostgreSQL 18 has a clause for it."""
    clause = getattr(statement, "returningClause", None)
    return (clause.exprs if clause else getattr(statement, "returningList", None)) or ()


def array_of_rows(code: Code) -> Iterator[str]:
    """Rows of distributed tables do not travel in arrays: a loop, or jsonb."""
    names = "|".join(sorted(name.partition(".")[2] for name in code.tables))
    for body in code.bodies:
        if re.search(rf"\b({names})\[\]", body.code):
            yield str(body)


def cause_by_setting(code: Code) -> Iterator[str]:
    """A setting does not reach the triggers on another node."""
    for body, call in _each(code, ast.FuncCall):
        first = call.args[0] if call.args else None
        text = first.val.sval if isinstance(first, ast.A_Const) and isinstance(first.val, ast.String) else ""
        if call.funcname[-1].sval == "set_config" and "." in text:
            yield str(body)


def own_transaction(code: Code) -> Iterator[str]:
    """On the node of a shard a transaction has another number, its table another name, and a notice is refused."""
    words = r"\b(pg_current_xact_id\w*|txid_current\w*|tg_table_name|tg_relname|pg_notify)\b"
    for body in code.bodies:
        if found := re.search(words, body.code):
            yield f"{body}: {found[0]}"


def several_subcommands(code: Code) -> Iterator[str]:
    """`cannot execute ADD CONSTRAINT command with other subcommands`: one a statement."""
    for body, statement in _each(code, ast.AlterTableStmt):
        kinds = [one.subtype for one in statement.cmds]
        if len(kinds) > 1 and enums.AlterTableType.AT_AddConstraint in kinds:
            yield str(body)


def dropped_expression(code: Code) -> Iterator[str]:
    """A column that is computed stays so: make another one."""
    for body, statement in _each(code, ast.AlterTableStmt):
        if any(one.subtype == enums.AlterTableType.AT_DropExpression for one in statement.cmds):
            yield str(body)


def advisory_lock(code: Code) -> Iterator[str]:
    """Each node has locks of its own: two callers had the same one. Lock rows."""
    yield from (str(body) for body in code.bodies if re.search(r"\bpg_\w*advisory_\w+", body.code))


def set_constraints(code: Code) -> Iterator[str]:
    """It does not reach the other nodes, in silence (citus#2234); also as a text that is executed."""
    words = r"(?m)^(?!\s*--).*\bset constraints\b"
    yield from (str(body) for body in code.bodies if re.search(words, body.text))


Rule = Callable[[Code], Iterator[str]]
OF_CODE: tuple[Rule, ...] = (
    sql_over_tables,
    reader_in_query,
    subquery_in_values,
    change_of_a_view,
    unstable_update,
    unstable_conflict,
    unstable_returning,
    array_of_rows,
    cause_by_setting,
    own_transaction,
    several_subcommands,
    dropped_expression,
    advisory_lock,
    set_constraints,
)

# Of the catalog: each query says what breaks the rule in some schemas.
OF_CATALOG = {
    # A generic plan is made without values, and then none for another node.
    "generic_plan": """
select p.oid::regproc::text as what from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any(%(schemas)s) and 'plan_cache_mode=force_generic_plan' = any(p.proconfig)
""",
    # Statement triggers with transition tables break the statements that fire them.
    "transition_table": """
select format('%%s.%%s', n.nspname, t.tgname) || ' on ' || c.relname as what
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and (t.tgoldtable is not null or t.tgnewtable is not null)
""",
    # Grants on such a function are deparsed without the schema of the type.
    "row_type_in_granted_arguments": """
select p.oid::regproc::text as what from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any(%(schemas)s)
    and exists (
        select from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
        where a.grantee <> p.proowner
    )
    and exists (
        select from unnest(p.proargtypes) as a (oid)
        join pg_catalog.pg_type as t on t.oid = a.oid
        left join pg_catalog.pg_type as e on e.oid = t.typelem
        join pg_catalog.pg_class as c on c.oid in (t.typrelid, e.typrelid)
        join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
        where s.nspname = any(%(schemas)s)
    )
""",
    # `nextval(sequence) calls in worker nodes are not supported for column defaults of type int`.
    "integer_identity": """
select format('%%s.%%s.%%s', n.nspname, c.relname, a.attname) as what
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where n.nspname = any(%(schemas)s) and c.relkind = 'r' and a.atttypid in ('int4'::regtype, 'int2'::regtype)
    and (a.attidentity <> '' or pg_catalog.pg_get_expr(d.adbin, d.adrelid) like 'nextval(%%')
""",
    # A schema moves to another node row by row, by its keys.
    "no_primary_key": """
select format('%%s.%%s', n.nspname, c.relname) as what
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p')
    and not exists (select from pg_catalog.pg_constraint as k where k.conrelid = c.oid and k.contype = 'p')
""",
    # `foreign keys from distributed schemas can only point to the same distributed schema or reference tables`.
    "key_into_another_schema": """
select format('%%s.%%s', n.nspname, k.conname) as what
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as r on r.oid = k.confrelid
join pg_catalog.pg_namespace as s on s.oid = r.relnamespace
where n.nspname = any(%(schemas)s) and k.contype = 'f' and s.nspname not in (n.nspname, 'lifecycle')
""",
}


# As they are once a deploy has fitted them for Citus.
BODIES = """
select n.nspname, p.proname, pg_catalog.pg_get_functiondef(p.oid), l.lanname, p.provolatile::text
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where n.nspname = any(%(schemas)s) and p.prokind in ('f', 'p')
"""
VIEWS = """
select n.nspname, c.relname, format('create view %%I as %%s', c.relname, pg_catalog.pg_get_viewdef(c.oid))
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relkind = 'v'
"""
TABLES = """
select n.nspname || '.' || c.relname
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p')
"""


def of_database(conn: psycopg.Connection) -> Code:
    """A database that was distributed, and the migrations, which run on what is distributed already."""
    functions = conn.execute(BODIES.encode(), {"schemas": [*UNITS, "lifecycle"]}).fetchall()
    views = [Body(*one) for one in conn.execute(VIEWS.encode(), {"schemas": UNITS})]
    return Code(
        [Body(unit, name, text) for unit, name, text, _, _ in functions]
        + views
        + [Body(one.unit, one.name, one.text) for one in sources("migrations")],
        frozenset(name for (name,) in conn.execute(TABLES.encode(), {"schemas": UNITS})),
        frozenset(map(str, views)),
        frozenset(f"{unit}.{name}" for unit, name, _, _, volatility in functions if volatility == "v"),
        frozenset(f"{unit}.{name}" for unit, name, _, _, volatility in functions if volatility == "s"),
        {f"{unit}.{name}": language for unit, name, _, language, _ in functions},
    )


UNITS = ["training", "tutoring", "workshop"]


def findings(conn: psycopg.Connection) -> dict[str, set[str]]:
    """What breaks each rule, in the package."""
    code = of_database(conn)
    found = {rule.__name__: set(rule(code)) for rule in OF_CODE}
    return found | {name: {row["what"] for row in rows(conn, query, UNITS)} for name, query in OF_CATALOG.items()}


def _within(node: ast.Node, *kinds: type[ast.Node]) -> list[ast.Node]:
    return [one for one in nodes(node) if isinstance(one, kinds)]


def _has(node: ast.Node, kind: type[ast.Node]) -> bool:
    return bool(_within(node, kind))


def _each(code: Code, *kinds: type[ast.Node]) -> Iterator[tuple[Body, ast.Node]]:
    for body in code.bodies:
        yield from ((body, one) for one in body.nodes if isinstance(one, kinds))


def _calls(code: Code, body: Body, node: ast.Node) -> set[str]:
    """Functions that an expression calls, PostgreSQL's own by their bare names; not those within its subqueries."""
    inner = {id(call) for link in _within(node, ast.SubLink) for call in _within(link, ast.FuncCall)}
    names = set()
    for call in _within(node, ast.FuncCall):
        if id(call) not in inner:
            *schema, name = (part.sval for part in call.funcname)
            names |= {name} if schema in ([], ["pg_catalog"]) else set()
            names.add(f"{schema[0] if schema else body.unit}.{name}")
    return names


def _unstable(code: Code, body: Body, node: ast.Node) -> str | None:
    inner = {id(one) for link in _within(node, ast.SubLink) for one in _within(link, ast.FuncCall, ast.A_Expr)}
    for call in _within(node, ast.FuncCall):
        names = _calls(code, body, call) if id(call) not in inner else set()
        if found := names & (code.volatile | VOLATILE):
            return min(found)
        if (found := names & (code.stable | STABLE)) and any(map(_is_column, _within(call, ast.ColumnRef))):
            return min(found)
    for sum_ in _within(node, ast.A_Expr):
        if id(sum_) not in inner and sum_.name[-1].sval in ("+", "-") and sum_.lexpr is not None:
            for side in (sum_.lexpr, sum_.rexpr):
                if isinstance(side, ast.ColumnRef) and _is_column(side) and _INSTANT.fullmatch(_last(side)):
                    return f"{_last(side)} {sum_.name[-1].sval} interval"
    return None


def _last(reference: ast.ColumnRef) -> str:
    last = reference.fields[-1]
    return last.sval if isinstance(last, ast.String) else "*"


def _is_column(reference: ast.ColumnRef) -> bool:
    first = reference.fields[0]
    name = first.sval if isinstance(first, ast.String) else "*"
    return not _VARIABLE.match(name) and name not in ("new", "old")
