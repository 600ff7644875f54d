"""The command `sessionbook`."""

import functools
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from . import adopt as adopting
from . import commands, deploy, output
from .adopt.release import release as give_back
from .adopt.release import show_release, show_released
from .clock import cron as jobs
from .clock import tick as ticking
from .commands import Answer, Call, command, duration, flag, named
from .database import Found, connect, deploy_lock
from .deploy import baseline as marks
from .deploy import look
from .deploy.export import export as write_export
from .deploy.verify import print_verdicts
from .deploy.verify import verify as compare
from .errors import SessionbookError, UsageError
from .fleet import globals_script, read_fleet
from .fleet import move as moves
from .package import read_package

CronDatabase = Annotated[str | None, named("NAME", "The database that pg_cron is in; else as before, else postgres.")]
Cron = Annotated[bool | None, typer.Option(help="Make the jobs in pg_cron, or leave them; else as chosen before.")]
TickEvery = Annotated[
    float | None, duration("--tick-every", help="Pace of the clock, kept from then on; 10s needs pg_cron 1.5.")
]
Timezone = Annotated[str | None, named("NAME", "Zone of workshop sessions that name none; at first the server's.")]
Currency = Annotated[str | None, named("CODE", "Currency of workshops and orders that name none; at first none.")]
Schema = Annotated[str | None, named("NAME", "The installation in this schema.")]
Yes = Annotated[bool, flag("--yes", "Do not ask.")]
Installed = Annotated[str, typer.Argument(metavar="SCHEMA", help="Schema of the installation.")]
Identity = Annotated[str, typer.Argument(metavar="ID", help="Id of the migration, such as 0002_session_tracking.")]

# Without rich's boxes, in which names are cut at 80 columns.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
cron_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The jobs in pg_cron.")
app.add_typer(cron_app, name="cron")


@command(
    app, "servers installations roles prefix locks files", codes="3: held back, as a canary failed;4;5;6", canaries=True
)
def apply(
    call: Call,
    single_transaction: Annotated[
        bool, flag("--single-transaction", "All or nothing; locks are held to its end.")
    ] = False,
    cron_database: CronDatabase = None,
    tick_every: TickEvery = None,
    require_cron: Annotated[bool, flag("--require-cron", "Fail if there is no pg_cron.")] = False,
    cron: Cron = None,
    timezone: Timezone = None,
    currency: Currency = None,
    citus: Annotated[bool, flag("--citus", "Have Citus distribute every installation; remembered.")] = False,
) -> Answer:
    """Install Sessionbook in a database, or bring it up to date.

    Pending migrations first, then functions, views, triggers and grants, then the jobs in pg_cron.
    """
    if cron is False and (require_cron or tick_every is not None):
        raise UsageError("--no-cron leaves nothing for --require-cron and --tick-every to do")

    finish = functools.partial(
        jobs.sync_after_apply,
        wanted=cron,
        cron_database=cron_database,
        tick_every=tick_every,
        required=require_cron or tick_every is not None,
    )
    with output.progress_bar(quiet=call.json) as progress:
        result = deploy.apply(
            call.conninfo,
            **call.options,
            single_transaction=single_transaction,
            timezone=timezone,
            currency=currency,
            citus=citus,
            progress=progress,
            finish=finish,
        )
    return Answer(result.to_json(), nothing="Nothing to do: everything is applied.")


@command(app, "servers installations roles files", codes="3;4;6")
def status(call: Call, cron_database: CronDatabase = None) -> Answer:
    """Show the state of installations and jobs. Reads only."""
    result = deploy.status(call.conninfo, **call.options)
    cron = jobs.standing(call.conninfo, cron_database=cron_database)
    return Answer({**result, "cron": cron}, result.exit_code)


