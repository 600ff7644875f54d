"""Deploying as a library: apply, roll back, and the questions that only read."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import catalog, clocks
from .books import (
    forget_hash,
    make_books,
    read_registry,
    record_hash,
    record_repeatables,
    register,
    strangers,
)
from .connection import Connection, collect_warnings, connect, deploy_lock
from .copies import SHARED, Copy
from .errors import SqlError, UsageError
from .execution import retried, run_file
from .grants import without_role_grants
from .ordering import in_order
from .package import Migration, Package, Repeatable, read_package
from .planning import CopyPlan, Plans, effective, make_plans
from .reapply import orphans_left, reapply, use_schema
from .results import ApplyResult, CopyChange, CopyStatus, CopySteps, PlanResult, StatusResult, Step
from .translation import translated

_NOT_ALLOWED = "42501"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""


def apply(
    conninfo: str,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    upto: Mapping[str, str] | None = None,
    roles: bool = True,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 5.0,
    progress: Progress | None = None,
) -> ApplyResult:
    """Brings a database to the package's present state.

    Args:
        conninfo: libpq connection string.
        units: limit to these; the shared unit always comes along. None: all, in every copy there is.
        schemas: unit to schema: of such a unit this one copy only.
        upto: unit to id: stop after this migration, and apply none of the unit's repeatables.
        roles: False: make no roles and grant them nothing.
        sql_root: folder of the SQL files; by default the package's own.
        lock_wait: seconds to wait for another deployer.
        lock_timeout: seconds one statement waits for a lock; a file is tried four times.
        progress: called before each step.

    Returns:
        What changed.

    Raises:
        SessionbookError: one of its kinds; whatever was begun is rolled back, finished files stay.
    """
    package = read_package(sql_root)

    def waiting(holder: str) -> None:
        if progress:
            progress(f"waiting for another deployer: {holder}", 0, 0)

    with (
        connect(conninfo, lock_timeout=lock_timeout) as connection,
        deploy_lock(connection, lock_wait, waiting),
    ):
        warnings = collect_warnings(connection)
        plans = make_plans(connection, package, units=units, schemas=schemas, upto=upto, roles=roles)
        plans.refuse_drift()
        for plan in plans.copies:
            if plan.version is None:
                _refuse_occupied(connection, plan.copy, plans.registered)
        if roles:
            _apply_roles(connection, package)
        due = [plan for plan in plans.copies if plan.is_due]
        files = {plan.copy: _repeatables(package, plan, roles) for plan in due}
        steps = _Steps(sum(len(plan.pending) + bool(files[plan.copy]) for plan in due), progress)
        changes: dict[Copy, CopyChange] = {}
        for plan in due:
            changes[plan.copy] = _apply_copy(connection, package, plan, files[plan.copy], roles, steps)
        _drop_shared_orphans(connection, plans, due, files, changes)
        steps.finish()
    return ApplyResult([change for change in changes.values() if change], warnings)


def status(
    conninfo: str,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    roles: bool = True,
    sql_root: Path | None = None,
) -> StatusResult:
    """Says where every copy stands. Takes no lock and writes nothing.

    Args:
        conninfo: libpq connection string.
        units: limit to these, or None.
        schemas: unit to schema of the one copy meant.
        roles: False: as applied without roles.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        A row for each copy, installed or not.

    Raises:
        SessionbookError: no connection, or a broken package.
    """
    package = read_package(sql_root)
    plans = _read(conninfo, package, units, schemas, roles)
    return StatusResult(
        [
            CopyStatus(
                plan.copy.unit,
                plan.copy.schema,
                plan.version,
                [migration.id for migration in plan.pending],
                plan.changed,
                plan.gone,
                plan.drift,
            )
            for plan in plans.copies
        ]
    )


def plan(
    conninfo: str,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    roles: bool = True,
    sql_root: Path | None = None,
) -> PlanResult:
    """Says what apply would run. Takes no lock and writes nothing.

    Args:
        conninfo: libpq connection string.
        units: limit to these, or None.
        schemas: unit to schema of the one copy meant.
        roles: False: as it would be without roles.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        Files in order, for each copy that has any or whose applied files are not what they were.

    Raises:
        SessionbookError: no connection, or a broken package.
    """
    package = read_package(sql_root)
    copies = []
    for due in _read(conninfo, package, units, schemas, roles).copies:
        if not due.is_due and not due.drift:
            continue
        steps = [Step("migration", m.path, _migration_text(m, roles)) for m in due.pending]
        steps += [Step("repeatable", file.path, file.text) for file in _repeatables(package, due, roles)]
        copies.append(CopySteps(due.copy.unit, due.copy.schema, steps, due.drift))
    return PlanResult(copies)


def rollback(
    conninfo: str,
    unit: str,
    schema: str | None = None,
    to_id: str | None = None,
    sql_root: Path | None = None,
    *,
    roles: bool = True,
    lock_wait: float = 60.0,
) -> list[str]:
    """Takes back the newest migrations of one copy, and all its repeatables with them.

    Args:
        conninfo: libpq connection string.
        unit: unit of the copy.
        schema: its schema; None: the unit's own.
        to_id: migration that is to be the newest afterwards; None: take back all.
        sql_root: folder of the SQL files; by default the package's own.
        roles: False: without revoking from roles of ours.
        lock_wait: seconds to wait for another deployer.

    Returns:
        Ids taken back, newest first.

    Raises:
        UsageError: a migration that is not applied, or one without a rollback file; nothing was done.
        BlockedError: something that is not ours depends on a repeatable.
        SqlError: a rollback file was refused; those before it stay done.
    """
    package = read_package(sql_root)
    copy = Copy(unit, schema or unit)
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        plans = make_plans(connection, package, units=[unit], schemas={unit: copy.schema}, upto=None, roles=roles)
        plans.refuse_drift()
        found = next(plan for plan in plans.copies if plan.copy == copy)
        if to_id is not None and to_id not in found.applied:
            raise UsageError(f"{to_id} is not applied to {copy}")
        migrations = {migration.id: migration for migration in package.units[unit].migrations}
        kept = 0 if to_id is None else found.applied.index(to_id) + 1
        doomed = [migrations[identity] for identity in reversed(found.applied[kept:])]
        for migration in doomed:
            if migration.rollback is None:
                raise UsageError(f"{migration.path} has no rollback file", hint="Restore from a backup instead.")
        if doomed:
            retried(lambda: _drop_repeatables(connection, package, found))
        for migration in doomed:
            retried(lambda migration=migration: _take_back(connection, package, copy, migration, roles))  # type: ignore[misc]
    return [migration.id for migration in doomed]


class _Steps:
    """Counts steps for a progress bar."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self.progress = progress

    def begin(self, what: str) -> None:
        if self.progress:
            self.progress(what, self.done, self.total)
        self.done += 1

    def finish(self) -> None:
        if self.progress and self.total:
            self.progress("done", self.total, self.total)


