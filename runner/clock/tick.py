"""The clock from outside, for databases without pg_cron."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from ..database import Connection, one, plain_connection, rows
from ..errors import ConnectError, SessionbookError, SqlError, is_lost, translated

_PASSING = {"40001", "40P01", "55P03", "57014"}

Warn = Callable[[SessionbookError], None]


def tick_once(conninfo: str, warn: Warn) -> dict[str, Any]:
    """Runs the clock once, and housekeeping if that is due; returns the newest row of lifecycle.ticks, by column.

    warn: called if housekeeping fails: the clock has moved what is due all the same.

    Raises SqlError: PostgreSQL refused, or the package is not applied.
    """
    with plain_connection(conninfo) as connection:
        row = _tick(connection)
        _keep_house(connection, warn)
        return row


def tick_forever(conninfo: str, every: float, warn: Warn, tidy: float = 3600.0) -> Iterator[dict[str, Any]]:
    """Runs the clock again and again, over lost connections; yields as tick_once() returns.

    every, tidy: seconds from one start to the next, and from one look for housekeeping to the next.
    warn: called with each failure that the next run may not have.

    Raises SqlError: a failure that would come again, such as a package that is not applied.
    Raises ConnectError: no connection at the very first run.
    """
    due = time.monotonic() + every
    yield tick_once(conninfo, warn)
    next_tidy = time.monotonic() + tidy
    while True:
        try:
            with plain_connection(conninfo) as connection:
                while True:
                    time.sleep(max(0.0, due - time.monotonic()))
                    due = time.monotonic() + every
                    yield _tick(connection)
                    if time.monotonic() >= next_tidy:
                        next_tidy = time.monotonic() + tidy
                        _keep_house(connection, warn)
        except (ConnectError, SqlError) as error:
            if not is_lost(error) and getattr(error, "sqlstate", None) not in _PASSING:
                raise
            warn(error)
        time.sleep(min(every, 1.0))


def _tick(connection: Connection) -> dict[str, Any]:
    with translated():
        connection.execute("call lifecycle.run_tick()")
        # Whatever the role's own style is, and without leaving a setting behind.
        with connection.transaction():
            connection.execute("set local datestyle = 'ISO'")
            return next(iter(rows(connection, "select * from lifecycle.ticks order by id desc limit 1")), {})


def _keep_house(connection: Connection, warn: Warn) -> None:
    """Deletes what is past its retention if nobody does: then ticks are there that should be gone for a day.

    A role that may run the clock and nothing else leaves it alone.
    """
    may = "select has_function_privilege(to_regprocedure('lifecycle.housekeeping()'), 'execute')"
    due = (
        "select min(o.started_at) < now() - lifecycle.setting_interval('keep_ticks') - interval '1 day'"
        " from lifecycle.ticks as o where o.id = (select min(f.id) from lifecycle.ticks as f)"
    )
    try:
        with translated():
            if one(connection, may) and one(connection, due):
                connection.execute("call lifecycle.housekeeping()")
    except SqlError as error:
        warn(error)
