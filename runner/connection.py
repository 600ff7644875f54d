"""The one connection a command works on."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from .errors import ConnectError, LockedError
from .redaction import redact
from .translation import translated

Connection = psycopg.Connection[TupleRow]

_POLL_SECONDS = 0.2

# What a database or a role may have otherwise: files mean what they say, the server words definitions in one way only,
# and the driver reads no other dates.
_PLAIN = {
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "intervalstyle": "postgres",
    "datestyle": "ISO",
}


def resolve(dsn: str | None) -> str:
    """Where to connect: the given string, else DATABASE_URL, else whatever libpq finds by itself.

    Args:
        dsn: URI or key=value string, or None.

    Returns:
        A connection string for libpq, perhaps empty.
    """
    chosen = dsn if dsn is not None else os.environ.get("DATABASE_URL", "")
    # Application frameworks write their driver into the scheme; libpq knows none.
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", chosen)


@contextmanager
def connect(conninfo: str, *, lock_timeout: float = 5.0, read_only: bool = False) -> Iterator[Connection]:
    """Opens a connection prepared for deploying and closes it at the end.

    Args:
        conninfo: libpq connection string.
        lock_timeout: seconds a statement waits for a lock.
        read_only: refuse every write.

    Returns:
        A connection in autocommit mode whose search_path holds nothing but pg_catalog.

    Raises:
        ConnectError: no connection, or a transaction pooler in between.
    """
    try:
        connection = psycopg.connect(
            conninfo,
            autocommit=True,
            application_name="sessionbook",
            client_encoding="utf8",
            prepare_threshold=None,
        )
    except psycopg.Error as error:
        raise ConnectError(redact(f"cannot connect: {error}".strip(), conninfo)) from None
    with translated(), connection:
        settings = {
            # None at all would be without end.
            "lock_timeout": f"{max(round(lock_timeout * 1000), 1)}ms",
            "search_path": "pg_catalog, pg_temp",
            # Looking at the catalog is costly enough to be compiled each time, which takes longer than the look.
            "jit": "off",
            **_PLAIN,
        }
        if read_only:
            settings["default_transaction_read_only"] = "on"
        first = _set(connection, **settings)
        try:
            # The server then notices within a second that a killed deployer is gone, and frees its lock.
            second = _set(connection, client_connection_check_interval="1s")
        except psycopg.Error:
            second = _set(connection)
        if first != second:
            raise ConnectError(
                "the connection goes through a transaction pooler, where locks and settings do not hold",
                hint="Connect to the server itself or to a session pool.",
            )
        yield connection


def _set(connection: Connection, **settings: str) -> int:
    """Sets session settings; returns the process id of the backend that did."""
    columns = "".join(", set_config(%s, %s, false)" for _ in settings)
    values = [part for setting in settings.items() for part in setting]
    row = connection.execute(f"select pg_backend_pid(){columns}".encode(), values).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def bare_path(connection: Connection) -> None:
    """Takes every schema but pg_catalog off the search_path, until the transaction ends."""
    connection.execute("set local search_path = pg_catalog, pg_temp")


def in_transaction(connection: Connection) -> bool:
    """Whether a transaction is open."""
    return connection.info.transaction_status != TransactionStatus.IDLE


def collect_warnings(connection: Connection) -> list[str]:
    """A list that every warning of the server is added to from now on; notices are left out."""
    warnings: list[str] = []

    def listen(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING" and diagnostic.message_primary:
            warnings.append(diagnostic.message_primary)

    connection.add_notice_handler(listen)
    return warnings


@contextmanager
def deploy_lock(connection: Connection, wait: float, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
    """Holds the lock that one deployer a database has.

    Polls: a session that waits inside a statement has a snapshot open, and `create index concurrently` waits for that.

    Args:
        connection: in autocommit mode, outside a transaction.
        wait: seconds to go on trying.
        waiting: called once with who holds it, when it is not free at once.

    Raises:
        LockedError: still held by somebody else, who is named.
    """
    deadline = time.monotonic() + wait
    while not _one(connection, "select pg_try_advisory_lock(hashtextextended('sessionbook', 0))"):
        if time.monotonic() >= deadline:
            raise LockedError(
                f"another deployer holds the lock: {_holder(connection)}",
                hint="Wait for it, or give more time with --lock-wait.",
            )
        if waiting is not None:
            waiting(_holder(connection))
            waiting = None
        time.sleep(min(_POLL_SECONDS, max(deadline - time.monotonic(), 0.01)))
    try:
        yield
    finally:
        # A connection that broke has lost its lock already, and its error is the one to show.
        if not connection.broken and not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtextextended('sessionbook', 0))")


def _holder(connection: Connection) -> str:
    row = connection.execute(
        """
        select a.pid, a.application_name, coalesce(host(a.client_addr), 'local')
        from pg_locks as l
        inner join pg_stat_activity as a on l.pid = a.pid
        inner join pg_database as d on l.database = d.oid
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and d.datname = current_database()
            and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('sessionbook', 0)
        """
    ).fetchone()
    return "already gone" if row is None else f"pid {row[0]}, application {row[1] or 'unnamed'}, client {row[2]}"


def _one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]