def _read(
    conninfo: str,
    package: Package,
    units: Sequence[str] | None,
    schemas: Mapping[str, str] | None,
    roles: bool,
) -> Plans:
    with connect(conninfo, read_only=True) as connection:
        return make_plans(connection, package, units=units, schemas=schemas, upto=None, roles=roles)


def _repeatables(package: Package, plan: CopyPlan, roles: bool) -> list[Repeatable]:
    if not plan.repeatables_due:
        return []
    return effective(in_order(package, package.units[plan.copy.unit]), roles)


def _migration_text(migration: Migration, roles: bool) -> str:
    return migration.text if roles else without_role_grants(migration.text)


def _refuse_occupied(connection: Connection, copy: Copy, registered: Mapping[Copy, str | None]) -> None:
    for other in registered:
        if other.schema == copy.schema and other.unit != copy.unit:
            raise UsageError(f"schema {copy.schema} already holds a copy of {other.unit}")
    if found := strangers(connection, copy.schema):
        raise UsageError(
            f"schema {copy.schema} already holds tables that are not Sessionbook's: {', '.join(found[:5])}",
            hint=f"Choose another schema with --schema {copy.unit}=NAME.",
        )


def _apply_roles(connection: Connection, package: Package) -> None:
    try:
        with translated(), connection.transaction():
            for file in package.roles:
                run_file(connection, file.path, file.text, "pg_catalog")
    except SqlError as error:
        if error.sqlstate == _NOT_ALLOWED:
            error.hint = "Have somebody with CREATEROLE apply once to any database of the cluster, or use --no-roles."
        raise


