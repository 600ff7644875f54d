"""What the fixture `connect` is, for annotations."""

from __future__ import annotations

from typing import Protocol

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict


class Connect(Protocol):
    """Opens another connection to the clone of this test."""

    def __call__(
        self, role: str | None = None, autocommit: bool = True, isolation: IsolationLevel | None = None
    ) -> psycopg.Connection: ...


def libpq_env(dsn: str, **instead: str) -> dict[str, str]:
    """The same as environment variables, for programs that take a DSN in another form or none."""
    said = {**conninfo_to_dict(dsn), **instead}
    names = {"dbname": "PGDATABASE", **{name: f"PG{name.upper()}" for name in ("host", "port", "user", "password")}}
    return {name: str(said[key]) for key, name in names.items() if key in said}
