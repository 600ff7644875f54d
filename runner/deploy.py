"""Deploying as a library: apply, roll back, and the questions that only read."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .books import read_books, read_registry, strangers
from .catalog import Grant
from .connection import Connection, collect_warnings, connect, deploy_lock, in_transaction
from .copies import SHARED, Copy
from .errors import BlockedError, SqlError, UsageError
from .execution import retried, run_file
from .held import hold, wanted
from .migrating import Migrator, text_of
from .ordering import in_order
from .package import Migration, Package, Repeatable, read_package
from .planning import CopyPlan, Plans, effective, make_plans, plan_copy
from .reapply import make_way, orphans_left, reapply
from .results import ApplyResult, CopyChange, CopyStatus, CopySteps, PlanResult, StatusResult, Step
from .rolling_back import take_back
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
    lock_timeout: float = 0.4,
    single_transaction: bool = False,
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
        lock_timeout: seconds one statement waits for a lock; a file is tried again for half a minute.
        single_transaction: all of it or nothing, where every pending file allows it.
        progress: called before each step.

    Returns:
        What changed.

    Raises:
        SessionbookError: one of its kinds; whatever was begun is rolled back, finished files stay.
    """
    package = read_package(sql_root)
    with (
        connect(conninfo, lock_timeout=lock_timeout) as connection,
        deploy_lock(connection, lock_wait, tell_waiting(progress)),
    ):
        warnings = collect_warnings(connection)
        plans = make_plans(connection, package, units=units, schemas=schemas, upto=upto, roles=roles)
        plans.refuse_dirty()
        plans.refuse_drift()
        for plan in plans.copies:
            if plan.version is None:
                _refuse_occupied(connection, plan.copy, plans.registered)
        work = _Work(connection, package, plans, roles, progress)
        if single_transaction:
            _refuse_untransactional(plans)
            changes = retried(connection, lambda: _at_once(connection, work))
        else:
            changes = work.run()
    return ApplyResult([change for change in changes.values() if change], warnings)


def tell_waiting(progress: Progress | None) -> Callable[[str], None]:
    """What to call with who holds the deploy lock, so that people see what is waited for."""

    def waiting(holder: str) -> None:
        if progress:
            progress(f"waiting for another deployer: {holder}", 0, 0)

    return waiting


def carry_on(
    connection: Connection, package: Package, copy: Copy, *, roles: bool, progress: Progress | None
) -> list[CopyChange]:
    """Brings one copy and the shared unit to the package's present state, inside the transaction that is open.

    Args:
        connection: with the deploy lock, in a transaction that is repeatable read.
        package: the files.
        copy: which.
        roles: False: make no roles and grant them nothing.
        progress: called before each step.

    Returns:
        What changed.

    Raises:
        SessionbookError: one of its kinds; the transaction cannot go on.
    """
    plans, _ = plan_copy(connection, package, copy, roles=roles)
    plans.refuse_dirty()
    plans.refuse_drift()
    _refuse_untransactional(plans)
    return [change for change in _Work(connection, package, plans, roles, progress).run().values() if change]


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
                plan.started,
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
        if not due.is_due and not due.drift and not due.started:
            continue
        steps = [Step("migration", m.path, text_of(m, roles), m.transactional) for m in due.pending]
        steps += [Step("repeatable", file.path, file.text) for file in _repeatables(package, due, roles)]
        steps += [Step("drop", path, _drops(due, path)) for path in due.gone]
        copies.append(CopySteps(due.copy.unit, due.copy.schema, steps, due.drift, due.started))
    first = [Step("roles", file.path, file.text) for file in package.roles] if roles and copies else []
    return PlanResult(copies, first)


def _drops(plan: CopyPlan, path: str) -> str:
    """What goes with a file that the package has no more; what else is dropped comes to light on the way."""
    return "".join(f"drop {identity};\n" for identity in plan.recorded[path].objects)


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
    """Takes back the newest migrations of one copy, and with them the repeatables that need them.

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
        SqlError: a rollback file was refused; nothing was done, or where one of them runs outside a
            transaction, those before it stay done.
    """
    done = take_back(conninfo, unit, schema=schema, to_id=to_id, sql_root=sql_root, roles=roles, lock_wait=lock_wait)
    return done.migrations


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


def _refuse_untransactional(plans: Plans) -> None:
    for plan in plans.copies:
        for migration in plan.pending:
            if not migration.transactional:
                raise UsageError(
                    f"{migration.path} runs outside a transaction, so not everything can be in one",
                    hint="Apply without --single-transaction.",
                )


def _at_once(connection: Connection, work: "_Work") -> dict[Copy, CopyChange]:
    with translated(), connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        return work.run()


