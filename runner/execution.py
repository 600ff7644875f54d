"""Sends whole files to the server, and says where they failed."""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from .connection import Connection
from .errors import PackageError, SqlError
from .sqlscan import refuse_unsendable

T = TypeVar("T")

_RETRYABLE = {"55P03", "40P01"}
_ATTEMPTS = 4


def quote(name: str) -> str:
    """An identifier for SQL text, quoted only where it must be."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def run_file(connection: Connection, file: str, text: str, schema: str) -> None:
    """Executes a whole file inside the transaction that is open.

    Args:
        connection: in a transaction.
        file: path for messages.
        text: its SQL, sent as it is in one message.
        schema: what unqualified names mean.

    Raises:
        SqlError: PostgreSQL refused it.
        PackageError: the file ended the transaction, or would.
    """
    refuse_unsendable(file, text)
    connection.execute(
        "select set_config('sessionbook.tx', '1', true), set_config('search_path', %s, true)",
        [f"{quote(schema)}, pg_temp"],
    )
    with translated(file, text):
        connection.execute(text.encode())
        row = connection.execute("select current_setting('sessionbook.tx', true)").fetchone()
    if row is None or row[0] != "1":
        raise PackageError(f"{file} ended the transaction it was run in; part of it may have stayed")


@contextmanager
def translated(file: str | None = None, text: str = "") -> Iterator[None]:
    """Turns errors of the driver into ours, with file and line.

    Args:
        file: path for messages, or None outside a file.
        text: what was sent, to find the line in.

    Raises:
        SqlError: for every error of the driver.
    """
    try:
        yield
    except psycopg.Error as error:
        diag = error.diag
        position = int(diag.statement_position) if diag.statement_position else None
        raise SqlError(
            diag.message_primary or str(error).strip() or "connection lost",
            sqlstate=error.sqlstate,
            file=file,
            line=None if position is None or not text else text.count("\n", 0, position - 1) + 1,
            detail="\n".join(filter(None, (diag.message_detail, diag.context))) or None,
            hint=diag.message_hint,
        ) from error


def retried(work: Callable[[], T]) -> T:
    """Does a piece of work that is one transaction, again when it lost a race for locks.

    Args:
        work: opens and ends its own transaction.

    Returns:
        What it returns.

    Raises:
        SqlError: the last attempt's.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            return work()
        except SqlError as error:
            if error.sqlstate not in _RETRYABLE:
                raise
            time.sleep(0.3 * 2**attempt * random.uniform(0.75, 1.25))  # noqa: S311
    return work()