@command(app, "servers installations roles prefix files", codes="4;6")
def plan(
    call: Call,
    sql: Annotated[bool, flag("--sql", "Print the text of the files too.")] = False,
    everything: Annotated[bool, flag("--all", "Also list files that are applied only because others changed.")] = False,
    cron_database: CronDatabase = None,
) -> Answer:
    """Show what apply would do, in order. Reads only."""
    result = deploy.plan(call.conninfo, **call.options)
    cron = jobs.standing(call.conninfo, cron_database=cron_database)
    if call.json and not sql:
        for step in [*result.roles, *(step for copy in result.copies for step in copy.steps)]:
            del step["sql"]
    show = functools.partial(look.print_plan, result, cron, sql=sql, everything=everything)
    return Answer({**result, "cron": cron}, look.exit_code(result), show)


@command(app, "installations roles prefix files", codes="1: the file cannot be written")
def export(
    call: Call,
    file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the script here, not to stdout.")
    ] = None,
) -> Answer:
    """Print plain SQL equal to apply. Needs no connection.

    Run it with psql or any client, or as a migration of another tool, as often as you like: it skips what is applied.
    It does not make the jobs in pg_cron.
    """
    result = write_export(**call.options)
    script = result.script.encode()
    if file is None:
        # UTF-8 whatever the locale.
        return Answer({"output": None, **result}, show=lambda: sys.stdout.buffer.write(script))
    file.write_bytes(script)
    what = f"{len(result.migrations)} migrations and {len(result.repeatables)} other files"
    show = functools.partial(print, f"{file}: {what}", file=sys.stderr)
    return Answer({"output": str(file), **result, "script": None}, show=show)


@command(cron_app, "server lock", codes="1: no pg_cron to use, or a job is somebody else's;5", name="sync")
def cron_sync(call: Call, cron_database: CronDatabase = None, tick_every: TickEvery = None) -> Answer:
    """Create and update this database's jobs in pg_cron; paused ones stay paused."""
    result = jobs.sync(call.conninfo, cron_database=cron_database, tick_every=tick_every, **call.options)
    return Answer(result, nothing="Nothing to do: the jobs are as declared.")


@command(cron_app, "server", codes="1: something is broken;3: a sync would mend it", name="check")
def cron_check(call: Call, cron_database: CronDatabase = None) -> Answer:
    """Check that the jobs exist and run. Reads only."""
    result = jobs.check(call.conninfo, cron_database=cron_database)
    verdict = {} if result.findings else {"verdict": "the jobs are as declared and run"}
    return Answer(result | verdict, result.exit_code)


@command(app, "servers", codes="1: SQL error, or an installation failed or was kept out", endless=True)
def tick(
    call: Call,
    every: Annotated[float | None, duration("--every", "Repeat until Ctrl-C, once in this time, such as 10s.")] = None,
) -> Answer | None:
    """Run the clock: move what is due. For databases without pg_cron. With --every, --json prints one object a line.

    Also deletes expired history, once a day, if no job does it and the role may.
    """

    def warn(error: SessionbookError) -> None:
        output.print_error(error, json_output=False)

    show = output.print_json if call.json else _print_row
    if every is None:
        row = ticking.tick_once(call.conninfo, warn)
        return Answer(row, 1 if row.get("error") else 0, functools.partial(show, row))
    for row in ticking.tick_forever(call.conninfo, every, warn):
        show(row)
    return None


@command(app, "server", endless=True)
def watch(
    call: Call,
    every: Annotated[float, duration("--every", "Look again once in this time, such as 5s.")] = 2.0,
    once: Annotated[bool, flag("--once", "Print one frame and end; needs no terminal.")] = False,
) -> Answer | None:
    """Show the clock's health, next steps and reminders. Reads only."""
    from .clock import watch as view

    if call.json and not once:
        raise UsageError("--json prints one object", hint="Add --once.")
    if not once:
        view.watch(call.conninfo, every)
        return None
    frame = view.look(call.conninfo)
    return Answer(frame, show=lambda: view.print_frame(frame))


@command(app, "files", codes="1: the server would not start", endless=True)
def serve(
    call: Call,
    folder: Annotated[Path | None, typer.Option(help="Where the server is kept.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Listen on 127.0.0.1 too, open to all users of this machine.")
    ] = None,
) -> None:
    """Run your own PostgreSQL, for development.

    Sessionbook is applied to it. It runs until Ctrl-C.
    """
    from .local.embedded import default_folder, embedded_server

    with embedded_server(folder or default_folder(), port=port) as conninfo:
        deploy.apply(conninfo, **call.options)
        dsn = conninfo if port is None else f"postgresql://postgres@127.0.0.1:{port}/sessionbook"
        if call.json:
            output.print_json({"dsn": dsn})
        else:
            print(f"{dsn}\nServing until Ctrl-C.", flush=True)
        while True:
            signal.pause()