class _Work:
    """Everything that one apply does to the database."""

    def __init__(
        self, connection: Connection, package: Package, plans: Plans, roles: bool, progress: Progress | None
    ) -> None:
        self.connection = connection
        self.package = package
        self.plans = plans
        self.roles = roles
        self.progress = progress
        self.due = [plan for plan in plans.copies if plan.is_due]
        self.files = {plan.copy: _repeatables(package, plan, roles) for plan in self.due}

    def run(self) -> dict[Copy, CopyChange]:
        """Does it all; says what changed in each copy."""
        if self.roles:
            # Another database of the cluster may be deployed in the same moment, and make them.
            retried(self.connection, lambda: _apply_roles(self.connection, self.package))
        self.steps = _Steps(sum(len(plan.pending) + bool(self.files[plan.copy]) for plan in self.due), self.progress)
        changes: dict[Copy, CopyChange] = {}
        for plan in self.due:
            changes[plan.copy] = self._copy(plan)
        self._drop_shared_orphans(changes)
        self.steps.finish()
        return changes

    def _copy(self, plan: CopyPlan) -> CopyChange:
        change = CopyChange(plan.copy.unit, plan.copy.schema, plan.version)
        migrator = Migrator(self.connection, self.package.units[plan.copy.unit], plan.copy, roles=self.roles)
        pending = list(migrator.in_order(plan.pending)) if plan.pending else []
        together = _together(plan, pending)
        grants: list[Grant] = []
        for migration in pending[: len(pending) - len(together)]:
            self._begin(plan, migration)
            grants += retried(self.connection, functools.partial(self._migrate, plan, migrator, migration))
            _note(change, migration)
        orphans = retried(self.connection, lambda: self._finish(plan, migrator, together, grants))
        for migration in together:
            _note(change, migration)
        if plan.repeatables_due:
            change.dropped, change.waiting = (orphans, []) if _drops_orphans(plan.copy) else ([], orphans)
            change.repeatables = [file.path for file in self.files[plan.copy]]
            change.changed = plan.changed
        return change

    def _migrate(self, plan: CopyPlan, migrator: Migrator, migration: Migration) -> list[Grant]:
        """Applies a migration after taking views of ours out of its way; returns the grants on them."""
        if not migration.rebuild:
            migrator.apply(migration)
            return []
        with translated(migration.path), self.connection.transaction():
            try:
                grants = make_way(self.connection, plan.copy, migration.rebuild, plan.recorded)
            except BlockedError as error:
                error.file = migration.path
                raise
            migrator.apply(migration)
            return grants

    def _finish(
        self, plan: CopyPlan, migrator: Migrator, migrations: Sequence[Migration], grants: Sequence[Grant]
    ) -> list[str]:
        """The repeatables, in one transaction with migrations that took views of ours out of their way."""
        if not migrations:
            return self._repeatables(plan, grants)
        alone = not in_transaction(self.connection)
        given = list(grants)
        with translated(), self.connection.transaction():
            if alone:
                self.connection.execute("set transaction isolation level repeatable read")
            # All at once, or a migration's lock would be held while waiting for the others.
            earlier = [identity for entry in plan.recorded.values() for identity in entry.objects]
            hold(self.connection, plan.copy.schema, wanted(self.files[plan.copy], earlier, everybody=True))
            for migration in migrations:
                self._begin(plan, migration)
                given += self._migrate(plan, migrator, migration)
            return self._repeatables(plan, given)

    def _repeatables(self, plan: CopyPlan, grants: Sequence[Grant]) -> list[str]:
        files = self.files[plan.copy]
        if not plan.repeatables_due:
            return []
        self.steps.begin(f"{plan.copy}: functions, views and triggers")
        return reapply(
            self.connection,
            plan.copy,
            files,
            plan.recorded,
            drop_orphans=_drops_orphans(plan.copy),
            grants=grants,
        )

    def _begin(self, plan: CopyPlan, migration: Migration) -> None:
        self.steps.begin(f"{plan.copy}: {migration.id}")

    def _drop_shared_orphans(self, changes: Mapping[Copy, CopyChange]) -> None:
        """Takes away what the shared unit has no more, once every copy that may have used it is up to date."""
        shared = next((plan for plan in self.due if plan.copy.unit == SHARED and plan.repeatables_due), None)
        covered = {plan.copy for plan in self.plans.copies if not plan.skips_repeatables}
        if shared is None or not set(read_registry(self.connection)) <= covered:
            return
        copy, files = shared.copy, self.files[shared.copy]
        recorded = read_books(self.connection, copy.books).repeatables.get(copy.schema, {})
        if orphans_left(files, recorded):
            changes[copy].dropped = retried(
                self.connection, lambda: reapply(self.connection, copy, files, recorded, drop_orphans=True)
            )
            changes[copy].waiting = []


def _drops_orphans(copy: Copy) -> bool:
    # What other copies still use of the shared unit can go only after they were applied.
    return copy.unit != SHARED


def _together(plan: CopyPlan, pending: Sequence[Migration]) -> list[Migration]:
    """Migrations that are one transaction with the repeatables: from the first that takes views of ours out of its way.

    So nobody meets a time without the views. Where a later migration runs outside a transaction that cannot be, and the
    views are away until the end.
    """
    first = next((place for place, migration in enumerate(pending) if migration.rebuild), len(pending))
    rest = list(pending[first:])
    possible = plan.recorded and not plan.skips_repeatables and all(migration.transactional for migration in rest)
    return rest if possible else []


def _note(change: CopyChange, migration: Migration) -> None:
    change.migrations.append(migration.id)
    change.version = migration.id
