"""`sessionbook watch`: the clock's health, next steps and waiting reminders in a terminal."""

import datetime
import time
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.text import Text

from ..database import Connection, Found, plain_connection, read_transaction, rows
from ..errors import ConnectError, SqlError, UsageError, is_lost, translated
from ..output import console_of, table

# More are never read, however tall the terminal is.
_MOST_ROWS = 50
_ROWS_ONCE = 10
_WIDTH_WITHOUT_TERMINAL = 120
_GOOD, _POOR, _BAD = "green", "yellow", "bold red"
_STYLES = {"claimed": _POOR, "failed": _BAD, "missed": _BAD, "skipped": _POOR, "prevented": _POOR, "sent": _GOOD}


def look(where: str | Connection) -> Found:
    """Looks once; where: to connect to, or a connection that is there.

    Returns:
        now: by lifecycle.now().
        health: the row of lifecycle.health, or None.
        problem: why there is none.
        copies: for each installation of unit tutoring schema, next_steps, reminders, and the problem if it cannot be
            read.

    Raises ConnectError: no connection.
    Raises SqlError: unit lifecycle is not applied, or not for this role.
    """
    if isinstance(where, str):
        with plain_connection(where) as connection:
            return look(connection)
    with translated(), read_transaction(where):
        (found,) = rows(where, "select lifecycle.now()")
        health, problem = _try(where, "select * from lifecycle.health")
        query = "select o.schema_name as schema from lifecycle.overview as o where o.unit = 'tutoring' order by 1"
        copies = [Found(copy, next_steps=[], reminders=[], problem=None) for copy in rows(where, query)]
        for copy in copies:
            for part in ("next_steps", "reminders"):
                if copy.problem is None:
                    values = {"now": found.now, "limit": _MOST_ROWS}
                    copy[part], copy["problem"] = _try(where, _sql(where, f"watch_{part}", copy.schema), values)
        return Found(now=found.now, health=health[0] if health else None, problem=problem, copies=copies)


