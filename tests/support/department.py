"""A training department to test with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from support.clock import set_now

# A Monday, 09:00 to 12:00 UTC.
START, END = "2027-01-04 09:00+00", "2027-01-04 12:00+00"


@dataclass
class Department:
    """A course, a trainer who may teach it and a venue, filled with sessions by the test."""

    conn: psycopg.Connection
    course: str
    trainer: str
    venue: str

    def one(self, query: str, *params: Any) -> Any:
        """The only value of the only row."""
        row = self.conn.execute(query, params).fetchone()
        assert row is not None
        return row[0]

    def rows(self, query: str, *params: Any) -> list[dict[str, Any]]:
        """All rows as dictionaries."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, params).fetchall()

    def row(self, query: str, *params: Any) -> dict[str, Any]:
        """The only row as a dictionary."""
        rows = self.rows(query, *params)
        assert len(rows) == 1, rows
        return rows[0]

    def insert(self, table: str, **columns: Any) -> str:
        """A new row; its key."""
        names = ", ".join(columns)
        marks = ", ".join(["%s"] * len(columns))
        return self.one(f"insert into {table} ({names}) values ({marks}) returning id", *columns.values())

    def new_course(self, title: str = "First aid", **columns: Any) -> str:
        """Another course, valid for a year where nothing else is said."""
        return self.insert("courses", title=title, **{"validity_months": 12, **columns})

    def new_trainer(self, first: str = "John", last: str = "Smith", teaches: str | None = None, **columns: Any) -> str:
        """Another trainer, qualified for a course where one is named."""
        trainer = self.insert("trainers", first_name=first, last_name=last, **columns)
        if teaches is not None:
            self.qualify(trainer, teaches)
        return trainer

    def qualify(self, trainer: str, course: str) -> None:
        """Lets a trainer teach a course."""
        self.conn.execute(
            "insert into trainer_qualifications (trainer_id, course_id) values (%s, %s)", [trainer, course]
        )

    def new_venue(self, name: str = "Room 1", **columns: Any) -> str:
        """Another venue, for 20 people where nothing else is said."""
        return self.insert("venues", name=name, **columns)

    def person(self, first: str = "Noor", last: str = "Haddad", **columns: Any) -> str:
        """Somebody to train."""
        return self.insert("personnel", first_name=first, last_name=last, **columns)

    def item(self, person: str, status: str = "NON_COMPLIANT", expires: str | None = None, **columns: Any) -> str:
        """A compliance item for the department's course where no other is named."""
        columns = {"course_id": self.course, **columns}
        return self.insert("compliance_items", personnel_id=person, status=status, expiry_date=expires, **columns)

    def draft(self, **columns: Any) -> str:
        """A draft of the department's course, with nothing else decided."""
        columns = {"course_id": self.course, "created_by_id": "frank", **columns}
        return self.insert("sessions", **columns)

    def planned(self, **columns: Any) -> str:
        """A draft with the department's trainer and venue, on Monday 2027-01-04 from 09:00 to 12:00 UTC."""
        columns = {
            "trainer_id": self.trainer,
            "venue_id": self.venue,
            "start_time": START,
            "end_time": END,
            **columns,
        }
        return self.draft(**columns)

    def scheduled(self, **columns: Any) -> str:
        """The same, in the calendar."""
        return self.planned(status="SCHEDULED", **columns)

    def attend(self, session: str, *people: str, status: str = "REGISTERED") -> None:
        """Puts people on the class list."""
        for person in people:
            self.conn.execute(
                "insert into session_attendees (session_id, personnel_id, status) values (%s, %s, %s)",
                [session, person, status],
            )

    def at(self, now: str) -> None:
        """Moves lifecycle.now() for this connection."""
        set_now(self.conn, now)

    def status(self, session: str) -> str:
        """Stored status of a session."""
        return self.one("select status from sessions where id = %s", session)

    def moves(self, session: str) -> list[tuple[str, str, str]]:
        """Recorded moves of a session: from, to, cause."""
        rows = self.rows(
            "select from_status, to_status, cause from status_changes where subject_id = %s order by id", session
        )
        return [(row["from_status"], row["to_status"], row["cause"]) for row in rows]


def open_department(conn: psycopg.Connection) -> Department:
    """A department on a connection whose search_path is the unit's schema."""
    department = Department(conn, "", "", "")
    department.course = department.new_course()
    department.trainer = department.new_trainer(teaches=department.course)
    department.venue = department.new_venue()
    return department
