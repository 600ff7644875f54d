"""The command `sessionbook`."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from . import durations
from .errors import SessionbookError, UsageError
from .signals import Terminated, sigterm_raises

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Deploys Sessionbook, session scheduling that lives inside PostgreSQL.",
)

Dsn = Annotated[
    str | None, typer.Option("--dsn", help="Where to connect; else DATABASE_URL, else what libpq finds (PG*, .pgpass).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Units = Annotated[list[str] | None, typer.Option("--unit", help="Only this unit; may be repeated.")]
Schemas = Annotated[
    list[str] | None, typer.Option("--schema", metavar="UNIT=NAME", help="The copy of a unit in this schema.")
]
NoRoles = Annotated[bool, typer.Option("--no-roles", help="Make no roles and grant them nothing.")]
SqlRoot = Annotated[Path | None, typer.Option("--sql-root", hidden=True)]
CronDatabase = Annotated[
    str, typer.Option("--cron-database", metavar="NAME", help="The database that pg_cron is at home in.")
]
TickEvery = Annotated[
    str | None, typer.Option("--tick-every", help="Pace of the clock, kept from then on; 10s needs pg_cron 1.5.")
]
cron_app = typer.Typer(no_args_is_help=True, help="The jobs in pg_cron.")
app.add_typer(cron_app, name="cron")


@app.command()
def apply(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    lock_wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for another deployer.")] = 60.0,
    lock_timeout: Annotated[str, typer.Option(help="How long a statement waits for a lock, such as 5s.")] = "5s",
    cron_database: CronDatabase = "postgres",
    tick_every: TickEvery = None,
    require_cron: Annotated[bool, typer.Option("--require-cron", help="Fail where there is no pg_cron.")] = False,
    no_cron: Annotated[bool, typer.Option("--no-cron", help="Leave the jobs in pg_cron alone.")] = False,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Apply pending migrations, then functions, views, triggers and grants, then the jobs in pg_cron."""
    with _handled(dsn, json_output) as conninfo:
        from . import deploy, output
        from .cron import sync_after_apply

        if no_cron and (require_cron or tick_every is not None):
            raise UsageError("--no-cron leaves nothing for --require-cron and --tick-every to do")
        pace = None if tick_every is None else durations.seconds(tick_every)
        with output.progress_bar(quiet=json_output) as progress:
            result = deploy.apply(
                conninfo,
                units=unit,
                schemas=_schemas(schema),
                roles=not no_roles,
                sql_root=sql_root,
                lock_wait=lock_wait,
                lock_timeout=durations.seconds(lock_timeout),
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
        _show(json_output, result.to_json(), lambda: output.print_applied(result))


@app.command()
def status(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Show where every copy stands; exit 3 when something is pending, 4 when an applied file was edited."""
    with _handled(dsn, json_output) as conninfo:
        from . import deploy, output

        result = deploy.status(conninfo, units=unit, schemas=_schemas(schema), roles=not no_roles, sql_root=sql_root)
        _show(json_output, result.to_json(), lambda: output.print_status(result))
        raise typer.Exit(result.exit_code)


@app.command()
def plan(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the text of the files too.")] = False,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Show what apply would do; changes nothing."""
    with _handled(dsn, json_output) as conninfo:
        from . import deploy, output

        result = deploy.plan(conninfo, units=unit, schemas=_schemas(schema), roles=not no_roles, sql_root=sql_root)
        _show(json_output, result.to_json(sql=sql), lambda: output.print_plan(result, sql=sql))
        raise typer.Exit(4 if result.drift else 0)


@cron_app.command("sync")
def cron_sync(
    dsn: Dsn = None,
    cron_database: CronDatabase = "postgres",
    tick_every: TickEvery = None,
    lock_wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for another deployer.")] = 60.0,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Make the jobs of this database what the package declares; paused ones stay paused."""
    with _handled(dsn, json_output) as conninfo:
        from . import output
        from .cron import sync

        pace = None if tick_every is None else durations.seconds(tick_every)
        result = sync(conninfo, cron_database=cron_database, tick_every=pace, sql_root=sql_root, lock_wait=lock_wait)
        _show(json_output, result.to_json(), lambda: output.print_jobs(result))


@cron_app.command("check")
def cron_check(
    dsn: Dsn = None,
    cron_database: CronDatabase = "postgres",
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Look whether the jobs are there and run; exit 1 when something is broken, 3 when a sync would mend it."""
    with _handled(dsn, json_output) as conninfo:
        from . import output
        from .cron import check

        result = check(conninfo, cron_database=cron_database, sql_root=sql_root)
        _show(json_output, result.to_json(), lambda: output.print_check(result))
        raise typer.Exit(result.exit_code)


@app.command()
def tick(
    dsn: Dsn = None,
    every: Annotated[str | None, typer.Option(help="Go on until Ctrl-C, once in this time, such as 10s.")] = None,
    json_output: Json = False,
) -> None:
    """Run the clock: move what is due. For databases without pg_cron."""
    with _handled(dsn, json_output, ends_well=every is not None) as conninfo:
        from . import output
        from .tick import tick_forever, tick_once

        def warn(error: SessionbookError) -> None:
            output.print_error(error, conninfo, json_output=False)

        rows: Any = [tick_once(conninfo)] if every is None else tick_forever(conninfo, durations.seconds(every), warn)
        for row in rows:
            _show(json_output, row, functools.partial(output.print_row, row))


@app.command()
def watch(
    dsn: Dsn = None,
    every: Annotated[str, typer.Option(help="Look again once in this time, such as 5s.")] = "2s",
    once: Annotated[bool, typer.Option("--once", help="Print one frame and end; needs no terminal.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="With --once: print one JSON object on stdout.")] = False,
) -> None:
    """Show the clock's health, what the sessions' workflows do next, and reminders that wait. Reads only."""
    with _handled(dsn, json_output, ends_well=True) as conninfo:
        from . import watch as view

        pace = durations.seconds(every)
        if json_output and not once:
            raise UsageError("--json prints one object", hint="Add --once.")
        if once:
            frame = view.look(conninfo)
            _show(json_output, frame.to_json(), lambda: view.print_frame(frame))
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
    """Run a PostgreSQL of your own with the package applied, until Ctrl-C. For development."""
    with _handled("", json_output, ends_well=True):
        from .serve import serve as run

        run(folder, port, json_output=json_output, sql_root=sql_root)


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Option(help="Where to keep the demo's server; else .demo in this folder.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Show the three businesses with sample data on a scratch server."""
    with _handled("", json_output, ends_well=True):
        from . import demo as package

        run: Callable[[Path | None, bool], None] | None = getattr(package, "run", None)
        if run is None:
            raise UsageError("this version has no demo")
        run(folder, json_output)


def main() -> None:
    """Entry point of the command."""
    app(prog_name="sessionbook")


@contextmanager
def _handled(dsn: str | None, json_output: bool, *, ends_well: bool = False) -> Iterator[str]:
    """Resolves where to connect, and turns failures into messages and exit codes.

    Args:
        dsn: as given.
        json_output: print failures as JSON too.
        ends_well: the command runs until it is told to stop, which then is no failure.
    """
    from .connection import resolve

    conninfo = resolve(dsn)
    try:
        with sigterm_raises():
            yield conninfo
    except SessionbookError as error:
        from .output import print_error

        print_error(error, conninfo, json_output=json_output)
        raise typer.Exit(error.exit_code) from None
    except OSError as error:
        from .output import print_error

        print_error(SessionbookError(str(error)), conninfo, json_output=json_output)
        raise typer.Exit(1) from None
    except KeyboardInterrupt as interrupt:
        if ends_well:
            raise typer.Exit(0) from None
        terminated = isinstance(interrupt, Terminated)
        print(f"sessionbook: {'terminated' if terminated else 'interrupted'}; rolled back", file=sys.stderr)
        raise typer.Exit(143 if terminated else 130) from None


def _show(json_output: bool, value: Any, for_people: Callable[[], None]) -> None:
    if json_output:
        from .output import print_json

        print_json(value)
    else:
        for_people()


def _schemas(given: list[str] | None) -> dict[str, str]:
    schemas: dict[str, str] = {}
    for pair in given or ():
        unit, equals, name = pair.partition("=")
        if not (unit and equals and name):
            raise UsageError(f"--schema {pair}: write UNIT=NAME")
        if unit in schemas:
            raise UsageError(f"--schema names {unit} twice", hint="Run the command once for each copy.")
        schemas[unit] = name
    return schemas
