"""`sessionbook watch`: the clock's health, next steps and waiting reminders in a terminal."""

import datetime
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..database import Connection, plain_connection, read_transaction
from ..errors import ConnectError, SessionbookError, SqlError, UsageError, translated

Row = dict[str, Any]

# More are never read, however tall the terminal is.
_MOST_ROWS = 50
_ROWS_ONCE = 10
_WIDTH_WITHOUT_TERMINAL = 120
_GOOD, _POOR, _BAD = "green", "yellow", "bold red"
_STYLES = {"claimed": _POOR, "failed": _BAD, "missed": _BAD, "skipped": _POOR, "prevented": _POOR, "sent": _GOOD}

# By start, which an index has in order; the few that are read are then put in the order of what comes next.
_NEXT_STEPS = """
    select w.session_id, c.course_name, st.full_name as student_name, w.status, w.next_step, w.next_step_at, w.overdue,
        w.starts_at, w.ends_at, w.reminder_state, w.reminder_reason, w.failed_message, w.failed_attempts, w.given_up
    from (
        select * from {schema}.session_workflows as v
        where v.starts_at > %(now)s::timestamptz - interval '2 days'
        order by v.starts_at, v.session_id
        limit 200
    ) as w
    left join {schema}.enrolled_courses as c on w.enrolled_courses_id = c.id
    left join {schema}.enrolled_students as st on c.student_id = st.id
    order by w.next_step_at, w.session_id
    limit %(limit)s
"""

# Those given up of late are shown too: their session may still be ahead. No recipient and no message: they are
# personal, and not for the reader.
_REMINDERS = """
    select r.id, r.session_id, r.kind, r.state, r.due_at, r.for_starts_at, r.attempts, r.next_attempt_at, r.worker,
        r.lease_until, r.last_error
    from (
        (
            select * from (
                select q.id, q.session_id, q.kind, q.state, q.due_at, q.for_starts_at, q.attempts, q.next_attempt_at,
                    q.worker, q.lease_until, q.last_error
                from {schema}.reminders as q
                where q.state in ('queued', 'claimed')
                order by q.for_starts_at, q.id
                limit %(limit)s
            ) as waiting
        )
        union all
        (
            select f.id, f.session_id, f.kind, f.state, f.due_at, f.for_starts_at, f.attempts, f.next_attempt_at,
                f.worker, f.lease_until, f.last_error
            from {schema}.reminders as f
            where f.state = 'failed' and f.settled_at > %(now)s::timestamptz - interval '1 day'
                and f.for_starts_at > %(now)s::timestamptz
            order by f.settled_at desc, f.id
            limit %(limit)s
        )
    ) as r
    order by r.for_starts_at, r.id
    limit %(limit)s
"""


@dataclass(frozen=True)
class CopyView:
    """What there is to see of one copy of unit tutoring.

    Attributes:
        schema: where it is.
        next_steps: live sessions, soonest step first.
        reminders: waiting, claimed, or given up within a day.
        problem: why there is nothing to see; None: there is.
    """

    schema: str
    next_steps: list[Row] = field(default_factory=list)
    reminders: list[Row] = field(default_factory=list)
    problem: str | None = None


@dataclass(frozen=True)
class Frame:
    """What one look showed.

    Attributes:
        now: lifecycle.now().
        health: the row of lifecycle.health; None: it is not installed, or not readable, as problem says.
        problem: why there is no health; None: there is.
        copies: of unit tutoring, by schema.
    """

    now: datetime.datetime
    health: Row | None
    problem: str | None
    copies: list[CopyView]

    def to_json(self) -> dict[str, Any]:
        """The frame as a JSON-ready mapping; instants are ISO 8601 with the reader's offset."""
        return {
            "now": _iso(self.now),
            "health": None if self.health is None else _iso(self.health),
            "problem": self.problem,
            "copies": [
                {
                    "schema": copy.schema,
                    "next_steps": [_iso(row) for row in copy.next_steps],
                    "reminders": [_iso(row) for row in copy.reminders],
                    "problem": copy.problem,
                }
                for copy in self.copies
            ],
        }


def look(conninfo: str) -> Frame:
    """Looks once.

    Args:
        conninfo: libpq connection string.

    Returns:
        What there is to see.

    Raises:
        ConnectError: no connection.
        SqlError: unit lifecycle is not applied, or not for this role.
    """
    with plain_connection(conninfo) as connection:
        return _look(connection, _MOST_ROWS)


def print_frame(frame: Frame) -> None:
    """Prints a frame on stdout, ten rows a table."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    console.print(_rendered(frame, _ROWS_ONCE))


def watch(conninfo: str, every: float) -> None:
    """Shows one frame after the other on the terminal, over lost connections, until interrupted.

    Args:
        conninfo: libpq connection string.
        every: seconds from one look to the next.

    Raises:
        UsageError: stdout is no terminal.
        ConnectError: no connection at the very first look.
        SqlError: a failure that would come again.
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
                        frame = _look(connection, _MOST_ROWS)
            except SqlError as error:
                if not _is_lost(error):
                    raise
                problem: SessionbookError = error
            except ConnectError as error:
                problem = error
            notice = Text(f"No connection, trying again: {problem.message}", style=_BAD)
            live.update(Group(notice, _fitted(frame, console, every)), refresh=True)
            time.sleep(min(every, 1.0))


