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


def test_new_functions_are_not_public(installed: psycopg.Connection) -> None:
    row = installed.execute(
        """
        select exists (
            select from pg_catalog.pg_default_acl as d
            where d.defaclobjtype = 'f' and d.defaclnamespace = 0
                and not exists (select from pg_catalog.aclexplode(d.defaclacl) as x where x.grantee = 0)
        )
        """
    ).fetchone()
    assert row == (True,)
