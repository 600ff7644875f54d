"""Connections: one to write on, or one that reads and leaves nothing behind."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow, dict_row

from .errors import ConnectError, LockedError, translated

Connection = psycopg.Connection[TupleRow]


class Found(dict[str, Any]):
    """What was found, as --json shows it; its keys are attributes too."""

    def __getattr__(self, key: str) -> Any:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None


# Parts of a connection string that nothing keeps and no file holds; some are known to newer libpqs only.
SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"})
_POLL_SECONDS = 0.2
_POOLER_PROBES = 50
# What a database or a role may have otherwise: files mean what they say, the server words definitions in one way only,
# and the driver reads no other dates. Looking at the catalog is costly enough to be compiled, which takes longer.
_PLAIN = {
    "search_path": "pg_catalog, pg_temp",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "intervalstyle": "postgres",
    "datestyle": "ISO",
    "jit": "off",
}


def resolve(dsn: str | None) -> str:
    """Where to connect: the given string, else DATABASE_URL, else whatever libpq finds by itself."""
    chosen = dsn if dsn is not None else os.environ.get("DATABASE_URL", "")
    # Application frameworks write their driver into the scheme; libpq knows none.
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", chosen)


def place(conninfo: str) -> dict[str, Any]:
    """The parts of a connection string.

    Raises ConnectError: libpq cannot read it, or takes a part of the password for something else. Nothing of the string
        is in the message, because any of it may be the password.
    """
    try:
        found = conninfo_to_dict(conninfo)
    except psycopg.Error as error:
        # libpq quotes what it could not read.
        said = re.sub('".*"', '"..."', str(error).strip(), flags=re.DOTALL)
        hint = "In a URL write @ as %40, / as %2F, % as %25; elsewhere put single quotes around blanks."
        if near := _option_meant(str(error)):
            hint = f"Is it {near}?"
        raise ConnectError(f"the connection string cannot be read: {said}", hint=hint) from None
    if any("@" in str(found.get(part, "")) for part in ("host", "dbname")) or re.search(
        "[^0-9,]", str(found.get("port", ""))
    ):
        raise ConnectError(
            "the connection string cannot be read: its host or database holds an @, or its port is no number",
            hint="In a password write @ as %40, : as %3A and / as %2F.",
        )
    return found


def _option_meant(complaint: str) -> str | None:
    """The option of libpq that is most like one that it does not know."""
    from difflib import get_close_matches

    unknown = re.search('(?:option|parameter:?) "([^"]*)"', complaint)
    known = [option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()]
    return next(iter(get_close_matches(unknown[1] if unknown else "", known, n=1)), None)


def plain_connection(conninfo: str) -> Connection:
    """Connects in autocommit mode, and sets nothing."""
    place(conninfo)
    try:
        parts = {"application_name": "sessionbook", "client_encoding": "utf8"}
        return psycopg.connect(make_conninfo(conninfo, **parts), autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        hint = None if conninfo else "Name the server with --dsn or DATABASE_URL. Without a server: sessionbook demo"
        said, _, more = str(error).strip().removeprefix("connection failed: ").partition("\n")
        detail = "\n".join(map(str.strip, more.splitlines())) or None
        raise ConnectError(f"cannot connect: {said}", detail=detail, hint=hint) from None


@contextmanager
def connect(conninfo: str, *, lock_timeout: float = 5.0, read_only: bool = False) -> Iterator[Connection]:
    """Opens a connection and closes it at the end.

    lock_timeout: seconds a statement waits for a lock.
    read_only: all within is one transaction that reads; nothing that it sets outlives it, so that it may go through
        a pooler, and be on a standby.

    Returns a connection whose search_path holds nothing but pg_catalog; in autocommit mode unless it reads only.

    Raises ConnectError: no connection, or to write, a transaction pooler in between.
    """
    with plain_connection(conninfo) as connection, translated():
        if read_only:
            with read_transaction(connection):
                yield connection
            return
        _refuse_pooler(connection, conninfo)
        # None at all would be without end.
        set_all(connection, {**_PLAIN, "lock_timeout": f"{max(round(lock_timeout * 1000), 1)}ms"})
        with suppress(psycopg.errors.InvalidParameterValue):
            # The server then notices within a second that a killed deployer is gone, and frees its lock.
            set_all(connection, {"client_connection_check_interval": "1s"})
        yield connection


@contextmanager
def read_transaction(connection: Connection) -> Iterator[None]:
    """A transaction that reads, whose settings end with it."""
    connection.read_only = True
    with connection.transaction(force_rollback=True):
        # Wording a view or a constraint takes the weakest lock on its table.
        set_all(connection, {**_PLAIN, "lock_timeout": "5s"}, local=True)
        yield


def _refuse_pooler(connection: Connection, conninfo: str) -> None:
    """Refuses a pool whose sessions are not ours: locks would stay with somebody else's.

    Every pooler tells another process number than the server; in a pool of sessions it is at least always the same one.
    """
    pid = "select pg_backend_pid()"
    backend = one(connection, pid)
    if backend == connection.info.backend_pid:
        return
    with plain_connection(conninfo) as other:
        # Again and again: while an application is busy in the pool, chance may give each of us what we had.
        for _ in range(_POOLER_PROBES):
            with other.transaction():
                if one(other, pid) == backend or one(connection, pid) != backend:
                    raise ConnectError(
                        "the connection goes through a transaction pooler, where locks and settings do not hold",
                        hint="Connect to the server itself or to a session pool.",
                    )


def set_all(connection: Connection, settings: dict[str, str], *, local: bool = False) -> None:
    """Sets settings of the session, or of the transaction."""
    query = "select set_config(s.key, s.value, %s) from jsonb_each_text(%s) as s"
    connection.execute(query, [local, json.dumps(settings)])


def one(connection: Connection, query: str, values: Any = None) -> Any:
    """The first column of the first row, or None."""
    row = connection.execute(query.encode(), values).fetchone()
    return None if row is None else row[0]


def rows(connection: Connection, query: str, values: Any = None) -> list[Found]:
    """All rows, by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [Found(row) for row in cursor.execute(query.encode(), values)]


def refuse_encoding(connection: Connection) -> None:
    """Refuses a database that cannot hold or compare every name, before anything is written."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConnectError(
            f"the database's encoding is {encoding}; names of people need UTF8",
            hint="Make one with: create database NAME template template0 encoding 'UTF8'",
        )
    # By Turkish rules ILONA@EXAMPLE.ORG and ilona@example.org would be two people.
    if one(connection, "select lower('I') <> 'i' or upper('i') <> 'I'"):
        raise ConnectError(
            "the database's collation has other letters for I and i than ASCII",
            hint="Make one with: create database NAME template template0 locale 'C.UTF-8'",
        )


def conninfo_of(connection: Connection) -> str:
    """For a second connection like this one."""
    return make_conninfo(connection.info.dsn, password=connection.info.password or None)


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

    connection: in autocommit mode, outside a transaction.
    wait: seconds to go on trying.
    waiting: called once with who holds it, when it is not free at once.

    Raises LockedError: still held by somebody else, who is named.
    """
    deadline = time.monotonic() + wait
    while not one(connection, "select pg_try_advisory_lock(hashtextextended('sessionbook', 0))"):
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
    found = one(
        connection,
        """
        select format(
            'pid %s, application %s, client %s',
            a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'), coalesce(host(a.client_addr), 'local')
        )
        from pg_locks as l
        inner join pg_stat_activity as a on l.pid = a.pid
        inner join pg_database as d on l.database = d.oid
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and d.datname = current_database()
            and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('sessionbook', 0)
        """,
    )
    return str(found or "already gone")
