"""How the demo looks in a terminal."""

import datetime
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from .story import Chapter, Played

_WIDTH_WITHOUT_TERMINAL = 100
_MOST_ROWS = 8
_DAYS_WITHOUT_YEAR = 180
_INDENT = "   "
_COLOURS = {
    "upcoming": "cyan",
    "active": "green",
    "full": "yellow",
    "completed": "dim",
    "cancelled": "red",
    "scheduled": "cyan",
    "in_progress": "green",
    "no_show": "red",
    "queued": "cyan",
    "sent": "green",
    "skipped": "yellow",
    "failed": "red",
    "draft": "dim",
    "non_compliant": "red",
    "pending": "yellow",
    "compliant": "green",
    "attended": "green",
    "offered": "cyan",
    "redeemed": "green",
    "paid": "green",
    "successful": "green",
}


class Screen:
    """Prints chapters and steps on stdout."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = _WIDTH_WITHOUT_TERMINAL

    def chapter(self, chapter: Chapter, zone: str) -> None:
        """Prints the heading of a chapter.

        Args:
            chapter: the chapter.
            zone: time zone in which instants are shown.
        """
        self._heading(chapter.title)
        self._print(Text(chapter.data))
        self._print(Text(f"Dates and times are local to their session; both together are in your zone, {zone}."))

    def step(self, number: int, played: Played) -> None:
        """Prints a step: heading, SQL, and the rows or the refusal.

        Args:
            number: place in the chapter, from 1.
            played: the step.
        """
        self._console.print()
        self._print(Text(f"{number}. {played.step.title}", style="bold"))
        sql = Syntax("", "sql", theme="ansi_dark", background_color="default").highlight(played.step.sql)
        sql.rstrip()
        sql.append(";")
        if played.step.times > 1:
            sql.append(f"  -- {played.step.times} times", style="dim")
        if played.step.at_once > 1:
            sql.append(f"  -- {played.step.at_once} connections at once", style="dim")
        self._print(sql, _INDENT)
        self._console.print()
        if played.error:
            self._refusal(played.error)
        else:
            self._rows(played)

    def ending(self, lines: list[tuple[str, str]]) -> None:
        """Prints how to go on.

        Args:
            lines: what for, and the command, to be copied.
        """
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

    def _refusal(self, error: dict[str, str | None]) -> None:
        lines = Text.assemble((f"{error['sqlstate']} {error['key']}", "bold red"), f": {error['message']}")
        for part in ("detail", "hint"):
            if error[part]:
                lines.append(f"\n{part}: {error[part]}", style="dim")
        self._console.print(Padding(lines, (0, 0, 0, len(_INDENT)), expand=False))

    def _rows(self, played: Played) -> None:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        first = played.rows[0] if played.rows else played.columns
        for column, value in zip(played.columns, first, strict=True):
            number = isinstance(value, int | Decimal) and not isinstance(value, bool)
            table.add_column(Text(column), justify="right" if number else "left")
        for row in played.rows[:_MOST_ROWS]:
            table.add_row(*map(_cell, row))
        self._console.print(Padding(table, (0, 0, 0, len(_INDENT)), expand=False))
        left = len(played.rows) - _MOST_ROWS
        if left > 0:
            self._print(Text(f"… and {left} more", style="dim"), _INDENT)


def _cell(value: Any) -> Text:
    text = _words(value)
    return Text(text, style=_COLOURS.get(text.lower(), ""))


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return _day(value) + value.strftime(" %H:%M")
    if isinstance(value, datetime.date):
        return _day(value)
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    return str(value)


def _day(value: datetime.date) -> str:
    # Without the locale: a demo reads the same on every machine.
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[value.weekday()]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    day = f"{weekday} {value.day:2} {months[value.month - 1]}"
    is_near = abs(value.toordinal() - datetime.date.today().toordinal()) < _DAYS_WITHOUT_YEAR
    return day if is_near else f"{day} {value.year}"
