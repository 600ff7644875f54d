"""What people do with their bookings."""

from __future__ import annotations

from datetime import date
from typing import Any

from support.shop.orders import Orders
from support.shop.rows import PRICE, Enrollment, Student, refuse, rounded


class Bookings(Orders):
    def enroll(self, session: int, student: Student, seats: int, key: str | None) -> list[Any]:
        """The row, as all calls that make rows answer: new ones, or those that were there."""
        request = ("session", session, student.as_asked, seats)
        own = key and ("enroll", key)
        made = self.again(own, request)
        if made is not None:
            return [self.enrollments[row] for row in made]
        refuse(
            {
                "session_closed": not self.is_bookable(session),
                "already_enrolled": self.is_enrolled(session, student),
                "session_full": not self.fits(session, seats),
            }
        )
        self.move(session, seats)
        row = self.add(self.enrollments, Enrollment(session, None, student, seats, PRICE * seats, "successful"))
        if own:
            self.keys[own] = request, [row]
        return [self.enrollments[row]]

    def enroll_many(self, session: int, people: list[tuple[Student, int]], key: str | None) -> list[Any]:
        """All of them or nobody; again, the rows that were there."""
        request = (session, [(student.as_asked, seats) for student, seats in people])
        own = key and ("enroll many", key)
        among_them = any(one.is_same(two) for i, (one, _) in enumerate(people) for two, _ in people[:i])
        # Looked at before anything else: it is so whatever the database holds.
        refuse({"already_enrolled": among_them})
        made = self.again(own, request)
        if made is not None:
            return [self.enrollments[row] for row in made]
        taken = sum(seats for _, seats in people)
        refuse(
            {
                "session_closed": not self.is_bookable(session),
                "already_enrolled": any(self.is_enrolled(session, student) for student, _ in people),
                "session_full": not self.fits(session, taken),
            }
        )
        self.move(session, taken)
        rows = [
            self.add(self.enrollments, Enrollment(session, None, student, seats, PRICE * seats, "successful"))
            for student, seats in people
        ]
        if own:
            self.keys[own] = request, rows
        return [self.enrollments[row] for row in rows]

    def enroll_run(self, run: int, student: Student, seats: int, key: str | None) -> list[Any] | set[Any]:
        """In all sessions that are still to come: rows in their order; again, the keys of the rows."""
        request = ("run", run, student.as_asked, seats)
        own = key and ("enroll", key)
        made = self.again(own, request)
        if made is not None:
            return {self.enrollments[row].id for row in made}
        shares = self.run_shares(run, seats)
        refuse(
            {
                "session_closed": not all(self.is_bookable(session) for session in shares),
                "already_enrolled": any(self.is_enrolled(session, student) for session in shares),
                "session_full": bool(self.run_queue(run)) or not all(self.fits(session, seats) for session in shares),
            }
        )
        rows = []
        for session, price in shares.items():
            self.move(session, seats)
            rows.append(
                self.add(self.enrollments, Enrollment(session, None, student, seats, price, "successful", run=run))
            )
        if own:
            self.keys[own] = request, rows
        return [self.enrollments[row] for row in rows]

    def cancel_enrollment(self, enrollment: int) -> None:
        own = self.enrollments[enrollment]
        if not own.counts and own.expires is None:
            return
        if own.counts:
            refuse({"cancel_deadline_passed": self.is_too_late(own.session)})
            self.move(own.session, -own.seats)
        own.status, own.expires = "cancelled", None
        self.settle(own.order)

    def transfer_enrollment(self, enrollment: int, session: int) -> None:
        own = self.enrollments[enrollment]
        if own.session == session:
            return
        refuse(
            {
                "enrollment_not_active": not own.counts or self.ran_out(own),
                "cancel_deadline_passed": self.is_too_late(own.session),
                "session_closed": not self.is_bookable(session),
                "already_enrolled": self.is_already_there(own, session),
                "session_full": not self.fits(session, own.seats),
            }
        )
        self.move(session, own.seats)
        left, own.session = own.session, session
        self.move(left, -own.seats)
        if own.expires is not None:
            own.expires = min(own.expires, self.sessions[session].starts)
        self.settle(own.order)

    def change_seats(self, enrollment: int, seats: int) -> None:
        own = self.enrollments[enrollment]
        refuse({"enrollment_not_active": not own.counts or self.ran_out(own)})
        more = seats - own.seats
        if not more:
            return
        refuse(
            {
                "cancel_deadline_passed": more < 0 and self.is_too_late(own.session),
                "session_closed": more > 0 and not self.is_bookable(own.session),
                "session_full": more > 0 and not self.fits(own.session, more),
            }
        )
        self.move(own.session, more)
        own.price = rounded(own.price / own.seats * seats)
        own.seats = seats
        self.settle(own.order)

    def restore_enrollment(self, enrollment: int) -> None:
        own = self.enrollments[enrollment]
        if own.counts and not self.ran_out(own):
            return
        order = None if own.order is None else self.orders[own.order]
        seats = 0 if own.counts else own.seats
        refuse(
            {
                "order_closed": order is not None and order.status in ("cancelled", "refunded"),
                "payment_due": order is not None
                and order.status == "paid"
                and own.expires is None
                and self.payable(own.order) + own.price > order.paid,
                "session_closed": not self.is_bookable(own.session),
                "already_enrolled": self.is_already_there(own, own.session),
                "session_full": not self.fits(own.session, seats),
            }
        )
        self.move(own.session, seats)
        own.status, own.expires = "successful", None
        if order is not None and order.status == "pending" and order.expires is not None:
            own.status = "pending"
            starts = self.sessions[own.session].starts
            own.expires = min(order.expires, starts) if order.expires > self.now else starts
        self.settle(own.order)

    def mark_attendance(self, enrollment: int, attended: bool) -> None:
        """On the first day, which is the only one."""
        own = self.enrollments[enrollment]
        session = self.sessions[own.session]
        refuse(
            {
                "session_closed": session.status == "cancelled",
                "session_not_started": session.starts > self.now,
                "attendee_not_found": own.status != "successful",
            }
        )
        today: date = session.starts.date()
        own.marks[today] = attended
        own.completion = "completed" if own.marks[today] else "enrolled"

    def sit_down_by_hand(self, session: int, student: Student) -> list[Any]:
        """As applications do to the tables themselves."""
        self.move(session, 1)
        row = Enrollment(session, None, student, 1, PRICE * 0, "successful")
        return [self.enrollments[self.add(self.enrollments, row)]]

    def stand_up_by_hand(self, enrollment: int) -> None:
        own = self.enrollments[enrollment]
        self.move(own.session, -own.seats)
        own.status, own.expires = "cancelled", None
