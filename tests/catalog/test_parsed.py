"""Every SQL file as PostgreSQL's own parser reads it, which the runner has not."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import psycopg
import pytest
from pglast import ast, enums, parse_sql

from support.sources import SQL

FILES = sorted(SQL.rglob("*.sql"))
# What a file may hold beside the one object that it is named after: words about it, and rights on it.
ABOUT = (ast.CommentStmt, ast.GrantStmt)


@cache
def parsed(file: Path) -> tuple[ast.RawStmt, ...]:
    return tuple(parse_sql(file.read_text()))


def place(text: str, statement: ast.RawStmt) -> int:
    """The line on which a statement begins, after the comments and blanks in front of it."""
    leading = re.compile(r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL).match(text, statement.stmt_location)
    assert leading is not None
    return text.count("\n", 0, leading.end()) + 1


@pytest.mark.parametrize("folder", sorted(path.name for path in SQL.iterdir() if path.is_dir()))
def test_every_file_parses(folder: str) -> None:
    for file in (SQL / folder).rglob("*.sql"):
        assert parsed(file), file


def test_engine_finds_the_statements_that_the_parser_finds(installed: psycopg.Connection) -> None:
    """It has no parser: it goes by `;` before an empty line, which all files of the package have to keep to."""
    for file in FILES:
        if file.parent.name in ("adopt", "deploy"):
            continue
        text = file.read_text()
        (found,) = installed.execute("select sessionbook.statements('f', %s)", [text]).fetchone()
        found = [int(re.match(r"/\* f:(\d+) \*/ ", statement)[1]) for statement in found]
        lines = [place(text, statement) for statement in parsed(file)]
        assert set(found) <= set(lines), file
        # Two in one piece are run all the same; of a piece only the first has its line in messages.
        assert found[0] == lines[0], file


def made(statement: ast.Node) -> str | None:
    """What a statement makes, as the file is called that does; None: nothing."""
    if isinstance(statement, ast.CreateFunctionStmt):
        return statement.funcname[-1].sval
    if isinstance(statement, ast.ViewStmt):
        return statement.view.relname
    if isinstance(statement, ast.CreateTrigStmt):
        return f"{statement.relation.relname}.{re.sub(r'^zz_[0-9]{3}_', '', statement.trigname)}"
    return None


def is_enabled(statement: ast.Node) -> bool:
    """Whether a statement only lets a trigger fire for replicated rows too."""
    return isinstance(statement, ast.AlterTableStmt) and {one.subtype for one in statement.cmds} == {
        enums.AlterTableType.AT_EnableAlwaysTrig
    }


@pytest.mark.parametrize("kind", ["functions", "views", "triggers"])
def test_each_file_makes_the_one_object_that_it_is_named_after(kind: str) -> None:
    for file in (SQL / kind).rglob("*.sql"):
        rest = {type(one.stmt).__name__ for one in parsed(file) if made(one.stmt) is None and not is_enabled(one.stmt)}
        names = {name for one in parsed(file) if (name := made(one.stmt)) is not None}
        if kind == "triggers" and "DoStmt" in rest:
            # A constraint trigger cannot be replaced: its file makes it only if it is missing.
            rest.remove("DoStmt")
            names = names or {file.stem}
        assert names == {file.stem}, file
        assert rest <= {one.__name__ for one in ABOUT}, file
