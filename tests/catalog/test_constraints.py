"""Constraints and indexes: their names, and what a foreign key needs."""

from __future__ import annotations

import re
from typing import Any

import psycopg

from catalog.names import FIXED_NAMES
from support.catalog import CONSTRAINTS, INDEXES, none_of, rows
from support.sources import migrations, without_strings

SUFFIX = {"p": "pkey", "u": "key", "f": "fkey", "x": "excl", "c": "check"}
LONGEST = 63


def _leading(columns: list[str]) -> set[str]:
    """Names that columns may give: all of them, or the leading ones."""
    return {"_".join(columns[:count]) for count in range(1, len(columns) + 1)}


def _constraint_is_named_well(row: dict[str, Any]) -> bool:
    table, suffix = row["table"], SUFFIX[row["kind"]]
    if row["kind"] == "p":
        return bool(row["name"] == f"{table}_pkey")
    if row["kind"] in "xc":
        return re.fullmatch(rf"{table}_[a-z0-9_]+_{suffix}", row["name"]) is not None
    wanted = {f"{table}_{columns}_{suffix}" for columns in _leading(row["columns"])}
    return row["name"] in wanted or (any(len(name) > LONGEST for name in wanted) and row["name"].endswith(f"_{suffix}"))


def _index_is_named_well(row: dict[str, Any]) -> bool:
    table = row["table"]
    endings = {"idx", "key"} if row["unique"] else {"idx"}
    if "" in row["columns"] or row["partial"]:  # called after the fact that the expression or condition stands for
        return any(re.fullmatch(rf"{table}_[a-z0-9_]+_{ending}", row["name"]) for ending in endings)
    wanted = {f"{table}_{columns}_{ending}" for columns in _leading(row["columns"]) for ending in endings}
    return row["name"] in wanted or any(len(name) > LONGEST for name in wanted)


def test_constraints_are_named_by_convention(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['schema']}.{row['table']} ({', '.join(row['columns'])}): {row['name']}"
            for row in rows(installed, CONSTRAINTS)
            if not _constraint_is_named_well(row) and row["name"] not in FIXED_NAMES
        ],
        "<table>_pkey, <table>_<cols>_key, <table>_<cols>_fkey, <table>_<fact>_excl, <table>_<fact>_check",
    )


def test_indexes_are_named_by_convention(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['schema']}.{row['table']} ({', '.join(row['columns'])}): {row['name']}"
            for row in rows(installed, INDEXES)
            if not _index_is_named_well(row) and row["name"] not in FIXED_NAMES
        ],
        "<table>_<cols>_idx; exceptions are in tests/catalog/names.py",
    )


def test_exceptions_exist(installed: psycopg.Connection) -> None:
    live = {row["name"] for query in (CONSTRAINTS, INDEXES) for row in rows(installed, query)}
    none_of(FIXED_NAMES - live, "the list of fixed names is out of date")


def test_foreign_keys_are_indexed(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['schema']}.{row['name']} ({', '.join(row['columns'])})"
            for row in rows(installed, CONSTRAINTS)
            if not row["indexed"]
        ],
        "a delete of the parent would read the whole table: no index leads with the columns of the foreign key",
    )


def test_foreign_keys_state_on_delete() -> None:
    none_of(
        [
            f"{source}: {' '.join(found.group(0).split())}"
            for source in migrations()
            for found in re.finditer(r"\breferences\s+[\w.]+\s*\([^)]*\)[^,;]*", without_strings(source.text))
            if not re.search(r"\bon\s+delete\b", found.group(0))
        ],
        "a foreign key says what happens on delete",
    )


def test_foreign_keys_stay_in_their_unit() -> None:
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in migrations()
            for found in re.finditer(r"\breferences\s+\w+\.\w+", without_strings(source.text))
        ],
        "a unit is self-contained in one schema",
    )
