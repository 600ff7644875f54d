"""Jobs in pg_cron, brought in line with what the engine says, and whether they run."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.resources import files

from psycopg import sql
from psycopg.conninfo import make_conninfo

from ..database import Connection, Found, connect, conninfo_of, deploy_lock, one, rows
from ..deploy.apply import remember
from ..deploy.results import ApplyResult
from ..errors import ConnectError, CronError, SqlError, UsageError, translated

_NOT_ALLOWED = "42501"
_SECONDS_FROM = (1, 5)
_OUTSIDE = "Without it run `sessionbook tick --every 10s`, or let any cron call lifecycle.run_tick()."
_CHOSEN = "select value from sessionbook.settings where key = %s"
_WITHOUT = {"cron_elsewhere", "cron_not_allowed", "cron_unreachable", "extension_missing"}


def sync(
    conninfo: str,
    *,
    cron_database: str | None = None,
    tick_every: float | None = None,
    lock_wait: float = 60.0,
) -> Found:
    """Makes the jobs of a database what they should be; touches no other job, and no pause of an operator's.

    cron_database: the database that pg_cron is in, of the same cluster; None: as before.
    tick_every: seconds from one tick to the next, kept as setting tick_every; None: as set.
    lock_wait: seconds to wait for another deployer.

    Returns changes with name, action (created, changed or removed), schedule and active (a paused one stays paused),
    and warnings: what cannot be as it is set.

    Raises CronError: no pg_cron there, no right to use it, or a job of the same name is somebody else's.
    Raises UsageError: lifecycle is not applied, or no such schedule.
    """
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        _refuse_unapplied(connection)
        return _synced(connection, cron_database, tick_every)


def sync_after_apply(
    connection: Connection,
    result: ApplyResult,
    *,
    wanted: bool | None = None,
    cron_database: str | None = None,
    tick_every: float | None = None,
    required: bool = False,
) -> None:
    """The last step of an apply: syncs the jobs, or says in the warnings why there are none.

    connection: of that apply, with the deploy lock.
    result: gains jobs and warnings.
    wanted: False: leave them alone, from now on; None: as chosen before, at first True.
    required: fail if there is no pg_cron to use.
    cron_database, tick_every: as for sync().

    Raises CronError: as for sync(); without required, only for a job of the same name that is somebody else's.
    """
    if not _is_applied(connection):
        return
    before = one(connection, _CHOSEN, ["cron"])
    if wanted is False or (wanted is None and not required and before == "false"):
        remember(connection, {"cron": "false"})
        return
    try:
        found = _synced(connection, cron_database, tick_every)
    except CronError as error:
        if required or error.key not in _WITHOUT:
            raise
        result.warnings.append(f"{error.message}: nothing moves by itself. {error.hint}")
    else:
        result.jobs += found.changes
        result.warnings += found.warnings


def standing(conninfo: str, *, cron_database: str | None = None) -> Found:
    """Lists the jobs of a database, or says why there are none. Changes nothing, and never fails for want of jobs.

    Returns jobs with name, schedule, active, due (what a sync would do to it, or None), or a note why there are none.
    """
    try:
        with connect(conninfo, read_only=True) as connection:
            if not _is_applied(connection):
                return Found(jobs=[], note="jobs in pg_cron are made once unit lifecycle is applied")
            if one(connection, _CHOSEN, ["cron"]) == "false":
                return Found(jobs=[], note="jobs in pg_cron are not wanted here (--no-cron)")
            with _at_cron(connection, cron_database, read_only=True) as (_, _, jobs):
                return Found(jobs=_columns(jobs, "name schedule active due"), note=None)
    except (CronError, UsageError) as error:
        return Found(jobs=[], note=error.message)


def check(conninfo: str, *, cron_database: str | None = None) -> Found:
    """Looks whether the jobs of a database are there and run; cron_database as for sync(). Changes nothing.

    Returns:
        exit_code: 1 if something is broken, 3 if a sync has something to do, else 0.
        findings: level (error, pending if a sync mends it, or warning), key (stable name), message, hint.
        jobs: this database's jobs as pg_cron has them, with their last runs.

    Raises UsageError: lifecycle is not applied.
    """
    live: list[Found] = []
    with connect(conninfo, read_only=True) as connection:
        _refuse_unapplied(connection)
        try:
            with _at_cron(connection, cron_database, read_only=True) as (there, wanted, jobs):
                live = [job for job in jobs if job.jobid is not None]
                asked = {
                    "wanted": json.dumps(wanted),
                    "ours": [job.name for job in live],
                    "kept": one(connection, "select value from lifecycle.settings where key = 'keep_run_details'"),
                    "database": one(connection, "select current_database()"),
                }
                findings = rows(there, _sql("check"), asked)
        except CronError as error:
            findings = [Found(level="error", key=error.key, message=error.message, hint=error.hint or "")]
    levels = {finding.level for finding in findings}
    exit_code = 1 if "error" in levels else 3 if "pending" in levels else 0
    columns = "name schedule owner active last_status last_message last_start"
    return Found(exit_code=exit_code, findings=findings, jobs=_columns(live, columns))


def _columns(jobs: Sequence[Found], names: str) -> list[Found]:
    return [Found({name: job[name] for name in names.split()}) for job in jobs]


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _refuse_unapplied(connection: Connection) -> None:
    if not _is_applied(connection):
        raise UsageError("unit lifecycle is not applied to this database", hint="Run: sessionbook apply")


def _is_applied(connection: Connection) -> bool:
    """Whether the database has what the jobs call, and the engine that knows of them."""
    query = (
        "select count(*) = 2 from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace"
        " where (n.nspname, p.proname) in (('lifecycle', 'run_job'), ('sessionbook', 'jobs'))"
    )
    return bool(one(connection, query))


@contextmanager
def _at_cron(
    connection: Connection, asked: str | None, *, read_only: bool = False, tick_every: float | None = None
) -> Iterator[tuple[Connection, list[Found], list[Found]]]:
    """A connection to pg_cron's database, the jobs that there should be, and what jobs.sql says of all.

    The former have job, name, schedule, command, database, and warning: why it is not as the settings say.

    asked: the database that pg_cron is in; None: as before, else as the server says, else postgres.
    """
    # A role that may not read all settings sees the server's as missing.
    said = "select setting from pg_settings where name = 'cron.database_name'"
    home = str(asked or one(connection, _CHOSEN, ["cron_database"]) or one(connection, said) or "postgres")
    cluster = "select system_identifier from pg_control_system()"
    elsewhere = f"If it is at home in another database, name it with --cron-database. {_OUTSIDE}"
    with ExitStack() as stack:
        try:
            there = stack.enter_context(
                connect(make_conninfo(conninfo_of(connection), dbname=home), read_only=read_only)
            )
        except ConnectError as error:
            message = f"pg_cron's database {home}: {error.message}"
            raise CronError("cron_unreachable", message, hint=elsewhere) from None
        if one(there, cluster) != one(connection, cluster):
            message = f"database {home} is on another server than this one"
            raise CronError("cron_elsewhere", message, hint="Name one host in the connection string.")
        found = one(there, "select extversion from pg_extension where extname = 'pg_cron'")
        if found is None:
            raise CronError("extension_missing", f"pg_cron is not installed in database {home}", hint=elsewhere)
        knows_seconds = tuple(map(int, re.findall(r"\d+", str(found))[:2])) >= _SECONDS_FROM
        if tick_every is not None:
            _set_pace(connection, tick_every, knows_seconds)
        wanted = rows(connection, "select * from sessionbook.jobs(%s, %s) order by job", [home, knows_seconds])
        asked_there = {"wanted": json.dumps(wanted), "database": one(connection, "select current_database()")}
        try:
            with translated():
                yield there, wanted, rows(there, _sql("jobs"), asked_there)
        except SqlError as error:
            if error.sqlstate != _NOT_ALLOWED:
                raise
            role = sql.Identifier(str(there.info.user)).as_string(there)
            raise CronError(
                "cron_not_allowed",
                f"{role} may not use pg_cron in database {home}: {error.message}",
                hint=(
                    f"There, as a superuser: grant usage on schema cron to {role}; grant execute on function"
                    " cron.schedule_in_database(text, text, text, text, text, boolean),"
                    f" cron.alter_job(bigint, text, text, text, text, boolean) to {role};"
                ),
            ) from error


def _set_pace(connection: Connection, seconds: float, knows_seconds: bool) -> None:
    if one(connection, "select sessionbook.pace(%s, %s)", [seconds, knows_seconds]) is None:
        hint = "Take 1 to 59 seconds, which need pg_cron 1.5, minutes that divide an hour, or hours that divide a day."
        raise UsageError(f"there is no schedule here that comes every {seconds:g} seconds", hint=hint)
    connection.execute(
        "update lifecycle.settings set value = %(pace)s where key = 'tick_every'"
        " and nullif(value, 'forever')::interval is distinct from %(pace)s::interval",
        {"pace": f"{seconds:g} seconds"},
    )


def _synced(connection: Connection, cron_database: str | None, tick_every: float | None) -> Found:
    with _at_cron(connection, cron_database, tick_every=tick_every) as (there, wanted, jobs):
        home, changes = there.info.dbname, [job for job in jobs if job.due]
        with there.transaction():
            _reconcile(there, jobs)
    remember(connection, {"cron_database": home, "cron": "true"})
    for job in changes:
        job.update(action=job.due, schedule=job.wanted or job.schedule)
    warnings = [job.warning for job in wanted if job.warning]
    return Found(changes=_columns(changes, "name action schedule active"), warnings=warnings)


def _reconcile(there: Connection, jobs: Sequence[Found]) -> None:
    me = str(one(there, "select current_user"))
    for job in jobs:
        if job.owner not in (None, me):
            raise CronError(
                "job_of_another_user",
                f"job {job.name} belongs to {job.owner}, and {me} would make a second one of that name",
                hint=f"Connect as {job.owner}, or as {job.owner} run: select cron.unschedule({job.jobid});",
            )
    for job in jobs:
        values = [job.wanted, job.command, job.database]
        if job.due == "created":
            there.execute("select cron.schedule_in_database(%s, %s, %s, %s)", [job.name, *values])
        elif job.due == "changed":
            # By number and in place: the same job, with its pause and the records of its runs.
            there.execute("select cron.alter_job(%s, %s, %s, %s)", [job.jobid, *values])
        elif job.due == "removed":
            there.execute("select cron.unschedule(%s::bigint)", [job.jobid])