def _local_zone() -> str | None:
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        _, _, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None


def _look(connection: Connection, limit: int) -> Frame:
    with translated(), read_transaction(connection), connection.cursor(row_factory=dict_row) as cursor:
        if zone := _local_zone():
            with suppress(psycopg.DataError), connection.transaction():
                connection.execute("select set_config('TimeZone', %s, true)", [zone])
        now = _now(cursor)
        has_health = _one(
            cursor,
            "select exists (select from pg_class as c join pg_namespace as n on c.relnamespace = n.oid"
            " where n.nspname = 'lifecycle' and c.relname = 'health')",
        )
        health: list[Row] | None = None
        problem: str | None = "lifecycle.health is not installed here. Run: sessionbook apply"
        if has_health:
            health, problem = _try(cursor, sql.SQL("select * from lifecycle.health"))
        schemas = cursor.execute(
            "select c.schema_name from lifecycle.clocks as c where c.unit = 'tutoring' order by c.schema_name"
        ).fetchall()
        copies = [_look_at_copy(cursor, row["schema_name"], now, limit) for row in schemas]
        return Frame(now, health[0] if health else None, None if health else problem, copies)


def _look_at_copy(cursor: psycopg.Cursor[Row], schema: str, now: datetime.datetime, limit: int) -> CopyView:
    values = {"now": now, "limit": limit}
    # A placeholder is what begins with a percent sign, also inside a name.
    name = sql.Identifier(schema.replace("%", "%%"))
    steps, problem = _try(cursor, sql.SQL(_NEXT_STEPS).format(schema=name), values)
    reminders: list[Row] | None = None
    if problem is None:
        reminders, problem = _try(cursor, sql.SQL(_REMINDERS).format(schema=name), values)
    return CopyView(schema, steps or [], reminders or [], problem)


