"""A database to be thrown away, with the package applied: what the live one ought to look like."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from .connection import Connection, connect
from .embedded import embedded_server
from .errors import UsageError
from .execution import literal, quote

PREFIX = "sessionbook_verify_"


@contextmanager
def disposable_database(conninfo: str) -> Iterator[tuple[str, bool]]:
    """Makes an empty database and drops it in the end.

    Args:
        conninfo: of a database on the server to prefer.

    Returns:
        Its connection string, and whether it is on that server. Where the role may not create one, or the server is a
        standby, it is on an embedded server.

    Raises:
        UsageError: neither can be had.
    """
    with ExitStack() as stack:
        yield stack.enter_context(_beside(conninfo) if _may_create(conninfo) else _embedded())


def _may_create(conninfo: str) -> bool:
    with connect(conninfo, read_only=True) as connection:
        row = connection.execute(
            "select (r.rolcreatedb or r.rolsuper) and not pg_is_in_recovery() from pg_roles as r"
            " where r.rolname = current_user"
        ).fetchone()
    return row is not None and bool(row[0])


@contextmanager
def _beside(conninfo: str) -> Iterator[tuple[str, bool]]:
    name = f"{PREFIX}{secrets.token_hex(6)}"
    # Whoever reads only, for safety's sake, still wants a database to compare with.
    options = str(conninfo_to_dict(conninfo).get("options") or "")
    writing = make_conninfo(conninfo, options=f"{options} -c default_transaction_read_only=off".strip())
    with connect(writing) as connection:
        connection.execute(f"create database {quote(name)} template template0{_encoding(connection)}".encode())
        try:
            yield make_conninfo(writing, dbname=name), True
        finally:
            connection.execute(f"drop database {quote(name)} with (force)".encode())


def _encoding(connection: Connection) -> str:
    """The live database's, where it is not the one that the cluster was set up for."""
    row = connection.execute(
        "select pg_encoding_to_char(d.encoding), d.datcollate, d.datctype"
        " from pg_database as d inner join pg_database as t on t.datname = 'template0' and t.encoding <> d.encoding"
        " where d.datname = current_database()"
    ).fetchone()
    if row is None:
        return ""
    encoding, collate, ctype = map(literal, row)
    return f" encoding {encoding} locale_provider libc lc_collate {collate} lc_ctype {ctype}"


@contextmanager
def _embedded() -> Iterator[tuple[str, bool]]:
    with ExitStack() as stack:
        # /tmp, not $TMPDIR: the path of a socket may be 107 bytes long.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sessionbook-", dir="/tmp"))
        try:
            made = stack.enter_context(embedded_server(Path(folder), settings={"fsync": "off"}))
        except UsageError as error:
            raise UsageError(
                f"this role may not create a database to compare with, and {error.message}",
                hint="Grant it CREATEDB for the time being, or: pip install 'sessionbook[embedded]'",
            ) from None
        yield made, False
