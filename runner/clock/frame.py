"""What `sessionbook watch` has to show."""

from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from ..database import Connection, Found, plain_connection, read_transaction, rows
from ..errors import translated

# More are never read, however tall the terminal is.
MOST_ROWS = 50


def look(conninfo: str) -> Found:
    """Looks once.

    Returns:
        now: by lifecycle.now().
        health: the row of lifecycle.health, or None.
        problem: why there is none.
        copies: for each installation of unit tutoring schema, next_steps, reminders, and the problem if it cannot be
            read.

    Raises:
        ConnectError: no connection.
        SqlError: unit lifecycle is not applied, or not for this role.
    """
    with plain_connection(conninfo) as connection:
        return look_again(connection)


def look_again(connection: Connection) -> Found:
    """Looks once more, on a connection that is there."""
    with translated(), read_transaction(connection):
        (found,) = rows(connection, "select lifecycle.now()")
        health, problem = _try(connection, "select * from lifecycle.health")
        schemas = connection.execute(
            "select c.schema_name from lifecycle.clocks as c where c.unit = 'tutoring' order by c.schema_name"
        ).fetchall()
        copies = [_look_at_copy(connection, schema, found.now) for (schema,) in schemas]
        row = health[0] if health else None
        return Found(now=found.now, health=row, problem=None if row else problem, copies=copies)


def _look_at_copy(connection: Connection, schema: str, now: Any) -> Found:
    values = {"now": now, "limit": MOST_ROWS}
    steps, problem = _try(connection, _sql(connection, "watch_steps", schema), values)
    reminders: list[Found] = []
    if problem is None:
        reminders, problem = _try(connection, _sql(connection, "watch_reminders", schema), values)
    return Found(schema=schema, next_steps=steps, reminders=reminders, problem=problem)


def _sql(connection: Connection, name: str, schema: str) -> str:
    text = sql.SQL(files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
    return text.format(schema=sql.Identifier(schema)).as_string(connection)


def _try(connection: Connection, query: str, values: Any = None) -> tuple[list[Found], str | None]:
    """Rows, or in words why there are none: what one part may not or cannot read does not hide the others."""
    try:
        with connection.transaction():
            return rows(connection, query, values), None
    except psycopg.errors.InsufficientPrivilege as error:
        return [], f"{error.diag.message_primary}; role sessionbook_reader has what is needed"
    except psycopg.errors.UndefinedTable as error:
        return [], f"{error.diag.message_primary}: it is not installed here. Run: sessionbook apply"
    except psycopg.ProgrammingError as error:
        return [], f"{error.sqlstate} {error.diag.message_primary}. Run: sessionbook status"
