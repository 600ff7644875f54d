"""A shop to test with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row


@dataclass
class Market:
    """A creator's shop, filled by the test."""

    conn: psycopg.Connection
    creator: UUID

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

    def workshop(self, name: str = "Pottery", **columns: Any) -> UUID:
        """A new workshop, on sale."""
        return self._insert("workshops", name=name, **{"creator_id": self.creator, "is_active": True, **columns})

    def run(self, workshop: UUID, name: str = "Batch", start: str = "2027-01-04", **columns: Any) -> UUID:
        """A new run."""
        return self._insert("workshop_runs", workshop_id=workshop, run_name=name, start_date=start, **columns)

    def session(self, workshop: UUID, day: str = "2027-01-04", **columns: Any) -> UUID:
        """A new session, 10:00 to 12:00 with two seats where nothing else is said."""
        columns = {"start_time": "10:00", "end_time": "12:00", "max_attendees": 2, **columns}
        return self._insert("workshop_sessions", workshop_id=workshop, session_date=day, **columns)

    def enroll(self, session: UUID, name: str = "Noor", status: str = "successful", **columns: Any) -> UUID:
        """A row of enrollments; the counter stays as it is."""
        workshop = self.one("select workshop_id from workshop_sessions where id = %s", session)
        columns = {"student_name": name, "status": status, **columns}
        return self._insert("enrollments", workshop_id=workshop, session_id=session, **columns)

    def hold(self, session: UUID, until: str, seats: int = 1) -> UUID:
        """Seats held until then by a row of enrollments, and taken by the counter."""
        self.take(session, seats)
        return self.enroll(session, status="pending", expires_at=until, seats=seats)

    def offer(self, session: UUID, until: str, seats: int = 1) -> UUID:
        """Seats offered until then to somebody who waited, and taken by the counter."""
        self.take(session, seats)
        return self._insert(
            "waitlist_entries",
            session_id=session,
            student_name="Dana",
            seats=seats,
            status="offered",
            offered_at="2026-12-31 00:00+00",
            offer_expires_at=until,
        )

    def take(self, session: UUID, seats: int = 1) -> None:
        """Seats taken (or, below zero, given back) by hand, as the seed does it."""
        self.conn.execute(
            "update workshop_sessions set current_attendees = current_attendees + %s where id = %s", [seats, session]
        )

    def status(self, session: UUID) -> str:
        """Stored status of a session."""
        return self.one("select status from workshop_sessions where id = %s", session)

    def run_status(self, run: UUID) -> str:
        """Stored status of a run."""
        return self.one("select status from workshop_runs where id = %s", run)

    def two_days(self, seats: int = 5) -> list[UUID]:
        """Two sessions of a run, of 10.000 a seat."""
        workshop = self.workshop(price=10)
        run = self.run(workshop)
        return [
            self.session(workshop, day=day, run_id=run, max_attendees=seats) for day in ("2027-01-04", "2027-01-05")
        ]

    def order(self, *sessions: UUID, **named: Any) -> UUID:
        """An order of a seat in each."""
        more = "".join(f", p_{key} => %s" for key in named)
        items = json.dumps([{"session_id": str(session)} for session in sessions])
        return self.one(
            f"select id from create_order(%s, 'Sara', '+965 1', %s{more})", self.creator, items, *named.values()
        )

    def tick(self) -> None:
        """What the clock does by now."""
        self.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 100)")

    def statuses(self, table: str) -> list[str]:
        """Stored statuses of all rows."""
        return [row["status"] for row in self.rows(f"select status from {table} order by status")]

    def everything(self) -> list[dict[str, Any]]:
        """All sessions and runs, to compare a state before and after."""
        return self.rows("select * from workshop_sessions order by id") + self.rows(
            "select * from workshop_runs order by id"
        )

    def _insert(self, table: str, **columns: Any) -> UUID:
        names = ", ".join(columns)
        marks = ", ".join(["%s"] * len(columns))
        return self.one(f"insert into {table} ({names}) values ({marks}) returning id", *columns.values())


def open_market(conn: psycopg.Connection) -> Market:
    """A shop with one creator and nothing on sale yet, in the schema that is the connection's search_path."""
    row = conn.execute(
        "insert into creators (name, username, email) values ('Noor', 'noor', 'noor@example.org') returning id"
    ).fetchone()
    assert row is not None
    return Market(conn, row[0])
