"""What people see: tables and messages on stdout, errors and progress on stderr."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from .errors import SessionbookError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


# In one cell of a table; of more there is their number.
_MOST_NAMES = 5
# Exit code as of a process that SIGPIPE ended.
UNREAD = 141


def unread() -> None:
    """Who read our output has enough, as `head` has: what is left of it goes nowhere, and in silence."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: Any) -> None:
    """Prints one JSON object on a line of its own."""
    print(json.dumps(value, default=_plain, ensure_ascii=False), flush=True)


def _plain(value: Any) -> str:
    """Instants in ISO 8601, with the reader's offset."""
    return value.astimezone().isoformat() if isinstance(value, datetime) else str(value)


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
def progress_bar(*, quiet: bool) -> Iterator[Any]:
    """A progress bar on stderr, if somebody looks at it or FORCE_COLOR asks for it.

    Yields what moves it on, when called with what is being done, steps done and steps in all, and stops it for a while,
    by stop(); or None.
    """
    if quiet or not (sys.stderr.isatty() or os.environ.get("FORCE_COLOR")):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    class Bar(Progress):
        def __call__(self, what: str, done: int, total: int) -> None:
            self.start()
            self.update(self.task_ids[0], description=what, completed=done, total=total)

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task("reading", total=None)
        yield bar


def print_found(found: Mapping[str, Any], nothing: str = "", file: TextIO | None = None) -> None:
    """Prints a result as --json has it: rows as tables, all else in lines; what is empty is left out.

    found: the result; warnings go to stderr.
    nothing: what to say if all is empty.
    file: None: stdout.
    """
    said = {name: value for name, value in found.items() if value and name not in ("exit_code", "warnings")}
    print_warnings(found.get("warnings", ()))
    for name, value in said.items():
        if isinstance(value, Mapping):
            print_found(value, file=file)
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            print_rows(value, file)
        else:
            for one in value if isinstance(value, list) else [value]:
                print(f"{name}: {one}", file=file)
    if nothing and not said:
        print(nothing, file=file)


def console_of(width: int) -> "Console":
    """Rich's stdout; width: in columns, if it is no terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = width
    return console


def print_rows(rows: Sequence[Mapping[str, Any]], file: TextIO | None = None) -> None:
    """Prints rows under the names of their columns, or if the terminal is too narrow, each as lines."""
    console = console_of(160)
    # By print, because rich has an exit code of its own for a reader that has enough.
    with console.capture() as text:
        console.print(table(rows, console.width), soft_wrap=True)
    print(text.get(), end="", file=file)


def table(rows: Sequence[Mapping[str, Any]], width: int) -> "RenderableType":
    """Rows as a table without empty columns, the last of which may go on in further lines; if too wide, rows as lines.

    rows: one at least, of text, numbers, lists (one below the other) or rich's own text.
    width: of the terminal, in columns.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    def cell(value: Any) -> Text:
        if isinstance(value, Text):
            return value
        if isinstance(value, list) and len(value) > _MOST_NAMES:
            value = f"{len(value)} in all"
        said = "\n".join(value) if isinstance(value, list) else str(value)
        return Text({"None": "", "True": "yes", "False": "no"}.get(said, said))

    # Columns that say nothing only take room.
    names = [name for place, name in enumerate(rows[0]) if place == 0 or any(cell(row[name]).plain for row in rows)]
    cells = [[cell(row[name]) for name in names] for row in rows]
    widths = [
        max(line.cell_len for text in column for line in text.split("\n", allow_blank=True))
        for column in zip(map(Text, names), *cells, strict=True)
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


def print_warnings(warnings: Sequence[str]) -> None:
    """Prints warnings on stderr."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
