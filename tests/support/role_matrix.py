"""Every object of the package by every role, as the catalog has it: compared with a table that is committed."""

from __future__ import annotations

import secrets
from pathlib import Path

import psycopg
from psycopg import sql

FOLDER = Path(__file__).parent
COMMITTED = FOLDER.parent / "permissions" / "matrix.txt"
HEAD = """\
# What each role may do with each object: r select, r* select of some columns, w insert, u update, d delete,
# x anything else, U usage, C create, E execute, - nothing. Made by `make role-matrix`.
"""


def draw(conn: psycopg.Connection, schemas: list[str]) -> str:
    """The table of these schemas; the last role is one that may only connect."""
    nobody = f"sbt_nobody_{secrets.token_hex(4)}"
    conn.execute(sql.SQL("create role {}").format(sql.Identifier(nobody)))
    try:
        conn.execute("set search_path = pg_catalog")
        rows = conn.execute((FOLDER / "role_matrix.sql").read_text(), {"nobody": nobody, "schemas": schemas}).fetchall()
    finally:
        conn.execute("reset search_path")
        conn.execute(sql.SQL("drop role {}").format(sql.Identifier(nobody)))
    lines = [("kind", "object", ["app", "writer", "reader", "courier", "clock", "monitor", "common", "nobody"]), *rows]
    width = max(len(row[1]) for row in lines)

    def line(kind: str, name: str, cells: list[str]) -> str:
        return f"{kind:8} {name:{width}} {' '.join(f'{may or chr(45):8}' for may in cells).rstrip()}\n"

    return HEAD + "".join(line(*row) for row in lines)


def main() -> None:
    """Writes the table anew."""
    from sessionbook.deploy import apply

    from support.choice import chosen_server

    with chosen_server() as (server, _):
        database = server.create_database()
        apply(server.dsn(database))
        with psycopg.connect(server.dsn(database), autocommit=True) as conn:
            COMMITTED.write_text(draw(conn, ["lifecycle", "workshop", "tutoring", "training"]))


if __name__ == "__main__":
    main()
