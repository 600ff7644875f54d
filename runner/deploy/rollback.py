"""Takes migrations back, and says beforehand what goes with them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..database import Connection, connect, deploy_lock
from ..errors import UsageError, translated
from ..package import Migration, Package, read_package
from ..send import PATIENCE, call, retried
from .chosen import SHARED, Due, Installation, make_plans, read_state, refuse
from .results import Result


@dataclass
class RollbackPlan(Result):
    """What a rollback would do, found by doing it in a transaction that was rolled back.

    Attributes:
        unit: unit of the installation.
        schema: its schema.
        migrations: ids to take back, newest first.
        losses: tables and columns that go, or get another name, as object, with their rows.
        rewritten: tables that stay and whose rows change, with how many are inserted, updated, deleted.
    """

    unit: str
    schema: str
    migrations: list[str]
    losses: list[dict[str, Any]]
    rewritten: list[dict[str, Any]]


@dataclass
class RollbackResult(Result):
    """Ids taken back, newest first, none if it was called off; files applied again, and files that went."""

    migrations: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def rollback(
    conninfo: str,
    unit: str,
    schema: str | None = None,
    to_id: str | None = None,
    sql_root: Path | None = None,
    *,
    newest: bool = False,
    confirm: Callable[[RollbackPlan], bool] | None = None,
    roles: bool | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
    patience: float = PATIENCE,
) -> RollbackResult:
    """Takes back the newest migrations of one installation in one transaction, and the repeatables that need them.

    Args:
        unit, schema: of the installation; without a schema, the unit's own.
        to_id: migration that is to be the newest afterwards; None: take back all.
        newest: take back the newest alone; to_id is not looked at.
        confirm: called with what goes, nothing but the deploy lock being held; False calls it off.
        conninfo, sql_root, roles, lock_wait, lock_timeout, patience: as for apply().

    Returns:
        What was done.

    Raises:
        UsageError: a migration that is not applied, or one without a rollback file.
        BlockedError: something that is not ours depends on a repeatable.
        SqlError: a rollback file was refused; nothing was done.
    """
    package = read_package(sql_root)
    found = Installation(unit, schema or unit)
    with connect(conninfo, lock_timeout=lock_timeout) as connection, deploy_lock(connection, lock_wait):
        state = read_state(connection)
        with_roles = state.roles(roles)
        plans = make_plans(connection, package, state, units=[unit], schemas={unit: found.schema}, roles=roles)
        refuse(connection, package, [plan for plan in plans if plan.applied], with_roles)
        plan = next(plan for plan in plans if plan.installation == found)
        if newest:
            to_id = plan.applied[-2] if len(plan.applied) > 1 else None
        doomed = _doomed(package, plan, to_id)
        others = sorted(str(one) for one in state.registered if one.unit != unit)
        if unit == SHARED and doomed and len(doomed) == len(plan.applied) and others:
            raise UsageError(
                f"{SHARED} cannot go while there are others that need it: {', '.join(others)}",
                hint="Take those back first: sessionbook rollback --unit NAME --all",
            )
        if not doomed:
            return RollbackResult()
        connection.execute(package.engine().encode())
        values = _values(package, found, doomed, with_roles)
        if confirm is not None and not confirm(_rehearsed(connection, found, doomed, values, patience)):
            return RollbackResult()
        done = call(connection, _TAKE_BACK, values, about=found, patience=patience)
        return RollbackResult([migration.id for migration in doomed], done["kept"], done["left_out"])


_TAKE_BACK = "select sessionbook.take_back(%s, %s, %s, %s)"


def _doomed(package: Package, plan: Due, to_id: str | None) -> list[Migration]:
    if to_id is not None and to_id not in plan.applied:
        raise UsageError(f"{to_id} is not applied to {plan.installation}")
    migrations = {migration.id: migration for migration in package.units[plan.unit].migrations}
    kept = 0 if to_id is None else plan.applied.index(to_id) + 1
    doomed = [migrations[identity] for identity in reversed(plan.applied[kept:])]
    for migration in doomed:
        if migration.rollback is None:
            raise UsageError(f"{migration.path} has no rollback file", hint="Restore from a backup instead.")
        if not migration.rollback.transactional:
            raise UsageError(f"{migration.rollback.path} cannot run outside a transaction: all of a rollback is one")
    return doomed


def _values(package: Package, found: Installation, doomed: Sequence[Migration], roles: bool) -> list[str]:
    texts = [
        {"id": m.id, "path": m.rollback.path, "content": m.rollback.effective(roles)} for m in doomed if m.rollback
    ]
    files = [file.to_json(roles, content=True) for file in package.units[found.unit].files_in_order(roles)]
    return [found.schema, found.unit, json.dumps(texts), json.dumps(files)]


def _rehearsed(
    connection: Connection, found: Installation, doomed: Sequence[Migration], values: list[str], patience: float
) -> RollbackPlan:
    """Does it in a transaction that is rolled back, and counts what went."""

    def rehearse() -> Any:
        with translated(found), connection.transaction(force_rollback=True):
            return call(connection, _TAKE_BACK, values, about=found)

    done = retried(connection, rehearse, patience)
    # Counted afterwards: by now nobody is kept from the tables any more.
    rows = connection.execute("select * from sessionbook.rows_of(%s, %s)", [found.schema, json.dumps(done["losses"])])
    losses = [{"object": name, "rows": number} for name, number in rows]
    return RollbackPlan(found.unit, found.schema, [migration.id for migration in doomed], losses, done["rewritten"])
