"""How the demo looks in a terminal."""

import datetime
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from ..output import console_of, table
from .story import Chapter, Played

_WIDTH_WITHOUT_TERMINAL = 100
_MOST_ROWS = 8
_INDENT = "   "
_COLOURS = {
    "cyan": ("upcoming", "scheduled", "queued", "offered"),
    "green": ("active", "in_progress", "sent", "compliant", "attended", "redeemed", "paid", "successful"),
    "yellow": ("full", "skipped", "pending"),
    "red": ("cancelled", "no_show", "failed", "non_compliant"),
    "dim": ("completed", "draft"),
}
_STYLES = {word: colour for colour, words in _COLOURS.items() for word in words}


class Screen:
    """Prints chapters and steps on stdout."""

    def __init__(self) -> None:
        self._console = console_of(_WIDTH_WITHOUT_TERMINAL)

    def chapter(self, chapter: Chapter, zone: str) -> None:
        """Prints the heading of a chapter; zone: in which instants are shown."""
        self._heading(chapter.title)
        self._print(Text(chapter.data))
        self._print(Text(f"Dates and times are local to their session; both together are in your zone, {zone}."))

    def step(self, number: int, played: Played) -> None:
        """Prints a step: heading with its place in the chapter, SQL, and the rows or the refusal."""
        step = played.step
        self._console.print()
        self._print(Text(f"{number}. {step.title}", style="bold"))
        sql = Syntax("", "sql", theme="ansi_dark", background_color="default").highlight(step.sql)
        sql.rstrip()
        sql.append(";")
        if step.times > 1:
            sql.append(f"  -- {step.times} times", style="dim")
        if step.at_once > 1:
            sql.append(f"  -- {step.at_once} connections at once", style="dim")
        self._print(sql, _INDENT)
        self._console.print()
        if error := played.error:
            lines = Text.assemble((f"{error['sqlstate']} {error['key']}", "bold red"), f": {error['message']}")
            for part in ("detail", "hint"):
                lines.append(f"\n{part}: {error[part]}" if error[part] else "", style="dim")
            self._inset(lines)
        if played.rows:
            rows = [dict(zip(played.columns, map(_cell, row), strict=True)) for row in played.rows[:_MOST_ROWS]]
            self._inset(table(rows, self._console.width - len(_INDENT)))
        if (left := len(played.rows) - _MOST_ROWS) > 0:
            self._print(Text(f"… and {left} more", style="dim"), _INDENT)

    def ending(self, lines: list[tuple[str, str]]) -> None:
        """Prints how to go on: what for, and the command, to be copied."""
        self._heading("It is yours to play with")
        widest = max(len(label) for label, _ in lines)
        for label, command in lines:
            self._print(Text.assemble((label.ljust(widest + 2), "dim"), command))

    def _heading(self, title: str) -> None:
        self._console.print()
        self._console.rule(Text(title, style="bold"), align="left")

    def _print(self, text: Text, indent: str = "") -> None:
        # Soft wrap: SQL or a command that was broken or cut at the edge could not be copied.
        for line in text.split("\n", allow_blank=True):
            self._console.print(Text.assemble(indent if line else "", line), soft_wrap=True)

    def _inset(self, shown: RenderableType) -> None:
        self._console.print(Padding(shown, (0, 0, 0, len(_INDENT)), expand=False))


def _cell(value: Any) -> Text:
    said = {datetime.datetime: "%a %d %b %Y %H:%M", datetime.date: "%a %d %b %Y", datetime.time: "%H:%M"}.get(
        type(value)
    )
    text = format(value, said) if said else "" if value is None else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return Text(text, style=_STYLES.get(text.lower(), ""))
