"""The statements in functions and views, as PostgreSQL's parser reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pglast import ast, parse_plpgsql, parse_sql
from pglast.visitors import Visitor

from support.sources import without_strings

# The parser knows no types of ours, so any other type stands for them.
_UNKNOWN_TYPE = re.compile(r"\b(?!array\[)[a-z_]+(?=\[\])|\b\w+\.\w+%type")
_QUALIFIED = re.compile(r"\b(?:lifecycle|training|tutoring|workshop)\.")
_KNOWN = frozenset(
    [
        "text",
        "uuid",
        "integer",
        "bigint",
        "boolean",
        "date",
        "jsonb",
        "interval",
        "timestamptz",
        "numeric",
        "time",
        "tstzrange",
    ]
)
_ASSIGNMENT = re.compile(r"^\s*[\w.]+(?:\[[^\]]*\])?[\w.]*\s*:?=")


@dataclass(frozen=True)
class Body:
    """What a function or a view runs, or a migration does to tables: unit, name, and the text of its file."""

    unit: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.unit}.{self.name}"

    @cached_property
    def code(self) -> str:
        """Its text without comments and literals."""
        return without_strings(self.text)

    @cached_property
    def statements(self) -> tuple[ast.Node, ...]:
        """Every statement and expression; an expression is a select of it."""
        return tuple(one for made in parse_sql(self.text) for one in self._of(made.stmt))

    @cached_property
    def nodes(self) -> list[ast.Node]:
        """All parts of all statements."""
        return [node for statement in self.statements for node in nodes(statement)]

    def _of(self, made: ast.Node) -> Iterator[ast.Node]:
        if isinstance(made, ast.ViewStmt):
            yield made.query
        elif isinstance(made, ast.AlterTableStmt):
            yield made
        elif isinstance(made, ast.CreateFunctionStmt):
            options = {option.defname: option.arg for option in made.options}
            if made.sql_body is not None:
                yield from _flat(made.sql_body)
            elif options["language"].sval == "sql":
                yield from (one.stmt for one in parse_sql(options["as"][0].sval))
            else:
                yield from self._of_plpgsql()

    def _of_plpgsql(self) -> Iterator[ast.Node]:
        head, body = re.split(r"(?=\bas \$)", self.text, maxsplit=1, flags=re.IGNORECASE)
        text = _QUALIFIED.sub("", head) + body
        text = _UNKNOWN_TYPE.sub(lambda found: found[0] if found[0] in _KNOWN else "text", text)
        for query, mode in _expressions(parse_plpgsql(text)):
            if mode == 0:
                yield from (one.stmt for one in parse_sql(query))
            else:
                yield parse_sql("select " + (_ASSIGNMENT.sub("", query) if mode > 2 else query))[0].stmt


def _flat(body: object) -> Iterator[ast.Node]:
    if isinstance(body, tuple):
        for one in body:
            yield from _flat(one)
    elif isinstance(body, ast.Node):
        yield body


def _expressions(tree: object) -> Iterator[tuple[str, int]]:
    if isinstance(tree, dict):
        if "PLpgSQL_expr" in tree:
            yield tree["PLpgSQL_expr"]["query"], tree["PLpgSQL_expr"].get("parseMode", 0)
        for value in tree.values():
            yield from _expressions(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _expressions(value)


class _Nodes(Visitor):
    def __init__(self, statement: ast.Node) -> None:
        super().__init__()
        self.found: list[ast.Node] = []
        self(statement)

    def visit(self, _ancestors: object, node: ast.Node) -> None:
        self.found.append(node)


def nodes(statement: ast.Node) -> list[ast.Node]:
    """A statement and all its parts."""
    return _Nodes(statement).found


class Names(Visitor):
    """Relations and functions that a statement names, as (schema or None, name)."""

    def __init__(self, statement: ast.Node) -> None:
        super().__init__()
        self.relations: set[tuple[str | None, str]] = set()
        self.functions: set[tuple[str | None, str]] = set()
        self._ctes: set[str] = set()
        self(statement)
        self.relations = {one for one in self.relations if one[0] or one[1] not in self._ctes}

    def visit_RangeVar(self, _ancestors: object, node: ast.RangeVar) -> None:
        self.relations.add((node.schemaname, node.relname))

    def visit_CommonTableExpr(self, _ancestors: object, node: ast.CommonTableExpr) -> None:
        self._ctes.add(node.ctename)

    def visit_FuncCall(self, _ancestors: object, node: ast.FuncCall) -> None:
        *schema, name = (part.sval for part in node.funcname)
        self.functions.add((schema[0] if schema else None, name))
