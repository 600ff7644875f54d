"""Sends whole files to the server, and says where they failed."""

import random
import re
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

import psycopg
from psycopg.generators import execute
from psycopg.pq import ExecStatus

from .connection import Connection, in_transaction
from .errors import PackageError, SqlError
from .keywords import KEYWORDS
from .sqlscan import refuse_unsendable, statements
from .translation import translate, translated

T = TypeVar("T")

_RETRYABLE = {"55P03", "40P01", "40001"}
_BUSY = "55P03"
_ATTEMPTS = 4
_PATIENCE = 30.0


def quote(name: str) -> str:
    """An identifier for SQL text, quoted only where it must be: as quote_ident() does it."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string for SQL text, whatever standard_conforming_strings says."""
    quoted = "'" + text.replace("'", "''") + "'"
    return f" E{quoted}".replace("\\", "\\\\") if "\\" in text else quoted


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
    with translated(file):
        _send(connection, file, text)
        row = connection.execute("select current_setting('sessionbook.tx', true)").fetchone()
    if row is None or row[0] != "1":
        raise PackageError(f"{file} ended the transaction it was run in; part of it may have stayed")


def _send(connection: Connection, file: str, text: str) -> None:
    """Sends all of a file in one message, and finds the statement that failed by how many results came before it."""
    pgconn = connection.pgconn
    pgconn.send_query(text.encode())
    last = connection.wait(execute(pgconn))
    if not last or last[-1].status != ExecStatus.FATAL_ERROR:
        return
    starts = [statement.line for statement in statements(text)]
    line = starts[len(last) - 1] if len(last) <= len(starts) else None
    error = psycopg.errors.error_from_result(last[-1], encoding="utf-8")
    raise translate(error, file, text, line) from error


def run_alone(connection: Connection, file: str, text: str, schema: str) -> None:
    """Executes a file of one statement outside a transaction. Waits for locks, and runs, as long as it takes.

    Args:
        connection: outside a transaction.
        file: path for messages.
        text: its SQL.
        schema: what unqualified names mean.

    Raises:
        SqlError: PostgreSQL refused it, or it is more than one statement.
    """
    kept = connection.execute(
        "select current_setting('search_path'), current_setting('lock_timeout'), current_setting('statement_timeout')"
    ).fetchone()
    # A time-out that the role has for applications would leave an invalid index.
    _set_session(connection, f"{quote(schema)}, pg_temp", "0", "0")
    try:
        with translated(file):
            pgconn = connection.pgconn
            # The extended protocol takes a single statement: two would be a transaction of their own.
            pgconn.send_query_params(text.encode(), [])
            last = connection.wait(execute(pgconn))
            if last and last[-1].status == ExecStatus.FATAL_ERROR:
                error = psycopg.errors.error_from_result(last[-1], encoding="utf-8")
                raise translate(error, file, text, next((s.line for s in statements(text)), None)) from error
    finally:
        if kept is not None and not connection.broken and not connection.closed:
            _set_session(connection, *kept)


def _set_session(connection: Connection, search_path: str, lock_timeout: str, statement_timeout: str) -> None:
    connection.execute(
        "select set_config('search_path', %s, false), set_config('lock_timeout', %s, false),"
        " set_config('statement_timeout', %s, false)",
        [search_path, lock_timeout, statement_timeout],
    )


def retried(connection: Connection, work: Callable[[], T]) -> T:
    """Does a piece of work that is one transaction, again when it lost a race for locks.

    Each try waits briefly, because everybody queues behind it, so there are many: until half a minute has passed, and
    four at least. From a third of it on they wait for longer where an autovacuum may be in the way.

    Args:
        connection: inside a transaction there is one attempt: whoever opened it begins anew.
        work: opens and ends its own transaction.

    Returns:
        What it returns.

    Raises:
        SqlError: the last attempt's.
    """
    if in_transaction(connection):
        return work()
    begun = time.monotonic()
    brief: str | None = None
    try:
        for attempt in count(1):
            try:
                return work()
            except SqlError as error:
                passed = time.monotonic() - begun
                if error.sqlstate not in _RETRYABLE or (attempt >= _ATTEMPTS and passed >= _PATIENCE):
                    raise
                if brief is None and error.sqlstate == _BUSY and passed >= _PATIENCE / 3:
                    brief = _outwait_autovacuum(connection)
            time.sleep(min(0.3 * 2**attempt, 2.0) * random.uniform(0.75, 1.25))  # noqa: S311
    finally:
        if brief is not None and not connection.broken and not connection.closed:
            connection.execute("select set_config('lock_timeout', %s, false)", [brief])
    raise AssertionError("unreachable")


def _outwait_autovacuum(connection: Connection) -> str | None:
    """Has statements wait until PostgreSQL cancels an autovacuum for them, where one is at work on somebody's table.

    It does so for whoever has waited for deadlock_timeout, which is longer than a deployer waits otherwise.

    Args:
        connection: outside a transaction.

    Returns:
        What lock_timeout was; None: there is none at work, or it is long enough.
    """
    row = connection.execute(_OUTWAIT_SQL).fetchone()
    return None if row is None else str(row[0])


# Everybody may see that a process is nobody's, and the locks that it has.
_OUTWAIT_SQL = """
select n.brief, set_config('lock_timeout', concat(n.needed, 'ms'), false)
from (
    select
        current_setting('lock_timeout') as brief,
        1000 * extract(epoch from current_setting('lock_timeout')::interval) as waits,
        round(1000 * extract(epoch from current_setting('deadlock_timeout')::interval))::integer + 200 as needed
) as n
where n.waits < n.needed
    and exists (
        select
        from pg_locks as l
        inner join pg_stat_activity as a on a.pid = l.pid
        inner join pg_class as c on c.oid = l.relation
        inner join pg_namespace as s on s.oid = c.relnamespace
        where a.usesysid is null and l.granted and l.mode = 'ShareUpdateExclusiveLock' and c.relkind in ('r', 'm')
            and l.database = (select d.oid from pg_database as d where d.datname = current_database())
            and s.nspname not in ('pg_catalog', 'information_schema')
    )
"""
