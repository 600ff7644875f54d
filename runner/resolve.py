"""Finishes a migration that died outside a transaction."""

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .books import forget_start, make_books, read_definitions, record_definitions
from .connection import Connection, connect, deploy_lock
from .copies import Copy
from .errors import DirtyError, UsageError
from .indexes import InvalidIndex, drop_invalid, invalid_indexes
from .migrating import Migrator
from .package import Migration, Package, read_package
from .planning import CopyPlan, plan_copy
from .snapshot import take
from .translation import translated


@dataclass
class ResolveResult:
    """What a resolve did.

    Attributes:
        migration: its id.
        schema: schema of the copy.
        state: applied or pending, from now on.
        dropped: invalid indexes taken away.
    """

    migration: str
    schema: str
    state: str
    dropped: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return asdict(self)


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
        applied: True: what it was to do is done, so that it counts as applied, or as taken back where its rollback
            died. False: the next apply, or rollback, tries it again; an invalid index that it left is dropped.
        schema: of the copy; None: the unit's own.
        sql_root: folder of the SQL files; by default the package's own.
        lock_wait: seconds to wait for another deployer.

    Returns:
        Where it stands now.

    Raises:
        UsageError: it did not die.
        DirtyError: with applied, an index that it names is invalid.
    """
    package = read_package(sql_root)
    migration = next((m for unit in package.units.values() for m in unit.migrations if m.id == identity), None)
    if migration is None:
        raise UsageError(f"there is no migration {identity}")
    copy = Copy(migration.unit, schema or migration.unit)
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        _, plan = plan_copy(connection, package, copy)
        if identity not in plan.started:
            raise UsageError(f"{identity} is not unfinished in {copy}", hint="See: sessionbook status")
        left = _left_invalid(connection, copy, migration)
        if applied:
            if left:
                raise DirtyError(
                    f"{', '.join(index.name for index in left)} is invalid, so {identity} is not applied",
                    hint=f"Drop it and try again with: sessionbook resolve {identity} --retry",
                )
            _accept(connection, package, plan, migration)
            return ResolveResult(identity, copy.schema, "pending" if identity in plan.applied else "applied")
        for index in left:
            with translated():
                drop_invalid(connection, copy.schema, index)
        with connection.transaction():
            forget_start(connection, copy, identity)
        state = "applied" if identity in plan.applied else "pending"
        return ResolveResult(identity, copy.schema, state, [index.name for index in left])


def _left_invalid(connection: Connection, copy: Copy, migration: Migration) -> list[InvalidIndex]:
    text = migration.text + (migration.rollback.text if migration.rollback else "")
    return [index for index in invalid_indexes(connection, copy.schema) if index.is_named_in(text)]


def _accept(connection: Connection, package: Package, plan: CopyPlan, migration: Migration) -> None:
    copy = plan.copy
    with translated(), connection.transaction():
        forget_start(connection, copy, migration.id)
        make_books(connection, copy)
        migrator = Migrator(connection, package.units[copy.unit], copy, roles=True)
        known = read_definitions(connection, copy)
        live = take(connection, copy.schema)
        if migration.id in plan.applied:
            # It was its rollback that died.
            migrator.unmark(migration)
            text = migration.rollback.text if migration.rollback else ""
            record_definitions(connection, copy, {}, [n for n in known if n not in live and _is_named(n, text)])
            return
        migrator.mark(migration)
        made = {name: text for name, text in live.items() if name not in known and _is_named(name, migration.text)}
        record_definitions(connection, copy, made, ())


def _is_named(identity: str, text: str) -> bool:
    """Whether SQL text names an object such as `index items_label_idx on items`."""
    kind, _, rest = identity.partition(" ")
    name = re.split(r"[ (]", rest)[0].rpartition(".")[2].strip('"')
    return kind != "grant" and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
