"""Takes migrations back, and says beforehand what goes with them."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import catalog, clocks
from .books import record_repeatables
from .connection import Connection, bare_path, connect, deploy_lock
from .copies import Copy
from .definitions import followed
from .errors import SqlError, UsageError
from .execution import quote, retried
from .held import hold, wanted
from .migrating import Migrator
from .ordering import in_order
from .package import Migration, Package, Repeatable, read_package
from .planning import CopyPlan, effective, plan_copy
from .reapply import reapply, use_schema
from .snapshot import compare, take
from .translation import translated


@dataclass
class Loss:
    """Data that goes.

    Attributes:
        object: such as `table items` or `column items.label`.
        rows: rows of the table, or those with a value in the column.
    """

    object: str
    rows: int


@dataclass
class Rewritten:
    """Rows of a table that stays, which the rollback files touch."""

    table: str
    inserted: int
    updated: int
    deleted: int


@dataclass
class RollbackPlan:
    """What a rollback would do, found by doing it in a transaction that was rolled back.

    Attributes:
        unit: unit of the copy.
        schema: its schema.
        migrations: ids to take back, newest first.
        losses: tables and columns that go, or get another name, with their rows.
        rewritten: tables whose rows change.
        unrehearsed: ids that could not be rehearsed, because one of them runs outside a transaction.
    """

    unit: str
    schema: str
    migrations: list[str]
    losses: list[Loss] = field(default_factory=list)
    rewritten: list[Rewritten] = field(default_factory=list)
    unrehearsed: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The plan as a JSON-ready mapping."""
        return asdict(self)


@dataclass
class RollbackResult:
    """What a rollback did.

    Attributes:
        migrations: ids taken back, newest first; none where it was called off.
        kept: repeatables applied again, because they need nothing of what went.
        left_out: repeatables that went.
    """

    migrations: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return asdict(self)


def take_back(
    conninfo: str,
    unit: str,
    *,
    schema: str | None = None,
    to_id: str | None = None,
    newest: bool = False,
    confirm: Callable[[RollbackPlan], bool] | None = None,
    sql_root: Path | None = None,
    roles: bool = True,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
) -> RollbackResult:
    """Takes back the newest migrations of one copy, and with them the repeatables that need them.

    Args:
        conninfo: libpq connection string.
        unit: unit of the copy.
        schema: its schema; None: the unit's own.
        to_id: migration that is to be the newest afterwards; None: take back all.
        newest: take back the newest alone; to_id is not looked at.
        confirm: called with what goes, nothing but the deploy lock being held; False calls it off.
        sql_root: folder of the SQL files; by default the package's own.
        roles: False: without revoking from roles of ours.
        lock_wait: seconds to wait for another deployer.
        lock_timeout: seconds one statement waits for a lock.

    Returns:
        What was done.

    Raises:
        UsageError: a migration that is not applied, or one without a rollback file; nothing was done.
        BlockedError: something that is not ours depends on a repeatable.
        SqlError: a rollback file was refused; nothing was done, or where one of them runs outside a transaction, those
            before it stay done.
    """
    package = read_package(sql_root)
    copy = Copy(unit, schema or unit)
    with connect(conninfo, lock_timeout=lock_timeout) as connection, deploy_lock(connection, lock_wait):
        plans, found = plan_copy(connection, package, copy, roles=roles)
        plans.refuse_dirty()
        plans.refuse_drift()
        if newest:
            to_id = found.applied[-2] if len(found.applied) > 1 else None
        work = _Rollback(connection, package, found, _doomed(package, found, to_id), roles=roles)
        if not work.doomed or (confirm is not None and not confirm(work.rehearse())):
            return RollbackResult()
        return work.run()


def _doomed(package: Package, plan: CopyPlan, to_id: str | None) -> list[Migration]:
    if to_id is not None and to_id not in plan.applied:
        raise UsageError(f"{to_id} is not applied to {plan.copy}")
    migrations = {migration.id: migration for migration in package.units[plan.copy.unit].migrations}
    kept = 0 if to_id is None else plan.applied.index(to_id) + 1
    doomed = [migrations[identity] for identity in reversed(plan.applied[kept:])]
    for migration in doomed:
        if migration.rollback is None:
            raise UsageError(f"{migration.path} has no rollback file", hint="Restore from a backup instead.")
    return doomed


