"""Jobs in pg_cron: brought in line with what the package declares, and looked after."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from .connection import Connection, connect, deploy_lock
from .errors import ConnectError, CronError, SqlError, UsageError
from .jobs import PREFIX, Job, JobFile, filled, is_of, job_name, read_jobs
from .results import ApplyResult, JobChange, JobsStanding, JobStanding
from .schedules import Version, every, refuse_unsound
from .translation import translated

_NOT_ALLOWED = "42501"
_WITHOUT = {"cron_elsewhere", "cron_not_allowed", "cron_unreachable", "extension_missing"}
_MANY_DETAILS = 100_000
_OUTSIDE = "Without it run `sessionbook tick --every 10s`, or let any cron call lifecycle.run_tick()."


@dataclass
class SyncResult:
    """What a sync changed, and what it warns of."""

    changes: list[JobChange] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {"changes": [asdict(change) for change in self.changes], "warnings": self.warnings}


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


@dataclass
class _Row:
    """A row of cron.job."""

    jobid: int
    name: str
    schedule: str
    command: str
    database: str
    owner: str
    active: bool
    database_exists: bool


def sync(
    conninfo: str,
    *,
    cron_database: str = "postgres",
    tick_every: float | None = None,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> SyncResult:
    """Makes the jobs of a database what the package declares; touches no other job, and no pause of an operator's.

    Args:
        conninfo: libpq connection string of the database with the package.
        cron_database: pg_cron's own database in the same cluster.
        tick_every: seconds from one tick to the next, kept as setting tick_every; None: as set.
        sql_root: folder of the SQL files; by default the package's own.
        lock_wait: seconds to wait for another deployer.

    Returns:
        What changed.

    Raises:
        CronError: no pg_cron there, no right to use it, or a job of the same name is somebody else's.
        UsageError: lifecycle is not applied, or no such schedule.
    """
    files = read_jobs(sql_root)
    result = SyncResult()
    if not files:
        return result
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        _refuse_unapplied(connection)
        with _at_cron(connection, conninfo, cron_database) as (cron, version):
            if tick_every is not None:
                _set_pace(connection, tick_every, version)
            wanted = _wanted(connection, files, cron_database, version, result.warnings)
            with _allowed(cron, cron_database), cron.transaction():
                result.changes = _reconcile(cron, wanted, _database(connection))
    return result


def sync_after_apply(
    conninfo: str,
    result: ApplyResult,
    *,
    cron_database: str = "postgres",
    tick_every: float | None = None,
    required: bool = False,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> None:
    """The last step of an apply: syncs the jobs, or says in the warnings why there are none.

    Args:
        conninfo: libpq connection string of the database with the package.
        result: gains jobs and warnings.
        cron_database: pg_cron's own database in the same cluster.
        tick_every: as for sync().
        required: fail where there is no pg_cron to use.
        sql_root: folder of the SQL files; by default the package's own.
        lock_wait: seconds to wait for another deployer.

    Raises:
        CronError: as for sync(); without required, only for a job of the same name that is somebody else's.
    """
    if not read_jobs(sql_root):
        return
    with connect(conninfo, read_only=True) as connection:
        if not is_applied(connection):
            return
    try:
        found = sync(
            conninfo, cron_database=cron_database, tick_every=tick_every, sql_root=sql_root, lock_wait=lock_wait
        )
    except CronError as error:
        if required or error.key not in _WITHOUT:
            raise
        result.warnings.append(f"{error.message}: nothing moves by itself. {error.hint}")
    else:
        result.jobs += found.changes
        result.warnings += found.warnings


def standing(
    conninfo: str,
    *,
    cron_database: str = "postgres",
    sql_root: Path | None = None,
) -> JobsStanding:
    """Lists the jobs of a database and what a sync would do to each. Changes nothing, and never fails for want of jobs.

    Args:
        conninfo: libpq connection string of the database with the package.
        cron_database: pg_cron's own database in the same cluster.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        Jobs, or why there are none.
    """
    files = read_jobs(sql_root)
    result = JobsStanding()
    if not files:
        return result
    try:
        with connect(conninfo, read_only=True) as connection:
            if not is_applied(connection):
                result.note = "jobs in pg_cron are made once unit lifecycle is applied"
                return result
            with _at_cron(connection, conninfo, cron_database, read_only=True) as (cron, version):
                wanted = _wanted(connection, files, cron_database, version, [])
                with _allowed(cron, cron_database):
                    rows = _ours(cron, wanted, _database(connection))
        for job, row, change in _compared(wanted, rows):
            name, schedule = (row.name, row.schedule) if row else (job.name, job.schedule) if job else ("", "")
            active = row.active if row else True
            result.jobs.append(JobStanding(name, schedule, active, change.action if change else None))
    except (CronError, UsageError) as error:
        result.note = error.message
    return result


def check(
    conninfo: str,
    *,
    cron_database: str = "postgres",
    sql_root: Path | None = None,
) -> CheckResult:
    """Looks whether the jobs of a database are there and run. Changes nothing.

    Args:
        conninfo: libpq connection string of the database with the package.
        cron_database: pg_cron's own database in the same cluster.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        Findings, and the jobs with their last runs.

    Raises:
        UsageError: lifecycle is not applied.
    """
    result = CheckResult()
    with connect(conninfo, read_only=True) as connection:
        _refuse_unapplied(connection)
        try:
            with _at_cron(connection, conninfo, cron_database, read_only=True) as (cron, version):
                warnings: list[str] = []
                wanted = _wanted(connection, read_jobs(sql_root), cron_database, version, warnings)
                result.findings += [
                    Finding("warning", "tick_too_fast", text, "Upgrade pg_cron, or set tick_every to 1 minute.")
                    for text in warnings
                ]
                retention = _value(connection, "select value from lifecycle.settings where key = 'keep_run_details'")
                with _allowed(cron, cron_database):
                    _check_scheduler(cron, result)
                    _check_jobs(cron, wanted, _database(connection), result)
                    _check_runs(cron, _database(connection), str(retention), result)
        except CronError as error:
            result.findings.append(Finding("error", error.key, error.message, error.hint or ""))
    return result


def _value(connection: Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def _database(connection: Connection) -> str:
    return str(_value(connection, "select current_database()"))


def _refuse_unapplied(connection: Connection) -> None:
    if not is_applied(connection):
        raise UsageError("unit lifecycle is not applied to this database", hint="Run: sessionbook apply")


def is_applied(connection: Connection) -> bool:
    """Whether the database has what the jobs call."""
    return bool(_value(connection, "select to_regprocedure('lifecycle.run_job(text, text)') is not null"))


@contextmanager
def _at_cron(
    connection: Connection, conninfo: str, database: str, *, read_only: bool = False
) -> Iterator[tuple[Connection, Version]]:
    """A connection to pg_cron's database, and the version there."""
    cluster = "select system_identifier from pg_control_system()"
    try:
        there = make_conninfo(conninfo, dbname=database)
    except psycopg.Error as error:
        raise UsageError(f"not a connection string: {error}") from None
    with ExitStack() as stack:
        try:
            cron = stack.enter_context(connect(there, read_only=read_only))
        except ConnectError as error:
            raise CronError(
                "cron_unreachable",
                f"pg_cron's database {database}: {error.message}",
                hint=f"If it is at home in another database, name it with --cron-database. {_OUTSIDE}",
            ) from None
        if _value(cron, cluster) != _value(connection, cluster):
            raise CronError(
                "cron_elsewhere",
                f"database {database} is on another server than this one",
                hint="Name one host in the connection string.",
            )
        found = _value(cron, "select extversion from pg_extension where extname = 'pg_cron'")
        if found is None:
            raise CronError(
                "extension_missing",
                f"pg_cron is not installed in database {database}",
                hint=f"If it is at home in another database, name it with --cron-database. {_OUTSIDE}",
            )
        parts = str(found).replace("-", ".").split(".")
        yield cron, (int(parts[0]), int(parts[1]))


