"""What an installation owes to somebody's judgement: baseline, repair, resolve, forget and rename."""

from pathlib import Path
from typing import Unpack

from ..database import Found, connect, deploy_lock, refuse_encoding
from ..errors import UsageError
from ..package import read_package
from ..send import call
from .chosen import Asked, Installation, make_plans, read_state, refuse, refuse_target
from .shadow import register


def baseline(
    conninfo: str,
    identity: str,
    *,
    schema: str | None = None,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> Found:
    """Marks a migration and all before it as applied, if the schema is what they make.

    Args:
        identity: id of the last migration to mark; it tells the unit.
        schema: where the tables are; None: the unit's own.

    Returns:
        unit and schema of the installation, and migrations: ids that were marked.

    Raises:
        DriftError: the schema is not what the migrations make; detail names what differs.
        UsageError: no such migration, or it is installed already, or there is no database to compare with.
    """
    package = read_package(sql_root)
    unit, last = package.migration(identity)
    found = Installation(unit, schema or unit)
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        refuse_encoding(connection)
        if found in read_state(connection).registered:
            raise UsageError(f"{found} is installed already", hint="See: sessionbook status")
        ids = register(connection, package, found, last)
    return Found(unit=unit, schema=found.schema, migrations=ids)


def repair(conninfo: str, *, lock_wait: float = 60.0, **asked: Unpack[Asked]) -> list[str]:
    """Has functions, views, triggers and grants that were changed by hand made again by the next apply; says which.

    Tables are left alone.
    """
    package = read_package(asked.get("sql_root"))
    due: list[str] = []
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        state = read_state(connection)
        plans = [plan for plan in make_plans(connection, package, state, **asked) if plan.applied]
        refuse(connection, package, plans, state.roles(None))
        for plan in plans:
            rows = connection.execute("select sessionbook.repair(%s)", [plan.schema])
            due += sorted(path for (path,) in rows)
    return due


def resolve(
    conninfo: str,
    identity: str,
    *,
    applied: bool,
    schema: str | None = None,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> Found:
    """Says how far a migration came that died outside a transaction.

    Args:
        identity: id of the migration.
        applied: True: what it was to do is done, so that it counts as applied. False: the next apply tries it again; an
            invalid index that it left is dropped.
        schema: of the installation; None: the unit's own.

    Returns its migration and schema, its state from now on, applied or pending, and the indexes dropped.

    Raises:
        UsageError: it did not die.
        DirtyError: with applied, an index that it names is invalid.
    """
    unit, file = read_package(sql_root).migration(identity)
    place = schema or unit
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        values = [place, unit, identity, file.sha256 if applied else None]
        if not read_state(connection).settings:
            raise UsageError(f"{identity} is not unfinished in schema {place}", hint="See: sessionbook status")
        done = call(connection, "select sessionbook.resolve(%s, %s, %s, %s)", values)
    return Found(migration=identity, schema=place, state=done["state"], dropped=done["dropped"])


def forget(conninfo: str, schema: str, *, lock_wait: float = 60.0) -> None:
    """Takes an installation out of the registry; nothing of it is touched."""
    _call(conninfo, "select sessionbook.forget(%s)", [schema], lock_wait)


def rename(conninfo: str, schema: str, name: str, *, lock_wait: float = 60.0) -> None:
    """Gives an installation's schema another name, or follows a rename by hand; apply has to come after it."""
    with connect(conninfo) as connection:
        for found in read_state(connection).registered:
            if found.schema == schema:
                refuse_target(found.unit, name)
    _call(conninfo, "select sessionbook.rename(%s, %s)", [schema, name], lock_wait)


def _call(conninfo: str, query: str, values: list[str], lock_wait: float) -> None:
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        if not read_state(connection).settings:
            raise UsageError("nothing is installed in this database", hint="See: sessionbook status")
        call(connection, query, values)
