"""Tells the clock which copies there are to move."""

from .connection import Connection
from .copies import SHARED, Copy
from .execution import quote


def register(connection: Connection, copy: Copy) -> None:
    """Lets the tick move a copy that has something to move; a clock that an operator paused stays paused.

    Args:
        connection: in a transaction, the copy's repeatables applied.
        copy: the copy.
    """
    if copy.unit == SHARED:
        return
    due = f"{quote(copy.schema)}.apply_step(text, text[], timestamptz)"
    row = connection.execute(
        "select to_regprocedure(%s) is not null"
        " and to_regprocedure('lifecycle.register_clock(text, text)') is not null",
        [due],
    ).fetchone()
    if row and row[0]:
        connection.execute("select lifecycle.register_clock(%s, %s)", [copy.schema, copy.unit])


def forget(connection: Connection, copy: Copy, *, for_good: bool) -> None:
    """Keeps the tick away from a copy whose functions are about to go.

    Args:
        connection: in a transaction.
        copy: the copy.
        for_good: False: they may come back, so a clock that an operator paused stays in the list, paused.
    """
    row = connection.execute("select to_regclass('lifecycle.clocks') is not null").fetchone()
    if row and row[0]:
        connection.execute(
            "delete from lifecycle.clocks where schema_name = %s and (enabled or %s)", [copy.schema, for_good]
        )
