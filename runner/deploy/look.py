"""The questions that only read: where everything stands, and what apply would do."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..database import connect
from ..package import Package, read_package
from .chosen import Due, make_plans, read_state
from .results import CopyStatus, CopySteps, PlanResult, StatusResult, Step


def status(
    conninfo: str,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    roles: bool | None = None,
    sql_root: Path | None = None,
) -> StatusResult:
    """Says where every installation stands. Takes no lock and writes nothing.

    Args:
        conninfo: libpq connection string.
        units: limit to these, or None.
        schemas: unit to schema of the one installation meant.
        roles: False: as applied without roles; None: as chosen.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        A row for each installation, made or not.

    Raises:
        SessionbookError: no connection, or a broken package.
    """
    plans, _, restored = _read(conninfo, read_package(sql_root), units, schemas, roles)
    found = [
        CopyStatus(
            plan.installation.unit,
            plan.installation.schema,
            plan.version,
            plan.pending,
            plan.changed,
            plan.gone,
            plan.drift,
            plan.unfinished,
        )
        for plan in plans
    ]
    return StatusResult(found, restored)


def plan(
    conninfo: str,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    roles: bool | None = None,
    sql_root: Path | None = None,
) -> PlanResult:
    """Says what apply would run. Takes no lock and writes nothing.

    Args:
        conninfo: libpq connection string.
        units: limit to these, or None.
        schemas: unit to schema of the one installation meant.
        roles: False: as it would be without roles; None: as chosen.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        Files in order, for each installation that has any or is not what was applied.

    Raises:
        SessionbookError: no connection, or a broken package.
    """
    package = read_package(sql_root)
    plans, with_roles, _ = _read(conninfo, package, units, schemas, roles)
    copies = [
        CopySteps(
            due.installation.unit, due.installation.schema, _steps(package, due, with_roles), due.drift, due.unfinished
        )
        for due in plans
        if due.is_due or due.drift or due.unfinished
    ]
    first = [Step("roles", file.path, file.text) for file in package.roles] if with_roles and copies else []
    return PlanResult(copies, first)


def _steps(package: Package, due: Due, roles: bool) -> list[Step]:
    unit = package.units[due.installation.unit]
    steps = [
        Step("migration", m.path, m.effective(roles), m.transactional, due.reasons[m.id])
        for m in (unit.migrations_in_order() if due.pending else ())
        if m.id in due.pending
    ]
    if due.files_due:
        again = "again, with the others"
        steps += [
            Step("repeatable", file.path, file.effective(roles), reason=due.reasons.get(file.path, again))
            for file in unit.files_in_order(roles)
        ]
    # What else is dropped comes to light on the way.
    steps += [Step("drop", path, _drop(path), reason=due.reasons[path]) for path in due.gone]
    return steps


def _drop(path: str) -> str:
    kind, _, name = path.split("/")
    name = name.removesuffix(".sql")
    return {"functions": f"drop routine {name};\n", "views": f"drop view {name};\n"}.get(kind, f"-- what {path} made\n")


def _read(
    conninfo: str,
    package: Package,
    units: Sequence[str] | None,
    schemas: Mapping[str, str] | None,
    roles: bool | None,
) -> tuple[list[Due], bool, list[str]]:
    with connect(conninfo, read_only=True) as connection:
        state = read_state(connection)
        with_roles = state.roles(roles)
        plans = make_plans(connection, package, state, units=units, schemas=schemas, roles=with_roles)
        return plans, with_roles, [f"{found} at {newest}" for found, newest in state.restored.items()]
