"""Whether the jobs in pg_cron are there and run."""

from dataclasses import asdict, dataclass, field
from typing import Any

from psycopg.rows import class_row

from ..database import Connection, connect, one
from ..errors import CronError
from .cron import Cron, Job, Row, all_rows, allowed, at_cron, cron_home, own_rows, refuse_unapplied

_MANY_DETAILS = 100_000
_LAST_RUNS = """
select j.jobname::text as name, j.schedule, j.username as owner, j.active, d.status as last_status,
    d.return_message as last_message, coalesce(d.start_time, d.end_time) as last_start
from cron.job as j
left join lateral (
    select r.status, r.return_message, r.start_time, r.end_time
    from cron.job_run_details as r
    where r.jobid = j.jobid and r.status in ('succeeded', 'failed')
    order by r.runid desc
    limit 1
) as d on true
where j.jobname::text = any(%s)
order by j.jobname
"""


@dataclass
class Finding:
    """Something that a check found.

    Attributes:
        level: error, pending (a sync mends it) or warning.
        key: stable name of the fact.
        message: one line.
        hint: what to do.
    """

    level: str
    key: str
    message: str
    hint: str


@dataclass
class JobState:
    """One of this database's jobs as pg_cron has it."""

    name: str
    schedule: str
    owner: str
    active: bool
    last_status: str | None
    last_message: str | None
    last_start: Any


