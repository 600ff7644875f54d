"""Gives adopted tables back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..database import Connection, connect, deploy_lock, one, rows
from ..deploy.chosen import read_state
from ..errors import UsageError, translated
from ..package import read_package
from ..send import retried


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
        conninfo: libpq connection string.
        schema: of the installation.
        to: schema that the tables go to; None: the one that they came from.
        keep: leave columns and indexes that were added.
        confirm: called with tables and rows that go; False calls it off.
        lock_wait: seconds to wait for another deployer.
        lock_timeout: seconds one statement waits for a lock; then all of it is tried again, for half a minute.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        Schema, where the tables went, their names, and rows by table that went; None: nobody agreed.

    Raises:
        UsageError: nothing was adopted there.
        SqlError: something depends on what would go; nothing was changed.
    """
    folder = read_package(sql_root).root / "adopt"
    text = b"".join((folder / f"{name}.sql").read_bytes() for name in ("aside", "release"))
    with connect(conninfo, lock_timeout=lock_timeout) as connection, deploy_lock(connection, lock_wait):
        found = _look(connection, schema)
        found["to"] = to or found["to"]
        if confirm is not None and not confirm(found):
            return None

        def work() -> None:
            with translated(), connection.transaction():
                connection.execute(text)
                connection.execute("select pg_temp.adopt_release(%s, %s, %s)", [schema, found["to"], keep])

        retried(connection, work)
    return found


def _look(connection: Connection, schema: str) -> dict[str, Any]:
    query = "select source, tables from sessionbook.adoptions where schema_name = %s"
    found = rows(connection, query, [schema]) if read_state(connection).settings else []
    if not found:
        raise UsageError(f"nothing was adopted into schema {schema}", hint="See: sessionbook status")
    ours = connection.execute(
        "select c.relname, c.oid::regclass::text from pg_class as c"
        " inner join pg_namespace as n on n.oid = c.relnamespace where n.nspname = %s"
        " and c.relkind in ('r', 'p') and c.relname <> all(%s) order by 1",
        [schema, found[0].tables],
    ).fetchall()
    goes = {name: one(connection, f"select count(*) from {table}") for name, table in ours}  # noqa: S608
    return {"schema": schema, "to": found[0].source, "tables": found[0].tables, "goes": goes}
