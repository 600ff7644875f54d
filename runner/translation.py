"""The driver's errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from .errors import SqlError


def translate(error: psycopg.Error, file: str | None = None, text: str = "", line: int | None = None) -> SqlError:
    """Makes an error of ours from one of the driver's.

    Args:
        error: what the driver raised.
        file: path for messages, or None outside a file.
        text: what was sent, to find PostgreSQL's position in.
        line: where the statement begins, for errors that have no position.

    Returns:
        The error to raise.
    """
    diag = error.diag
    if diag.statement_position and text:
        line = text.count("\n", 0, int(diag.statement_position) - 1) + 1
    return SqlError(
        diag.message_primary or str(error).strip() or "connection lost",
        sqlstate=error.sqlstate,
        file=file,
        line=line,
        detail="\n".join(filter(None, (diag.message_detail, diag.context))) or None,
        hint=diag.message_hint,
    )


@contextmanager
def translated(file: str | None = None) -> Iterator[None]:
    """Turns errors of the driver into ours.

    Args:
        file: path for messages, or None outside a file.

    Raises:
        SqlError: for every error of the driver.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, file) from error
