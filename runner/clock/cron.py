"""Jobs in pg_cron, brought in line with what the engine says, and whether they run."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files

from ..database import Connection, Found, connect, deploy_lock, one, rows
from ..deploy.apply import remember
from ..deploy.results import ApplyResult
from ..errors import CronError, UsageError
from .home import allowed, at_cron, chosen, cron_home, is_applied, own_rows, refuse_unapplied

_WITHOUT = {"cron_elsewhere", "cron_not_allowed", "cron_unreachable", "extension_missing"}


def sync(
    conninfo: str,
    *,
    cron_database: str | None = None,
    tick_every: float | None = None,
    lock_wait: float = 60.0,
) -> Found:
    """Makes the jobs of a database what they should be; touches no other job, and no pause of an operator's.

    Args:
        cron_database: the database that pg_cron is in, of the same cluster; None: as before.
        tick_every: seconds from one tick to the next, kept as setting tick_every; None: as set.
        lock_wait: seconds to wait for another deployer.

    Returns:
        changes: name in cron.job, action (created, changed or removed), schedule, active (a paused one stays paused).
        warnings: what cannot be as it is set.

    Raises:
        CronError: no pg_cron there, no right to use it, or a job of the same name is somebody else's.
        UsageError: lifecycle is not applied, or no such schedule.
    """
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        refuse_unapplied(connection)
        return _synced(connection, conninfo, cron_database, tick_every)


def sync_after_apply(
    connection: Connection,
    conninfo: str,
    result: ApplyResult,
    *,
    wanted: bool | None = None,
    cron_database: str | None = None,
    tick_every: float | None = None,
    required: bool = False,
) -> None:
    """The last step of an apply: syncs the jobs, or says in the warnings why there are none.

    Args:
        connection: of that apply, with the deploy lock.
        result: gains jobs and warnings.
        wanted: False: leave them alone, from now on; None: as chosen before, at first True.
        required: fail if there is no pg_cron to use.
        cron_database, tick_every: as for sync().

    Raises:
        CronError: as for sync(); without required, only for a job of the same name that is somebody else's.
    """
    if not is_applied(connection):
        return
    before = chosen(connection, "cron")
    if wanted is False or (wanted is None and not required and before == "false"):
        remember(connection, {"cron": "false"})
        return
    try:
        found = _synced(connection, conninfo, cron_database, tick_every)
    except CronError as error:
        if required or error.key not in _WITHOUT:
            raise
        result.warnings.append(f"{error.message}: nothing moves by itself. {error.hint}")
    else:
        result.jobs += found.changes
        result.warnings += found.warnings


def standing(conninfo: str, *, cron_database: str | None = None) -> Found:
    """Lists the jobs of a database, or says why there are none. Changes nothing, and never fails for want of jobs.

    Returns:
        jobs: name, schedule, active, due (what a sync would do to it, or None).
        note: why there are none.
    """
    try:
        with connect(conninfo, read_only=True) as connection:
            if not is_applied(connection):
                return Found(jobs=[], note="jobs in pg_cron are made once unit lifecycle is applied")
            if chosen(connection, "cron") == "false":
                return Found(jobs=[], note="jobs in pg_cron are not wanted here (--no-cron)")
            home = cron_home(connection, cron_database)
            with at_cron(connection, conninfo, home, read_only=True) as (there, wanted), allowed(there, home):
                compared = list(_compared(wanted, own_rows(connection, there, wanted)))
    except (CronError, UsageError) as error:
        return Found(jobs=[], note=error.message)
    jobs = [
        Found(name=one.name, schedule=one.schedule, active=row.active if row else True, due=action)
        for job, row, action in compared
        if (one := row or job)
    ]
    return Found(jobs=jobs, note=None)


def check(conninfo: str, *, cron_database: str | None = None) -> Found:
    """Looks whether the jobs of a database are there and run; cron_database as for sync(). Changes nothing.

    Returns:
        exit_code: 1 if something is broken, 3 if a sync has something to do, else 0.
        findings: level (error, pending if a sync mends it, or warning), key (stable name), message, hint.
        jobs: this database's jobs as pg_cron has them, with their last runs.

    Raises UsageError: lifecycle is not applied.
    """
    jobs: list[Found] = []
    with connect(conninfo, read_only=True) as connection:
        refuse_unapplied(connection)
        home = cron_home(connection, cron_database)
        try:
            with at_cron(connection, conninfo, home, read_only=True) as (there, wanted), allowed(there, home):
                ours = [row.name for row in own_rows(connection, there, wanted)]
                jobs = rows(there, _sql("runs"), [ours])
                asked = {
                    "wanted": json.dumps(wanted),
                    "ours": ours,
                    "kept": one(connection, "select value from lifecycle.settings where key = 'keep_run_details'"),
                    "database": one(connection, "select current_database()"),
                }
                findings = rows(there, _sql("check"), asked)
        except CronError as error:
            findings = [Found(level="error", key=error.key, message=error.message, hint=error.hint or "")]
    levels = {finding.level for finding in findings}
    exit_code = 1 if "error" in levels else 3 if "pending" in levels else 0
    return Found(exit_code=exit_code, findings=findings, jobs=jobs)


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _synced(connection: Connection, conninfo: str, cron_database: str | None, tick_every: float | None) -> Found:
    home = cron_home(connection, cron_database)
    with at_cron(connection, conninfo, home, tick_every=tick_every) as (there, wanted):
        with allowed(there, home), there.transaction():
            changes = _reconcile(there, wanted, own_rows(connection, there, wanted))
        remember(connection, {"cron_database": home, "cron": "true"})
    return Found(changes=changes, warnings=[job.warning for job in wanted if job.warning])


def _reconcile(there: Connection, wanted: Sequence[Found], live: Sequence[Found]) -> list[Found]:
    me = str(one(there, "select current_user"))
    for owned in live:
        if owned.owner != me:
            raise CronError(
                "job_of_another_user",
                f"job {owned.name} belongs to {owned.owner}, and {me} would make a second one of that name",
                hint=f"Connect as {owned.owner}, or as {owned.owner} run: select cron.unschedule({owned.jobid});",
            )
    changes = []
    for job, row, action in _compared(wanted, live):
        values = [job.schedule, job.command, job.database] if job else []
        if action == "created" and job:
            there.execute("select cron.schedule_in_database(%s, %s, %s, %s)", [job.name, *values])
        elif action == "changed" and row:
            # By number and in place: the same job, with its pause and the records of its runs.
            there.execute("select cron.alter_job(%s, %s, %s, %s)", [row.jobid, *values])
        elif action == "removed" and row:
            there.execute("select cron.unschedule(%s::bigint)", [row.jobid])
        if action and (one_of := job or row):
            active = row.active if row else True
            changes.append(Found(name=one_of.name, action=action, schedule=one_of.schedule, active=active))
    return changes


def _compared(
    wanted: Sequence[Found], live: Sequence[Found]
) -> Iterator[tuple[Found | None, Found | None, str | None]]:
    """Each job as it should be and as it is, with what a sync has to do to it."""
    present = {row.name: row for row in live}
    for job in wanted:
        row = present.pop(job.name, None)
        same = row and (row.schedule, row.command, row.database) == (job.schedule, job.command, job.database)
        yield job, row, None if same else "changed" if row else "created"
    for row in present.values():
        yield None, row, "removed"