@command(app, "", codes="1: the server would not start", endless=True)
def demo(
    call: Call,
    folder: Annotated[Path | None, typer.Option(help="For the demo's server; else .demo in this folder.")] = None,
) -> None:
    """Play the three businesses on a scratch server."""
    from .demo import run

    run(folder, call.json)


@command(
    app,
    "servers installations roles files",
    codes="2: wrong use, or no database to compare with;3;4: something differs;6",
)
def verify(
    call: Call,
    against_package: Annotated[
        bool, flag("--against-package", "Compare with a fresh install in a database made for it.")
    ] = False,
) -> Answer:
    """Compare the database with what was applied. Reads only.

    It compares files by their hashes, and live objects with how they were applied.

    With --against-package the package is installed in a database that is dropped afterwards: on the same server if
    the role may create one, else on an embedded server.
    """
    result = compare(call.conninfo, **call.options, against_package=against_package)
    return Answer(result, result.exit_code, functools.partial(print_verdicts, result))


@command(
    app,
    "server roles locks files",
    codes="1: SQL error, or something not ours is in the way;2: wrong use, no rollback file, or nobody said yes;4;5;6",
)
def rollback(
    call: Call,
    to: Annotated[str | None, named("ID", "Migration that will be the newest afterwards.")] = None,
    unit: Annotated[str | None, typer.Option(help="The unit; needed without --to.")] = None,
    everything: Annotated[bool, flag("--all", "Roll back every migration of the unit.")] = False,
    schema: Schema = None,
    yes: Yes = False,
) -> Answer:
    """Roll migrations back, after showing which data is lost.

    The newest of a unit, or all after --to ID. It first tries them in a transaction that it rolls back, shows which
    tables and columns are dropped with how many rows, and asks. Functions, views and triggers that do not need a
    dropped object are applied again.
    """
    if everything and to is not None:
        raise UsageError("--all and --to ID contradict each other")
    if to is not None:
        named, _ = read_package(call.options["sql_root"]).migration(to)
        if unit not in (None, named):
            raise UsageError(f"{to} is a migration of {named}, not of {unit}")
        unit = named
    if unit is None:
        raise UsageError("which unit?", hint="Name it with --unit, or a migration of it with --to.")
    shown: list[Found] = []

    def confirm(plan: Found) -> bool:
        shown.append(plan)
        return yes or commands.agreed(call, lambda: output.print_found(plan, file=sys.stderr), "Take it back?")

    newest = to is None and not everything
    result = deploy.rollback(
        call.conninfo, unit, schema=schema, to_id=to, newest=newest, confirm=confirm, **call.options
    )
    value = {"plan": shown[0] if shown else None, **result}
    called_off = bool(shown) and not result.migrations
    shown_too = {"taken back": result.migrations, "gone until the next apply": result.left_out}
    show = functools.partial(output.print_found, shown_too, "Nothing was taken back.")
    return Answer(value, 2 if called_off else 0, show)


@command(
    app,
    "server lock files",
    codes="2: wrong use, installed already, or no database to compare with;4: the schema differs;5;6",
)
def baseline(call: Call, migration: Identity, schema: Schema = None) -> Answer:
    """Mark migrations as applied if their schema exists already.

    All up to ID count as applied then. The schema is first compared with what these migrations make in a database
    that is dropped afterwards; if anything differs, it is listed and nothing is marked.
    """
    return Answer(marks.baseline(call.conninfo, migration, schema=schema, **call.options))


