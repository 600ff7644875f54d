"""Commands for what a deploy leaves behind, and what it meets: verify, rollback, baseline, adopt, repair, resolve."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from . import durations
from .errors import UsageError
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
    Units,
    schemas_of,
)

if TYPE_CHECKING:
    from .adopting import AdoptionPlan
    from .rolling_back import RollbackPlan

Schema = Annotated[str | None, typer.Option("--schema", metavar="NAME", help="The copy in this schema.")]


def add_to(app: typer.Typer) -> None:
    """Makes them commands of the application."""
    for command in (verify, rollback, baseline, adopt, repair, resolve):
        app.command()(command)


def verify(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    no_roles: NoRoles = False,
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
        from . import report
        from .verify import verify as run

        result = run(
            conninfo,
            units=unit,
            schemas=schemas_of(schema),
            roles=not no_roles,
            against_package=against_package,
            sql_root=sql_root,
        )
        show(json_output, result.to_json(), lambda: report.print_verdicts(result))
        raise typer.Exit(result.exit_code)


def rollback(
    dsn: Dsn = None,
    to: Annotated[str | None, typer.Option(metavar="ID", help="Migration that is to be the newest afterwards.")] = None,
    unit: Annotated[str | None, typer.Option(help="The unit, where --to does not tell it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Take back every migration of the unit.")] = False,
    schema: Schema = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    no_roles: NoRoles = False,
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
        from . import report
        from .package import read_package
        from .rolling_back import take_back

        if everything and to is not None:
            raise UsageError("--all and --to ID contradict each other")
        package = read_package(sql_root)
        named = {m.unit for u in package.units.values() for m in u.migrations if m.id == to}
        if to is not None and not named:
            raise UsageError(f"there is no migration {to}")
        chosen = unit or next(iter(named), None)
        if chosen is None or (named and chosen not in named):
            raise UsageError("which unit?", hint="Name it with --unit, or a migration of it with --to.")
        shown: list[RollbackPlan] = []

        def confirm(plan: "RollbackPlan") -> bool:
            shown.append(plan)
            return yes or _agreed(lambda: report.print_rollback_plan(plan), "Take it back?", json_output=json_output)

        result = take_back(
            conninfo,
            chosen,
            schema=schema,
            to_id=to,
            newest=to is None and not everything,
            confirm=confirm,
            sql_root=sql_root,
            roles=not no_roles,
            lock_wait=lock_wait,
            lock_timeout=durations.seconds(lock_timeout),
        )
        plan = shown[0].to_json() if shown else None
        show(json_output, {"plan": plan, **result.to_json()}, lambda: report.print_rolled_back(result))
        if shown and not result.migrations:
            raise typer.Exit(2)


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
        from . import report
        from .baseline import baseline as run

        result = run(conninfo, migration, schema=schema, sql_root=sql_root, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: report.print_baseline(result))


def adopt(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="What the tables are of, such as workshop.")],
    source: Annotated[str, typer.Option("--from", metavar="SCHEMA", help="Where the tables are now.")],
    dsn: Dsn = None,
    schema: Annotated[
        str | None, typer.Option("--schema", metavar="NAME", help="Where they are to go; else the unit's own schema.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what it would do, and do nothing. Reads only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    no_roles: NoRoles = False,
    lock_wait: LockWait = 60.0,
    lock_timeout: LockTimeout = "400ms",
    cron_database: CronDatabase = "postgres",
    no_cron: NoCron = False,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Take over an application's tables: move them to a schema of ours, add what they lack, apply what comes after.

    Rows, keys, views and grants on them stay, and search_paths are extended so that unqualified names lead there. It
    shows what it would do and asks; then all of it is one transaction. What stands in the way is named, all at once.

    Exit codes: 0 done, or --plan and it can be done; 4 something stands in the way; 2 wrong use, no such tables, in the
    books already, or nobody said yes; 1 SQL error; 5 locked; 6 a migration died outside a transaction.
    """
    with handled(dsn, json_output) as conninfo, ExitStack() as stack:
        from . import adopting, output, report
        from .cron import sync_after_apply

        bar = [stack.enter_context(output.progress_bar(quiet=json_output))]

        def progress(what: str, done: int, total: int) -> None:
            if bar[0]:
                bar[0](what, done, total)

        if plan:
            found = adopting.plan_adoption(
                conninfo,
                unit,
                source=source,
                schema=schema,
                roles=not no_roles,
                sql_root=sql_root,
                progress=progress,
            )
            stack.close()
            show(json_output, found.to_json(), lambda: report.print_adoption_plan(found, sys.stdout))
            raise typer.Exit(found.exit_code)

        def confirm(found: "AdoptionPlan") -> bool:
            # A question under a bar that moves cannot be read.
            stack.close()
            agreed = yes or _agreed(
                lambda: report.print_adoption_plan(found, sys.stderr), "Take them over?", json_output=json_output
            )
            bar[0] = stack.enter_context(output.progress_bar(quiet=json_output))
            return agreed

        result = adopting.adopt(
            conninfo,
            unit,
            source=source,
            schema=schema,
            confirm=confirm,
            roles=not no_roles,
            sql_root=sql_root,
            lock_wait=lock_wait,
            lock_timeout=durations.seconds(lock_timeout),
            progress=progress,
        )
        stack.close()
        if result.applied is not None and not no_cron:
            sync_after_apply(
                conninfo, result.applied, cron_database=cron_database, sql_root=sql_root, lock_wait=lock_wait
            )
        show(json_output, result.to_json(), lambda: report.print_adopted(result))
        if result.applied is None:
            raise typer.Exit(2)


def repair(
    dsn: Dsn = None,
    unit: Units = None,
    schema: Schemas = None,
    lock_wait: LockWait = 60.0,
    json_output: Json = False,
    sql_root: SqlRoot = None,
) -> None:
    """Accept migration files that were edited after they were applied; have objects changed by hand made again.

    An edited file is accepted where the live schema is what the files now make. Only the books are written; functions,
    views, triggers and grants changed by hand come back with the next apply.

    Exit codes: 0 done, or nothing to repair; 4 the database is not what the edited file makes; 2 wrong use, or no
    database to compare with; 1 SQL error; 5 locked; 6 a migration died outside a transaction.
    """
    with handled(dsn, json_output) as conninfo:
        from . import report
        from .repair import repair as run

        result = run(conninfo, units=unit, schemas=schemas_of(schema), sql_root=sql_root, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: report.print_repaired(result))


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
        from . import report
        from .resolve import resolve as run

        if applied == retry:
            raise UsageError("say either --applied or --retry")
        result = run(conninfo, migration, applied=applied, schema=schema, sql_root=sql_root, lock_wait=lock_wait)
        show(json_output, result.to_json(), lambda: report.print_resolved(result))


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