class _Rollback:
    """One rollback of one copy."""

    def __init__(
        self, connection: Connection, package: Package, plan: CopyPlan, doomed: Sequence[Migration], *, roles: bool
    ) -> None:
        self.connection = connection
        self.package = package
        self.plan = plan
        self.copy = plan.copy
        self.doomed = doomed
        self.roles = roles
        self.migrator = Migrator(connection, package.units[plan.copy.unit], plan.copy, roles=roles)
        self.everything = len(doomed) == len(plan.applied)

    def run(self) -> RollbackResult:
        """Takes them back: in one transaction where every file allows it."""
        if all(_in_transaction(migration) for migration in self.doomed):
            return retried(self.connection, self._at_once)
        retried(self.connection, self._drop_repeatables)
        before = take(self.connection, self.copy.schema)
        for migration in self.doomed:
            retried(self.connection, lambda migration=migration: self.migrator.take_back(migration))  # type: ignore[misc]
        return retried(self.connection, lambda: self._result(before))

    def rehearse(self) -> RollbackPlan:
        """Does it in a transaction that is rolled back, and counts what went."""
        plan = RollbackPlan(self.copy.unit, self.copy.schema, [migration.id for migration in self.doomed])
        possible = [migration for migration in self.doomed if _in_transaction(migration)]
        if len(possible) < len(self.doomed):
            # Those before it might not make sense without it.
            plan.unrehearsed = plan.migrations
            return plan
        gone = retried(self.connection, lambda: self._rehearsal(plan))
        # Counted afterwards: by now nobody is kept from the tables any more.
        for name in gone:
            kind, _, rest = name.partition(" ")
            table, _, column = rest.partition(".")
            what = f"count({column})" if kind == "column" else "count(*)"
            row = self.connection.execute(
                f"select {what} from {quote(self.copy.schema)}.{table}".encode()  # noqa: S608
            ).fetchone()
            plan.losses.append(Loss(name, row[0] if row else 0))
        return plan

    def _rehearsal(self, plan: RollbackPlan) -> list[str]:
        with self._undone():
            self._drop_repeatables()
            before = take(self.connection, self.copy.schema)
            for migration in self.doomed:
                self.migrator.take_back(migration)
            bare_path(self.connection)
            after = take(self.connection, self.copy.schema)
            plan.rewritten = [
                Rewritten(*row)
                for row in self.connection.execute(
                    "select relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_xact_user_tables"
                    " where schemaname = %s and n_tup_ins + n_tup_upd + n_tup_del > 0 and relname = any(%s)"
                    " order by relname",
                    [self.copy.schema, [name[6:].strip('"') for name in after if name.startswith("table ")]],
                )
            ]
        return [
            found.object
            for found in compare(before, after)
            if found.kind == "missing" and found.object.startswith(("table ", "column "))
        ]

    @contextmanager
    def _undone(self) -> Iterator[None]:
        with translated(), self.connection.transaction(force_rollback=True):
            yield

    def _at_once(self) -> RollbackResult:
        with translated(), self.connection.transaction():
            self.connection.execute("set transaction isolation level repeatable read")
            self._drop_repeatables()
            before = take(self.connection, self.copy.schema)
            for migration in self.doomed:
                self.migrator.take_back(migration)
            return self._result(before)

    def _drop_repeatables(self) -> None:
        copy, recorded = self.copy, self.plan.recorded
        position = {file.path: number for number, file in enumerate(self._files())}
        paths = sorted(recorded, key=lambda path: position.get(path, -1), reverse=True)
        with translated(), self.connection.transaction(), followed(self.connection, copy):
            use_schema(self.connection, copy)
            present = catalog.snapshot(self.connection, copy.schema)
            clocks.forget(self.connection, copy, for_good=self.everything)
            ours = dict.fromkeys(identity for path in paths for identity in recorded[path].objects)
            hold(self.connection, copy.schema, wanted((), ours, everybody=True))
            catalog.drop_all(self.connection, {identity: present[identity] for identity in ours if identity in present})
            record_repeatables(self.connection, copy, [])

    def _files(self) -> list[Repeatable]:
        return effective(in_order(self.package, self.package.units[self.copy.unit]), self.roles)

    def _result(self, before: dict[str, str]) -> RollbackResult:
        """Applies again what needs nothing of what went: the rest comes back with its migration."""
        done = RollbackResult([migration.id for migration in self.doomed])
        files = self._files()
        if self.everything:
            done.left_out = [file.path for file in files]
            return done
        with translated(), self.connection.transaction():
            bare_path(self.connection)
            went = _words(before, take(self.connection, self.copy.schema))
        remaining = _without(files, went)
        while remaining:
            try:
                reapply(self.connection, self.copy, remaining, {}, drop_orphans=False)
                break
            except SqlError as error:
                refused = next((file for file in remaining if file.path == error.file), None)
                if refused is None:
                    raise
                went |= {refused.name}
                remaining = _without([file for file in remaining if file is not refused], went)
        done.kept = [file.path for file in remaining]
        done.left_out = [file.path for file in files if file not in remaining]
        return done


def _in_transaction(migration: Migration) -> bool:
    return migration.rollback is not None and migration.rollback.transactional


def _words(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Names of tables, columns, types and functions that went or are not what they were."""
    kinds = ("table ", "column ", "type ", "sequence ", "function ")
    names = (
        found.object.partition(" ")[2]
        for found in compare(before, after)
        if found.kind != "added" and found.object.startswith(kinds)
    )
    return {re.split(r"[.(]", name)[-1 if "(" not in name else 0].strip('"') for name in names}


def _without(files: Sequence[Repeatable], names: set[str]) -> list[Repeatable]:
    """Files that mention none of the names, nor the name of a file that does.

    PostgreSQL does not look into most bodies before they run, so the text decides, and in doubt against a file.
    """
    gone = set(names)
    remaining = list(files)
    while True:
        kept = [file for file in remaining if not (gone & set(re.findall(r"\w+", _code(file.text))))]
        if len(kept) == len(remaining):
            return kept
        gone |= {file.name for file in remaining if file not in kept and file.kind in ("functions", "views")}
        remaining = kept


def _code(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)
