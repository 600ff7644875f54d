"""Rows of unit workshop to measure on: workshop n has key n, run n and its sessions in a row of days."""

from __future__ import annotations

from bench.database import Database

TABLES = ("creators", "workshops", "workshop_runs", "workshop_sessions")

ROWS = """\
insert into creators (id, name, username, email)
select lpad(to_hex(n), 32, '0')::uuid, 'Creator ' || n, 'creator' || n, 'creator' || n || '@example.org'
from generate_series(1, 100) as n;

insert into workshops (id, creator_id, name, title, status, is_active)
select lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(1 + n % 100), 32, '0')::uuid, 'Workshop ' || n, 'Workshop ' || n,
    'published', true
from generate_series(1, {workshops}) as n;

insert into workshop_runs (id, workshop_id, run_name, start_date, end_date, status)
select w.id, w.id, 'Run of ' || w.name, {first_day}, {first_day} + {sessions} - 1, 'active'
from workshops as w;

insert into workshop_sessions (
    id, workshop_id, run_id, session_number, session_date, start_time, end_time, timezone, max_attendees,
    current_attendees, status, status_ar, last_date, starts_at, ends_at, over_at
)
select
    lpad(to_hex((w.n - 1) * {sessions} + s.n), 32, '0')::uuid,
    lpad(to_hex(w.n), 32, '0')::uuid,
    lpad(to_hex(w.n), 32, '0')::uuid,
    s.n, d.day, '18:00', '20:00', 'Asia/Kuwait', {seats}, 1, 'active', 'نشطة', d.day,
    (d.day + time '18:00') at time zone 'Asia/Kuwait',
    (d.day + time '20:00') at time zone 'Asia/Kuwait',
    (d.day + 1)::timestamp at time zone 'Asia/Kuwait'
from generate_series(1, {workshops}) as w (n)
cross join generate_series(1, {sessions}) as s (n)
cross join lateral (select {first_day} + s.n - 1 as day) as d;
"""


def fill(
    database: Database,
    schema: str,
    *,
    workshops: int,
    sessions: int,
    seats: int,
    first_day: str = "current_date + 30",
) -> None:
    """Writes workshops with a run each, as if their triggers had run, and analyzes.

    Args:
        database: where.
        schema: holds the tables.
        workshops: how many; keys are 1, 2, ... in hexadecimal.
        sessions: how many each, one a day; their keys count on over all workshops.
        seats: capacity of a session, of which one is taken.
        first_day: SQL for the day of the first session.
    """
    database.run(ROWS.format(workshops=workshops, sessions=sessions, seats=seats, first_day=f"({first_day})"), schema)
    settle(database, schema)


def copy(database: Database, schema: str, to: str) -> None:
    """Copies all rows into the same tables of another schema, and analyzes."""
    database.run("".join(f"insert into {to}.{table} select * from {schema}.{table};\n" for table in TABLES))
    settle(database, to)


def settle(database: Database, *schemas: str) -> None:
    """Vacuums and analyzes, so that no side measures the dead rows of the last round."""
    tables = ", ".join(f"{schema}.{table}" for schema in schemas for table in TABLES)
    database.run(f"vacuum (analyze) {tables};\n")


def key(number: str) -> str:
    """SQL for the key of a row, from SQL for its number."""
    return f"lpad(to_hex({number}), 32, '0')::uuid"
