"""Databases as applications leave them, to be taken over by an owner who is no superuser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.adopt import Adoption, AdoptionPlan, AdoptionResult, NotAdoptable, adopt, plan_adoption

from support.server import Server

DATABASES = Path(__file__).parents[1] / "runner" / "adopt" / "databases"
OWNER = "sbt_shopkeeper"
UNITS = {"marketplace": "workshop", "lessons": "tutoring", "planner": "training"}


class Application:
    """The database of an application, and the application itself: it connects as the owner, and names no schema."""

    def __init__(self, server: Server, name: str, kind: str) -> None:
        self.server = server
        self.name = name
        self.kind = kind
        self.dsn = make_conninfo(server.dsn(name), user=OWNER)

    @contextmanager
    def connection(self, **how: Any) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.dsn, autocommit=True, **how) as connection:
            yield connection

    def run(self, statements: str) -> None:
        with self.connection() as connection:
            connection.execute(statements.encode())

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def one(self, query: str, *values: object) -> Any:
        ((value,),) = self.rows(query, *values)
        return value

    def answers(self, statements: list[str] | None = None) -> list[Any]:
        """What each of the application's statements gives: rows and count, or the SQLSTATE."""
        found: list[Any] = []
        with self.connection() as connection:
            for statement in statements or self.statements():
                try:
                    cursor = connection.execute(statement.encode())
                    found.append((statement, cursor.rowcount, cursor.fetchall() if cursor.description else None))
                except psycopg.Error as error:
                    found.append((statement, error.sqlstate))
        return found

    def statements(self) -> list[str]:
        lines = (DATABASES / f"{self.kind}.app.sql").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.strip() and not line.startswith("--")]

    def asked(self, **how: Any) -> Adoption:
        # Roles of the cluster belong to the whole test run.
        return Adoption(UNITS[self.kind], **{"source": "public", "roles": False, **how})

    def plan(self, **how: Any) -> AdoptionPlan:
        return plan_adoption(self.dsn, self.asked(**how))

    def adopt(self, **how: Any) -> AdoptionResult:
        try:
            return adopt(self.dsn, self.asked(**how))
        except NotAdoptable as error:
            error.add_note(error.detail or "")
            raise


def make_roles(server: Server) -> None:
    """The roles that the applications expect; other workers of the run may be making them too."""
    # The server's own password, if it has one: the owner connects by the same string.
    password = sql.Literal(conninfo_to_dict(server.dsn("postgres")).get("password"))
    owner = sql.SQL("create role {} login password {}").format(sql.Identifier(OWNER), password)
    for statement in (owner, sql.SQL("create role reporting")):
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            server.admin.execute(statement)


def need_icu(server: Server) -> None:
    """Skips on a server that was built without ICU."""
    if server.admin.execute("select from pg_collation as c where c.collname = 'tr-x-icu'").fetchone() is None:
        pytest.skip("the server was built without ICU")


@contextmanager
def application(
    server: Server, kind: str, *, template: str | None = None, script: str | None = None
) -> Iterator[Application]:
    """A database with the tables of an application in it, or a copy of another one."""
    make_roles(server)
    name = server.create_database(template)
    server.admin.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
    # As on a server of version 14, or as an administrator would grant it: the owner's own schema.
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        connection.execute(f"alter schema public owner to {OWNER}".encode())
    made = Application(server, name, kind)
    try:
        if template is None:
            made.run((DATABASES / f"{kind}.sql").read_text(encoding="utf-8") if script is None else script)
        yield made
    finally:
        server.drop_database(name)
