"""Jobs in pg_cron, brought in line with what the engine says."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import class_row

from ..database import Connection, connect, deploy_lock, one
from ..deploy.apply import remember
from ..deploy.results import ApplyResult, JobChange, JobsStanding, JobStanding, Result
from ..errors import ConnectError, CronError, SqlError, UsageError, translated

_NOT_ALLOWED = "42501"
_WITHOUT = {"cron_elsewhere", "cron_not_allowed", "cron_unreachable", "extension_missing"}
_SECONDS_FROM = (1, 5)
_OUTSIDE = "Without it run `sessionbook tick --every 10s`, or let any cron call lifecycle.run_tick()."


@dataclass
class SyncResult(Result):
    """What a sync changed, and what it warns of."""

    changes: list[JobChange] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Job(NamedTuple):
    """A job as it should be in cron.job; warning: why it is not as the settings say."""

    job: str
    name: str
    schedule: str
    command: str
    database: str
    warning: str | None


@dataclass
class Row:
    """A row of cron.job."""

    jobid: int
    name: str
    schedule: str
    command: str
    database: str
    owner: str
    active: bool


class Cron(NamedTuple):
    """Both ends: the database with the package, the one that pg_cron is in, and the jobs that there should be."""

    here: Connection
    there: Connection
    wanted: list[Job]


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
        conninfo, cron_database, tick_every, lock_wait: as for sync().
        result: gains jobs and warnings.
        wanted: False: leave them alone, from now on; None: as chosen before, at first True.
        required: fail if there is no pg_cron to use.

    Raises:
        CronError: as for sync(); without required, only for a job of the same name that is somebody else's.
    """
    with connect(conninfo, read_only=True) as connection:
        if not is_applied(connection):
            return
        before = one(connection, "select value from sessionbook.settings where key = 'cron'")
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
    result = JobsStanding()
    try:
        with connect(conninfo, read_only=True) as connection:
            if not is_applied(connection):
                result.note = "jobs in pg_cron are made once unit lifecycle is applied"
                return result
            if one(connection, "select value from sessionbook.settings where key = 'cron'") == "false":
                result.note = "jobs in pg_cron are not wanted here (--no-cron)"
                return result
            home = cron_home(connection, cron_database)
            with at_cron(connection, conninfo, home, read_only=True) as cron, allowed(cron.there, home):
                compared = list(_compared(cron.wanted, own_rows(cron)))
        for job, row, change in compared:
            name, schedule = (row.name, row.schedule) if row else (job.name, job.schedule) if job else ("", "")
            active = row.active if row else True
            result.jobs.append(JobStanding(name, schedule, active, change.action if change else None))
    except (CronError, UsageError) as error:
        result.note = error.message
    return result


def refuse_unapplied(connection: Connection) -> None:
    """Raises UsageError if the database has no clock."""
    if not is_applied(connection):
        raise UsageError("unit lifecycle is not applied to this database", hint="Run: sessionbook apply")


def is_applied(connection: Connection) -> bool:
    """Whether the database has what the jobs call, and the engine that knows of them."""
    return bool(
        one(
            connection,
            "select count(*) = 2 from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace"
            " where (n.nspname, p.proname) in (('lifecycle', 'run_job'), ('sessionbook', 'jobs'))",
        )
    )


def cron_home(connection: Connection, asked: str | None) -> str:
    """The database that pg_cron is in: as asked for, as before, as the server says, else postgres."""
    if asked is not None:
        return asked
    before = one(connection, "select value from sessionbook.settings where key = 'cron_database'")
    # A role that may not read all settings sees this one as missing.
    said = one(connection, "select setting from pg_settings where name = 'cron.database_name'")
    return str(before or said or "postgres")