def _sql(connection: Connection, name: str, schema: str) -> str:
    text = sql.SQL(files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
    return text.format(schema=sql.Identifier(schema)).as_string(connection)


def _try(connection: Connection, query: str, values: Any = None) -> tuple[list[Found], str | None]:
    """Rows, or in words why there are none: what one part may not or cannot read does not hide the others."""
    try:
        with connection.transaction():
            return rows(connection, query, values), None
    except psycopg.errors.InsufficientPrivilege as error:
        return [], f"{error.diag.message_primary}; role sessionbook_reader has what is needed"
    except psycopg.errors.UndefinedTable as error:
        return [], f"{error.diag.message_primary}: it is not installed here. Run: sessionbook apply"
    except psycopg.ProgrammingError as error:
        return [], f"{error.sqlstate} {error.diag.message_primary}. Run: sessionbook status"


def print_frame(frame: Found) -> None:
    """Prints a frame on stdout, ten rows a table."""
    console = console_of(_WIDTH_WITHOUT_TERMINAL)
    console.print(_rendered(frame, _ROWS_ONCE, console.width))


def watch(conninfo: str, every: float) -> None:
    """Shows one frame after the other on the terminal, over lost connections, until interrupted.

    Raises UsageError: stdout is no terminal.
    Raises SqlError: a failure that would come again.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        raise UsageError("watch needs a terminal", hint="Add --once for a single frame.")
    frame = look(conninfo)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            try:
                with plain_connection(conninfo) as connection:
                    while True:
                        live.update(_fitted(frame, console, every), refresh=True)
                        time.sleep(every)
                        frame = look(connection)
            except (ConnectError, SqlError) as error:
                if not is_lost(error):
                    raise
                problem = error
            notice = Text(f"No connection, trying again: {problem.message}", style=_BAD)
            live.update(Group(notice, _fitted(frame, console, every)), refresh=True)
            time.sleep(min(every, 1.0))


def _fitted(frame: Found, console: Console, every: float) -> RenderableType:
    """As many rows as the terminal has room for; the heading and each table's own lines take the rest."""
    tables = 2 * max(len(frame.copies), 1)
    room = (console.height - 8 - 4 * tables) // tables
    foot = Text(f"every {every:g} s, Ctrl-C ends", style="dim")
    return Group(_rendered(frame, max(room, 1), console.width), foot)


def _rendered(frame: Found, most: int, width: int) -> RenderableType:
    now = frame.now.astimezone()
    title = Text.assemble(("Sessionbook", "bold"), f"  {_moment(now, None)}:{now:%S}, times in {_zone(now)}")
    parts: list[RenderableType] = [Rule(title, align="left")]
    if frame.health is None:
        parts.append(Text(frame.problem or "", style=_BAD))
    else:
        parts += [Text.assemble((f"{name:14}", "dim"), text) for name, text in _health(frame.health, now).items()]
    if not frame.copies:
        parts.append(Text("\nUnit tutoring is not installed here: no workflows and no reminders.", style="dim"))
    for copy in frame.copies:
        if copy.problem is not None:
            parts += [Text(f"\n{copy.schema}: nothing to see", style="bold"), Text(copy.problem, style=_BAD)]
            continue
        steps, reminders = (
            [_step(row, now) for row in copy.next_steps],
            [_reminder(row, now) for row in copy.reminders],
        )
        for name, shown in (("next steps", steps), ("reminders waiting", reminders)):
            parts.append(Text(f"\n{copy.schema}: {name}", style="bold"))
            parts.append(table(shown[:most], width) if shown else Text("None.", style="dim"))
            if len(shown) > most:
                others = f"{len(shown) - most}{' or more' if len(shown) == _MOST_ROWS else ''}"
                parts.append(Text(f"… and {others} others", style="dim"))
    return Group(*parts)


def _health(health: Found, now: datetime.datetime) -> dict[str, Text]:
    """The row of lifecycle.health in words."""
    last, oldest = health.last_tick_at, health.oldest_reminder_seconds
    overdue = ", ".join(f"{count} in {schema}" for schema, count in sorted(health.overdue_by_schema.items()))
    ticked = f"{_span(health.seconds_since_tick)} ago, {_moment(last.astimezone(), now)}" if last else "never"
    since = "" if oldest is None else f", the oldest for {_span(oldest)}"
    verdict = Text("healthy", _GOOD) if health.healthy else Text("not healthy", _BAD)
    failed = f"{health.steps_retrying} retrying, {health.steps_given_up} given up"
    waiting = f"{health.reminders_waiting} due and not sent{since}"
    return {
        "clock": verdict.append(f": {health.reason}" if health.reason else "", style="default"),
        "last tick": Text(ticked, "" if last else _POOR),
        "overdue": Text(overdue or "nothing", _POOR if overdue else ""),
        "failed steps": Text(failed, _POOR if health.steps_given_up else ""),
        "reminders": Text(waiting, _POOR if health.reminders_waiting else ""),
    }


def _step(row: Found, now: datetime.datetime) -> dict[str, Any]:
    at = row.next_step_at.astimezone()
    span, late = _span(abs((at - now).total_seconds())), _POOR if row.overdue else ""
    step = Text(row.next_step)
    if row.failed_message is not None:
        attempts = "given up" if row.given_up else f"failed {row.failed_attempts} times"
        step.append(f" ({attempts}: {row.failed_message})", style=_BAD)
    reminder = Text(row.reminder_state or "", style=_STYLES.get(row.reminder_state, ""))
    return {
        "session": row.session_id,
        "when": _moment(at, now),
        "in": Text(f"overdue {span}" if row.overdue else span, style=late),
        "next step": step,
        "reminder": reminder.append(f" ({row.reminder_reason})" if row.reminder_reason else ""),
        "student, course": ", ".join(filter(None, (row.student_name, row.course_name))),
    }


def _reminder(row: Found, now: datetime.datetime) -> dict[str, Any]:
    attempt = "" if row.next_attempt_at is None else _moment(row.next_attempt_at.astimezone(), now)
    if row.state == "claimed":
        attempt = f"with {row.worker} until {row.lease_until.astimezone():%H:%M:%S}"
    return {
        "session": row.session_id,
        "kind": row.kind,
        "state": Text(row.state, style=_STYLES.get(row.state, "")),
        "starts": _moment(row.for_starts_at.astimezone(), now),
        "tries": row.attempts,
        "next try": attempt,
        "last error": " ".join((row.last_error or "").split()),
    }


def _zone(now: datetime.datetime) -> str:
    name, offset = now.tzname() or "", now.strftime("%z")
    offset = f"UTC{offset[:3]}:{offset[3:5]}"
    return offset if not name or name[0] in "+-" else name if name == "UTC" else f"{name} ({offset})"


def _moment(at: datetime.datetime, now: datetime.datetime | None) -> str:
    """Local time, with the day if that is not today."""
    return f"{at:%H:%M}" if now is not None and at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"


def _span(seconds: float) -> str:
    whole = int(seconds)
    if whole < 3600:
        return f"{whole} s" if whole < 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min" if whole < 48 * 3600 else f"{whole // 86400} days"
