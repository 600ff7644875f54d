"""Both ends of a job: the database with the package, and the one that pg_cron is in."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from psycopg import sql
from psycopg.conninfo import make_conninfo

from ..database import Connection, Found, connect, one, rows
from ..errors import ConnectError, CronError, SqlError, UsageError, translated

_NOT_ALLOWED = "42501"
_SECONDS_FROM = (1, 5)
_OUTSIDE = "Without it run `sessionbook tick --every 10s`, or let any cron call lifecycle.run_tick()."


def chosen(connection: Connection, key: str) -> str | None:
    """What was chosen for a database."""
    found: str | None = one(connection, "select value from sessionbook.settings where key = %s", [key])
    return found


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
    # A role that may not read all settings sees the server's as missing.
    said = "select setting from pg_settings where name = 'cron.database_name'"
    return str(asked or chosen(connection, "cron_database") or one(connection, said) or "postgres")


@contextmanager
def at_cron(
    connection: Connection, conninfo: str, database: str, *, read_only: bool = False, tick_every: float | None = None
) -> Iterator[tuple[Connection, list[Found]]]:
    """A connection to pg_cron's database, and the jobs that there should be.

    These have job, name, schedule, command, database, and warning: why it is not as the settings say.
    """
    cluster = "select system_identifier from pg_control_system()"
    elsewhere = f"If it is at home in another database, name it with --cron-database. {_OUTSIDE}"
    with ExitStack() as stack:
        try:
            there = stack.enter_context(connect(make_conninfo(conninfo, dbname=database), read_only=read_only))
        except ConnectError as error:
            message = f"pg_cron's database {database}: {error.message}"
            raise CronError("cron_unreachable", message, hint=elsewhere) from None
        if one(there, cluster) != one(connection, cluster):
            message = f"database {database} is on another server than this one"
            raise CronError("cron_elsewhere", message, hint="Name one host in the connection string.")
        found = one(there, "select extversion from pg_extension where extname = 'pg_cron'")
        if found is None:
            raise CronError("extension_missing", f"pg_cron is not installed in database {database}", hint=elsewhere)
        knows_seconds = tuple(map(int, re.findall(r"\d+", str(found))[:2])) >= _SECONDS_FROM
        if tick_every is not None:
            _set_pace(connection, tick_every, knows_seconds)
        yield there, rows(connection, "select * from sessionbook.jobs(%s, %s) order by job", [database, knows_seconds])


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


def own_rows(connection: Connection, there: Connection, wanted: list[Found]) -> list[Found]:
    """The jobs of this database, declared or left over: jobid, name, schedule, command, database, owner, active."""
    found = rows(
        there,
        "select j.jobid, j.jobname::text as name, j.schedule, j.command, j.database, j.username as owner, j.active"
        " from cron.job as j where starts_with(j.jobname::text, 'sessionbook:') order by j.jobname, j.jobid",
    )
    said = connection.execute(
        "select n from unnest(%s::text[]) as n where sessionbook.job_name(split_part(n, ':', 2)) = n",
        [[row.name for row in found]],
    )
    names = {job.name for job in wanted} | {name for (name,) in said}
    return [row for row in found if row.name in names]


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
