"""Brings a database to the package's present state."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from psycopg import sql

from ..database import Connection, collect_warnings, connect, deploy_lock, one, refuse_encoding, set_all
from ..errors import SqlError, UsageError, translated
from ..package import Package, SqlFile, read_package
from ..send import PATIENCE, call, retried
from .chosen import SHARED, Asked, Due, Installation, State, make_plans, read_state, refuse
from .results import ApplyResult, CopyChange

_NOT_ALLOWED = "42501"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""


def apply(
    conninfo: str,
    *,
    upto: Mapping[str, str] | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
    single_transaction: bool = False,
    patience: float = PATIENCE,
    timezone: str | None = None,
    currency: str | None = None,
    citus: bool = False,
    progress: Progress | None = None,
    finish: Callable[[Connection, ApplyResult], None] | None = None,
    **asked: Unpack[Asked],
) -> ApplyResult:
    """Brings a database to the package's present state.

    upto: unit to id: stop after this migration, and apply none of the unit's repeatables.
    lock_wait, lock_timeout: seconds to wait for another deployer, and for which one statement waits for a lock.
    single_transaction: all of it or nothing, if every pending file allows it.
    patience: seconds for which a file that did not get its locks is tried again.
    timezone, currency: of workshops and orders that name none; None: as it is, at first the server's, and none.
    citus: have Citus distribute what is installed, kept from then on.
    progress: called before each step.
    finish: called at the end, with the deploy lock.
    asked: see Asked.

    Returns what changed.

    Raises SessionbookError: one of its kinds; whatever was begun is rolled back, finished files stay.
    """
    package = read_package(asked.get("sql_root"))
    with (
        connect(conninfo, lock_timeout=lock_timeout) as connection,
        deploy_lock(connection, lock_wait, tell_waiting(progress)),
    ):
        refuse_encoding(connection)
        warnings = collect_warnings(connection)
        state = read_state(connection)
        if restored := _wanted(state, asked):
            from .shadow import register_restored

            register_restored(connection, package, restored)
            state = read_state(connection)
        roles = state.roles(asked.get("roles"))
        plans = make_plans(connection, package, state, upto=upto, **asked)
        work = Work(connection, package, plans, roles, progress, patience, citus)
        changes = retried(connection, work.run_at_once, patience) if single_transaction else work.run()
        for plan in plans:
            set_defaults(connection, plan.installation, timezone, currency)
        if changes or (asked.get("roles") is not None and state.settings):
            remember(connection, {"roles": str(roles).lower()})
        result = ApplyResult(changes, warnings=warnings)
        if finish:
            finish(connection, result)
        return result


def tell_waiting(progress: Progress | None) -> Callable[[str], None] | None:
    """What to call with who holds the deploy lock, so that people see what is waited for."""
    return progress and (lambda holder: progress(f"waiting for another deployer: {holder}", 0, 0))


def remember(connection: Connection, choices: Mapping[str, str]) -> None:
    """Keeps what was chosen for a database, for commands that do not say it again."""
    query = (
        "insert into sessionbook.settings as s (key, value) values (%s, %s)"
        " on conflict (key) do update set value = excluded.value where s.value <> excluded.value"
    )
    connection.cursor().executemany(query, list(choices.items()))


def set_defaults(connection: Connection, found: Installation, timezone: str | None, currency: str | None) -> None:
    """Sets what workshops, sessions and orders of an installation have that name none; None: as it is."""
    if found.unit == "workshop" and (timezone or currency):
        query = "update {}.settings set timezone = coalesce(%s, timezone), currency = coalesce(%s, currency)"
        with translated(found):
            connection.execute(sql.SQL(query).format(sql.Identifier(found.schema)), [timezone, currency])


def carry_on(
    connection: Connection, package: Package, installation: Installation, progress: Progress | None, **asked: Any
) -> list[CopyChange]:
    """Brings one installation and the shared unit up to date, inside the transaction that is open; says what changed.

    asked: as for make_plans(), with roles. Raises SessionbookError: one of its kinds; the transaction cannot go on.
    """
    unit, schemas = installation.unit, {installation.unit: installation.schema}
    plans = make_plans(connection, package, read_state(connection), units=[unit], schemas=schemas, **asked)
    return Work(connection, package, plans, asked["roles"], progress).run()


def _wanted(state: State, asked: Asked) -> dict[Installation, tuple[str, str | None]]:
    """Restored installations that an apply is to register: all, or those that it names."""
    units, schemas = asked.get("units"), asked.get("schemas") or {}
    return {
        found: said
        for found, said in state.restored.items()
        if (units is None and not schemas) or found.unit in (units or ()) or schemas.get(found.unit) == found.schema
    }


@dataclass
class Work:
    """Everything that one apply does to the database."""

    connection: Connection
    package: Package
    plans: list[Due]
    roles: bool
    progress: Progress | None
    patience: float = PATIENCE
    citus: bool = False
    done: int = 0

    @property
    def due(self) -> list[Due]:
        """What has something to do."""
        return [plan for plan in self.plans if plan.is_due]

    def run(self) -> list[CopyChange]:
        """Does it all; says what changed in each installation."""
        with translated(), self.connection.transaction():
            self.connection.execute(self.package.engine().encode())
        if not (self.due or self.citus) and not any(plan.drift or plan.unfinished for plan in self.plans):
            return []
        refuse(self.connection, self.package, self.plans, self.roles)
        if self.roles:
            self._roles()
        changes = [self._installation(plan) for plan in self.due]
        self._drop_leftovers(changes)
        if self.citus:
            self._call("select sessionbook.distribute()", None)
        if self.due:
            self._begin("done")
        return changes

    def run_at_once(self) -> list[CopyChange]:
        """Does it all in one transaction; raises UsageError: a migration cannot be in one."""
        for file in (file for plan in self.due for file in self.package.units[plan.unit].in_order(plan.pending)):
            if not file.transactional:
                raise UsageError(
                    f"{file.path} runs outside a transaction, so not everything can be in one",
                    hint="Apply without --single-transaction.",
                )
        with translated(), self.connection.transaction():
            return self.run()

    def _roles(self) -> None:
        for file in self.package.roles:
            try:
                self._call("select sessionbook.run('pg_catalog', %s, %s)", [file.path, file.text])
            except SqlError as error:
                if error.sqlstate == _NOT_ALLOWED:
                    error.hint = "Have somebody with CREATEROLE apply once in the cluster, or use --no-roles."
                raise

    def _installation(self, plan: Due) -> CopyChange:
        found = plan.installation
        change = CopyChange(found.unit, found.schema, plan.version)
        unit = self.package.units[found.unit]
        for migration in unit.in_order(plan.pending):
            self._begin(f"{found}: {migration.id}")
            self._migrate(found, change.version, migration)
            change.migrations.append(migration.id)
            change.version = migration.id
        if plan.files_due:
            self._begin(f"{found}: functions, views and triggers")
            # What others still use of the shared unit can go only after they were applied.
            self._reapply(change, [])
            change.repeatables = [file.path for file in unit.files_in_order(self.roles)]
            change.changed = plan.changed
        return change

    def _migrate(self, found: Installation, after: str | None, migration: SqlFile) -> None:
        text = migration.effective(self.roles)
        if not migration.transactional:
            return run_outside(self.connection, found, after, migration, text)
        values = [found.schema, found.unit, after, migration.id, migration.sha256, text]
        self._call("select sessionbook.migrate(%s, %s, %s, %s, %s, %s)", values, found)

    def _reapply(self, change: CopyChange, covered: list[str]) -> None:
        found = Installation(change.unit, change.schema)
        content = json.dumps(self.package.units[found.unit].contents(self.roles))
        values = [found.schema, found.unit, content, change.version, covered]
        done = self._call("select sessionbook.reapply(%s, %s, %s, %s, %s)", values, found)
        change.dropped, change.waiting = done["dropped"], done["waiting"]

    def _drop_leftovers(self, changes: Iterable[CopyChange]) -> None:
        """Takes away what the shared unit has no more, once all that may have used it is up to date."""
        for change in changes:
            if change.unit == SHARED and change.waiting:
                self._reapply(change, [plan.schema for plan in self.plans if plan.upto is None])

    def _begin(self, what: str) -> None:
        if self.progress:
            self.progress(what, self.done, sum(len(plan.pending) + plan.files_due for plan in self.due))
        self.done += 1

    def _call(self, query: str, values: Any, about: Installation | None = None) -> Any:
        return call(self.connection, query, values, about=about, patience=self.patience)


def run_outside(connection: Connection, found: Installation, after: str | None, migration: SqlFile, text: str) -> None:
    """Runs a file of one statement outside a transaction, noted before it begins; it waits for as long as it takes.

    Raises SqlError: PostgreSQL refused it; the note stays.
    """
    call(connection, "select sessionbook.start(%s, %s)", [found.schema, migration.id], about=found)
    path, patience = one(connection, "select quote_ident(%s)", [found.schema]), one(connection, "show lock_timeout")
    # On the connection that has the lock, which so is kept until it ends. A time-out that the role has for applications
    # would leave an invalid index.
    set_all(connection, {"search_path": f"{path}, pg_temp", "lock_timeout": "0", "statement_timeout": "0"})
    try:
        with translated(found):
            # Binary, so by the extended protocol, which takes a single statement: two would be one transaction.
            connection.execute(f"/* {migration.path}:1 */ {text}".encode(), binary=True)
    except SqlError as error:
        error.file = migration.path
        error.hint = f"See what it left, then: sessionbook resolve {migration.id} --applied, or --retry."
        raise
    finally:
        if not connection.broken and not connection.closed:
            connection.execute("reset statement_timeout")
            set_all(connection, {"search_path": "pg_catalog, pg_temp", "lock_timeout": patience})
    values = [found.schema, found.unit, after, migration.id, migration.sha256]
    call(connection, "select sessionbook.migrate(%s, %s, %s, %s, %s, null)", values, about=found)
