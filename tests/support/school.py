"""A tutoring school to test with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from support.clock import set_now

STEPS = (
    "requeue_reminders",
    "correct_reminders",
    "queue_reminders",
    "queue_alarms",
    "start_sessions",
    "complete_sessions",
    "miss_reminders",
)


@dataclass
class School:
    """A tutor, a student and one course, filled with sessions by the test."""

    conn: psycopg.Connection
    tutor: int
    student: int
    course: int

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

    def insert(self, table: str, **columns: Any) -> int:
        """A new row; its key."""
        names = ", ".join(columns)
        marks = ", ".join(["%s"] * len(columns))
        return self.one(f"insert into {table} ({names}) values ({marks}) returning id", *columns.values())

    def new_student(self, name: str = "Sara", phone: str | None = "+96555550000", **columns: Any) -> int:
        """Another student."""
        return self.insert("enrolled_students", full_name=name, phone=phone, **columns)

    def new_course(self, name: str = "Physics", **columns: Any) -> int:
        """Another course, of the school's student and tutor where nothing else is said."""
        columns = {"student_id": self.student, "tutor_id": self.tutor, **columns}
        return self.insert("enrolled_courses", course_name=name, **columns)

    def session(self, day: str = "2027-01-04", **columns: Any) -> int:
        """A session of the course, 10:00 to 12:00 UTC where nothing else is said."""
        columns = {"enrolled_courses_id": self.course, "start_time": "10:00", "end_time": "12:00", **columns}
        return self.insert("sessions", session_date=day, **columns)

    def many(self, sessions: int, day: str = "2027-01-04") -> None:
        """Sessions like it, starting a millisecond after each other."""
        self.conn.execute(
            "insert into sessions (enrolled_courses_id, session_date, start_time, end_time, timezone)"
            " select %s, %s, time '10:00' + n * interval '1 ms', '12:00', 'UTC' from generate_series(1, %s) as n",
            [self.course, day, sessions],
        )

    def advance(self, now: str, limit: int = 5000) -> dict[str, int]:
        """Takes every due step at a time; what moved, by step, without the steps that had nothing to do."""
        rows = self.rows("select step, moved, failed from lifecycle.advance('tutoring', %s, %s)", now, limit)
        assert tuple(row["step"] for row in rows) == STEPS
        moved = {row["step"]: row["moved"] for row in rows if row["moved"]}
        failed = sum(row["failed"] for row in rows)
        return {**moved, "failed": failed} if failed else moved

    def at(self, now: str) -> None:
        """Moves lifecycle.now() for this connection."""
        set_now(self.conn, now)

    def status(self, session: int) -> str:
        """Stored status of a session."""
        return self.one("select status from sessions where id = %s", session)

    def moves(self, session: int) -> list[tuple[str, str, str]]:
        """Recorded moves of a session: from, to, cause."""
        rows = self.rows(
            "select from_status, to_status, cause from status_changes where subject_id = %s order by id", str(session)
        )
        return [(row["from_status"], row["to_status"], row["cause"]) for row in rows]

    def reminders(self, session: int) -> list[tuple[str, str, str | None]]:
        """Reminders of a session: kind, state, reason."""
        rows = self.rows("select kind, state, reason from reminders where session_id = %s order by id", session)
        return [(row["kind"], row["state"], row["reason"]) for row in rows]

    def claim(self, worker: str = "courier", limit: int = 10, lease: str = "1 minute") -> list[dict[str, Any]]:
        """Claims reminders."""
        return self.rows("select * from claim_reminders(%s, %s, %s)", worker, limit, lease)


def open_school(conn: psycopg.Connection) -> School:
    """A school on a connection whose search_path is the unit's schema."""
    school = School(conn, 0, 0, 0)
    school.tutor = school.insert("tutors", full_name="Noor", phone="+96555551111", email="noor@example.org")
    school.student = school.new_student()
    school.course = school.new_course()
    return school
