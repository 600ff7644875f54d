"""What `sessionbook watch` has to show."""

import datetime
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg.rows import dict_row

from ..database import Connection, plain_connection, read_transaction
from ..errors import SqlError, translated

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


def _local_zone() -> str | None:
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        _, _, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None


def look_again(connection: Connection) -> Frame:
    """Looks once more, on a connection that is there."""
    with translated(), read_transaction(connection), connection.cursor(row_factory=dict_row) as cursor:
        if zone := _local_zone():
            with suppress(psycopg.DataError), connection.transaction():
                connection.execute("select set_config('TimeZone', %s, true)", [zone])
        now = _now(cursor)
        has_health = _one(
            cursor,
            "select exists (select from pg_class as c join pg_namespace as n on c.relnamespace = n.oid"
            " where n.nspname = 'lifecycle' and c.relname = 'health')",
        )
        health: list[Row] | None = None
        problem: str | None = "lifecycle.health is not installed here. Run: sessionbook apply"
        if has_health:
            health, problem = _try(cursor, b"select * from lifecycle.health")
        schemas = cursor.execute(
            "select c.schema_name from lifecycle.clocks as c where c.unit = 'tutoring' order by c.schema_name"
        ).fetchall()
        copies = [_look_at_copy(cursor, row["schema_name"], now) for row in schemas]
        return Frame(now, health[0] if health else None, None if health else problem, copies)


def _look_at_copy(cursor: psycopg.Cursor[Row], schema: str, now: datetime.datetime) -> CopyView:
    cursor.execute("select set_config('search_path', quote_ident(%s) || ', pg_catalog, pg_temp', true)", [schema])
    values = {"now": now, "limit": MOST_ROWS}
    steps, problem = _try(cursor, _sql("watch_steps"), values)
    reminders: list[Row] | None = None
    if problem is None:
        reminders, problem = _try(cursor, _sql("watch_reminders"), values)
    return CopyView(schema, steps or [], reminders or [], problem)


def _sql(name: str) -> bytes:
    return files(__package__).joinpath(f"{name}.sql").read_bytes()


def _now(cursor: psycopg.Cursor[Row]) -> datetime.datetime:
    try:
        now: datetime.datetime = _one(cursor, "select lifecycle.now()")
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction) as error:
        raise SqlError(
            "unit lifecycle is not applied to this database",
            sqlstate=error.sqlstate,
            hint="Run: sessionbook apply",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SqlError(
            f"role {cursor.connection.info.user} may not read this: {error.diag.message_primary}",
            sqlstate=error.sqlstate,
            hint="Somebody who may has to run: grant sessionbook_reader to this role",
        ) from error
    return now


def _try(
    cursor: psycopg.Cursor[Row], query: bytes, values: Mapping[str, Any] | None = None
) -> tuple[list[Row] | None, str | None]:
    """Rows, or in words why there are none: what one part may not or cannot read does not hide the others."""
    try:
        with cursor.connection.transaction():
            return cursor.execute(query, values).fetchall(), None
    except psycopg.errors.InsufficientPrivilege as error:
        return None, f"{error.diag.message_primary}; role sessionbook_reader has what is needed"
    except psycopg.ProgrammingError as error:
        return None, f"{error.sqlstate} {error.diag.message_primary}. Run: sessionbook status"


def _one(cursor: psycopg.Cursor[Row], query: str) -> Any:
    row = cursor.execute(query.encode()).fetchone()
    return None if row is None else next(iter(row.values()))


def _iso(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.astimezone().isoformat()
    if isinstance(value, Mapping):
        return {key: _iso(one) for key, one in value.items()}
    return [_iso(one) for one in value] if isinstance(value, list) else value