def _now(cursor: psycopg.Cursor[Row]) -> datetime.datetime:
    try:
        now: datetime.datetime = _one(cursor, "select lifecycle.now()")
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction) as error:
        raise SqlError(
            "unit lifecycle is not applied to this database",
            sqlstate=error.sqlstate,
            hint="Run: sessionbook apply",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SqlError(
            f"role {cursor.connection.info.user} may not read this: {error.diag.message_primary}",
            sqlstate=error.sqlstate,
            hint="Somebody who may has to run: grant sessionbook_reader to this role",
        ) from error
    return now


def _try(
    cursor: psycopg.Cursor[Row], query: sql.SQL | sql.Composed, values: Mapping[str, Any] | None = None
) -> tuple[list[Row] | None, str | None]:
    """Rows, or in words why there are none: what one part may not or cannot read does not hide the others."""
    try:
        with cursor.connection.transaction():
            return cursor.execute(query, values).fetchall(), None
    except psycopg.errors.InsufficientPrivilege as error:
        return None, f"{error.diag.message_primary}; role sessionbook_reader has what is needed"
    except psycopg.ProgrammingError as error:
        return None, f"{error.sqlstate} {error.diag.message_primary}. Run: sessionbook status"


def _one(cursor: psycopg.Cursor[Row], query: str) -> Any:
    row = cursor.execute(query.encode()).fetchone()
    return None if row is None else next(iter(row.values()))


def _is_lost(error: SqlError) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


def _iso(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.astimezone().isoformat()
    if isinstance(value, Mapping):
        return {key: _iso(one) for key, one in value.items()}
    return value


def _fitted(frame: Frame, console: Console, every: float) -> RenderableType:
    """As many rows as the terminal has room for; the heading and each table's own lines take the rest."""
    tables = 2 * max(len(frame.copies), 1)
    rows = (console.height - 8 - 4 * tables) // tables
    foot = Text(f"every {every:g} s, Ctrl-C ends", style="dim")
    return Group(_rendered(frame, max(rows, 1)), foot)


def _rendered(frame: Frame, most: int) -> RenderableType:
    now = frame.now.astimezone()
    title = Text.assemble(("Sessionbook", "bold"), f"  {_moment(now, None)}:{now:%S}, times in {_zone(now)}")
    parts: list[RenderableType] = [Rule(title, align="left"), _health(frame)]
    if not frame.copies:
        parts.append(
            Text("\nUnit tutoring is not installed here: there are no workflows and no reminders.", style="dim")
        )
    for copy in frame.copies:
        parts += _copy(copy, now, most)
    return Group(*parts)


def _health(frame: Frame) -> RenderableType:
    health = frame.health
    if health is None:
        return Text(frame.problem or "", style=_BAD)
    now = frame.now.astimezone()
    verdict = Text("healthy", style=_GOOD) if health["healthy"] else Text("not healthy", style=_BAD)
    if health["reason"]:
        verdict.append(f": {health['reason']}", style="default")
    last = health["last_tick_at"]
    ticked = (
        "never" if last is None else f"{_seconds(health['seconds_since_tick'])} ago, {_moment(last.astimezone(), now)}"
    )
    overdue = ", ".join(f"{count} in {schema}" for schema, count in sorted(health["overdue_by_schema"].items()))
    oldest = health["oldest_reminder_seconds"]
    grid = Table.grid(padding=(0, 2, 0, 0))
    for label, value, good in (
        ("clock", verdict, True),
        ("last tick", ticked, last is not None),
        ("overdue", overdue or "nothing", not overdue),
        ("failed steps", f"{health['steps_retrying']} retrying, {health['steps_given_up']} given up",
         not health["steps_given_up"]),
        ("reminders", f"{health['reminders_waiting']} due and not sent"
         + (f", the oldest for {_seconds(oldest)}" if oldest is not None else ""), not health["reminders_waiting"]),
    ):  # fmt: skip
        grid.add_row(Text(label, style="dim"), value if isinstance(value, Text) else Text(value, "" if good else _POOR))
    return grid


def _copy(copy: CopyView, now: datetime.datetime, most: int) -> list[RenderableType]:
    if copy.problem is not None:
        return [_heading(copy.schema, "nothing to see"), Text(copy.problem, style=_BAD)]
    parts: list[RenderableType] = [_heading(copy.schema, "next steps")]
    if copy.next_steps:
        parts.append(
            _table(
                ("session", "course", "student", "status", "next step", "when", "in", "reminder"),
                [_step(row, now) for row in copy.next_steps],
                most,
            )
        )
    else:
        parts.append(Text("No session is scheduled or in progress.", style="dim"))
    parts.append(_heading(copy.schema, "reminders waiting"))
    if copy.reminders:
        parts.append(
            _table(
                ("reminder", "session", "kind", "state", "starts", "attempts", "next attempt", "last error"),
                [_reminder(row, now) for row in copy.reminders],
                most,
            )
        )
    else:
        parts.append(Text("None.", style="dim"))
    return parts


def _step(row: Row, now: datetime.datetime) -> tuple[Text, ...]:
    at = row["next_step_at"].astimezone()
    late = row["overdue"]
    reminder = Text(row["reminder_state"] or "", style=_STYLES.get(row["reminder_state"], ""))
    if row["reminder_reason"]:
        reminder.append(f" ({row['reminder_reason']})")
    step = Text(row["next_step"])
    if row["failed_message"] is not None:
        attempts = "given up" if row["given_up"] else f"failed {row['failed_attempts']} times"
        step.append(f" ({attempts}: {row['failed_message']})", style=_BAD)
    return (
        Text(str(row["session_id"])),
        Text(row["course_name"] or ""),
        Text(row["student_name"] or ""),
        Text(row["status"], style=_GOOD if row["status"] == "in_progress" else ""),
        step,
        Text(_moment(at, now)),
        Text(f"overdue {_span(now - at)}" if late else _span(at - now), style=_POOR if late else ""),
        reminder,
    )


def _reminder(row: Row, now: datetime.datetime) -> tuple[Text, ...]:
    if row["state"] == "claimed":
        attempt = f"with {row['worker']} until {row['lease_until'].astimezone():%H:%M:%S}"
    else:
        attempt = "" if row["next_attempt_at"] is None else _moment(row["next_attempt_at"].astimezone(), now)
    return (
        Text(str(row["id"])),
        Text(str(row["session_id"])),
        Text(row["kind"]),
        Text(row["state"], style=_STYLES.get(row["state"], "")),
        Text(_moment(row["for_starts_at"].astimezone(), now)),
        Text(str(row["attempts"])),
        Text(attempt),
        Text(" ".join((row["last_error"] or "").split())),
    )


def _heading(schema: str, what: str) -> RenderableType:
    return Padding(Text.assemble((schema, "bold"), f": {what}"), (1, 0, 0, 0))


def _table(header: Sequence[str], rows: Sequence[tuple[Text, ...]], most: int) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in header:
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for row in rows[:most]:
        table.add_row(*row)
    more = len(rows) - most
    if more <= 0:
        return table
    counted = f"{more}" if len(rows) < _MOST_ROWS else f"{more} or more"
    return Group(table, Text(f"… and {counted} others", style="dim"))


def _zone(now: datetime.datetime) -> str:
    name, offset = now.tzname() or "", now.strftime("%z")
    offset = f"UTC{offset[:3]}:{offset[3:5]}"
    return offset if not name or name[0] in "+-" else name if name == "UTC" else f"{name} ({offset})"


def _moment(at: datetime.datetime, now: datetime.datetime | None) -> str:
    """Local time, with the day where that is not today."""
    clock = f"{at:%H:%M}"
    return clock if now is not None and at.date() == now.date() else f"{at:%Y-%m-%d} {clock}"


def _span(span: datetime.timedelta) -> str:
    return _seconds(max(span.total_seconds(), 0))


def _seconds(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} days"