@command(
    app,
    "server roles prefix locks files",
    codes="2: wrong use, no such tables, installed already, or nobody said yes;4: something stands in the way;5;6",
)
def adopt(
    call: Call,
    units: Annotated[list[str], typer.Argument(metavar="UNIT...", help="Unit of the tables, such as workshop.")],
    source: Annotated[str, typer.Option("--from", metavar="SCHEMA", help="Where the tables are now.")] = "public",
    schema: Annotated[str | None, named("NAME", "Schema to move them to; default: the unit's own.")] = None,
    plan: Annotated[bool, flag("--plan", "Show what it would do, and do nothing.")] = False,
    sql: Annotated[bool, flag("--sql", "With --plan: print the statements.")] = False,
    yes: Yes = False,
    instants_in: Annotated[str | None, named("ZONE", "Zone of timestamps without one; default: our own.")] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="TABLE.COLUMN:LABEL=OURS", help="A label that becomes one of ours; repeatable."),
    ] = None,
    replace: Annotated[list[str] | None, named("VIEW", "A view that will read ours of its name; repeatable.")] = None,
    timezone: Timezone = None,
    currency: Currency = None,
    cron_database: CronDatabase = None,
    cron: Cron = None,
) -> Answer:
    """Take over an application's tables.

    They move to a schema of ours and get what they lack. Rows, keys, views and grants stay, and search_paths are
    extended so that unqualified names still find them. It lists all changes and obstacles first; then it makes the
    changes in one transaction. Several units are done one after the other, if nothing prevents any of them.
    """
    roles, prefix, root = (call.options[name] for name in ("roles", "role_prefix", "sql_root"))
    more = (instants_in, timezone, currency, maps or (), replace or (), root)
    asked = [adopting.Adoption(unit, source, schema, roles, prefix, *more) for unit in units]
    wait, patience = call.options["lock_wait"], call.options["lock_timeout"]
    with output.progress_bar(quiet=call.json) as progress:
        if plan:
            found = [adopting.plan_adoption(call.conninfo, one, progress=progress) for one in asked]
            shown = functools.partial(adopting.AdoptionPlan.show, file=sys.stdout, sql=sql)
            code = 0 if all(one.possible for one in found) else 4
            return Answer(_one_or_all(found), code, lambda: [*map(shown, found)])

        def confirm(found: adopting.AdoptionPlan) -> bool:
            if progress:
                # A question under a bar that moves cannot be read.
                progress.stop()
            return yes or commands.agreed(call, lambda: found.show(sys.stderr), "Take them over?")

        if len(units) > 1:
            adopting.refuse_several(call.conninfo, asked)
        results: list[adopting.AdoptionResult] = []
        for one in asked:
            how = {"lock_wait": wait, "lock_timeout": patience, "progress": progress}
            results.append(adopting.adopt(call.conninfo, one, confirm=confirm, **how))
            if results[-1].applied is None:
                break
    for result in results:
        if result.applied is not None:
            with connect(call.conninfo) as connection, deploy_lock(connection, wait):
                jobs.sync_after_apply(connection, result.applied, wanted=cron, cron_database=cron_database)
    code = 2 if results[-1].applied is None else 0
    return Answer(_one_or_all(results), code, lambda: [*map(adopting.AdoptionResult.show, results)])


def _print_row(row: dict[str, Any]) -> None:
    print("  ".join(f"{column}={value}" for column, value in row.items()), flush=True)


def _one_or_all(found: Sequence[adopting.AdoptionPlan | adopting.AdoptionResult]) -> dict[str, Any]:
    """The answer for one unit, or for several under a key."""
    return found[0].to_json() if len(found) == 1 else {"units": [one.to_json() for one in found]}


@command(
    app,
    "server locks files",
    codes="1: SQL error, or something depends on what would go;2: nothing was adopted there, or nobody said yes;5",
)
def release(
    call: Call,
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="What was adopted, such as workshop.")],
    schema: Schema = None,
    to: Annotated[str | None, named("SCHEMA", "Schema to move them to; default: where they came from.")] = None,
    keep: Annotated[bool, flag("--keep", "Keep columns and indexes that were added.")] = False,
    yes: Yes = False,
) -> Answer:
    """Give adopted tables back to the application, and drop what else is in their schema."""

    def confirm(found: dict[str, Any]) -> bool:
        return yes or commands.agreed(call, lambda: show_release(found, sys.stderr), "Give them back?")

    done = give_back(call.conninfo, schema or unit, to=to, keep=keep, confirm=confirm, **call.options)
    return Answer({"released": done}, 0 if done else 2, lambda: show_released(done))


