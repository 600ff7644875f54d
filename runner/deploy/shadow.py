"""A shadow database, to be thrown away: what the live one ought to look like."""

import difflib
import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from ..database import Connection, connect, conninfo_of, one, place
from ..errors import DriftError, UsageError
from ..package import Package, SqlFile
from .apply import apply
from .chosen import Installation

PREFIX = "sessionbook_verify_"


@contextmanager
def disposable_database(conninfo: str, prefix: str = PREFIX) -> Iterator[tuple[str, bool]]:
    """Makes an empty database and drops it in the end.

    prefix: what its name begins with.

    Returns its connection string, and whether it is on that server. If the role may not create one, or the server is a
    standby, it is on an embedded server.

    Raises UsageError: neither can be had.
    """
    with connect(conninfo, read_only=True) as connection:
        may_create = one(
            connection,
            "select (r.rolcreatedb or r.rolsuper) and not pg_is_in_recovery() from pg_roles as r"
            " where r.rolname = current_user",
        )
    if not may_create:
        with _embedded() as made:
            yield made, False
        return
    name = f"{prefix}{secrets.token_hex(6)}"
    # A caller that only reads, for safety's sake, still wants a database to compare with.
    options = f"{place(conninfo).get('options', '')} -c default_transaction_read_only=off"
    writing = make_conninfo(conninfo, options=options.strip())
    with connect(writing) as connection:
        how = "template template0 encoding 'UTF8' locale_provider libc locale 'C'"
        connection.execute(f"create database {name} {how}".encode())
        try:
            yield make_conninfo(writing, dbname=name), True
        finally:
            connection.execute(f"drop database {name} with (force)".encode())


@contextmanager
def _embedded() -> Iterator[str]:
    from ..local.embedded import embedded_server

    # /tmp, not $TMPDIR: the path of a socket may be 107 bytes long.
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sessionbook-", dir="/tmp"))
        try:
            made = stack.enter_context(embedded_server(Path(folder), settings={"fsync": "off"}))
        except UsageError as error:
            raise UsageError(
                f"this role may not create a database to compare with, and {error.message}",
                hint="Grant it CREATEDB for the time being, or: pip install 'sessionbook[embedded]'",
            ) from None
        yield made


def fresh(dsn: str, found: Installation, **how: Any) -> dict[str, Any]:
    """What sessionbook.drift() wants to know of an installation that is made in a shadow database.

    how: as for apply().
    """
    apply(dsn, units=[found.unit], schemas={found.unit: found.schema}, **how)
    with connect(dsn, read_only=True) as connection:
        rows = connection.execute("select * from sessionbook.items(%s)", [found.schema]).fetchall()
        return {"server_major": connection.info.server_version // 10000, "items": dict(rows)}


def register_restored(
    connection: Connection, package: Package, restored: Mapping[Installation, tuple[str, str | None]]
) -> None:
    """Registers installations that a dump of their schema brought, after comparing them with the package.

    Raises DriftError: one is not what its migrations make; detail names what differs.
    """
    for found, (newest, role_prefix) in restored.items():
        last = next((file for unit in package.units.values() for file in unit.migrations if file.id == newest), None)
        if last is None:
            raise DriftError(
                f"{found} was restored at {newest}, which this package does not have",
                hint="Deploy the version that it was dumped from, or a newer one.",
            )
        register(connection, package, found, last, role_prefix)


def register(
    connection: Connection, package: Package, found: Installation, last: SqlFile, role_prefix: str | None = None
) -> list[str]:
    """Marks a migration and all before it as applied, if the schema is what they make; says which.

    role_prefix: what the names of its roles begin with; None: as the schema, or sessionbook.

    Raises DriftError: it is not; detail names what differs.
    """
    with disposable_database(conninfo_of(connection)) as (dsn, _):
        expected = fresh(dsn, found, upto={found.unit: last.id}, roles=False, sql_root=package.root)
    # Without owners and what repeatables make or change.
    others = ("schema", "owner of ", "grant to ", "view ", "trigger ", "procedure ")
    items = expected["items"] = {name: text for name, text in expected["items"].items() if not name.startswith(others)}
    # In one transaction with the engine: if anything differs, nothing is left.
    with connection.transaction():
        connection.execute(package.engine().encode())
        rows = differences(connection, found, expected)
        if wrong := [row for row in rows if row[0] in ("missing", "changed")]:
            raise DriftError(
                f"schema {found.schema} is not what the migrations up to {last.id} make",
                detail="\n".join(f"{kind}: {name}\n{patch(was, live)}" for kind, name, was, live in wrong),
                hint="Name an earlier migration, or bring the schema in line first.",
            )
        connection.execute("select sessionbook.enter(%s, %s, %s)", [found.schema, found.unit, role_prefix])
        marked = [m for m in package.units[found.unit].migrations if m.id <= last.id]
        for migration in marked:
            values = [found.schema, found.unit, migration.id, migration.sha256]
            connection.execute("select sessionbook.mark(%s, %s, %s, %s, 'mark')", values)
        # Nothing was known, so what is recorded is what the migrations make, and functions and views of our names.
        files = [file.key for file in package.units[found.unit].repeatables]
        connection.execute(
            "select sessionbook.record(%s, sessionbook.look(%s), array("
            "select i.identity from sessionbook.items(%s) as i"
            " where i.identity = any(%s) or sessionbook.key_of(i.identity) = any(%s)))",
            [found.schema] * 3 + [list(items), files],
        )
    return [migration.id for migration in marked]


def differences(connection: Connection, found: Installation, expected: Any) -> list[tuple[str, ...]]:
    """How an installation differs from what a shadow database has, or None: was applied; see sessionbook.drift()."""
    values = [found.schema, expected and json.dumps(expected)]
    return connection.execute("select * from sessionbook.drift(%s, %s)", values).fetchall()


def patch(expected: str | None, live: str | None) -> str:
    """How two texts differ, as lines with - and +."""
    # Without its two lines of file names.
    found = difflib.unified_diff((expected or "").splitlines(), (live or "").splitlines(), lineterm="", n=2)
    return "\n".join(list(found)[2:])
