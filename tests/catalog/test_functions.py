"""Functions state what they are and pin their search_path."""

from __future__ import annotations

import re

import psycopg

from catalog.unpinned import COMMITTING, INLINABLE, NAMES_NO_RELATION
from support.catalog import FUNCTIONS, none_of, rows
from support.sources import Routine, migrations, routines, sources, without_strings

STATED = {
    "language": r"\blanguage\s+\w+",
    "volatility": r"\b(immutable|stable|volatile)\b",
    "security": r"\bsecurity\s+(invoker|definer)\b",
    "parallel": r"\bparallel\s+(safe|restricted|unsafe)\b",
}
ROW_LOCK = re.compile(r"\bfor\s+(update|no\s+key\s+update|share|key\s+share)\b|\block\s+table\b", re.IGNORECASE)
# A relation that is neither qualified nor a call: the search_path would decide which one it is.
RELATION = re.compile(r"\b(?:from|join|into|update)\s+(?!v_|new\b|old\b|public\b)[a-z_]+\b(?!\s*[.(])")


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
    allowed = INLINABLE | COMMITTING | NAMES_NO_RELATION
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
        [f"{name}: is gone or pinned" for name in (INLINABLE | COMMITTING | NAMES_NO_RELATION) - unpinned.keys()]
        + [f"{name}: has no begin atomic" for name in INLINABLE & unpinned.keys() if not unpinned[name]["inlinable"]]
        + [f"{name}: is no procedure" for name in COMMITTING & unpinned.keys() if unpinned[name]["kind"] != "p"]
        + [
            f"{name}: is no trigger" for name in NAMES_NO_RELATION & unpinned.keys() if not unpinned[name]["is_trigger"]
        ],
        "the list of unpinned functions is out of date",
    )


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
