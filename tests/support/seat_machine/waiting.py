"""Calls about waiting lists."""

from __future__ import annotations

from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.seat_machine.bookings import Bookings
from support.seat_machine.machine import STUDENTS, Call, ids, places, students
from support.seat_machine.orders import of_order
from support.shop.rows import Student

parties = st.sampled_from([1, 1, 2])


class Waiting(Bookings):
    def let_people_wait(self, for_a_session: bool, for_a_run: bool) -> None:
        for session in (0, 2):
            name, seats = f"full{session}@example.org", self.shop.sessions[session].capacity
            self.book(session, Student(name, None), seats, None)
        if for_a_session:
            self.wait(0, STUDENTS[3], 1, 0)
            self.wait(0, STUDENTS[5], 1, 1)
        if for_a_run:
            self.wait_for_run(0, STUDENTS[6], 1, 0)
            self.wait_for_run(0, STUDENTS[0], 1, 0)

    @precondition(lambda self: any(self.shop.is_bookable(s) and not self.shop.fits(s, 1) for s in self.shop.sessions))
    @rule(place=places, student=students, seats=parties, priority=st.integers(0, 1))
    def join_waitlist(self, place: int, student: Student, seats: int, priority: int) -> None:
        self.wait(
            self.session(place, self.shop.is_bookable, lambda key: not self.shop.fits(key, 1)), student, seats, priority
        )

    def wait(self, session: int, student: Student, seats: int, priority: int) -> None:
        self.make(
            Call(
                lambda shop: shop.join_waitlist(session, student, seats, priority),
                lambda conn: ids(
                    conn, "select id from join_waitlist(%s, 'S', %s, %s, %s, %s)",
                    self.id(session), student.email, student.phone, seats, priority,
                ),
            )
        )  # fmt: skip

    # As enroll_run.
    @precondition(lambda self: self.open is None and any(self.is_sold_out(run) for run in self.shop.runs))
    @rule(place=places, student=students, seats=parties, priority=st.integers(0, 1))
    def join_run_waitlist(self, place: int, student: Student, seats: int, priority: int) -> None:
        self.wait_for_run(self.pick_run(place, self.is_sold_out), student, seats, priority)

    def wait_for_run(self, run: int, student: Student, seats: int, priority: int) -> None:
        own = self.shop.runs[run].id
        self.make(
            Call(
                lambda shop: shop.join_run_waitlist(run, student, seats, priority),
                lambda conn: ids(
                    conn, "select id from join_run_waitlist(%s, 'S', %s, %s, %s, %s)",
                    own, student.email, student.phone, seats, priority,
                ),
            )
        )  # fmt: skip

    @precondition(lambda self: self.shop.entries)
    @rule(place=places)
    def leave_waitlist(self, place: int) -> None:
        key = self.pick(self.shop.entries, place, "waiting", "offered")
        own = self.shop.entries[key].id
        self.make(
            Call(
                lambda shop: shop.leave_waitlist(key),
                lambda conn: ids(conn, "select id from leave_waitlist(%s)", own),
            )
        )

    @precondition(lambda self: any(entry.status in ("offered", "redeemed") for entry in self.shop.entries.values()))
    @rule(place=places)
    def accept_offer(self, place: int) -> None:
        key = self.pick(self.shop.entries, place, "offered")
        own = self.shop.entries[key].id

        def accept(conn: psycopg.Connection) -> list[Any]:
            row = conn.execute("select order_id, id from accept_offer(%s, '9')", [own]).fetchone()
            assert row is not None
            return [*row, *(id for id in of_order(conn, row[0]) if id != row[1])]

        self.make(Call(lambda shop: shop.accept_offer(key), accept))
