"""What an installation owes to somebody's judgement: baseline, repair, resolve, forget and rename."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Unpack

from ..database import Connection, Found, connect, deploy_lock, refuse_encoding
from ..errors import UsageError
from ..package import read_package
from ..send import call
from .chosen import Asked, Installation, State, make_plans, read_state, refuse, refuse_target
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

    identity: id of the last migration to mark; it tells the unit.
    schema: where the tables are; None: the unit's own.

    Returns unit and schema of the installation, and migrations: ids that were marked.

    Raises DriftError: the schema is not what the migrations make; detail names what differs.
    Raises UsageError: no such migration, or it is installed already, or there is no database to compare with.
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

    identity: id of the migration.
    applied: True: what it was to do is done, so that it counts as applied. False: the next apply tries it again; an
        invalid index that it left is dropped.
    schema: of the installation; None: the unit's own.

    Returns its migration and schema, its state from now on, applied or pending, and the indexes dropped.

    Raises UsageError: it did not die.
    Raises DirtyError: with applied, an index that it names is invalid.
    """
    unit, file = read_package(sql_root).migration(identity)
    values = [schema or unit, unit, identity, file.sha256 if applied else None]
    with _installed(conninfo, lock_wait) as (connection, _):
        done = call(connection, "select sessionbook.resolve(%s, %s, %s, %s)", values)
    return Found(migration=identity, schema=values[0], state=done["state"], dropped=done["dropped"])


def forget(conninfo: str, schema: str, *, lock_wait: float = 60.0) -> None:
    """Takes an installation out of the registry; nothing of it is touched."""
    with _installed(conninfo, lock_wait) as (connection, _):
        call(connection, "select sessionbook.forget(%s)", [schema])


def rename(conninfo: str, schema: str, name: str, *, lock_wait: float = 60.0) -> None:
    """Gives an installation's schema another name, or follows a rename by hand; apply has to come after it."""
    with _installed(conninfo, lock_wait) as (connection, state):
        for found in state.registered:
            if found.schema == schema:
                refuse_target(found.unit, name)
        call(connection, "select sessionbook.rename(%s, %s)", [schema, name])


@contextmanager
def _installed(conninfo: str, lock_wait: float) -> Iterator[tuple[Connection, State]]:
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        state = read_state(connection)
        if not state.settings:
            raise UsageError("nothing is installed in this database", hint="See: sessionbook status")
        yield connection, state