@contextmanager
def _allowed(cron: Connection, database: str) -> Iterator[None]:
    try:
        with translated():
            yield
    except SqlError as error:
        if error.sqlstate != _NOT_ALLOWED:
            raise
        role = sql.Identifier(str(cron.info.user)).as_string(cron)
        raise CronError(
            "cron_not_allowed",
            f"{role} may not use pg_cron in database {database}: {error.message}",
            hint=(
                f"There, as a superuser: grant usage on schema cron to {role}; grant execute on function"
                " cron.schedule_in_database(text, text, text, text, text, boolean),"
                f" cron.alter_job(bigint, text, text, text, text, boolean) to {role};"
            ),
        ) from error


def _set_pace(connection: Connection, seconds: float, version: Version) -> None:
    every(seconds, version)
    connection.execute(
        "update lifecycle.settings set value = %s where key = 'tick_every'"
        " and nullif(value, 'forever')::interval is distinct from %s::interval",
        [f"{seconds:g} seconds", f"{seconds:g} seconds"],
    )


def _wanted(
    connection: Connection, files: Sequence[JobFile], cron_database: str, version: Version, warnings: list[str]
) -> list[Job]:
    database = _database(connection)
    settings: dict[str, str] = dict(connection.execute("select key, value from lifecycle.settings").fetchall())
    home = str(_value(connection, "select lifecycle.home()"))
    jobs = []
    for file in files:
        if file.at_cron and (database == cron_database or settings["keep_run_details"] == "forever"):
            continue
        name = job_name(file.job, database)
        values = {**settings, "home": home, "database": database, "job_name": name}
        literals = {key: sql.Literal(value).as_string(connection) for key, value in values.items()}
        schedule = _schedule(connection, file, version, warnings)
        refuse_unsound(schedule, version)
        runs_in = cron_database if file.at_cron else database
        jobs.append(Job(file.job, name, schedule, filled(file, file.command, literals), runs_in))
    return jobs


