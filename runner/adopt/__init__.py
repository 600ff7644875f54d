"""Takes over the tables of an application: moves them, completes them, and goes on from where they stand."""

from collections.abc import Callable
from pathlib import Path

from ..database import Connection, collect_warnings, connect, deploy_lock
from ..deploy.apply import Progress, tell_waiting
from ..deploy.chosen import Installation
from ..deploy.results import ApplyResult
from ..package import read_package
from ..send import retried
from .doing import take_over
from .history import History, read_history
from .plan import AdoptionPlan, AdoptionResult, NotAdoptable
from .rules import judge
from .survey import look, refuse_request

__all__ = ["AdoptionPlan", "AdoptionResult", "NotAdoptable", "adopt", "plan_adoption"]


def plan_adoption(
    conninfo: str,
    unit: str,
    *,
    source: str,
    schema: str | None = None,
    roles: bool = True,
    sql_root: Path | None = None,
    progress: Progress | None = None,
) -> AdoptionPlan:
    """Says what adopting tables would do, and what stands in its way. Takes no lock and writes nothing.

    Args:
        conninfo: libpq connection string.
        unit: what the tables are of.
        source: schema that they are in.
        schema: schema that they are to go to; None: the unit's own.
        roles: False: without roles of ours.
        sql_root: folder of the SQL files; by default the package's own.
        progress: called before each step.

    Returns:
        The plan, with everything that stands in the way and not only the first.

    Raises:
        UsageError: the request makes no sense: no such tables, or a copy that is there.
    """
    adoption = _Adoption(conninfo, unit, source, schema, roles, sql_root, progress)
    with connect(conninfo, read_only=True) as connection:
        return adoption.plan(connection)


def adopt(
    conninfo: str,
    unit: str,
    *,
    source: str,
    schema: str | None = None,
    confirm: Callable[[AdoptionPlan], bool] | None = None,
    roles: bool = True,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
    progress: Progress | None = None,
) -> AdoptionResult:
    """Takes tables over and brings them to the package's present state, in one transaction.

    Args:
        conninfo: libpq connection string.
        unit: what the tables are of.
        source: schema that they are in.
        schema: schema that they are to go to; None: the unit's own.
        confirm: called with the plan, nothing but the deploy lock being held; False calls it off.
        roles: False: without roles of ours.
        sql_root: folder of the SQL files; by default the package's own.
        lock_wait: seconds to wait for another deployer.
        lock_timeout: seconds one statement waits for a lock; then all of it is tried again, for half a minute.
        progress: called before each step.

    Returns:
        The plan, and what was applied after it.

    Raises:
        UsageError: the request makes no sense: no such tables, or a copy that is there.
        NotAdoptable: something stands in the way; all of it is named, and nothing was changed.
        SqlError: PostgreSQL refused something; nothing was changed.
    """
    adoption = _Adoption(conninfo, unit, source, schema, roles, sql_root, progress)
    with (
        connect(conninfo, lock_timeout=lock_timeout) as connection,
        deploy_lock(connection, lock_wait, tell_waiting(progress)),
    ):
        plan = adoption.plan(connection)
        if not plan.possible:
            raise NotAdoptable(plan)
        if confirm is not None and not confirm(plan):
            return AdoptionResult(plan)
        warnings = collect_warnings(connection)
        changes = retried(
            connection,
            lambda: take_over(
                connection, adoption.package, adoption.history, adoption.copy, plan, roles=roles, progress=progress
            ),
        )
        return AdoptionResult(plan, ApplyResult(changes, warnings=warnings))


class _Adoption:
    """What plan and deed have in common."""

    history: History

    def __init__(
        self,
        conninfo: str,
        unit: str,
        source: str,
        schema: str | None,
        roles: bool,
        sql_root: Path | None,
        progress: Progress | None,
    ) -> None:
        self.conninfo = conninfo
        self.source = source
        self.copy = Installation(unit, schema or unit)
        self.roles = roles
        self.sql_root = sql_root
        self.progress = progress
        self.package = read_package(sql_root)

    def plan(self, connection: Connection) -> AdoptionPlan:
        refuse_request(connection, self.package, self.copy, self.source)
        migrations = self.package.units[self.copy.unit].migrations
        self.history = read_history(
            self.conninfo, migrations, self.copy, sql_root=self.sql_root, progress=self.progress
        )
        survey = look(connection, self.package, self.history, self.copy, self.source, roles=self.roles)
        plan = survey.plan
        findings, unjudged, unfit = judge(
            connection, self.source, survey.live, self.history, survey.standing, survey.rules, self.progress
        )
        plan.repaired = [finding for finding in findings if finding.repaired_by is not None]
        plan.broken = [finding for finding in findings if finding.repaired_by is None]
        plan.notes += unjudged
        plan.blockers += unfit
        return plan
