"""Jobs in pg_cron, brought in line with what the engine says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..database import connect, deploy_lock, one
from ..deploy.apply import remember
from ..deploy.results import ApplyResult, JobChange, JobsStanding, JobStanding, Result
from ..errors import CronError, UsageError
from .home import Cron, Job, Row, allowed, at_cron, chosen, cron_home, is_applied, own_rows, refuse_unapplied

_WITHOUT = {"cron_elsewhere", "cron_not_allowed", "cron_unreachable", "extension_missing"}


@dataclass
class SyncResult(Result):
    """What a sync changed, and what it warns of."""

    changes: list[JobChange] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def sync(
    conninfo: str,
    *,
    cron_database: str | None = None,
    tick_every: float | None = None,
    lock_wait: float = 60.0,
) -> SyncResult:
    """Makes the jobs of a database what they should be; touches no other job, and no pause of an operator's.

    Args:
        conninfo: libpq connection string of the database with the package.
        cron_database: the database that pg_cron is in, of the same cluster; None: as before.
        tick_every: seconds from one tick to the next, kept as setting tick_every; None: as set.
        lock_wait: seconds to wait for another deployer.

    Raises:
        CronError: no pg_cron there, no right to use it, or a job of the same name is somebody else's.
        UsageError: lifecycle is not applied, or no such schedule.
    """
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        refuse_unapplied(connection)
        home = cron_home(connection, cron_database)
        with at_cron(connection, conninfo, home, tick_every=tick_every) as cron:
            with allowed(cron.there, home), cron.there.transaction():
                changes = _reconcile(cron)
            remember(connection, {"cron_database": home, "cron": "true"})
    return SyncResult(changes, [job.warning for job in cron.wanted if job.warning])


def sync_after_apply(
    conninfo: str,
    result: ApplyResult,
    *,
    wanted: bool | None = None,
    cron_database: str | None = None,
    tick_every: float | None = None,
    required: bool = False,
    lock_wait: float = 60.0,
) -> None:
    """The last step of an apply: syncs the jobs, or says in the warnings why there are none.

    Args:
        result: gains jobs and warnings.
        wanted: False: leave them alone, from now on; None: as chosen before, at first True.
        required: fail if there is no pg_cron to use.
        conninfo, cron_database, tick_every, lock_wait: as for sync().

    Raises:
        CronError: as for sync(); without required, only for a job of the same name that is somebody else's.
    """
    with connect(conninfo, read_only=True) as connection:
        if not is_applied(connection):
            return
        before = chosen(connection, "cron")
    if wanted is False or (wanted is None and not required and before == "false"):
        if before != "false":
            with connect(conninfo) as connection:
                remember(connection, {"cron": "false"})
        return
    try:
        found = sync(conninfo, cron_database=cron_database, tick_every=tick_every, lock_wait=lock_wait)
    except CronError as error:
        if required or error.key not in _WITHOUT:
            raise
        result.warnings.append(f"{error.message}: nothing moves by itself. {error.hint}")
    else:
        result.jobs += found.changes
        result.warnings += found.warnings


def standing(conninfo: str, *, cron_database: str | None = None) -> JobsStanding:
    """Lists the jobs of a database and what a sync would do to each, or says why there are none.

    Changes nothing, and never fails for want of jobs.
    """
    try:
        with connect(conninfo, read_only=True) as connection:
            if not is_applied(connection):
                return JobsStanding(note="jobs in pg_cron are made once unit lifecycle is applied")
            if chosen(connection, "cron") == "false":
                return JobsStanding(note="jobs in pg_cron are not wanted here (--no-cron)")
            home = cron_home(connection, cron_database)
            with at_cron(connection, conninfo, home, read_only=True) as cron, allowed(cron.there, home):
                compared = list(_compared(cron.wanted, own_rows(cron)))
    except (CronError, UsageError) as error:
        return JobsStanding(note=error.message)
    return JobsStanding([
        JobStanding(one.name, one.schedule, row.active if row else True, change.action if change else None)
        for job, row, change in compared
        if (one := row or job)
    ])  # fmt: skip


def _reconcile(cron: Cron) -> list[JobChange]:
    me = str(one(cron.there, "select current_user"))
    rows = own_rows(cron)
    for row in rows:
        if row.owner != me:
            raise CronError(
                "job_of_another_user",
                f"job {row.name} belongs to {row.owner}, and {me} would make a second one of that name",
                hint=f"Connect as {row.owner}, or as {row.owner} run: select cron.unschedule({row.jobid});",
            )
    changes = []
    for job, found, change in _compared(cron.wanted, rows):
        if change is None:
            continue
        if job is not None:
            values = [job.schedule, job.command, job.database]
            if found is None:
                cron.there.execute("select cron.schedule_in_database(%s, %s, %s, %s)", [job.name, *values])
            else:
                # By number and in place: the same job, with its pause and the records of its runs.
                cron.there.execute("select cron.alter_job(%s, %s, %s, %s)", [found.jobid, *values])
        elif found is not None:
            cron.there.execute("select cron.unschedule(%s::bigint)", [found.jobid])
        changes.append(change)
    return changes


def _compared(wanted: Sequence[Job], rows: Sequence[Row]) -> Iterator[tuple[Job | None, Row | None, JobChange | None]]:
    """Each job as it should be and as it is, with what a sync has to do to it."""
    present = {row.name: row for row in rows}
    for job in wanted:
        row = present.pop(job.name, None)
        if row is None:
            yield job, None, JobChange(job.name, "created", job.schedule)
            continue
        same = (row.schedule, row.command, row.database) == (job.schedule, job.command, job.database)
        yield job, row, None if same else JobChange(job.name, "changed", job.schedule, row.active)
    for row in present.values():
        yield None, row, JobChange(row.name, "removed", row.schedule, row.active)
