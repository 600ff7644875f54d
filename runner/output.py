"""What people see: tables and messages on stdout, errors and progress on stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .errors import SessionbookError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from .clock.check import CheckResult
    from .clock.cron import SyncResult

# Exit code as of a process that SIGPIPE ended.
UNREAD = 141


def unread() -> None:
    """Who read our output has enough, as `head` has: what is left of it goes nowhere, and in silence."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: Any) -> None:
    """Prints one JSON object on a line of its own."""
    print(json.dumps(value, default=str, ensure_ascii=False), flush=True)


def print_error(error: SessionbookError, *, json_output: bool, server: str | None = None) -> None:
    """Says what failed: on stderr, and for machines as one object on stdout; server: its name, if there are several."""
    if json_output:
        try:
            print_json({"server": server, **error.to_json()} if server else error.to_json())
        except BrokenPipeError:
            # The failure still has its exit code, and is shown on stderr.
            unread()
    lines = [f"sessionbook: {error}"]
    if error.detail:
        lines += [f"  {line}" for line in error.detail.splitlines()]
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    print("\n".join(lines), file=sys.stderr, flush=True)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A progress bar on stderr, if somebody looks at it or FORCE_COLOR asks for it; yields what moves it on."""
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


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints rows under the names of their columns, or if the terminal is too narrow, each as lines."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 160
    # By print, because rich has an exit code of its own for a reader that has enough.
    with console.capture() as text:
        console.print(table(rows, console.width), soft_wrap=True)
    print(text.get(), end="")


def table(rows: Sequence[Mapping[str, Any]], width: int) -> "RenderableType":
    """Rows as a table, whose last column may go on in further lines; if that is too wide, each row as lines.

    Args:
        rows: one at least, of text, numbers, lists (one below the other) or rich's own text.
        width: of the terminal, in columns.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    def cell(value: Any) -> Text:
        if isinstance(value, Text):
            return value
        said = "\n".join(value) if isinstance(value, list) else str(value)
        return Text({"None": "", "True": "yes", "False": "no"}.get(said, said))

    cells = [list(map(cell, row.values())) for row in rows]
    names = list(map(Text, rows[0]))
    widths = [
        max(line.cell_len for text in column for line in text.split("\n", allow_blank=True))
        for column in zip(names, *cells, strict=True)
    ]
    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        made.add_column(name, overflow="fold", no_wrap=name is not names[-1])
    for row in cells:
        made.add_row(*row)
    if sum(widths[:-1]) + len(widths) + min(widths[-1], 20) <= width:
        return made
    lines = []
    for first, *others in cells:
        lines.append(Text.assemble((first.plain, "bold")))
        lines += [
            Text.assemble(f"  {name}: ", line)
            for name, text in zip(names[1:], others, strict=True)
            for line in (text.split("\n") if text else ())
        ]
    return Text("\n").join(lines)


def print_row(row: Mapping[str, Any]) -> None:
    """Prints a row of the database on one line."""
    print("  ".join(f"{column}={value}" for column, value in row.items()), flush=True)


def print_warnings(warnings: Sequence[str]) -> None:
    """Prints warnings on stderr."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def print_jobs(result: "SyncResult") -> None:
    """Prints what a sync changed, a row a job, and its warnings on stderr."""
    print_warnings(result.warnings)
    if result.changes:
        print_rows([asdict(job) for job in result.changes])
    else:
        print("Nothing to do: the jobs are as declared.")


def print_check(result: "CheckResult") -> None:
    """Prints the jobs with their last runs, and what was found."""
    if result.jobs:
        print_rows([asdict(job) for job in result.jobs])
    for finding in result.findings:
        print(f"{finding.level}: {finding.message}\n  hint: {finding.hint}")
    if not result.findings:
        print("Nothing found: the jobs are as declared and run.")
