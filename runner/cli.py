"""The command `sessionbook`."""

import functools
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .errors import SessionbookError, UsageError
from .options import (
    UNREAD,
    Cron,
    CronDatabase,
    Currency,
    Dsn,
    Json,
    LockTimeout,
    LockWait,
    Roles,
    Schemas,
    SqlRoot,
    TickEvery,
    Timezone,
    Units,
    handled,
    schemas_of,
    seconds,
    show,
    unread,
)

if TYPE_CHECKING:
    from .adopt import AdoptionPlan
    from .deploy.rollback import RollbackPlan

Schema = Annotated[str | None, typer.Option("--schema", metavar="NAME", help="The installation in this schema.")]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

cron_app = typer.Typer(no_args_is_help=True, help="The jobs in pg_cron.")
app.add_typer(cron_app, name="cron")


@app.command()
def apply(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    roles: Roles = None,
    lock_wait: LockWait = 60.0,
    lock_timeout: LockTimeout = "400ms",
    single_transaction: Annotated[
        bool, typer.Option("--single-transaction", help="All or nothing; locks are held until the end.")
    ] = False,
    cron_database: CronDatabase = None,
    tick_every: TickEvery = None,
    require_cron: Annotated[bool, typer.Option("--require-cron", help="Fail where there is no pg_cron.")] = False,
    cron: Cron = None,
    timezone: Timezone = None,
    currency: Currency = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Apply pending migrations, then functions, views, triggers and grants, then the jobs in pg_cron.

    Exit codes: 0 applied, or nothing to do; 1 SQL error; 2 wrong use; 4 an applied file was edited; 5 another deployer
    holds the lock; 6 a migration died outside a transaction.
    """
    with handled(dsn, json_output) as conninfo:
        from . import deploy, output
        from .clock.cron import sync_after_apply

        if cron is False and (require_cron or tick_every is not None):
            raise UsageError("--no-cron leaves nothing for --require-cron and --tick-every to do")
        pace = None if tick_every is None else seconds(tick_every, "--tick-every")
        with output.progress_bar(quiet=json_output) as progress:
            result = deploy.apply(
                conninfo,
                units=unit,
                schemas=schemas_of(schema),
                roles=roles,
                sql_root=sql_root,
                lock_wait=lock_wait,
                lock_timeout=seconds(lock_timeout, "--lock-timeout"),
                single_transaction=single_transaction,
                timezone=timezone,
                currency=currency,
                progress=progress,
            )
        sync_after_apply(
            conninfo,
            result,
            wanted=cron,
            cron_database=cron_database,
            tick_every=pace,
            required=require_cron or tick_every is not None,
            lock_wait=lock_wait,
        )
        show(json_output, result.to_json(), lambda: output.print_applied(result))


@app.command()
def status(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    roles: Roles = None,
    cron_database: CronDatabase = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Show where every installation and every job stands. Reads only, also on a standby.

    Exit codes: 0 up to date; 3 something is pending; 4 an applied file was edited; 6 a migration died outside a
    transaction; 1 SQL error; 2 wrong use. Jobs do not change it: sessionbook cron check looks after them.
    """
    with handled(dsn, json_output) as conninfo:
        from . import deploy, output
        from .clock.cron import standing

        result = deploy.status(conninfo, units=unit, schemas=schemas_of(schema), roles=roles, sql_root=sql_root)
        jobs = standing(conninfo, cron_database=cron_database)
        show(json_output, {**result.to_json(), "cron": jobs.to_json()}, lambda: output.print_status(result, jobs))
        raise typer.Exit(result.exit_code)


@app.command()
def plan(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    roles: Roles = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the text of the files too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also list files that are applied again only because others changed.")
    ] = False,
    cron_database: CronDatabase = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Show what apply would do, in order. Reads only.

    Exit codes: 0; 4 an applied file was edited, so that apply would refuse; 6 a migration died outside a transaction;
    1 SQL error; 2 wrong use.
    """
    with handled(dsn, json_output) as conninfo:
        from . import deploy, output
        from .clock.cron import standing

        result = deploy.plan(conninfo, units=unit, schemas=schemas_of(schema), roles=roles, sql_root=sql_root)
        jobs = standing(conninfo, cron_database=cron_database)
        show(
            json_output,
            {**result.to_json(sql=sql), "cron": jobs.to_json()},
            lambda: output.print_plan(result, jobs, sql=sql, everything=everything),
        )
        raise typer.Exit(result.exit_code)


@app.command()
def export(
    unit: Units = None,
    schema: Schemas = None,
    roles: Roles = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the script here, not to stdout.")
    ] = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Print plain SQL equal to apply, for databases that no Python gets to. Needs no connection.

    Run it with psql or any client, or as a migration of another tool, as often as you like: what is applied is passed
    over. Jobs in pg_cron are not in it.

    Exit codes: 0 written; 1 the file cannot be written; 2 wrong use.
    """
    with handled(None, json_output):
        from .deploy.export import export as write

        result = write(units=unit, schemas=schemas_of(schema), roles=roles is not False, sql_root=sql_root)
        if output is not None:
            output.write_bytes(result.script.encode())
        show(json_output, result.to_json(output), lambda: result.print_to(output))


@cron_app.command("sync")
def cron_sync(
    dsn: Dsn = None,
    cron_database: CronDatabase = None,
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
        from .clock.cron import sync

        pace = None if tick_every is None else seconds(tick_every, "--tick-every")
        result = sync(conninfo, cron_database=cron_database, tick_every=pace, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: output.print_jobs(result))


@cron_app.command("check")
def cron_check(
    dsn: Dsn = None,
    cron_database: CronDatabase = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Look whether the jobs are there and run. Reads only.

    Exit codes: 0 all is well, perhaps with warnings; 1 something is broken; 3 a sync would mend it; 2 wrong use.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .clock.check import check

        result = check(conninfo, cron_database=cron_database)
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
        from .clock.tick import tick_forever, tick_once

        def warn(error: SessionbookError) -> None:
            output.print_error(error, conninfo, json_output=False)

        rows: Any = (
            [tick_once(conninfo, warn)] if every is None else tick_forever(conninfo, seconds(every, "--every"), warn)
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
        from .clock import watch as view

        pace = seconds(every, "--every")
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
    with handled(None, json_output, ends_well=True):
        from .local.serve import serve as run

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
    with handled(None, json_output, ends_well=True):
        from . import demo as package

        run: Callable[[Path | None, bool], None] | None = getattr(package, "run", None)
        if run is None:
            raise UsageError("this version has no demo")
        run(folder, json_output)


@app.command()
def verify(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    roles: Roles = None,
    against_package: Annotated[
        bool, typer.Option("--against-package", help="Compare with a fresh install in a database made for it.")
    ] = False,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Compare applied files with their hashes, and live objects with how they were applied. Reads only.

    With --against-package the package is installed in a database that is dropped afterwards: on the same server where
    the role may create one, else on an embedded server.

    Exit codes: 0 all is as applied; 4 something differs; 3 something is pending; 6 a migration died outside a
    transaction; 1 SQL error; 2 wrong use, or no database to compare with.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .deploy.verify import verify as run

        result = run(
            conninfo,
            units=unit,
            schemas=schemas_of(schema),
            roles=roles,
            against_package=against_package,
            sql_root=sql_root,
        )
        show(json_output, result.to_json(), lambda: output.print_verdicts(result))
        raise typer.Exit(result.exit_code)


@app.command()
def rollback(
    dsn: Dsn = None,
    to: Annotated[str | None, typer.Option(metavar="ID", help="Migration that is to be the newest afterwards.")] = None,
    unit: Annotated[str | None, typer.Option(help="The unit, where --to does not tell it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Take back every migration of the unit.")] = False,
    schema: Schema = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    roles: Roles = None,
    lock_wait: LockWait = 60.0,
    lock_timeout: LockTimeout = "400ms",
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Take back the newest migration of a unit, or all that came after --to ID.

    It first does so in a transaction that is rolled back, shows which tables and columns go with how many rows, and
    asks. Functions, views and triggers that need nothing of what goes are applied again.

    Exit codes: 0 done, or nothing to take back; 1 SQL error, or something that is not ours is in the way; 2 wrong use,
    a missing rollback file, or nobody said yes; 4 an applied file was edited; 5 locked; 6 a migration died outside a
    transaction.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .deploy.baseline import near
        from .deploy.rollback import take_back
        from .package import read_package

        if everything and to is not None:
            raise UsageError("--all and --to ID contradict each other")
        package = read_package(sql_root)
        named = {m.unit for u in package.units.values() for m in u.migrations if m.id == to}
        if to is not None and not named:
            raise UsageError(f"there is no migration {to}", hint=near(to, package))
        chosen = unit or next(iter(named), None)
        if chosen is None:
            raise UsageError("which unit?", hint="Name it with --unit, or a migration of it with --to.")
        if named and chosen not in named:
            raise UsageError(f"{to} is a migration of {', '.join(named)}, not of {chosen}")
        shown: list[RollbackPlan] = []

        def confirm(plan: "RollbackPlan") -> bool:
            shown.append(plan)
            return yes or _agreed(lambda: output.print_rollback_plan(plan), "Take it back?", json_output=json_output)

        result = take_back(
            conninfo,
            chosen,
            schema=schema,
            to_id=to,
            newest=to is None and not everything,
            confirm=confirm,
            sql_root=sql_root,
            roles=roles,
            lock_wait=lock_wait,
            lock_timeout=seconds(lock_timeout, "--lock-timeout"),
        )
        plan = shown[0].to_json() if shown else None
        show(json_output, {"plan": plan, **result.to_json()}, lambda: output.print_rolled_back(result))
        if shown and not result.migrations:
            raise typer.Exit(2)


@app.command()
def baseline(
    migration: Annotated[str, typer.Argument(metavar="ID", help="Last migration to mark as applied.")],
    dsn: Dsn = None,
    schema: Schema = None,
    lock_wait: LockWait = 60.0,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Mark migrations up to ID as applied on a database that has their schema already.

    The schema is compared with what these migrations make in a database that is dropped afterwards; where anything
    differs it is named, and nothing is marked.

    Exit codes: 0 marked; 4 the schema differs; 2 wrong use, in the books already, or no database to compare with; 1 SQL
    error; 5 locked; 6 a migration died outside a transaction.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .deploy.baseline import baseline as run

        result = run(conninfo, migration, schema=schema, sql_root=sql_root, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: output.print_baseline(result))


@app.command()
def adopt(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="What the tables are of, such as workshop.")],
    source: Annotated[str, typer.Option("--from", metavar="SCHEMA", help="Where the tables are now.")] = "public",
    dsn: Dsn = None,
    schema: Annotated[
        str | None, typer.Option("--schema", metavar="NAME", help="Where they are to go; else the unit's own schema.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what it would do, and do nothing.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="With --plan: print the statements.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    instants_in: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Zone of instants that are stored without one; else the connection's."),
    ] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="TABLE.COLUMN:LABEL=OURS", help="A label that becomes one of ours; repeatable."),
    ] = None,
    replace: Annotated[
        list[str] | None, typer.Option(metavar="VIEW", help="A view that is to read ours of its name; repeatable.")
    ] = None,
    timezone: Timezone = None,
    currency: Currency = None,
    roles: Roles = None,
    lock_wait: LockWait = 60.0,
    lock_timeout: LockTimeout = "400ms",
    cron_database: CronDatabase = None,
    cron: Cron = None,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Take over an application's tables: move them to a schema of ours, and add what they lack.

    Rows, keys, views and grants stay, and search_paths are extended so that unqualified names lead there. Everything
    that has to be known is told at once; then all of it is one transaction.

    Exit codes: 0 done, or --plan and it can be done; 4 something stands in the way; 2 wrong use, no such tables, in the
    registry already, or nobody said yes; 1 SQL error; 5 locked; 6 a migration died outside a transaction.
    """
    with handled(dsn, json_output) as conninfo, ExitStack() as stack:
        from . import adopt as adopting
        from . import output
        from .clock.cron import sync_after_apply

        asked = adopting.Adoption(
            unit, source, schema, roles, instants_in, timezone, currency, maps or (), replace or (), sql_root
        )
        bar = [stack.enter_context(output.progress_bar(quiet=json_output))]

        def progress(what: str, done: int, total: int) -> None:
            if bar[0]:
                bar[0](what, done, total)

        if plan:
            found = adopting.plan_adoption(conninfo, asked, progress=progress)
            stack.close()
            show(json_output, found.to_json(), lambda: output.print_adoption_plan(found, sys.stdout, sql=sql))
            raise typer.Exit(found.exit_code)

        def confirm(found: "AdoptionPlan") -> bool:
            # A question under a bar that moves cannot be read.
            stack.close()
            agreed = yes or _agreed(
                lambda: output.print_adoption_plan(found, sys.stderr), "Take them over?", json_output=json_output
            )
            bar[0] = stack.enter_context(output.progress_bar(quiet=json_output))
            return agreed

        result = adopting.adopt(
            conninfo,
            asked,
            confirm=confirm,
            lock_wait=lock_wait,
            lock_timeout=seconds(lock_timeout, "--lock-timeout"),
            progress=progress,
        )
        stack.close()
        if result.applied is not None:
            sync_after_apply(conninfo, result.applied, wanted=cron, cron_database=cron_database, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: output.print_adopted(result))
        if result.applied is None:
            raise typer.Exit(2)


@app.command()
def release(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="What was adopted, such as workshop.")],
    dsn: Dsn = None,
    schema: Annotated[
        str | None,
        typer.Option("--schema", metavar="NAME", help="The installation in this schema; else the unit's own."),
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="SCHEMA", help="Where the tables are to go; else where they came from.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep columns and indexes that were added.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    lock_wait: LockWait = 60.0,
    lock_timeout: LockTimeout = "400ms",
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Give adopted tables back to the application, and drop what else is in their schema.

    Exit codes: 0 done; 1 SQL error, or something depends on what would go; 2 nothing was adopted there, or nobody said
    yes; 5 locked.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .adopt import release as run

        def confirm(found: dict[str, Any]) -> bool:
            return yes or _agreed(
                lambda: output.print_release_plan(found, sys.stderr), "Give them back?", json_output=json_output
            )

        done = run(
            conninfo,
            schema or unit,
            to=to,
            keep=keep,
            confirm=confirm,
            lock_wait=lock_wait,
            lock_timeout=seconds(lock_timeout, "--lock-timeout"),
            sql_root=sql_root,
        )
        show(json_output, {"released": done}, lambda: output.print_released(done))
        if done is None:
            raise typer.Exit(2)


@app.command()
def repair(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    lock_wait: LockWait = 60.0,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Have functions, views, triggers and grants that were changed by hand made again by the next apply.

    Tables are left alone, and so is a migration file that was edited after it was applied: restore it.

    Exit codes: 0 done, or nothing to repair; 4 an applied file was edited; 2 wrong use; 1 SQL error; 5 locked; 6 a
    migration died outside a transaction.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .deploy.baseline import repair as run

        result = run(conninfo, units=unit, schemas=schemas_of(schema), sql_root=sql_root, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: output.print_repaired(result))


@app.command()
def resolve(
    migration: Annotated[str, typer.Argument(metavar="ID", help="The migration that did not finish.")],
    applied: Annotated[bool, typer.Option("--applied", help="What it was to do is done.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Drop an invalid index it left; apply tries again.")] = False,
    dsn: Dsn = None,
    schema: Schema = None,
    lock_wait: LockWait = 60.0,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Say how far a migration came that died outside a transaction.

    Exit codes: 0 done; 2 wrong use, or it did not die; 6 with --applied, an index that it names is invalid; 1 SQL
    error; 5 locked.
    """
    with handled(dsn, json_output) as conninfo:
        from . import output
        from .deploy.baseline import resolve as run

        if applied == retry:
            raise UsageError("say either --applied or --retry")
        result = run(conninfo, migration, applied=applied, schema=schema, sql_root=sql_root, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: output.print_resolved(result))


@app.command()
def forget(
    schema: Annotated[str, typer.Argument(metavar="SCHEMA", help="Schema of the installation.")],
    dsn: Dsn = None,
    lock_wait: LockWait = 60.0,
    json_output: Json = False,
) -> None:
    """Take an installation out of the registry and off the clock. Its schema, if it is there, stays as it is.

    Exit codes: 0 done; 2 nothing is installed there; 1 SQL error; 5 locked.
    """
    with handled(dsn, json_output) as conninfo:
        from .deploy.baseline import forget as run

        run(conninfo, schema, lock_wait=lock_wait)
        show(json_output, {"forgotten": schema}, lambda: print(f"Schema {schema} is not in the registry any more."))


@app.command()
def rename(
    schema: Annotated[str, typer.Argument(metavar="SCHEMA", help="Schema of the installation.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called.")],
    dsn: Dsn = None,
    lock_wait: LockWait = 60.0,
    json_output: Json = False,
) -> None:
    """Give an installation's schema another name, or follow one that was given by hand. Apply afterwards.

    Exit codes: 0 done; 2 nothing is installed there, or not a name for it; 1 SQL error; 5 locked.
    """
    with handled(dsn, json_output) as conninfo:
        from .deploy.baseline import rename as run

        run(conninfo, schema, name, lock_wait=lock_wait)
        show(
            json_output,
            {"schema": schema, "name": name},
            lambda: print(f"Schema {schema} is {name} now. Its functions pin the old name until: sessionbook apply"),
        )


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"sessionbook {version('sessionbook')}")
        raise typer.Exit


@app.callback()
def _sessionbook(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Deploys Sessionbook, session scheduling that lives inside PostgreSQL."""


def _agreed(show_plan: Callable[[], None], question: str, *, json_output: bool) -> bool:
    """Shows what is about to happen, on stderr, and asks; without a terminal the answer is no."""
    show_plan()
    if json_output or not sys.stdin.isatty():
        print("sessionbook: nothing was done; add --yes to go ahead", file=sys.stderr)
        return False
    try:
        return typer.confirm(question, err=True)
    except typer.Abort as ended:
        # Ctrl-C and the end of the input in one; only the latter is an answer.
        if isinstance(ended.__context__, KeyboardInterrupt):
            raise ended.__context__ from None
        return False


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
