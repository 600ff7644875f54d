"""What `sessionbook watch` has to show."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ..database import Connection, plain_connection, read_transaction
from ..errors import translated

Row = dict[str, Any]

# More are never read, however tall the terminal is.
MOST_ROWS = 50


@dataclass(frozen=True)
class CopyView:
    """What there is to see of one installation of unit tutoring, or the problem why there is nothing."""

    schema: str
    next_steps: list[Row] = field(default_factory=list)
    reminders: list[Row] = field(default_factory=list)
    problem: str | None = None


@dataclass(frozen=True)
class Frame:
    """What one look showed, by lifecycle.now(): the row of lifecycle.health, or the problem why there is none."""

    now: datetime.datetime
    health: Row | None
    problem: str | None
    copies: list[CopyView]

    def to_json(self) -> dict[str, Any]:
        """The frame as a JSON-ready mapping; instants are ISO 8601 with the reader's offset."""
        found: dict[str, Any] = _iso(asdict(self))
        return found


def look(conninfo: str) -> Frame:
    """Looks once.

    Raises:
        ConnectError: no connection.
        SqlError: unit lifecycle is not applied, or not for this role.
    """
    with plain_connection(conninfo) as connection:
        return look_again(connection)


def look_again(connection: Connection) -> Frame:
    """Looks once more, on a connection that is there."""
    with translated(), read_transaction(connection), connection.cursor(row_factory=dict_row) as cursor:
        (found,) = cursor.execute("select lifecycle.now()").fetchall()
        now = found["now"]
        health, problem = _try(cursor, b"select * from lifecycle.health")
        schemas = cursor.execute(
            "select o.schema_name from lifecycle.overview as o where o.unit = 'tutoring' order by o.schema_name"
        ).fetchall()
        copies = [_look_at_copy(cursor, row["schema_name"], now) for row in schemas]
        return Frame(now, health[0] if health else None, None if health else problem, copies)


def _look_at_copy(cursor: psycopg.Cursor[Row], schema: str, now: datetime.datetime) -> CopyView:
    name = sql.Identifier(schema)
    values = {"now": now, "limit": MOST_ROWS}
    steps, problem = _try(cursor, _sql("watch_steps").format(schema=name), values)
    reminders: list[Row] | None = None
    if problem is None:
        reminders, problem = _try(cursor, _sql("watch_reminders").format(schema=name), values)
    return CopyView(schema, steps or [], reminders or [], problem)


def _sql(name: str) -> sql.SQL:
    return sql.SQL(files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))


def _try(
    cursor: psycopg.Cursor[Row], query: sql.Composed | bytes, values: Mapping[str, Any] | None = None
) -> tuple[list[Row] | None, str | None]:
    """Rows, or in words why there are none: what one part may not or cannot read does not hide the others."""
    try:
        with cursor.connection.transaction():
            return cursor.execute(query, values).fetchall(), None
    except psycopg.errors.InsufficientPrivilege as error:
        return None, f"{error.diag.message_primary}; role sessionbook_reader has what is needed"
    except psycopg.errors.UndefinedTable as error:
        return None, f"{error.diag.message_primary}: it is not installed here. Run: sessionbook apply"
    except psycopg.ProgrammingError as error:
        return None, f"{error.sqlstate} {error.diag.message_primary}. Run: sessionbook status"


def _iso(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.astimezone().isoformat()
    if isinstance(value, Mapping):
        return {key: _iso(one) for key, one in value.items()}
    return [_iso(one) for one in value] if isinstance(value, list) else value