def _apply_copy(
    connection: Connection,
    package: Package,
    plan: CopyPlan,
    files: list[Repeatable],
    roles: bool,
    steps: _Steps,
) -> CopyChange:
    copy = plan.copy
    change = CopyChange(copy.unit, copy.schema, plan.version)
    if plan.pending:
        _apply_migrations(connection, package, plan, roles, steps, change)
    if files or plan.repeatables_due:
        steps.begin(f"{copy}: functions, views and triggers")
        # What other copies still use of the shared unit can go only after they were applied.
        now = copy.unit != SHARED
        orphans = retried(lambda: reapply(connection, copy, files, plan.recorded, drop_orphans=now))
        change.dropped, change.waiting = (orphans, []) if now else ([], orphans)
        change.repeatables = [file.path for file in files]
        change.changed = plan.changed
    return change


def _apply_migrations(
    connection: Connection,
    package: Package,
    plan: CopyPlan,
    roles: bool,
    steps: _Steps,
    change: CopyChange,
) -> None:
    # Loading yoyo takes longer than finding that there is nothing to do.
    from .yoyo_backend import Backend
    from .yoyo_backend import in_order as by_depends

    copy = plan.copy
    backend = Backend(connection, copy.books)
    migrations = {migration.id: migration for migration in plan.pending}

    def apply_one(marker: object, migration: Migration) -> None:
        with translated(migration.path), connection.transaction():
            make_books(connection, copy)
            run_file(connection, migration.path, _migration_text(migration, roles), copy.schema)
            connection.execute("set local search_path = pg_catalog, pg_temp")
            backend.mark(marker)
            record_hash(connection, copy, migration.id, migration.sha256)
            register(connection, copy, migration.id)

    for marker in by_depends(package.units[copy.unit], migrations):
        migration = migrations[marker.id]
        steps.begin(f"{copy}: {migration.id}")
        retried(lambda marker=marker, migration=migration: apply_one(marker, migration))  # type: ignore[misc]
        change.migrations.append(migration.id)
        change.version = migration.id


def _drop_shared_orphans(
    connection: Connection,
    plans: Plans,
    due: Sequence[CopyPlan],
    files: Mapping[Copy, Sequence[Repeatable]],
    changes: Mapping[Copy, CopyChange],
) -> None:
    """Takes away what the shared unit has no more, once every copy that may have used it is up to date."""
    shared = next((plan for plan in due if plan.copy.unit == SHARED and plan.repeatables_due), None)
    covered = {plan.copy for plan in plans.copies if not plan.skips_repeatables}
    if shared is None or not set(read_registry(connection)) <= covered:
        return
    from .books import read_books

    copy = shared.copy
    recorded = read_books(connection, copy.books).repeatables.get(copy.schema, {})
    if orphans_left(files[copy], recorded):
        changes[copy].dropped = retried(lambda: reapply(connection, copy, files[copy], recorded, drop_orphans=True))
        changes[copy].waiting = []


def _drop_repeatables(connection: Connection, package: Package, plan: CopyPlan) -> None:
    copy = plan.copy
    position = {file.path: number for number, file in enumerate(in_order(package, package.units[copy.unit]))}
    paths = sorted(plan.recorded, key=lambda path: position.get(path, -1), reverse=True)
    with translated(), connection.transaction():
        use_schema(connection, copy)
        present = catalog.snapshot(connection, copy.schema)
        clocks.forget(connection, copy)
        ours = dict.fromkeys(identity for path in paths for identity in plan.recorded[path].objects)
        catalog.drop_all(connection, {identity: present[identity] for identity in ours if identity in present})
        record_repeatables(connection, copy, [])


def _take_back(connection: Connection, package: Package, copy: Copy, migration: Migration, roles: bool) -> None:
    from .yoyo_backend import Backend
    from .yoyo_backend import in_order as by_depends

    backend = Backend(connection, copy.books)
    unit = package.units[copy.unit]
    file = migration.rollback
    assert file is not None  # noqa: S101
    with translated(file.path), connection.transaction():
        run_file(connection, file.path, file.text if roles else without_role_grants(file.text), copy.schema)
        connection.execute("set local search_path = pg_catalog, pg_temp")
        backend.unmark(by_depends(unit, [migration.id])[0])
        forget_hash(connection, copy, migration.id)
        position = unit.migrations.index(migration)
        register(connection, copy, unit.migrations[position - 1].id if position else None)