def _schedule(connection: Connection, file: JobFile, version: Version, warnings: list[str]) -> str:
    """Reads `every {setting}`; a pace that this pg_cron cannot keep becomes a minute, with a warning."""
    if not file.schedule.startswith("every {"):
        return file.schedule
    key = file.schedule.removeprefix("every {").removesuffix("}")
    row = connection.execute("select extract(epoch from lifecycle.setting_interval(%s))::float8", [key]).fetchone()
    seconds = row[0] if row else None
    if seconds is None:
        raise UsageError(f"setting {key} is forever, which is no pace", hint=f"Set {key} in lifecycle.settings.")
    try:
        return every(seconds, version)
    except UsageError as error:
        if seconds >= 60:
            raise
        warnings.append(f"{error.message}; job {file.job} runs every minute")
        return every(60, version)


def _rows(cron: Connection) -> list[_Row]:
    with cron.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            # Databases in the same statement: one that goes, after its jobs, would else look as if it had left them.
            "select jobid, jobname::text as name, schedule, command, database, username as owner, active,"
            " exists (select from pg_database as d where d.datname = database) as database_exists"
            " from cron.job where starts_with(jobname::text, %s) order by jobname, jobid",
            [f"{PREFIX}:"],
        ).fetchall()
    return [_Row(**row) for row in found]


