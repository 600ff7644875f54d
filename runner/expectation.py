"""What the package would make of a copy, found by installing it in a database to be thrown away."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from .connection import Connection, connect
from .copies import Copy
from .deploy import apply
from .disposable import disposable_database
from .snapshot import Difference, compare, take, without_owner

_BY_REPEATABLES = ("function ", "procedure ", "aggregate ", "view ", "trigger ", "grant to ", "schema")


def whole(
    conninfo: str, copies: Sequence[Copy], *, roles: bool, sql_root: Path | None
) -> tuple[dict[Copy, dict[str, str]], str | None]:
    """Copies as a fresh install makes them.

    Args:
        conninfo: of the live database.
        copies: those wanted.
        roles: False: without roles and grants to them.
        sql_root: folder of the SQL files.

    Returns:
        Items by copy, worded by the returned major version of a server, or None: by the live one.
    """
    with disposable_database(conninfo) as (dsn, beside):
        for copy in copies:
            apply(dsn, units=[copy.unit], schemas={copy.unit: copy.schema}, roles=roles, sql_root=sql_root)
        with connect(dsn, read_only=True) as connection:
            found = {copy: take(connection, copy.schema) for copy in copies}
            return found, None if beside else str(connection.info.server_version // 10000)


def migrated(conninfo: str, versions: Mapping[Copy, str], *, sql_root: Path | None) -> dict[Copy, dict[str, str]]:
    """What migrations alone make of copies.

    Args:
        conninfo: of the live database.
        versions: id of the last migration wanted, by copy.
        sql_root: folder of the SQL files.

    Returns:
        Items by copy, without those that repeatables make or change, and without owners.
    """
    found: dict[Copy, dict[str, str]] = {}
    with disposable_database(conninfo) as (dsn, _):
        for copy, version in versions.items():
            upto = {copy.unit: version}
            apply(dsn, units=[copy.unit], schemas={copy.unit: copy.schema}, upto=upto, roles=False, sql_root=sql_root)
            # At once: the next copy brings the shared unit with it, whole.
            with connect(dsn, read_only=True) as connection:
                found[copy] = _structure(connection, copy)
    return found


def lacking(connection: Connection, copy: Copy, expected: Mapping[str, str]) -> list[Difference]:
    """What a live copy lacks of what migrations make, or has otherwise; what it has besides is passed over."""
    live = take(connection, copy.schema)
    comparable = {name: without_owner(text) for name, text in live.items() if name in expected}
    return [found for found in compare(expected, comparable) if found.kind != "reworded"]


def in_words(differences: Sequence[Difference]) -> str:
    """Differences as lines for people."""
    lines = []
    for found in differences:
        lines += [f"{found.kind}: {found.object}", *(f"  {line}" for line in found.text.splitlines())]
    return "\n".join(lines)


def _structure(connection: Connection, copy: Copy) -> dict[str, str]:
    made = take(connection, copy.schema)
    return {
        name: without_owner(text)
        for name, text in made.items()
        if not name.startswith(_BY_REPEATABLES) or name.startswith("function ")
    }
