"""The command `sessionbook`."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from . import durations, upkeep
from .errors import SessionbookError, UsageError
from .handling import handled, show
from .options import (
    CronDatabase,
    Dsn,
    Json,
    LockTimeout,
    LockWait,
    NoCron,
    NoRoles,
    Schemas,
    SqlRoot,
    TickEvery,
    Units,
    schemas_of,
)
from .signals import UNREAD, unread

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Deploys Sessionbook, session scheduling that lives inside PostgreSQL.",
)

cron_app = typer.Typer(no_args_is_help=True, help="The jobs in pg_cron.")
app.add_typer(cron_app, name="cron")


@app.command()
def apply(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    lock_wait: LockWait = 60.0,
    lock_timeout: LockTimeout = "400ms",
    single_transaction: Annotated[
        bool, typer.Option("--single-transaction", help="All or nothing; locks are held until the end.")
    ] = False,
    cron_database: CronDatabase = "postgres",
    tick_every: TickEvery = None,
    require_cron: Annotated[bool, typer.Option("--require-cron", help="Fail where there is no pg_cron.")] = False,
    no_cron: NoCron = False,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Apply pending migrations, then functions, views, triggers and grants, then the jobs in pg_cron.

    Exit codes: 0 applied, or nothing to do; 1 SQL error; 2 wrong use; 4 an applied file was edited; 5 another deployer
    holds the lock; 6 a migration died outside a transaction.
    """
    with handled(dsn, json_output) as conninfo:
        from . import deploy, output
        from .cron import sync_after_apply

        if no_cron and (require_cron or tick_every is not None):
            raise UsageError("--no-cron leaves nothing for --require-cron and --tick-every to do")
        pace = None if tick_every is None else durations.seconds(tick_every)
        with output.progress_bar(quiet=json_output) as progress:
            result = deploy.apply(
                conninfo,
                units=unit,
                schemas=schemas_of(schema),
                roles=not no_roles,
                sql_root=sql_root,
                lock_wait=lock_wait,
                lock_timeout=durations.seconds(lock_timeout),
                single_transaction=single_transaction,
                progress=progress,
            )
        if not no_cron:
            sync_after_apply(
                conninfo,
                result,
                cron_database=cron_database,
                tick_every=pace,
                required=require_cron or tick_every is not None,
                sql_root=sql_root,
                lock_wait=lock_wait,
            )
        show(json_output, result.to_json(), lambda: output.print_applied(result))


