"""Somebody who is everywhere in an installation, and is looked for."""

from __future__ import annotations

import psycopg

NAME = "Zaynab Qasim"
EMAIL = "Zaynab@Example.org"
PHONE = "+965 5550 1234"
# By names, by address as any function may write it, by the digits of the number.
TRACES = ("zaynab", "qasim", "55501234")


def found_in(conn: psycopg.Connection, schema: str) -> set[str]:
    """Columns of the schema's tables in which anything of the person stands, as table.column."""
    columns = conn.execute(
        "select c.relname, a.attname from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
        " where c.relnamespace = %s::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped",
        [schema],
    ).fetchall()
    return {
        f"{table}.{column}"
        for table, column in columns
        if conn.execute(
            f'select from {schema}."{table}" as t cross join unnest(%s::text[]) as x (trace)'  # type: ignore[arg-type]
            f""" where strpos(translate(lower(t."{column}"::text), ' -', ''), x.trace) > 0""",
            [list(TRACES)],
        ).fetchall()
    }


def personal(conn: psycopg.Connection, schema: str) -> set[str]:
    """Columns that the installation calls personal, as table.column."""
    return {
        f"{table}.{column}"
        for table, column in conn.execute(f"select table_name, column_name from {schema}.personal_data")  # type: ignore[arg-type]
    }