@contextmanager
def at_cron(
    connection: Connection, conninfo: str, database: str, *, read_only: bool = False, tick_every: float | None = None
) -> Iterator[Cron]:
    """A connection to pg_cron's database, and the jobs that there should be."""
    cluster = "select system_identifier from pg_control_system()"
    try:
        place = make_conninfo(conninfo, dbname=database)
    except psycopg.Error as error:
        raise UsageError(f"not a connection string: {error}") from None
    with ExitStack() as stack:
        try:
            there = stack.enter_context(connect(place, read_only=read_only))
        except ConnectError as error:
            raise CronError(
                "cron_unreachable",
                f"pg_cron's database {database}: {error.message}",
                hint=f"If it is at home in another database, name it with --cron-database. {_OUTSIDE}",
            ) from None
        if one(there, cluster) != one(connection, cluster):
            raise CronError(
                "cron_elsewhere",
                f"database {database} is on another server than this one",
                hint="Name one host in the connection string.",
            )
        found = one(there, "select extversion from pg_extension where extname = 'pg_cron'")
        if found is None:
            raise CronError(
                "extension_missing",
                f"pg_cron is not installed in database {database}",
                hint=f"If it is at home in another database, name it with --cron-database. {_OUTSIDE}",
            )
        parts = str(found).replace("-", ".").split(".")
        knows_seconds = (int(parts[0]), int(parts[1])) >= _SECONDS_FROM
        if tick_every is not None:
            _set_pace(connection, tick_every, knows_seconds)
        rows = connection.execute("select * from sessionbook.jobs(%s, %s) order by job", [database, knows_seconds])
        yield Cron(connection, there, [Job(*row) for row in rows])


@contextmanager
def allowed(there: Connection, database: str) -> Iterator[None]:
    """Says what is needed if the role may not use pg_cron."""
    try:
        with translated():
            yield
    except SqlError as error:
        if error.sqlstate != _NOT_ALLOWED:
            raise
        role = sql.Identifier(str(there.info.user)).as_string(there)
        raise CronError(
            "cron_not_allowed",
            f"{role} may not use pg_cron in database {database}: {error.message}",
            hint=(
                f"There, as a superuser: grant usage on schema cron to {role}; grant execute on function"
                " cron.schedule_in_database(text, text, text, text, text, boolean),"
                f" cron.alter_job(bigint, text, text, text, text, boolean) to {role};"
            ),
        ) from error


def own_rows(cron: Cron) -> list[Row]:
    """The jobs of this database, declared or left over."""
    with cron.there.cursor(row_factory=class_row(Row)) as cursor:
        rows = cursor.execute(
            "select j.jobid, j.jobname::text as name, j.schedule, j.command, j.database, j.username as owner, j.active"
            " from cron.job as j where starts_with(j.jobname::text, 'sessionbook:') order by j.jobname, j.jobid"
        ).fetchall()
    said = cron.here.execute(
        "select n from unnest(%s::text[]) as n where sessionbook.job_name(split_part(n, ':', 2)) = n",
        [[row.name for row in rows]],
    )
    names = {job.name for job in cron.wanted} | {name for (name,) in said}
    return [row for row in rows if row.name in names]


def _set_pace(connection: Connection, seconds: float, knows_seconds: bool) -> None:
    if one(connection, "select sessionbook.pace(%s, %s)", [seconds, knows_seconds]) is None:
        if seconds < 60 and seconds == int(seconds) and not knows_seconds:
            raise UsageError(
                f"pg_cron before 1.5 cannot run a job every {seconds:g} seconds",
                hint="Choose 1m, or run: sessionbook tick --every 10s",
            )
        raise UsageError(
            f"there is no schedule that comes every {seconds:g} seconds",
            hint="Take 1 to 59 seconds, minutes that divide an hour, or hours that divide a day.",
        )
    connection.execute(
        "update lifecycle.settings set value = %(pace)s where key = 'tick_every'"
        " and nullif(value, 'forever')::interval is distinct from %(pace)s::interval",
        {"pace": f"{seconds:g} seconds"},
    )


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
