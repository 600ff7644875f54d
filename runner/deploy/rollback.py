"""Takes migrations back, and says beforehand what goes with them."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..database import Connection, connect, deploy_lock
from ..errors import UsageError, translated
from ..package import Migration, Package, read_package
from ..send import PATIENCE, call, retried
from .apply import run_outside
from .chosen import Due, Installation, make_plans, read_state, refuse


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
        unit: unit of the installation.
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
        migrations: ids taken back, newest first; none if it was called off.
        kept: repeatables applied again, because they need nothing of what went.
        left_out: repeatables that went.
    """

    migrations: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return asdict(self)


def rollback(
    conninfo: str,
    unit: str,
    schema: str | None = None,
    to_id: str | None = None,
    sql_root: Path | None = None,
    *,
    roles: bool | None = None,
    lock_wait: float = 60.0,
) -> list[str]:
    """Takes back the newest migrations of one installation, and with them the repeatables that need them.

    Args:
        conninfo: libpq connection string.
        unit: unit of the installation.
        schema: its schema; None: the unit's own.
        to_id: migration that is to be the newest afterwards; None: take back all.
        sql_root: folder of the SQL files; by default the package's own.
        roles: False: without revoking from roles of ours; None: as chosen.
        lock_wait: seconds to wait for another deployer.

    Returns:
        Ids taken back, newest first.

    Raises:
        UsageError: a migration that is not applied, or one without a rollback file; nothing was done.
        BlockedError: something that is not ours depends on a repeatable.
        SqlError: a rollback file was refused; nothing was done, or if one of them runs outside a transaction, those
            before it stay done.
    """
    done = take_back(conninfo, unit, schema=schema, to_id=to_id, sql_root=sql_root, roles=roles, lock_wait=lock_wait)
    return done.migrations


def take_back(
    conninfo: str,
    unit: str,
    *,
    schema: str | None = None,
    to_id: str | None = None,
    newest: bool = False,
    confirm: Callable[[RollbackPlan], bool] | None = None,
    sql_root: Path | None = None,
    roles: bool | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
    patience: float = PATIENCE,
) -> RollbackResult:
    """Takes back the newest migrations of one installation, as rollback() does.

    Args:
        conninfo, unit, schema, to_id, sql_root, roles, lock_wait: as for rollback().
        newest: take back the newest alone; to_id is not looked at.
        confirm: called with what goes, nothing but the deploy lock being held; False calls it off.
        lock_timeout: seconds one statement waits for a lock.
        patience: seconds for which it is tried again if it does not get a lock.

    Returns:
        What was done.
    """
    package = read_package(sql_root)
    found = Installation(unit, schema or unit)
    with connect(conninfo, lock_timeout=lock_timeout) as connection, deploy_lock(connection, lock_wait):
        state = read_state(connection)
        with_roles = state.roles(roles)
        plans = make_plans(connection, package, state, units=[unit], schemas={unit: found.schema}, roles=with_roles)
        refuse(connection, package, [plan for plan in plans if plan.applied], with_roles)
        plan = next(plan for plan in plans if plan.installation == found)
        if newest:
            to_id = plan.applied[-2] if len(plan.applied) > 1 else None
        doomed = _doomed(package, plan, to_id)
        others = sorted(str(one) for one in state.registered if one.unit != unit)
        if unit == "lifecycle" and len(doomed) == len(plan.applied) and doomed and others:
            raise UsageError(
                f"lifecycle cannot go while there are others that need it: {', '.join(others)}",
                hint="Take those back first: sessionbook rollback --unit NAME --all",
            )
        connection.execute(package.engine().encode() if doomed else b"")
        work = _Rollback(connection, package, found, doomed, roles=with_roles, patience=patience)
        if not doomed or (confirm is not None and not confirm(work.rehearse())):
            return RollbackResult()
        return work.run()


def _doomed(package: Package, plan: Due, to_id: str | None) -> list[Migration]:
    if to_id is not None and to_id not in plan.applied:
        raise UsageError(f"{to_id} is not applied to {plan.installation}")
    migrations = {migration.id: migration for migration in package.units[plan.installation.unit].migrations}
    kept = 0 if to_id is None else plan.applied.index(to_id) + 1
    doomed = [migrations[identity] for identity in reversed(plan.applied[kept:])]
    for migration in doomed:
        if migration.rollback is None:
            raise UsageError(f"{migration.path} has no rollback file", hint="Restore from a backup instead.")
    return doomed


class _Rollback:
    """One rollback of one installation."""

    def __init__(
        self,
        connection: Connection,
        package: Package,
        found: Installation,
        doomed: Sequence[Migration],
        *,
        roles: bool,
        patience: float,
    ) -> None:
        self.connection = connection
        self.found = found
        self.doomed = doomed
        self.files = [found.to_json(roles, content=True) for found in package.units[found.unit].files_in_order(roles)]
        self.roles = roles
        self.patience = patience
        self.outside = any(m.rollback is not None and not m.rollback.transactional for m in doomed)

    def run(self) -> RollbackResult:
        """Takes them back: in one transaction if every file allows it."""
        ids = [migration.id for migration in self.doomed]
        if self.outside:
            self._one_by_one()
            done = self._take_back([])
        else:
            done = self._take_back(self.doomed)
        return RollbackResult(ids, done["kept"], done["left_out"])

    def rehearse(self) -> RollbackPlan:
        """Does it in a transaction that is rolled back, and counts what went."""
        plan = RollbackPlan(self.found.unit, self.found.schema, [migration.id for migration in self.doomed])
        if self.outside:
            # Those before it might not make sense without it.
            plan.unrehearsed = plan.migrations
            return plan

        def rehearsal() -> dict[str, Any]:
            with self._undone():
                return self._take_back(self.doomed)

        done = retried(self.connection, rehearsal, self.patience)
        plan.rewritten = [Rewritten(**row) for row in done["rewritten"]]
        # Counted afterwards: by now nobody is kept from the tables any more.
        rows = self.connection.execute(
            "select * from sessionbook.rows_of(%s, %s)", [self.found.schema, json.dumps(done["losses"])]
        )
        plan.losses = [Loss(*row) for row in rows]
        return plan

    @contextmanager
    def _undone(self) -> Iterator[None]:
        with translated(self.found), self.connection.transaction(force_rollback=True):
            yield

    def _take_back(self, migrations: Sequence[Migration]) -> dict[str, Any]:
        texts = [
            {"id": m.id, "path": m.rollback.path, "content": m.rollback.effective(self.roles)}
            for m in migrations
            if m.rollback is not None
        ]
        values = [self.found.schema, self.found.unit, json.dumps(texts), json.dumps(self.files)]
        done: dict[str, Any] = call(
            self.connection,
            "select sessionbook.take_back(%s, %s, %s, %s)",
            values,
            about=self.found,
            patience=self.patience,
        )
        return done

    def _one_by_one(self) -> None:
        call(self.connection, "select sessionbook.drop_files(%s, false)", [self.found.schema], about=self.found)
        for migration in self.doomed:
            file = migration.rollback
            assert file is not None  # noqa: S101
            if file.transactional:
                self._take_back([migration])
            else:
                run_outside(self.connection, self.found, migration.id, file.path, file.effective(self.roles), None)
