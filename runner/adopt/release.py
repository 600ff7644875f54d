"""Gives adopted tables back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from ..database import Connection, connect, deploy_lock, rows
from ..deploy.chosen import read_state
from ..errors import UsageError
from ..package import read_package
from ..send import call


def release(
    conninfo: str,
    schema: str,
    *,
    to: str | None = None,
    keep: bool = False,
    confirm: Callable[[dict[str, Any]], bool] | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
    sql_root: Path | None = None,
) -> dict[str, Any] | None:
    """Gives the tables of an installation back to the application, and drops the rest of it, in one transaction.

    Args:
        schema: of the installation.
        to: schema that the tables go to; None: the one that they came from.
        keep: leave columns and indexes that were added.
        confirm: called with tables and rows that go; False calls it off.
        lock_wait: seconds to wait for another deployer.
        lock_timeout: seconds one statement waits for a lock; then all of it is tried again, for half a minute.
        sql_root: folder of the SQL files; by default the package's own.

    Returns schema, where the tables went, their names, and rows by table that went; None: nobody agreed.

    Raises UsageError: nothing was adopted there; SqlError: something depends on what would go, and nothing was changed.
    """
    folder = read_package(sql_root).root / "adopt"
    with connect(conninfo, lock_timeout=lock_timeout) as connection, deploy_lock(connection, lock_wait):
        found = _look(connection, schema)
        found["to"] = to or found["to"]
        if confirm is not None and not confirm(found):
            return None
        connection.execute(b"".join((folder / f"{name}.sql").read_bytes() for name in ("aside", "release")))
        call(connection, "select pg_temp.adopt_release(%s, %s, %s)", [schema, found["to"], keep])
    return found


def _look(connection: Connection, schema: str) -> dict[str, Any]:
    query = "select source, tables from sessionbook.adoptions where schema_name = %s"
    found = rows(connection, query, [schema]) if read_state(connection).settings else []
    if not found:
        raise UsageError(f"nothing was adopted into schema {schema}", hint="See: sessionbook status")
    query = (
        "select substr(r.object, 7) as name, r.number from sessionbook.rows_of(%s, (select jsonb_agg(t.identity) from"
        " sessionbook.things(%s) as t where t.identity ~ '^table ' and substr(t.identity, 7) <> all(%s))) as r"
    )
    goes = {row.name: row.number for row in rows(connection, query, [schema, schema, found[0].tables])}
    return {"schema": schema, "to": found[0].source, "tables": found[0].tables, "goes": goes}


def show_release(found: dict[str, Any], file: TextIO) -> None:
    """Prints what giving tables back does."""
    print(f"From schema {found['schema']} to {found['to']}: {', '.join(found['tables'])}", file=file)
    print("What was added to them goes, and with it what our functions kept there. These tables go:", file=file)
    for name, number in found["goes"].items():
        print(f"  {name}: {number} rows", file=file)


def show_released(done: dict[str, Any] | None) -> None:
    """Prints that tables were given back."""
    if done is None:
        print("Nothing was given back.")
    else:
        print(f"In schema {done['to']} again: {', '.join(done['tables'])}. Have applications connect again.")
