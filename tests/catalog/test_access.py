"""Views read as their caller, and nothing is granted to everybody."""

from __future__ import annotations

import re

import psycopg

from support.catalog import PUBLIC_GRANTS, RELATIONS, none_of, rows
from support.sources import sources, without_strings


def test_views_read_as_their_caller(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['schema']}.{row['name']}"
            for row in rows(installed, RELATIONS)
            if row["kind"] == "v" and not row["invoker"]
        ],
        "views are with (security_invoker = true)",
    )


def test_views_name_their_columns() -> None:
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in sources("views")
            for found in re.finditer(
                r"\bselect\s+(?:distinct\s+)?\*|\w+\.\*(?=\s*(?:,|\n|from\b))|,\s*\*", without_strings(source.text)
            )
        ],
        "a view names its columns: a star is expanded once and then stays",
    )


def test_nothing_is_granted_to_public(installed: psycopg.Connection) -> None:
    none_of([row["what"] for row in rows(installed, PUBLIC_GRANTS)], "revoke ... from public is missing")


def test_nothing_is_changed_for_functions_to_come(installed: psycopg.Connection) -> None:
    none_of(
        installed.execute("select d.defaclobjtype from pg_catalog.pg_default_acl as d").fetchall(),
        "default privileges reach what the deploying role makes for other applications",
    )


def test_schema_that_holds_other_things_stays_open(empty_database: str) -> None:
    from sessionbook.deploy import apply

    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(
            """
            create schema shop;
            grant usage on schema shop to public;
            create function shop.price() returns integer language sql as 'select 1';
            """
        )
        apply(empty_database, units=["workshop"], schemas={"workshop": "shop"})
        conn.execute("create function shop.discount() returns integer language sql as 'select 2'")
        granted = [row["what"] for row in rows(conn, PUBLIC_GRANTS, ["shop", "lifecycle", "sessionbook"])]
    assert granted == ["EXECUTE on shop.discount()", "EXECUTE on shop.price()", "USAGE on schema shop"]
