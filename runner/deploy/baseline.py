"""What an installation owes to somebody's judgement: baseline, repair, resolve, forget and rename."""

from collections.abc import Mapping
from pathlib import Path
from typing import Unpack

from ..database import Connection, connect, deploy_lock
from ..errors import DriftError, UsageError
from ..package import Migration, Package, read_package
from ..send import call
from .apply import refuse_encoding
from .chosen import Asked, Installation, make_plans, read_state, refuse, refuse_target
from .results import BaselineResult, RepairResult, ResolveResult
from .shadow import differences, migrated, patch


def baseline(
    conninfo: str,
    identity: str,
    *,
    schema: str | None = None,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> BaselineResult:
    """Marks a migration and all before it as applied, if the schema is what they make; all else stays as it is.

    Args:
        conninfo: libpq connection string.
        identity: id of the last migration to mark; it tells the unit.
        schema: where the tables are; None: the unit's own.
        sql_root, lock_wait: as for apply().

    Raises:
        DriftError: the schema is not what the migrations make; detail names what differs.
        UsageError: no such migration, or it is installed already, or there is no database to compare with.
    """
    package = read_package(sql_root)
    last = package.migration(identity)
    found = Installation(last.unit, schema or last.unit)
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        refuse_encoding(connection)
        if found in read_state(connection).registered:
            raise UsageError(f"{found} is installed already", hint="See: sessionbook status")
        ids = _register(connection, conninfo, package, found, last)
    return BaselineResult(found.unit, found.schema, ids)


def register_restored(
    connection: Connection, conninfo: str, package: Package, restored: Mapping[Installation, str]
) -> None:
    """Registers installations that a dump of their schema brought, after comparing them with the package.

    Raises:
        DriftError: one is not what its migrations make; detail names what differs.
    """
    for found, newest in restored.items():
        last = package.migrations.get(newest)
        if last is None:
            raise DriftError(
                f"{found} was restored at {newest}, which this package does not have",
                hint="Deploy the version that it was dumped from, or a newer one.",
            )
        _register(connection, conninfo, package, found, last)


def _register(
    connection: Connection, conninfo: str, package: Package, found: Installation, last: Migration
) -> list[str]:
    expected = migrated(conninfo, found, last.id, sql_root=package.root)
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
        marked = [m for m in package.units[found.unit].migrations if m.number <= last.number]
        for migration in marked:
            values = [found.schema, found.unit, migration.id, migration.sha256]
            connection.execute("select sessionbook.mark(%s, %s, %s, %s, 'mark')", values)
        # Nothing was known, so what is recorded is what the migrations make, and functions and views of our names.
        files = [file.key for file in package.units[found.unit].repeatables]
        connection.execute(
            "select sessionbook.record(%s, sessionbook.look(%s), array("
            "select i.identity from sessionbook.items(%s) as i"
            " where i.identity = any(%s) or sessionbook.key_of(i.identity) = any(%s)))",
            [found.schema] * 3 + [list(expected["items"]), files],
        )
    return [migration.id for migration in marked]


def repair(conninfo: str, *, lock_wait: float = 60.0, **asked: Unpack[Asked]) -> RepairResult:
    """Has functions, views, triggers and grants that were changed by hand made again by the next apply.

    Tables are left alone.
    """
    package = read_package(asked.get("sql_root"))
    result = RepairResult()
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        state = read_state(connection)
        plans = [plan for plan in make_plans(connection, package, state, **asked) if plan.applied]
        refuse(connection, package, plans, state.roles(None))
        for plan in plans:
            rows = connection.execute("select sessionbook.repair(%s)", [plan.schema])
            result.due += sorted(path for (path,) in rows)
    return result


def resolve(
    conninfo: str,
    identity: str,
    *,
    applied: bool,
    schema: str | None = None,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> ResolveResult:
    """Says how far a migration came that died outside a transaction.

    Args:
        conninfo: libpq connection string.
        identity: id of the migration.
        applied: True: what it was to do is done, so that it counts as applied. False: the next apply tries it again; an
            invalid index that it left is dropped.
        schema: of the installation; None: the unit's own.
        sql_root, lock_wait: as for apply().

    Raises:
        UsageError: it did not die.
        DirtyError: with applied, an index that it names is invalid.
    """
    migration = read_package(sql_root).migration(identity)
    place = schema or migration.unit
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        values = [place, migration.unit, identity, migration.sha256 if applied else None]
        if not read_state(connection).settings:
            raise UsageError(f"{identity} is not unfinished in schema {place}", hint="See: sessionbook status")
        done = call(connection, "select sessionbook.resolve(%s, %s, %s, %s)", values)
    return ResolveResult(identity, place, done["state"], done["dropped"])


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
