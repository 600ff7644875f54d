"""What people see: tables and messages on stdout, errors and progress on stderr."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from .errors import SessionbookError
from .options import unread
from .redaction import redact

# Why a file is applied that did not change itself.
AGAIN = "again, with the others"

if TYPE_CHECKING:
    from .adopt.plan import AdoptionPlan, AdoptionResult
    from .clock.check import CheckResult
    from .clock.cron import SyncResult
    from .deploy.baseline import BaselineResult, RepairResult, ResolveResult
    from .deploy.results import ApplyResult, CopyStatus, JobChange, JobsStanding, PlanResult, StatusResult, Step
    from .deploy.rollback import RollbackPlan, RollbackResult
    from .deploy.verify import CopyVerdict, VerifyResult


def print_json(value: Any) -> None:
    """Prints one JSON object on a line of its own."""
    print(json.dumps(value, default=str, ensure_ascii=False), flush=True)


def print_error(error: SessionbookError, conninfo: str, *, json_output: bool) -> None:
    """Says what failed: on stderr, and for machines as one object on stdout.

    Args:
        error: the failure.
        conninfo: connection string in use, whose password must not show.
        json_output: print the object.
    """
    if json_output:
        fields = error.to_json()
        try:
            print_json({key: redact(text, conninfo) if isinstance(text, str) else text for key, text in fields.items()})
        except BrokenPipeError:
            # The failure still has its exit code, and is shown on stderr.
            unread()
    lines = [f"sessionbook: {error}"]
    if error.detail:
        lines += [f"  {line}" for line in error.detail.splitlines()]
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    print(redact("\n".join(lines), conninfo), file=sys.stderr, flush=True)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A progress bar on stderr, where somebody is looking at it or FORCE_COLOR asks for it.

    Args:
        quiet: never show one.

    Returns:
        What to call before each step, or None.
    """
    if quiet or not (sys.stderr.isatty() or os.environ.get("FORCE_COLOR")):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def step(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield step


def print_applied(result: "ApplyResult") -> None:
    """Prints what an apply changed, a row a copy, and the server's warnings on stderr."""
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not result.changed:
        print("Nothing to do: everything is applied.")
        return
    if result.jobs:
        _print_changes(result.jobs)
    if not result.copies:
        return
    _table(
        ("unit", "schema", "version", "migrations", "files again", "changed", "dropped"),
        [
            (
                copy.unit,
                copy.schema,
                copy.version or "",
                "\n".join(copy.migrations),
                str(len(copy.repeatables)),
                str(len(copy.changed)),
                "\n".join([*copy.dropped, *(f"{identity} (later)" for identity in copy.waiting)]),
            )
            for copy in result.copies
        ],
    )


def print_status(result: "StatusResult", jobs: "JobsStanding") -> None:
    """Prints where every copy stands, a row a copy, what drifted, and the jobs."""
    _table(
        ("unit", "schema", "version", "pending migrations", "changed files", "state"),
        [
            (
                copy.unit,
                copy.schema,
                copy.version or "not installed",
                "\n".join(copy.pending),
                str(len(copy.changed) + len(copy.gone)),
                _state(copy),
            )
            for copy in result.copies
        ],
    )
    for copy in result.copies:
        for sentence in copy.drift:
            print(f"drift: {sentence}")
        for identity in copy.unfinished:
            print(f"unfinished: {identity}; see: sessionbook resolve --help")
    if jobs.jobs:
        _table(
            ("job", "schedule", "state", "due"),
            [(job.name, job.schedule, "active" if job.active else "paused", job.due or "") for job in jobs.jobs],
        )
    elif jobs.note:
        print(f"jobs: {jobs.note}")


def _state(copy: "CopyStatus") -> str:
    if copy.unfinished:
        return "unfinished"
    return "drift" if copy.drift else "pending" if copy.is_due else "up to date"


def print_plan(result: "PlanResult", jobs: "JobsStanding", *, sql: bool, everything: bool = False) -> None:
    """Prints what apply would do: a line for each change and why, or if sql is True everything that would be sent.

    Args:
        result: the plan.
        jobs: in pg_cron.
        sql: with the text of the files.
        everything: with files that are applied again only because others changed.
    """
    due = [job for job in jobs.jobs if job.due]
    if not result.copies and not due:
        print("Nothing to do: everything is applied.")
    for step in result.roles:
        if sql or everything:
            print(_sql(step, "pg_catalog") if sql else f"roles: {step.path}")
    for copy in result.copies:
        for sentence in copy.drift:
            print(f"-- drift: {sentence}")
        for identity in copy.unfinished:
            print(f"-- unfinished: {identity}")
        again = 0
        for step in copy.steps:
            if sql:
                print(_sql(step, copy.schema))
            elif step.kind == "repeatable" and step.reason == AGAIN and not everything:
                again += 1
            else:
                print(f"{copy.schema}: {step.path} ({step.reason}){_locks(step)}")
        if again:
            print(f"{copy.schema}: {again} more files are applied again with them; --all lists them")
    for job in due:
        print(f"{'-- ' if sql else ''}job {job.name} {job.due}: {job.schedule}")
    if jobs.note:
        print(f"{'-- ' if sql else ''}jobs: {jobs.note}")


def _locks(step: "Step") -> str:
    """The locks that a migration's header names; views and triggers are locked for a moment."""
    found = re.search(r"^-- Locks: *(.*(?:\n--[^\S\n]{2,}.*)*)", step.sql, re.MULTILINE | re.IGNORECASE)
    words = found[1].replace("\n--", " ").split() if found else []
    return f"\n    locks: {' '.join(words)}" if words else ""


def _sql(step: "Step", schema: str) -> str:
    alone = "" if step.transactional else ", outside a transaction"
    name = schema if schema.isidentifier() and schema.islower() else '"' + schema.replace('"', '""') + '"'
    return f"-- {step.kind} {step.path}{alone}\nset search_path = {name}, pg_temp;\n{step.sql}"


def print_jobs(result: "SyncResult") -> None:
    """Prints what a sync changed, a row a job, and its warnings on stderr."""
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not result.changes:
        print("Nothing to do: the jobs are as declared.")
        return
    _print_changes(result.changes)


def _print_changes(changes: "Sequence[JobChange]") -> None:
    _table(
        ("job", "done", "schedule", "state"),
        [(job.name, job.action, job.schedule, "active" if job.active else "paused") for job in changes],
    )


def print_check(result: "CheckResult") -> None:
    """Prints the jobs with their last runs, and what was found."""
    if result.jobs:
        _table(
            ("job", "schedule", "owner", "state", "last run", "began"),
            [
                (
                    job.name,
                    job.schedule,
                    job.owner,
                    "active" if job.active else "paused",
                    job.last_status or "none yet",
                    str(job.last_start or ""),
                )
                for job in result.jobs
            ],
        )
    for finding in result.findings:
        print(f"{finding.level}: {finding.message}\n  hint: {finding.hint}")
    if not result.findings:
        print("Nothing found: the jobs are as declared and run.")


def print_row(row: Mapping[str, Any]) -> None:
    """Prints a row of the database on one line."""
    print("  ".join(f"{column}={value}" for column, value in row.items()), flush=True)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name in header:
        # At 80 columns names go on in the next line; none is cut.
        table.add_column(name, overflow="fold")
    for row in rows:
        # Text, not markup: a name may hold brackets.
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = 160
    # By print, because rich has an exit code of its own for a reader that has enough.
    with console.capture() as text:
        console.print(table)
    print(text.get(), end="")


def print_verdicts(result: "VerifyResult") -> None:
    """Prints what was found of each copy: sentences on files, objects with their lines, and notes."""
    for copy in result.copies:
        print(f"{_name(copy.unit, copy.schema)}: {_verdict(copy)}")
        for identity in copy.unfinished:
            print(f"  unfinished: {identity}")
        for sentence in copy.files:
            print(f"  file: {sentence}")
        for found in copy.differences:
            print(f"  {found.kind}: {found.object}")
            for line in found.text.splitlines():
                print(f"    {line}")
        for note in copy.notes:
            print(f"  note: {note}")
    if any(found.kind != "added" for copy in result.copies for found in copy.differences):
        print(
            "hint: sessionbook repair, then apply, makes functions, views, triggers and grants again;"
            " tables are yours to bring back in line."
        )


def _verdict(copy: "CopyVerdict") -> str:
    if copy.unfinished:
        return f"{copy.version or 'not installed'}, unfinished"
    if copy.version is None:
        return "not installed"
    state = "differs" if copy.files or copy.differences else "pending" if copy.pending else "as applied"
    return f"{copy.version}, {state}"


def _name(unit: str, schema: str) -> str:
    return unit if unit == schema else f"{unit} in {schema}"


def print_rollback_plan(plan: "RollbackPlan") -> None:
    """Prints what a rollback would take along, on stderr."""
    lines = [f"{_name(plan.unit, plan.schema)}: to be taken back: {', '.join(plan.migrations)}"]
    if plan.unrehearsed:
        lines.append("  one of them runs outside a transaction, so what goes could not be found by trying")
    lines += [f"  {loss.object} goes, or is renamed: {loss.rows} rows" for loss in plan.losses]
    lines += [
        f"  rows of {one.table}: {one.inserted} inserted, {one.updated} updated, {one.deleted} deleted"
        for one in plan.rewritten
    ]
    if not (plan.losses or plan.rewritten or plan.unrehearsed):
        lines.append("  no table, column or row goes")
    print("\n".join(lines), file=sys.stderr)


def print_rolled_back(result: "RollbackResult") -> None:
    """Prints what was taken back."""
    if not result.migrations:
        print("Nothing was taken back.")
        return
    print(f"Taken back: {', '.join(result.migrations)}")
    if result.left_out:
        print(f"Applied again: {len(result.kept)} files. Gone until the next apply:")
        for path in result.left_out:
            print(f"  {path}")


def print_baseline(result: "BaselineResult") -> None:
    """Prints what was marked."""
    print(f"{_name(result.unit, result.schema)}: marked as applied: {', '.join(result.migrations)}")


def print_adoption_plan(plan: "AdoptionPlan", file: TextIO, *, sql: bool = False) -> None:
    """Prints what taking tables over would do, and what stands in the way; sql: the statements instead."""
    if sql:
        between = "-- Now the package makes its functions, views and triggers: see sessionbook export.\n\n"
        print(between.join("".join(f"{one};\n\n" for one in part) for part in plan.statements), end="", file=file)
        return
    print(f"{_name(plan.unit, plan.schema)} from schema {plan.source}", file=file)
    for kind, title in (("stop", "IN THE WAY"), ("change", "CHANGES"), ("note", "TO KNOW")):
        found = [step for step in plan.steps if step.kind == kind]
        if found:
            print(f"\n{title}", file=file)
        for why, you in dict.fromkeys((step.why, step.you) for step in found):
            for step in found:
                if (step.why, step.you) == (why, you):
                    print(f"- {step.what}", file=file)
            print(f"    Why: {why}\n    You: {you}", file=file)


def print_adopted(result: "AdoptionResult") -> None:
    """Prints what was taken over."""
    if result.applied is None:
        print("Nothing was taken over.")
        return
    for warning in result.applied.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{_name(result.plan.unit, result.plan.schema)}: taken over from schema {result.plan.source}.")
    print("Have applications connect again: sessions that are open keep their search_path.")


def print_release_plan(found: dict[str, Any], file: TextIO) -> None:
    """Prints what giving tables back does."""
    print(f"From schema {found['schema']} to {found['to']}: {', '.join(found['tables'])}", file=file)
    print("What was added to them goes, and with it what our functions kept there. These tables go:", file=file)
    for name, rows in found["goes"].items():
        print(f"  {name}: {rows} rows", file=file)


def print_released(done: dict[str, Any] | None) -> None:
    """Prints that tables were given back."""
    if done is None:
        print("Nothing was given back.")
        return
    print(f"In schema {done['to']} again: {', '.join(done['tables'])}. Have applications connect again.")


def print_repaired(result: "RepairResult") -> None:
    """Prints what was accepted, and what comes back with the next apply."""
    for path in result.due:
        print(f"to be applied again: {path}")
    if not result.due:
        print("Nothing to repair: what differs, if anything does, is in tables, which are yours to bring back in line.")


def print_resolved(result: "ResolveResult") -> None:
    """Prints where the migration stands now."""
    for name in result.dropped:
        print(f"dropped invalid index {name}")
    print(f"{result.migration} in schema {result.schema} is {result.state}.")
