"""Calls about a booking."""

from __future__ import annotations

from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.seat_machine.machine import Call, Machine, ids, keys, looks, places, students, value
from support.shop.rows import Student

# 0: all that are left.
seats = st.sampled_from([1, 1, 1, 2, 3, 0, 0])


class Bookings(Machine):
    @rule(place=places, student=students, seats=seats, key=keys)
    def enroll(self, place: int, student: Student, seats: int, key: str | None) -> None:
        session = self.session(place, self.shop.is_bookable)
        if seats == 0:
            left = self.shop.free(session) + self.shop.holds(session)[1]
            seats = int(left) if 0 < left < 9 else 1
        self.book(session, student, seats, key)

    def book(self, session: int, student: Student, seats: int, key: str | None) -> None:
        self.make(
            Call(
                lambda shop: shop.enroll(session, student, seats, key),
                lambda conn: ids(
                    conn, "select id from enroll(%s, 'S', %s, %s, %s, %s)",
                    self.id(session), student.email, student.phone, seats, key,
                ),
            )
        )  # fmt: skip

    @rule(place=places, people=st.lists(st.tuples(students, st.integers(1, 2)), min_size=1, max_size=3), key=keys)
    def enroll_many(self, place: int, people: list[tuple[Student, int]], key: str | None) -> None:
        session = self.session(place, self.shop.is_bookable)
        wanted = [
            {"student_name": "S", "student_email": student.email, "student_phone": student.phone, "seats": seats}
            for student, seats in people
        ]
        self.make(
            Call(
                lambda shop: shop.enroll_many(session, people, key),
                lambda conn: ids(
                    conn, "select id from enroll_many(%s, %s, %s)",
                    self.id(session), psycopg.types.json.Jsonb(wanted), key,
                ),
            )
        )  # fmt: skip

    # Its sessions are those that are seen, without what another transaction will commit.
    @precondition(lambda self: self.open is None)
    @rule(place=places, student=students, seats=st.sampled_from([1, 1, 2]), key=keys)
    def enroll_run(self, place: int, student: Student, seats: int, key: str | None) -> None:
        run = self.pick_run(place, self.is_sold)
        own = self.shop.runs[run].id
        self.make(
            Call(
                lambda shop: shop.enroll_run(run, student, seats, key),
                lambda conn: ids(
                    conn, "select id from enroll_run(%s, 'S', %s, %s, %s, %s) order by session_id",
                    own, student.email, student.phone, seats, key,
                ),
            )
        )  # fmt: skip

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places, look=looks)
    def cancel_enrollment(self, place: int, look: str | None) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own = self.shop.enrollments[key]
        self.make(
            self.change("cancel_enrollment", "enrollments", own, look, lambda shop: shop.cancel_enrollment(key))
        )  # fmt: skip

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places, look=looks)
    def restore_enrollment(self, place: int, look: str | None) -> None:
        key = self.pick(self.shop.enrollments, place, "cancelled")
        own = self.shop.enrollments[key]
        self.make(
            self.change("restore_enrollment", "enrollments", own, look, lambda shop: shop.restore_enrollment(key))
        )

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places, to=places, look=looks)
    def transfer_enrollment(self, place: int, to: int, look: str | None) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own, session = self.shop.enrollments[key], self.session(to + 1)
        self.make(
            self.change(
                "transfer_enrollment", "enrollments", own, look,
                lambda shop: shop.transfer_enrollment(key, session), self.id(session),
            )
        )  # fmt: skip

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places, seats=st.integers(1, 3), look=looks)
    def change_seats(self, place: int, seats: int, look: str | None) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own = self.shop.enrollments[key]
        self.make(
            self.change("change_seats", "enrollments", own, look, lambda shop: shop.change_seats(key, seats), seats)
        )

    # Not while another transaction may move the person elsewhere.
    @precondition(lambda self: self.open is None and self.has_begun)
    @rule(place=places, attended=st.booleans())
    def mark_attendance(self, place: int, attended: bool) -> None:
        rows = self.shop.enrollments
        begun = {k: e for k, e in rows.items() if self.shop.sessions[e.session].starts <= self.shop.now}
        key = self.pick(begun, place, "successful")
        own = rows[key]
        mark = psycopg.types.json.Jsonb(
            [{"enrollment_id": str(own.id), "status": "attended" if attended else "absent"}]
        )  # fmt: skip
        self.make(
            Call(
                lambda shop: shop.mark_attendance(key, attended),
                lambda conn: ids(conn, "select id from mark_attendance(%s, %s)", self.id(own.session), mark),
            )
        )

    @property
    def has_begun(self) -> bool:
        return any(self.shop.sessions[e.session].starts <= self.shop.now for e in self.shop.enrollments.values())

    # What applications do to the tables themselves.

    @rule(place=places)
    def sit_down_by_hand(self, place: int) -> None:
        session = self.session(place, self.shop.is_bookable)
        # Somebody new each time: applications look after that themselves.
        name = f"{len(self.shop.enrollments)}-{self.open is not None}@example.com"

        def sit(conn: psycopg.Connection) -> list[Any]:
            conn.execute(
                "update workshop_sessions set current_attendees = current_attendees + 1 where id = %s",
                [self.id(session)],
            )
            return ids(
                conn,
                "insert into enrollments (workshop_id, session_id, student_name, student_email, status)"
                " values (%s, %s, 'S', %s, 'successful') returning id",
                self.workshop, self.id(session), name,
            )  # fmt: skip

        self.make(Call(lambda shop: shop.sit_down_by_hand(session, Student(name, None)), sit))

    @precondition(lambda self: self.open is None and self.shop.enrollments)
    @rule(place=places)
    def stand_up_by_hand(self, place: int) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own = self.shop.enrollments[key]
        if not own.counts:
            return

        def stand(conn: psycopg.Connection) -> None:
            conn.execute(
                "update workshop_sessions set current_attendees = current_attendees - %s where id = %s",
                [own.seats, self.id(own.session)],
            )
            value(
                conn,
                "update enrollments set status = 'cancelled', expires_at = null where id = %s returning id",
                own.id,
            )  # fmt: skip

        self.make(Call(lambda shop: shop.stand_up_by_hand(key), stand))
