"""Marks migrations as applied on a database that has their schema already."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import expectation
from .books import make_books, read_registry, record_definitions
from .connection import Connection, connect, deploy_lock
from .copies import Copy
from .errors import DriftError, UsageError
from .migrating import Migrator
from .package import Migration, Package, read_package
from .planning import plan_copy
from .snapshot import take
from .translation import translated


@dataclass
class BaselineResult:
    """What a baseline marked.

    Attributes:
        unit: unit of the copy.
        schema: its schema.
        migrations: ids marked as applied, in order.
    """

    unit: str
    schema: str
    migrations: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return asdict(self)


def baseline(
    conninfo: str,
    identity: str,
    *,
    schema: str | None = None,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> BaselineResult:
    """Marks a migration and all before it as applied, after making sure that the schema is what they make.

    Args:
        conninfo: libpq connection string.
        identity: id of the last migration to mark; it tells the unit.
        schema: where the tables are; None: the unit's own.
        sql_root: folder of the SQL files; by default the package's own.
        lock_wait: seconds to wait for another deployer.

    Returns:
        What was marked; the books are all that is written.

    Raises:
        DriftError: the schema is not what the migrations make; detail names what differs.
        UsageError: no such migration, or the copy is in the books already, or there is no database to compare with.
    """
    package = read_package(sql_root)
    last = _migration(package, identity)
    copy = Copy(last.unit, schema or last.unit)
    marked = [m for m in package.units[last.unit].migrations if m.number <= last.number]
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        plans, _ = plan_copy(connection, package, copy)
        plans.refuse_dirty()
        if copy in read_registry(connection):
            raise UsageError(f"{copy} is in the books already", hint="See: sessionbook status")
        expected = expectation.migrated(conninfo, {copy: identity}, sql_root=sql_root)[copy]
        if found := expectation.lacking(connection, copy, expected):
            raise DriftError(
                f"schema {copy.schema} is not what the migrations up to {identity} make",
                detail=expectation.in_words(found),
                hint="Name an earlier migration, or bring the schema in line first.",
            )
        with translated(), connection.transaction():
            _mark(connection, package, copy, marked, expected)
    return BaselineResult(copy.unit, copy.schema, [migration.id for migration in marked])


def _migration(package: Package, identity: str) -> Migration:
    for unit in package.units.values():
        for migration in unit.migrations:
            if migration.id == identity:
                return migration
    raise UsageError(f"there is no migration {identity}")


def _mark(
    connection: Connection, package: Package, copy: Copy, migrations: list[Migration], expected: dict[str, str]
) -> None:
    make_books(connection, copy)
    migrator = Migrator(connection, package.units[copy.unit], copy, roles=True)
    for migration in migrations:
        migrator.mark(migration)
    live = take(connection, copy.schema)
    record_definitions(connection, copy, {name: live[name] for name in expected}, ())
