"""A shadow database, to be thrown away: what the live one ought to look like."""

import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ..database import Connection, connect
from ..errors import UsageError
from ..local.embedded import embedded_server
from .chosen import Installation

PREFIX = "sessionbook_verify_"


@contextmanager
def disposable_database(conninfo: str, prefix: str = PREFIX) -> Iterator[tuple[str, bool]]:
    """Makes an empty database and drops it in the end.

    Args:
        conninfo: of a database on the server to prefer.
        prefix: what its name begins with.

    Returns:
        Its connection string, and whether it is on that server. Where the role may not create one, or the server is a
        standby, it is on an embedded server.

    Raises:
        UsageError: neither can be had.
    """
    with ExitStack() as stack:
        yield stack.enter_context(_beside(conninfo, prefix) if _may_create(conninfo) else _embedded())


def _may_create(conninfo: str) -> bool:
    with connect(conninfo, read_only=True) as connection:
        row = connection.execute(
            "select (r.rolcreatedb or r.rolsuper) and not pg_is_in_recovery() from pg_roles as r"
            " where r.rolname = current_user"
        ).fetchone()
    return row is not None and bool(row[0])


@contextmanager
def _beside(conninfo: str, prefix: str) -> Iterator[tuple[str, bool]]:
    name = f"{prefix}{secrets.token_hex(6)}"
    # A caller that only reads, for safety's sake, still wants a database to compare with.
    options = str(conninfo_to_dict(conninfo).get("options") or "")
    writing = make_conninfo(conninfo, options=f"{options} -c default_transaction_read_only=off".strip())
    with connect(writing) as connection:
        connection.execute(f"create database {name} template template0{_encoding(connection)}".encode())
        try:
            yield make_conninfo(writing, dbname=name), True
        finally:
            connection.execute(f"drop database {name} with (force)".encode())


def _encoding(connection: Connection) -> str:
    """The live database's, where it is not the one that the cluster was set up for."""
    row = connection.execute(
        "select pg_encoding_to_char(d.encoding), d.datcollate, d.datctype"
        " from pg_database as d inner join pg_database as t on t.datname = 'template0' and t.encoding <> d.encoding"
        " where d.datname = current_database()"
    ).fetchone()
    if row is None:
        return ""
    encoding, collate, ctype = (sql.Literal(value).as_string(connection) for value in row)
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


def whole(
    conninfo: str,
    installations: Sequence[Installation],
    *,
    roles: bool,
    sql_root: Path | None,
    prefix: str = PREFIX,
) -> tuple[dict[Installation, dict[str, Any]], bool]:
    """Installations as a fresh install makes them.

    Args:
        conninfo: of the live database.
        installations: those wanted.
        roles: False: without roles and grants to them.
        sql_root: folder of the SQL files.
        prefix: as for disposable_database().

    Returns:
        What sessionbook.drift() wants to know of each, and whether it was made on the live database's server.
    """
    from .apply import apply

    with disposable_database(conninfo, prefix) as (dsn, beside):
        for found in installations:
            apply(dsn, units=[found.unit], schemas={found.unit: found.schema}, roles=roles, sql_root=sql_root)
        with connect(dsn, read_only=True) as connection:
            return {found: _items(connection, found) for found in installations}, beside


def migrated(
    conninfo: str, versions: Mapping[Installation, str], *, sql_root: Path | None
) -> dict[Any, dict[str, Any]]:
    """What migrations alone make of installations.

    Args:
        conninfo: of the live database.
        versions: id of the last migration wanted, by installation.
        sql_root: folder of the SQL files.

    Returns:
        What sessionbook.drift() wants to know of each, without owners and what repeatables make or change.
    """
    from .apply import apply

    made: dict[Any, dict[str, Any]] = {}
    with disposable_database(conninfo) as (dsn, _):
        for found, version in versions.items():
            upto = {found.unit: version}
            apply(
                dsn, units=[found.unit], schemas={found.unit: found.schema}, upto=upto, roles=False, sql_root=sql_root
            )
            # At once: the next one brings the shared unit with it, whole.
            with connect(dsn, read_only=True) as connection:
                made[found] = _items(connection, found)
            items = made[found]["items"]
            kinds = ("schema", "owner of ", "grant to ", "view ", "trigger ", "procedure ")
            made[found]["items"] = {name: text for name, text in items.items() if not name.startswith(kinds)}
    return made


def differences(connection: Connection, found: Installation, expected: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """How an installation differs from what a shadow database has; see sessionbook.drift()."""
    rows = connection.execute("select * from sessionbook.drift(%s, %s)", [found.schema, json.dumps(expected)])
    return rows.fetchall()


def _items(connection: Connection, found: Installation) -> dict[str, Any]:
    rows = connection.execute("select * from sessionbook.items(%s)", [found.schema]).fetchall()
    return {"server_major": connection.info.server_version // 10000, "items": dict(rows)}
