"""What people see: tables and messages on stdout, errors and progress on stderr."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .cron import CheckResult, SyncResult
from .deploy import Progress
from .errors import SessionbookError
from .execution import quote
from .redaction import redact
from .results import ApplyResult, CopyStatus, JobChange, JobsStanding, PlanResult, StatusResult, Step
from .signals import unread


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
            # The failure still has its exit code, and is told on stderr.
            unread()
    lines = [f"sessionbook: {error}"]
    if error.detail:
        lines += [f"  {line}" for line in error.detail.splitlines()]
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    print(redact("\n".join(lines), conninfo), file=sys.stderr, flush=True)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress | None]:
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


def print_applied(result: ApplyResult) -> None:
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


def print_status(result: StatusResult, jobs: JobsStanding) -> None:
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


def _state(copy: CopyStatus) -> str:
    if copy.unfinished:
        return "unfinished"
    return "drift" if copy.drift else "pending" if copy.is_due else "up to date"


def print_plan(result: PlanResult, jobs: JobsStanding, *, sql: bool) -> None:
    """Prints what apply would do: a line a step, or where sql is True everything that would be sent."""
    due = [job for job in jobs.jobs if job.due]
    if not result.copies and not due:
        print("Nothing to do: everything is applied.")
    for step in result.roles:
        print(_sql(step, "pg_catalog") if sql else f"roles: {step.path}")
    for copy in result.copies:
        for sentence in copy.drift:
            print(f"-- drift: {sentence}")
        for identity in copy.unfinished:
            print(f"-- unfinished: {identity}")
        for step in copy.steps:
            dropped = " (drop)" if step.kind == "drop" else ""
            print(_sql(step, copy.schema) if sql else f"{copy.schema}: {step.path}{dropped}")
    for job in due:
        print(f"{'-- ' if sql else ''}job {job.name} {job.due}: {job.schedule}")
    if jobs.note:
        print(f"{'-- ' if sql else ''}jobs: {jobs.note}")


def _sql(step: Step, schema: str) -> str:
    alone = "" if step.transactional else ", outside a transaction"
    return f"-- {step.kind} {step.path}{alone}\nset search_path = {quote(schema)}, pg_temp;\n{step.sql}"


def print_jobs(result: SyncResult) -> None:
    """Prints what a sync changed, a row a job, and its warnings on stderr."""
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not result.changes:
        print("Nothing to do: the jobs are as declared.")
        return
    _print_changes(result.changes)


def _print_changes(changes: Sequence[JobChange]) -> None:
    _table(
        ("job", "done", "schedule", "state"),
        [(job.name, job.action, job.schedule, "active" if job.active else "paused") for job in changes],
    )


def print_check(result: CheckResult) -> None:
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

    table = Table(*header)
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