def _reconcile(cron: Connection, wanted: Sequence[Job], database: str) -> list[JobChange]:
    me = str(_value(cron, "select current_user"))
    rows = _ours(cron, wanted, database)
    for row in rows:
        if row.owner != me:
            raise _somebody_elses(row, me)
    changes = []
    for job, row_, change in _compared(wanted, rows):
        if change is None:
            continue
        if row_ is None and job is not None:
            cron.execute(
                "select cron.schedule_in_database(%s, %s, %s, %s)", [job.name, job.schedule, job.command, job.database]
            )
        elif row_ is not None and job is not None:
            # By number and in place: the same job, with its pause and the records of its runs.
            cron.execute("select cron.alter_job(%s, %s, %s, %s)", [row_.jobid, job.schedule, job.command, job.database])
        elif row_ is not None:
            cron.execute("select cron.unschedule(%s::bigint)", [row_.jobid])
        changes.append(change)
    return changes


def _ours(cron: Connection, wanted: Sequence[Job], database: str) -> list[_Row]:
    names = {job.name for job in wanted}
    return [row for row in _rows(cron) if row.name in names or is_of(row.name, database)]


def _compared(
    wanted: Sequence[Job], rows: Sequence[_Row]
) -> Iterator[tuple[Job | None, _Row | None, JobChange | None]]:
    """Each job as declared and as it is, with what a sync has to do to it."""
    present = {row.name: row for row in rows}
    for job in wanted:
        row = present.pop(job.name, None)
        if row is None:
            yield job, None, JobChange(job.name, "created", job.schedule)
        elif (row.schedule, row.command, row.database) != (job.schedule, job.command, job.database):
            yield job, row, JobChange(job.name, "changed", job.schedule, row.active)
        else:
            yield job, row, None
    for row in present.values():
        yield None, row, JobChange(row.name, "removed", row.schedule, row.active)


def _somebody_elses(row: _Row, me: str) -> CronError:
    return CronError(
        "job_of_another_user",
        f"job {row.name} belongs to {row.owner}, and {me} would make a second one of that name",
        hint=f"Connect as {row.owner}, or as {row.owner} run: select cron.unschedule({row.jobid});",
    )


def _check_scheduler(cron: Connection, result: CheckResult) -> None:
    # Its application name is the one thing that everybody may see of it.
    if not _value(cron, "select exists (select from pg_stat_activity where application_name like 'pg_cron %')"):
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


def _check_jobs(cron: Connection, wanted: Sequence[Job], database: str, result: CheckResult) -> None:
    me = str(_value(cron, "select current_user"))
    rows = _rows(cron)
    by_name = {job.name: job for job in wanted}
    ours = [row for row in rows if row.name in by_name or is_of(row.name, database)]
    for row in rows:
        if not row.database_exists:
            result.findings.append(
                Finding(
                    "error",
                    "database_missing",
                    f"job {row.name} runs in database {row.database}, which is gone",
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


def _difference(row: _Row, job: Job | None) -> Finding | None:
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


def _check_runs(cron: Connection, database: str, retention: str, result: CheckResult) -> None:
    names = [row.name for row in _rows(cron) if is_of(row.name, database)]
    with cron.cursor(row_factory=dict_row) as cursor:
        runs = cursor.execute(
            """
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
            """,
            [names],
        ).fetchall()
    for run in runs:
        state = JobState(**run)
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
    total, old = cron.execute(
        """
        select
            (select count(*) from cron.job_run_details),
            (
                select count(*)
                from cron.job_run_details as r
                where %(forever)s is false
                    and (r.database = %(database)s and starts_with(r.command, 'call lifecycle.run_job('))
                    and coalesce(r.end_time, r.start_time) < now() - 2 * nullif(%(kept)s, 'forever')::interval
            )
        """,
        {"forever": retention == "forever", "database": database, "kept": retention},
    ).fetchone() or (0, 0)
    if old or total > _MANY_DETAILS:
        result.findings.append(
            Finding(
                "warning",
                "run_details_growth",
                f"cron.job_run_details holds {total} rows, {old} of them of these jobs and twice past their retention",
                f"Is job {job_name('run_details', database)} running? Purge the rows of your own jobs yourself.",
            )
        )
