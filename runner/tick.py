"""The clock from outside, for databases without pg_cron."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from .connection import Connection, connect
from .errors import ConnectError, SessionbookError, SqlError
from .translation import translated

_MISSING = {"3F000", "42883", "42P01"}
_PASSING = {"40001", "40P01", "55P03", "57014"}


def tick_once(conninfo: str) -> dict[str, Any]:
    """Runs the clock once.

    Args:
        conninfo: libpq connection string.

    Returns:
        The newest row of lifecycle.ticks, by column.

    Raises:
        SqlError: PostgreSQL refused, or the package is not applied.
        ConnectError: no connection.
    """
    with connect(conninfo) as connection:
        return _tick(connection)


def tick_forever(conninfo: str, every: float, warn: Callable[[SessionbookError], None]) -> Iterator[dict[str, Any]]:
    """Runs the clock again and again, over lost connections.

    Args:
        conninfo: libpq connection string.
        every: seconds from one start to the next.
        warn: called with each failure that the next run may not have.

    Returns:
        The newest row of lifecycle.ticks after each run, without end.

    Raises:
        SqlError: a failure that would come again, such as a package that is not applied.
        ConnectError: no connection at the very first run.
    """
    yield tick_once(conninfo)
    due = time.monotonic() + every
    while True:
        try:
            with connect(conninfo) as connection:
                while True:
                    time.sleep(max(0.0, due - time.monotonic()))
                    due = time.monotonic() + every
                    yield _tick(connection)
        except ConnectError as error:
            warn(error)
        except SqlError as error:
            lost = error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
            if not lost and error.sqlstate not in _PASSING:
                raise
            warn(error)
        time.sleep(min(every, 1.0))


def _tick(connection: Connection) -> dict[str, Any]:
    try:
        with translated():
            connection.execute("call lifecycle.run_tick()")
            with connection.cursor(row_factory=dict_row) as cursor:
                row = cursor.execute("select * from lifecycle.ticks order by id desc limit 1").fetchone()
    except SqlError as error:
        if error.sqlstate in _MISSING and isinstance(error.__cause__, psycopg.Error):
            raise SqlError(
                "unit lifecycle is not applied to this database, or without its clock",
                sqlstate=error.sqlstate,
                detail=error.message,
                hint="Run: sessionbook apply",
            ) from error
        raise
    return row or {}