@app.command()
def status(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    cron_database: CronDatabase = "postgres",
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Show where every copy and every job stands. Reads only, also on a standby.

    Exit codes: 0 up to date; 3 something is pending; 4 an applied file was edited; 6 a migration died outside a
    transaction; 1 SQL error; 2 wrong use. Jobs do not change it: sessionbook cron check looks after them.
    """
    with handled(dsn, json_output) as conninfo:
        from . import deploy, output
        from .cron import standing

        result = deploy.status(conninfo, units=unit, schemas=schemas_of(schema), roles=not no_roles, sql_root=sql_root)
        jobs = standing(conninfo, cron_database=cron_database, sql_root=sql_root)
        show(json_output, {**result.to_json(), "cron": jobs.to_json()}, lambda: output.print_status(result, jobs))
        raise typer.Exit(result.exit_code)


@app.command()
def plan(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the text of the files too.")] = False,
    cron_database: CronDatabase = "postgres",
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Show what apply would do, in order. Reads only.

    Exit codes: 0; 4 an applied file was edited, so that apply would refuse; 6 a migration died outside a transaction;
    1 SQL error; 2 wrong use.
    """
    with handled(dsn, json_output) as conninfo:
        from . import deploy, output
        from .cron import standing

        result = deploy.plan(conninfo, units=unit, schemas=schemas_of(schema), roles=not no_roles, sql_root=sql_root)
        jobs = standing(conninfo, cron_database=cron_database, sql_root=sql_root)
        show(
            json_output,
            {**result.to_json(sql=sql), "cron": jobs.to_json()},
            lambda: output.print_plan(result, jobs, sql=sql),
        )
        raise typer.Exit(result.exit_code)


@app.command()
def export(
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the script here, not to stdout.")
    ] = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Print one psql script equal to apply, for databases that no Python gets to. Needs no connection.

    Run it with psql -X -f FILE; it can be run again, and passes over what is applied. Jobs in pg_cron are not in it.

    Exit codes: 0 written; 1 the file cannot be written; 2 wrong use.
    """
    with handled("", json_output):
        from .script import export as write

        result = write(units=unit, schemas=schemas_of(schema), roles=not no_roles, sql_root=sql_root)
        if output is not None:
            output.write_bytes(result.script.encode())
        show(json_output, result.to_json(output), lambda: result.print_to(output))


@cron_app.command("sync")
def cron_sync(
    dsn: Dsn = None,
    cron_database: CronDatabase = "postgres",
    tick_every: TickEvery = None,
    lock_wait: LockWait = 60.0,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Make the jobs of this database what the package declares; paused ones stay paused.

    Exit codes: 0 done, or nothing to do; 1 no pg_cron to use, or a job is somebody else's; 2 wrong use; 5 another
    deployer holds the lock.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .cron import sync

        pace = None if tick_every is None else durations.seconds(tick_every)
        result = sync(conninfo, cron_database=cron_database, tick_every=pace, sql_root=sql_root, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: output.print_jobs(result))


@cron_app.command("check")
def cron_check(
    dsn: Dsn = None,
    cron_database: CronDatabase = "postgres",
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Look whether the jobs are there and run. Reads only.

    Exit codes: 0 all is well, perhaps with warnings; 1 something is broken; 3 a sync would mend it; 2 wrong use.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .cron import check

        result = check(conninfo, cron_database=cron_database, sql_root=sql_root)
        show(json_output, result.to_json(), lambda: output.print_check(result))
        raise typer.Exit(result.exit_code)


@app.command()
def tick(
    dsn: Dsn = None,
    every: Annotated[str | None, typer.Option(help="Go on until Ctrl-C, once in this time, such as 10s.")] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout; with --every one a line.")
    ] = False,
) -> None:
    """Run the clock: move what is due. For databases without pg_cron.

    Deletes what is past its retention too, once a day, where no job does and the role may.

    Exit codes: 0 done, or stopped; 1 SQL error, or an installation failed or was kept out; 2 wrong use.
    """
    with handled(dsn, json_output, ends_well=every is not None) as conninfo:
        from . import output
        from .tick import tick_forever, tick_once

        def warn(error: SessionbookError) -> None:
            output.print_error(error, conninfo, json_output=False)

        rows: Any = (
            [tick_once(conninfo, warn)] if every is None else tick_forever(conninfo, durations.seconds(every), warn)
        )
        for row in rows:
            show(json_output, row, functools.partial(output.print_row, row))
        if every is None and rows[0].get("error"):
            raise typer.Exit(1)


@app.command()
def watch(
    dsn: Dsn = None,
    every: Annotated[str, typer.Option(help="Look again once in this time, such as 5s.")] = "2s",
    once: Annotated[bool, typer.Option("--once", help="Print one frame and end; needs no terminal.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="With --once: print one JSON object on stdout.")] = False,
) -> None:
    """Show the clock's health, what the sessions' workflows do next, and reminders that wait. Reads only.

    Exit codes: 0 shown; 1 SQL error; 2 wrong use.
    """
    with handled(dsn, json_output, ends_well=True) as conninfo:
        from . import watch as view

        pace = durations.seconds(every)
        if json_output and not once:
            raise UsageError("--json prints one object", hint="Add --once.")
        if once:
            frame = view.look(conninfo)
            show(json_output, frame.to_json(), lambda: view.print_frame(frame))
        else:
            view.watch(conninfo, pace)


@app.command()
def serve(
    folder: Annotated[Path | None, typer.Option(help="Where the server is kept.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Listen on 127.0.0.1 too; any user of this machine gets in.")
    ] = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Run a PostgreSQL of your own with the package applied, until Ctrl-C. For development.

    Exit codes: 0 stopped; 1 the server would not start; 2 wrong use.
    """
    with handled("", json_output, ends_well=True):
        from .serve import serve as run

        run(folder, port, json_output=json_output, sql_root=sql_root)


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Option(help="Where to keep the demo's server; else .demo in this folder.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Show workshops and tutoring with sample data on a scratch server.

    Exit codes: 0 shown, or stopped; 1 the server would not start; 2 wrong use.
    """
    with handled("", json_output, ends_well=True):
        from . import demo as package

        run: Callable[[Path | None, bool], None] | None = getattr(package, "run", None)
        if run is None:
            raise UsageError("this version has no demo")
        run(folder, json_output)


upkeep.add_to(app)


def main() -> None:
    """Entry point of the command."""
    try:
        try:
            _run()
        finally:
            # Not by the interpreter in the end, which would tell what went wrong with it.
            sys.stdout.flush()
    except BrokenPipeError:
        unread()
        raise SystemExit(UNREAD) from None


def _run() -> None:
    if "--json" not in sys.argv:
        app(prog_name="sessionbook")
        return
    try:
        raise SystemExit(app(prog_name="sessionbook", standalone_mode=False))
    except Exception as error:
        # A command line that cannot be read never comes to handled(); its error is click's, or of typer's own copy.
        if (said := getattr(error, "format_message", None)) is None:
            raise
        from .output import print_error

        print_error(UsageError(said()), "", json_output=True)
        raise SystemExit(UsageError.exit_code) from None