@command(app, "server installations lock files", codes="4;5;6")
def repair(call: Call) -> Answer:
    """Let the next apply restore what was changed by hand.

    It restores functions, views, triggers and grants, but not tables. If a migration file was edited after it was
    applied, restore the file yourself.
    """
    # A released file is not edited, so none is ever accepted.
    value = {"accepted": [], "due": marks.repair(call.conninfo, **call.options)}
    return Answer(value, nothing="Nothing to repair: what differs, if anything does, is in tables.")


@command(app, "server lock files", codes="2: wrong use, or it did not die;5;6: an index that it names is invalid")
def resolve(
    call: Call,
    migration: Identity,
    applied: Annotated[bool, flag("--applied", "The migration has done its work.")] = False,
    retry: Annotated[bool, flag("--retry", "Drop an invalid index it left; apply tries again.")] = False,
    schema: Schema = None,
) -> Answer:
    """Record how far an interrupted migration came.

    This is about a migration that ran outside a transaction.
    """
    if applied == retry:
        raise UsageError("say either --applied or --retry")
    return Answer(marks.resolve(call.conninfo, migration, applied=applied, schema=schema, **call.options))


@command(app, "server lock", codes="2: nothing is installed there;5")
def forget(call: Call, schema: Installed) -> Answer:
    """Remove an installation from the registry.

    The clock forgets it too. Its schema, if there is one, stays as it is.
    """
    marks.forget(call.conninfo, schema, **call.options)
    return Answer({"forgotten": schema}, show=lambda: print(f"Schema {schema} is not in the registry any more."))


@command(app, "server lock", codes="2: nothing is installed there, or not a name for it;5")
def rename(
    call: Call,
    schema: Installed,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
) -> Answer:
    """Give an installation's schema another name.

    If it was renamed by hand, only the registry is changed. Run apply afterwards.
    """
    marks.rename(call.conninfo, schema, name, **call.options)
    said = f"Schema {schema} is {name} now. Its functions pin the old name until: sessionbook apply"
    return Answer({"schema": schema, "name": name}, show=lambda: print(said))


@command(
    app, "server lock files", codes="2: wrong use, or something is installed there;4: a server is not as the package;5"
)
def move(
    call: Call,
    schema: Installed,
    to: Annotated[str | None, named("DSN", "The other server; else that of the last move.")] = None,
    plan: Annotated[bool, flag("--plan", "Show how long it will take, and do nothing.")] = False,
    back: Annotated[bool, flag("--back", "Undo an unfinished move.")] = False,
) -> Answer:
    """Move an installation to another server.

    It refuses writes while its rows are copied, and then works there. If the move is interrupted, run it again to
    continue, or with --back to undo it.
    """
    if plan and back:
        raise UsageError("--plan and --back contradict each other")
    if back:
        return Answer(moves.take_back(call.conninfo, schema, to, lock_wait=call.options["lock_wait"]))
    if plan:
        if to is None:
            raise UsageError("where to?", hint="Name the other server with --to.")
        return Answer(moves.plan(call.conninfo, schema, to, sql_root=call.options["sql_root"]))

    def say(step: str) -> None:
        print(f"{step} ...", file=sys.stderr, flush=True)

    return Answer(moves.move(call.conninfo, schema, to, say=say, **call.options))


@command(app, "", codes="2: the fleet file cannot be used", name="globals")
def fleet_globals(
    call: Call, file: Annotated[Path, typer.Option("--fleet", metavar="FILE", help="The fleet file.")]
) -> Answer:
    """Print SQL that makes views over a whole fleet. Needs no connection.

    Run it as a superuser in one database that has the package applied. globals.servers shows which servers answer.
    """
    script = globals_script(read_fleet(file))
    return Answer({"script": script}, show=lambda: sys.stdout.buffer.write(script.encode()))


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


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command.

    arguments: None: those of the process.
    """
    commands.run(app, sys.argv[1:] if arguments is None else arguments)
