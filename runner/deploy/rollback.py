"""Takes migrations back, and says beforehand what goes with them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..database import Connection, Found, connect, deploy_lock, rows
from ..errors import UsageError, translated
from ..package import Package, SqlFile, read_package
from ..send import PATIENCE, call, retried
from .chosen import SHARED, Due, Installation, make_plans, read_state, refuse


def rollback(
    conninfo: str,
    unit: str,
    schema: str | None = None,
    to_id: str | None = None,
    sql_root: Path | None = None,
    *,
    newest: bool = False,
    confirm: Callable[[Found], bool] | None = None,
    roles: bool | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
    patience: float = PATIENCE,
) -> Found:
    """Takes back the newest migrations of one installation in one transaction, and the repeatables that need them.

    unit, schema: of the installation; without a schema, the unit's own.
    to_id: migration that is to be the newest afterwards; None: take back all.
    newest: take back the newest alone; to_id is not looked at.
    confirm: called with what goes, nothing but the deploy lock being held; False calls it off. That is unit,
        schema, migrations (ids, newest first), losses (tables and columns that go, or get another name: object and
        rows) and rewritten (tables that stay and whose rows change: table, inserted, updated, deleted).
    sql_root, roles, lock_wait, lock_timeout, patience: as for apply().

    Returns migrations (ids taken back, newest first; none if it was called off), and files: kept, applied again, and
    left_out, which went.

    Raises UsageError: a migration that is not applied, or one without a rollback file.
    Raises BlockedError: something that is not ours depends on a repeatable.
    Raises SqlError: a rollback file was refused; nothing was done.
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
        if doomed:
            connection.execute(package.engine().encode())
            values = _values(package, found, doomed, with_roles)
            if confirm is None or confirm(_rehearsed(connection, found, doomed, values, patience)):
                done = call(connection, _TAKE_BACK, values, about=found, patience=patience)
                return Found(migrations=[file.id for file in doomed], kept=done["kept"], left_out=done["left_out"])
        return Found(migrations=[], kept=[], left_out=[])


_TAKE_BACK = "select sessionbook.take_back(%s, %s, %s, %s)"


def _doomed(package: Package, plan: Due, to_id: str | None) -> list[SqlFile]:
    if to_id is not None and to_id not in plan.applied:
        raise UsageError(f"{to_id} is not applied to {plan.installation}")
    files = {file.id: file for file in package.units[plan.unit].migrations}
    rollbacks = package.units[plan.unit].rollbacks
    kept = 0 if to_id is None else plan.applied.index(to_id) + 1
    doomed = [files[identity] for identity in reversed(plan.applied[kept:])]
    for file in doomed:
        if file.id not in rollbacks:
            raise UsageError(f"{file.path} has no rollback file", hint="Restore from a backup instead.")
        if not (back := rollbacks[file.id]).transactional:
            raise UsageError(f"{back.path} cannot run outside a transaction: all of a rollback is one")
    return doomed


def _values(package: Package, found: Installation, doomed: Sequence[SqlFile], roles: bool) -> list[str]:
    unit = package.units[found.unit]
    backs = {file.id: unit.rollbacks[file.id] for file in doomed}
    texts = [{"id": identity, "path": file.path, "content": file.effective(roles)} for identity, file in backs.items()]
    return [found.schema, found.unit, json.dumps(texts), json.dumps(unit.contents(roles))]


def _rehearsed(
    connection: Connection, found: Installation, doomed: Sequence[SqlFile], values: list[str], patience: float
) -> Found:
    """Does it in a transaction that is rolled back, and counts what went."""

    def rehearse() -> Any:
        with translated(found), connection.transaction(force_rollback=True):
            return call(connection, _TAKE_BACK, values, about=found)

    done = retried(connection, rehearse, patience)
    # Counted afterwards: by now nobody is kept from the tables any more.
    query = "select object, number as rows from sessionbook.rows_of(%s, %s)"
    losses = rows(connection, query, [found.schema, json.dumps(done["losses"])])
    ids = [file.id for file in doomed]
    return Found(unit=found.unit, schema=found.schema, migrations=ids, losses=losses, rewritten=done["rewritten"])
