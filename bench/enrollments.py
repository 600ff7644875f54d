"""Enrollments on the rows of bench.workshops: in every session of a workshop as many, made by no order."""

from __future__ import annotations

from bench.database import Database
from bench.workshops import fill as fill_workshops

WORKSHOPS = 20
SESSIONS_EACH = 50
SESSIONS = WORKSHOPS * SESSIONS_EACH
PRICE = "5.000"

# One round of the sessions after the other, as students come, so that those of one session are not stored together.
ROWS = """\
update workshops set price = {price};

insert into enrollments (workshop_id, session_id, student_name, student_email, total_price, status, status_ar)
select s.workshop_id, s.id, 'Student', 'student' || n || '@example.org', {price}, 'successful', 'ناجح'
from generate_series(1, {each}) as n
cross join workshop_sessions as s;

update workshop_sessions set current_attendees = {each};
"""


INDEXES = b"""\
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
from pg_index as i
where i.indrelid = 'enrollments'::regclass
    and not exists (select from pg_constraint as c where c.conindid = i.indexrelid)
"""


def fill(database: Database, *, each: int) -> None:
    """Writes 1,000 sessions whose capacity is never reached, and the enrollments in them, and analyzes.

    Args:
        database: where; in schema workshop, empty so far.
        each: enrollments of a session.
    """
    fill_workshops(database, "workshop", workshops=WORKSHOPS, sessions=SESSIONS_EACH, seats=1_000_000_000)
    # Millions of rows go faster into a table whose indexes are made after.
    with database.connect("workshop") as connection:
        indexes = connection.execute(INDEXES).fetchall()
    drop = "".join(f"drop index {name};\n" for name, _ in indexes)
    make = "".join(f"{definition};\n" for _, definition in indexes)
    database.run(drop + ROWS.format(price=PRICE, each=each) + make, "workshop")
    settle(database)


def settle(database: Database) -> None:
    """Vacuums and analyzes."""
    database.run("vacuum (analyze) workshop.enrollments, workshop.workshop_sessions, workshop.workshops;\n")


def seats_and_rows(database: Database) -> tuple[int, int]:
    """Seats that the sessions count, and seats that enrollments take."""
    with database.connect("workshop") as connection:
        row = connection.execute(
            "select (select sum(s.current_attendees) from workshop_sessions as s), "
            "(select sum(e.seats) from enrollments as e where e.status in ('successful', 'pending'))"
        ).fetchone()
    assert row is not None
    return row[0], row[1]
