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


@app.command()
def apply(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
    lock_wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for another deployer.")] = 60.0,
    lock_timeout: Annotated[str, typer.Option(help="How long a statement waits for a lock, such as 5s.")] = "5s",
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Apply pending migrations, then functions, views, triggers and grants."""
    with _handled(dsn, json_output) as conninfo:
        from . import deploy, output

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
