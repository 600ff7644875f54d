"""Waiting lists, of sessions and of whole runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.shop.bookings import Bookings
from support.shop.rows import PRICE, Enrollment, Entry, Order, Student, refuse


class Waiting(Bookings):
    def join_waitlist(self, session: int, student: Student, seats: int, priority: int) -> list[Any]:
        refuse({"session_closed": not self.is_bookable(session)})
        before = self.sessions[session].counter
        self.collect(session)
        if self.sessions[session].counter != before:
            self.move(session, 0)
        capacity = self.sessions[session].capacity
        refuse(
            {
                "already_enrolled": self.is_enrolled(session, student),
                "already_waiting": self._waits(self.of(self.entries, session), student),
                "seats_available": self.fits(session, seats),
                "session_full": capacity > 0 and seats > capacity,
            }
        )
        entry = self.add(self.entries, Entry(session, None, student, seats, priority))
        self.move(session, 0)
        return [self.entries[entry]]

    def join_run_waitlist(self, run: int, student: Student, seats: int, priority: int) -> list[Any]:
        sessions = self.to_come(run)
        refuse({"session_closed": not sessions or not all(self.is_bookable(session) for session in sessions)})
        most = [self.sessions[session].capacity for session in sessions if self.sessions[session].capacity]
        refuse(
            {
                "already_enrolled": any(self.is_enrolled(session, student) for session in sessions),
                "already_waiting": self._waits([e for e in self.entries.values() if e.run == run], student),
                "seats_available": not self.run_queue(run) and all(self.fits(session, seats) for session in sessions),
                "session_full": bool(most) and seats > min(most),
            }
        )
        return [self.entries[self.add(self.entries, Entry(None, run, student, seats, priority))]]

    @staticmethod
    def _waits(entries: list[Entry], student: Student) -> bool:
        return any(w.status in ("waiting", "offered") and w.student.is_same(student) for w in entries)

    def whole(self, entry: int) -> int:
        """That of the run, if the one that is named holds seats for it."""
        parent = self.entries[entry].parent
        return entry if parent is None else parent

    def held_for(self, entry: int) -> list[Entry]:
        """Entries whose seats an offer holds."""
        if self.entries[entry].run is None:
            return [self.entries[entry]]
        return [e for e in self.entries.values() if e.parent == entry]

    def leave_waitlist(self, named: int) -> None:
        entry = self.whole(named)
        own = self.entries[entry]
        refuse({"offer_redeemed": own.status == "redeemed"})
        if own.status not in ("waiting", "offered"):
            return
        held = [row for row in self.held_for(entry) if row.status == "offered"]
        waited, own.status = own.status == "waiting", "left"
        for row in held:
            row.status = "left"
        for row in held:
            assert row.session is not None
            self.move(row.session, -row.seats)
        if waited and own.session is not None:
            self.move(own.session, 0)

    def accept_offer(self, named: int) -> list[Any]:
        entry = self.whole(named)
        own = self.entries[entry]
        if own.enrollment is not None:
            first = self.enrollments[own.enrollment]
            return [first if first.order is None else self.orders[first.order], first]
        refuse({"offer_expired": own.status == "expired" or self.ran_out(own)})
        held = [row for row in self.held_for(entry) if row.status == "offered" and not self.ran_out(row)]
        refuse({"not_offered": own.status != "offered" or not held})
        sessions = [row.session for row in held if row.session is not None]
        refuse(
            {
                "session_closed": not all(self.is_bookable(session) for session in sessions),
                "already_enrolled": any(self.is_enrolled(session, own.student) for session in sessions),
            }
        )
        assert own.expires is not None
        starts = [self.sessions[session].starts for session in sessions]
        until = min(max(own.expires, self.now + timedelta(minutes=30)), *starts)
        prices = {own.session: PRICE * own.seats} if own.run is None else self.run_shares(own.run, own.seats)
        order = self.add(self.orders, Order(until, None))
        rows = []
        for row in held:
            assert row.session is not None
            row.status = "redeemed"
            price = prices[row.session]
            made = Enrollment(row.session, order, own.student, own.seats, price, "pending", until, own.run)
            rows.append(self.add(self.enrollments, made))
        own.status = "redeemed"
        own.enrollment = min(rows, key=lambda key: self.sessions[self.enrollments[key].session].id)
        return [self.orders[order], *self.by_session(rows)]