@dataclass
class CheckResult:
    """What a check found; nothing at all is good news."""

    findings: list[Finding] = field(default_factory=list)
    jobs: list[JobState] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 where something is broken, 3 where a sync has something to do, else 0."""
        levels = {finding.level for finding in self.findings}
        return 1 if "error" in levels else 3 if "pending" in levels else 0

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {
            "exit_code": self.exit_code,
            "findings": [asdict(finding) for finding in self.findings],
            "jobs": [asdict(job) for job in self.jobs],
        }


def check(conninfo: str, *, cron_database: str | None = None) -> CheckResult:
    """Looks whether the jobs of a database are there and run. Changes nothing.

    Args:
        conninfo: libpq connection string of the database with the package.
        cron_database: the database that pg_cron is in, of the same cluster; None: as before.

    Returns:
        Findings, and the jobs with their last runs.

    Raises:
        UsageError: lifecycle is not applied.
    """
    result = CheckResult()
    with connect(conninfo, read_only=True) as connection:
        refuse_unapplied(connection)
        home = cron_home(connection, cron_database)
        try:
            with at_cron(connection, conninfo, home, read_only=True) as cron:
                result.findings += [
                    Finding("warning", "tick_too_fast", job.warning, "Upgrade pg_cron, or set tick_every to 1 minute.")
                    for job in cron.wanted
                    if job.warning
                ]
                with allowed(cron.there, home):
                    _check_scheduler(cron.there, result)
                    _check_jobs(cron, result)
                    _check_runs(cron, result)
        except CronError as error:
            result.findings.append(Finding("error", error.key, error.message, error.hint or ""))
    return result


def _check_scheduler(cron: Connection, result: CheckResult) -> None:
    # Its application name is the one thing that everybody may see of it.
    if not one(cron, "select exists (select from pg_stat_activity where application_name like 'pg_cron %')"):
        result.findings.append(
            Finding(
                "error",
                "scheduler_absent",
                "the scheduler of pg_cron is not running: no job of this cluster runs",
                "Restart the server with pg_cron in shared_preload_libraries; look for a dropped job owner first.",
            )
        )
    orphans = cron.execute(
        "select jobid, coalesce(jobname::text, 'unnamed'), username from cron.job"
        " where not exists (select from pg_roles where rolname = username) order by jobid"
    ).fetchall()
    for jobid, name, owner in orphans:
        result.findings.append(
            Finding(
                "error",
                "owner_missing",
                f"job {name} (number {jobid}) belongs to {owner}, a role that is gone:"
                " at the next restart the scheduler stops for every job",
                f"As a superuser: delete from cron.job where jobid = {jobid};",  # noqa: S608
            )
        )


def _check_jobs(cron: Cron, result: CheckResult) -> None:
    me = str(one(cron.there, "select current_user"))
    by_name = {job.name: job for job in cron.wanted}
    ours = own_rows(cron)
    for row in all_rows(cron.there):
        if not row.database_exists:
            result.findings.append(
                Finding(
                    "error",
                    "database_missing",
                    f"job {row.name} is of a database that is gone, or has another name now",
                    f"As {row.owner}: select cron.unschedule({row.jobid});",
                )
            )
    for row in ours:
        job = by_name.get(row.name)
        finding = _difference(row, job)
        if finding is not None:
            result.findings.append(finding)
        if not row.active:
            paused = f"select cron.alter_job({row.jobid}, active => true);"
            result.findings.append(Finding("warning", "job_paused", f"job {row.name} is paused", f"To go on: {paused}"))
    for name in by_name.keys() - {row.name for row in ours}:
        result.findings.append(
            Finding("pending", "job_missing", f"job {name} is not there", "Run: sessionbook cron sync")
        )
    owners: dict[str, set[str]] = {}
    for row in ours:
        owners.setdefault(row.name, set()).add(row.owner)
    for name, who in owners.items():
        if len(who) > 1 or me not in who:
            listed = ", ".join(sorted(who))
            hint = "Deploy as one role; unschedule the other's job as that role."
            message = f"job {name} belongs to {listed}; this is {me}"
            result.findings.append(Finding("error", "job_of_another_user", message, hint))


def _difference(row: Row, job: Job | None) -> Finding | None:
    if job is None:
        return Finding("pending", "job_left_over", f"job {row.name} is declared no more", "Run: sessionbook cron sync")
    if row.database != job.database:
        return Finding(
            "error",
            "job_elsewhere",
            f"job {row.name} runs in database {row.database}, not in {job.database}",
            "Run: sessionbook cron sync",
        )
    if row.command != job.command and "lifecycle.run_job(" in row.command and "lifecycle.run_job(" in job.command:
        return Finding(
            "error",
            "job_not_at_home",
            f"job {row.name} was made for another database, and refuses to run here: it came with a dump",
            f"To run the clock here: sessionbook cron sync; otherwise: select cron.unschedule({row.jobid});",
        )
    if (row.schedule, row.command) != (job.schedule, job.command):
        message = f"job {row.name} is not what the package and the settings say"
        return Finding("pending", "job_changed", message, "Run: sessionbook cron sync")
    return None


def _check_runs(cron: Cron, result: CheckResult) -> None:
    retention = one(cron.here, "select value from lifecycle.settings where key = 'keep_run_details'")
    database = one(cron.here, "select current_database()")
    with cron.there.cursor(row_factory=class_row(JobState)) as cursor:
        runs = cursor.execute(_LAST_RUNS, [[row.name for row in own_rows(cron)]]).fetchall()
    for state in runs:
        result.jobs.append(state)
        if state.last_status == "failed":
            said = (state.last_message or "no message").strip().splitlines()[0]
            hint = "See cron.job_run_details."
            if "connection" in said:
                hint = (
                    "pg_hba.conf must let the job's owner in from localhost, or set cron.use_background_workers = on."
                )
            result.findings.append(
                Finding("error", "job_failed", f"the last run of job {state.name} failed: {said}", hint)
            )
    total = one(cron.there, "select count(*) from cron.job_run_details")
    old = 0
    if retention != "forever":
        old = one(
            cron.there,
            "select count(*) from cron.job_run_details as r where r.database = %s"
            " and starts_with(r.command, 'call lifecycle.run_job(')"
            " and coalesce(r.end_time, r.start_time) < now() - 2 * %s::interval",
            [database, retention],
        )
    if old or total > _MANY_DETAILS:
        result.findings.append(
            Finding(
                "warning",
                "run_details_growth",
                f"cron.job_run_details holds {total} rows, {old} of them of these jobs and twice past their retention",
                "Is job run_details of this database running? Purge the rows of your own jobs yourself.",
            )
        )
