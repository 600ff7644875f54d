"""What the seats of a shop have to be like, in plain Python: one creator, one workshop, and nobody else at work."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

OFFER_VALID_FOR = timedelta(hours=4)
# Of one seat.
PRICE = 10
LIVE = ("upcoming", "active", "full")
MOVES = {("pending", "paid"), ("pending", "cancelled"), ("paid", "cancelled"), ("paid", "refunded")}


class Refused(Exception):
    """The call has to be refused, with one of these keys: each names a reason that holds."""

    def __init__(self, *keys: str) -> None:
        self.keys = set(keys)


def refuse(reasons: dict[str, bool]) -> None:
    """Raises Refused where any reason holds."""
    if any(reasons.values()):
        raise Refused(*(key for key, holds in reasons.items() if holds))


@dataclass(frozen=True)
class Student:
    """Who books; one of the two is enough to be known by."""

    email: str | None
    phone: str | None

    def is_same(self, other: Student) -> bool:
        if self.email is not None and other.email is not None:
            return self.email.lower() == other.email.lower()
        return self.phone is not None and self.phone == other.phone


@dataclass
class Session:
    run: int
    starts: datetime
    over: datetime
    capacity: int
    opens: datetime | None = None
    closes: datetime | None = None
    cancel_until: datetime | None = None
    status: str = "upcoming"
    counter: int = 0
    id: Any = None


@dataclass
class Enrollment:
    session: int
    order: int | None
    student: Student
    seats: int
    status: str
    expires: datetime | None = None
    id: Any = None

    @property
    def counts(self) -> bool:
        """In the counter."""
        return self.status in ("successful", "pending")


@dataclass
class Entry:
    session: int
    student: Student
    seats: int
    priority: int
    status: str = "waiting"
    expires: datetime | None = None
    enrollment: int | None = None
    # Closed by the clock and not by a person.
    by_clock: bool = False
    id: Any = None


@dataclass
class Order:
    expires: datetime
    request: Any
    status: str = "pending"
    paid: int = 0
    id: Any = None


@dataclass
class Shop:
    """All of it. A call that is refused leaves a copy behind that is good for nothing: work on copies."""

    now: datetime
    sessions: dict[int, Session]
    on_sale: bool = True
    enrollments: dict[int, Enrollment] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    enroll_keys: dict[str, tuple[int, Any]] = field(default_factory=dict)
    order_keys: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Shop:
        return deepcopy(self)

    # What is so.

    def of(self, rows: dict[int, Any], session: int) -> list[Any]:
        return [row for row in rows.values() if row.session == session]

    def queue(self, session: int) -> list[Entry]:
        """Higher priorities first, then as they came: dictionaries keep that order."""
        waiting = [entry for entry in self.of(self.entries, session) if entry.status == "waiting"]
        return sorted(waiting, key=lambda entry: -entry.priority)

    def ran_out(self, row: Enrollment | Entry) -> bool:
        held = "pending" if isinstance(row, Enrollment) else "offered"
        return row.status == held and row.expires is not None and row.expires <= self.now

    def holds(self, session: int) -> tuple[int, int]:
        """Seats held, and seats whose time is up."""
        rows = [
            *(e for e in self.of(self.enrollments, session) if e.status == "pending" and e.expires is not None),
            *(w for w in self.of(self.entries, session) if w.status == "offered"),
        ]
        expired = sum(row.seats for row in rows if self.ran_out(row))
        return sum(row.seats for row in rows) - expired, expired

    def free(self, session: int) -> float:
        """Seats left by the counter."""
        own = self.sessions[session]
        return own.capacity - own.counter if own.capacity else float("inf")

    def fits(self, session: int, seats: int) -> bool:
        """Whether somebody who just comes by gets these seats."""
        return not self.queue(session) and seats <= self.free(session) + self.holds(session)[1]

    def is_open(self, session: int) -> bool:
        own = self.sessions[session]
        return (
            own.status in LIVE
            and own.starts > self.now
            and (own.opens is None or own.opens <= self.now)
            and (own.closes is None or own.closes > self.now)
        )

    def is_bookable(self, session: int) -> bool:
        return self.on_sale and self.is_open(session)

    def is_enrolled(self, session: int, student: Student) -> bool:
        return any(
            e.counts and not self.ran_out(e) and e.student.is_same(student)
            for e in self.of(self.enrollments, session)
        )  # fmt: skip

    def availability(self, session: int) -> tuple[int | None, str, str]:
        """As session_availability: seats, status and reason."""
        own, (held, expired) = self.sessions[session], self.holds(session)
        waiting, is_over = bool(self.queue(session)), own.over <= self.now
        seats: int | None = None
        if own.status not in LIVE or is_over or waiting:
            seats = 0
        elif own.capacity:
            seats = own.capacity - own.counter + expired
        status = own.status
        if status != "cancelled" and is_over:
            status = "completed"
        elif status in LIVE and not waiting:
            status = self._status(own.counter - expired, own.capacity)
        if not self.is_open(session):
            return seats, status, "closed"
        if seats is None or seats > 0:
            return seats, status, "free"
        return seats, status, "held" if held or waiting else "sold_out"

    def run_status(self, run: int) -> str:
        live = [s for s in self.sessions.values() if s.run == run and s.status != "cancelled"]
        unfinished = [s for s in live if s.status != "completed"]
        if not live:
            return "cancelled"
        if not unfinished:
            return "completed"
        if all(s.status == "full" for s in unfinished):
            return "full"
        return "active" if any(s.counter for s in live) else "upcoming"

    # What happens to a counter, whoever moves it.

    def move(self, session: int, seats: int, capacity: int | None = None) -> None:
        own = self.sessions[session]
        is_resized = capacity is not None and capacity != own.capacity
        if capacity is not None:
            own.capacity = capacity
        if own.counter + seats < 0:
            raise Refused("seat_count_negative")
        if (seats > 0 or is_resized) and seats > self.free(session):
            self.collect(session)
            refuse({"session_full": seats > self.free(session)})
        own.counter += seats
        if own.status in LIVE:
            self.serve(session, seats)
            own.status = self._status(own.counter, own.capacity)

    @staticmethod
    def _status(taken: int, capacity: int) -> str:
        if capacity and taken >= capacity:
            return "full"
        return "active" if taken else "upcoming"

    def collect(self, session: int) -> None:
        """Takes away what ran out."""
        for row in [*self.of(self.enrollments, session), *self.of(self.entries, session)]:
            if self.ran_out(row):
                row.status = "cancelled" if isinstance(row, Enrollment) else "expired"
                self.sessions[session].counter -= row.seats

    def serve(self, session: int, taken: int) -> None:
        """Offers to the head of the queue, as far as the seats go."""
        own = self.sessions[session]
        if not self.queue(session) or not self.is_bookable(session):
            return
        refuse({"session_full": taken > 0})
        for entry in self.queue(session):
            if entry.seats > self.free(session):
                return
            entry.status = "offered"
            entry.expires = min(self.now + OFFER_VALID_FOR, own.starts, own.closes or own.starts)
            own.counter += entry.seats

    # The calls.

    def enroll(self, session: int, student: Student, seats: int, key: str | None) -> int:
        request = (session, student.email and student.email.lower(), student.phone, seats)
        if key in self.enroll_keys:
            enrollment, before = self.enroll_keys[key]
            refuse({"idempotency_key_reused": request != before})
            return enrollment
        refuse(
            {
                "session_closed": not self.is_bookable(session),
                "already_enrolled": self.is_enrolled(session, student),
                "session_full": not self.fits(session, seats),
            }
        )
        self.move(session, seats)
        enrollment = self._add(self.enrollments, Enrollment(session, None, student, seats, "successful"))
        if key:
            self.enroll_keys[key] = enrollment, request
        return enrollment

    def cancel_enrollment(self, enrollment: int) -> None:
        own = self.enrollments[enrollment]
        if not own.counts and own.expires is None:
            return
        if own.counts:
            refuse({"cancel_deadline_passed": self.is_too_late(own.session)})
            self.move(own.session, -own.seats)
        own.status, own.expires = "cancelled", None
        self.settle(own.order)

    def settle(self, order: int | None) -> None:
        if order is None or self.orders[order].status != "pending":
            return
        rest = [e for e in self.enrollments.values() if e.order == order]
        held = [e for e in rest if e.status == "pending" and not self.ran_out(e)]
        is_late = any(e.expires is not None and e.expires <= self.now for e in rest)
        if held and not is_late and self.payable(order) <= self.orders[order].paid:
            self.orders[order].status = "paid"
            for e in held:
                e.status, e.expires = "successful", None

    def is_too_late(self, session: int) -> bool:
        own = self.sessions[session]
        return self.now >= own.starts or (own.cancel_until is not None and self.now > own.cancel_until)

    def transfer_enrollment(self, enrollment: int, session: int) -> None:
        own = self.enrollments[enrollment]
        if own.session == session:
            return
        refuse(
            {
                "enrollment_not_active": not own.counts or self.ran_out(own),
                "cancel_deadline_passed": self.is_too_late(own.session),
                "session_closed": not self.is_bookable(session),
                "already_enrolled": own.order is None and self.is_enrolled(session, own.student),
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
        own.seats = seats
        self.settle(own.order)

    def payable(self, order: int) -> int:
        """What its seats cost, those included that a late payment takes anew."""
        return sum(
            PRICE * e.seats
            for e in self.enrollments.values()
            if e.order == order and (e.counts or e.expires is not None)
        )

    def due(self, order: int) -> int:
        if self.orders[order].status in ("cancelled", "refunded"):
            return 0
        return sum(
            PRICE * e.seats
            for e in self.enrollments.values()
            if e.order == order and e.counts and not self.ran_out(e)
        )  # fmt: skip

    def record_payment(self, order: int, amount: int) -> None:
        own = self.orders[order]
        own.paid += amount
        if own.status == "pending" and 0 < self.payable(order) <= own.paid:
            paid = self.copy()
            try:
                paid.set_order_status(order, "paid")
            except Refused:
                return
            self.__dict__.update(paid.__dict__)

    def record_refund(self, order: int, amount: int) -> None:
        own = self.orders[order]
        refuse({"refund_exceeds_paid": amount > own.paid})
        own.paid -= amount
        if own.status == "paid" and own.paid == 0 and self.payable(order) == 0:
            own.status = "refunded"

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
                and self.payable(own.order) + PRICE * own.seats > order.paid,
                "session_closed": not self.is_bookable(own.session),
                "already_enrolled": order is None and self.is_enrolled(own.session, own.student),
                "session_full": not self.fits(own.session, seats),
            }
        )
        self.move(own.session, seats)
        own.status, own.expires = "successful", None
        if order is not None and order.status == "pending":
            own.status = "pending"
            starts = self.sessions[own.session].starts
            own.expires = min(order.expires, starts) if order.expires > self.now else starts

    def create_order(
        self, student: Student, items: list[tuple[int | None, int]], hold: timedelta, key: str | None
    ) -> int:
        """Items are a session, or None for the soonest that takes it, and seats."""
        request = (student.phone, sorted(items, key=str))
        if key in self.order_keys:
            refuse({"idempotency_key_reused": self.orders[self.order_keys[key]].request != request})
            return self.order_keys[key]
        refuse({"invalid_item": not self.on_sale})
        wanted = {session: 0 for session, _ in items if session is not None}
        for session, seats in items:
            if session is not None:
                wanted[session] += seats
        for session, seats in items:
            if session is None:
                chosen = self._soonest(seats, wanted)
                wanted[chosen] = wanted.get(chosen, 0) + seats
        refuse(
            {
                "session_closed": not all(self.is_bookable(session) for session in wanted),
                "session_full": not all(self.fits(session, seats) for session, seats in wanted.items()),
            }
        )
        until = min(self.now + hold, *(self.sessions[session].starts for session in wanted))
        order = self._add(self.orders, Order(until, request))
        for session, seats in wanted.items():
            self.move(session, seats)
            self._add(self.enrollments, Enrollment(session, order, student, seats, "pending", until))
        if key:
            self.order_keys[key] = order
        return order

    def _soonest(self, seats: int, wanted: dict[int, int]) -> int:
        for session in sorted(self.sessions, key=lambda key: self.sessions[key].starts):
            if self.is_bookable(session) and self.fits(session, seats + wanted.get(session, 0)):
                return session
        raise Refused("session_full")

    def set_order_status(self, order: int, status: str) -> None:
        own = self.orders[order]
        if own.status == status:
            return
        refuse({"illegal_transition": (own.status, status) not in MOVES})
        own.status = status
        enrollments = [e for e in self.enrollments.values() if e.order == order]
        seated = [e for e in enrollments if e.counts or e.expires is not None]
        if status != "paid":
            for e in seated:
                if e.counts:
                    self.move(e.session, -e.seats)
                e.status, e.expires = "cancelled", None
            if status == "refunded":
                own.paid = 0
            return
        refuse({"order_without_seats": not seated})
        late = [(e.session, 0 if e.counts else e.seats) for e in seated if not e.counts or self.ran_out(e)]
        for e in seated:
            e.status, e.expires = "successful", None
        refuse(
            {
                "session_closed": not all(self.is_bookable(session) for session, _ in late),
                "session_full": not all(self.fits(session, seats) for session, seats in late),
            }
        )
        for session, seats in late:
            self.move(session, seats)
        own.paid = max(own.paid, self.payable(order))

    def reschedule_session(self, session: int, days: int) -> set[Any]:
        own, by = self.sessions[session], timedelta(days=days)
        refuse({"session_closed": own.status == "cancelled"})
        if days:
            refuse({"time_is_over": own.starts + by <= self.now})
            own.starts, own.over = own.starts + by, own.over + by
            own.opens = own.opens + by if own.opens is not None and own.opens > self.now else None
            own.closes = own.closes and own.closes + by
            own.cancel_until = own.cancel_until and own.cancel_until + by
            until = min(own.starts, own.closes or own.starts)
            for entry in self.of(self.entries, session):
                if entry.status == "offered" and entry.expires is not None:
                    entry.expires = min(entry.expires, until)
            for e in self.of(self.enrollments, session):
                if e.status == "pending" and e.expires is not None and e.expires > own.starts:
                    e.expires = own.starts
                    if e.order is not None and self.orders[e.order].status == "pending":
                        self.orders[e.order].expires = min(self.orders[e.order].expires, own.starts)
            if own.status != "completed":
                self.reopen_waitlist(session)
            if self.queue(session):
                self.move(session, 0)
        return {
            row.id for row in self.of(self.enrollments, session) if row.counts and not self.ran_out(row)
        } | {
            row.id
            for row in self.of(self.entries, session)
            if row.status in ("waiting", "offered") and not self.ran_out(row)
        }  # fmt: skip

    def reopen_session(self, session: int) -> None:
        own = self.sessions[session]
        if own.status != "completed":
            return
        refuse({"time_is_over": own.over <= self.now})
        own.status = "upcoming"
        if own.counter:
            self.move(session, 0)
        if own.starts > self.now:
            self.reopen_waitlist(session)
        self.move(session, 0)

    def reopen_waitlist(self, session: int) -> None:
        for entry in self.of(self.entries, session):
            if entry.by_clock:
                entry.status, entry.by_clock = "waiting", False

    def cancel_session(self, session: int) -> set[Any]:
        """Keys of the enrollments and entries that are to be told."""
        own = self.sessions[session]
        refuse({"illegal_transition": own.status == "completed"})
        enrollments = [e for e in self.of(self.enrollments, session) if e.counts or e.expires is not None]
        entries = [w for w in self.of(self.entries, session) if w.status in ("waiting", "offered")]
        told = {row.id for row in enrollments if row.counts and not self.ran_out(row)}
        told |= {row.id for row in entries if not self.ran_out(row)}
        for e in enrollments:
            e.status, e.expires = "cancelled", None
        for w in entries:
            w.status = "closed"
        own.status, own.counter = "cancelled", 0
        return told

    def cancel_run(self, run: int) -> set[Any]:
        told: set[Any] = set()
        for key, session in self.sessions.items():
            if session.run == run and session.status != "completed":
                told |= self.cancel_session(key)
        return told

    def join_waitlist(self, session: int, student: Student, seats: int, priority: int) -> int:
        refuse({"session_closed": not self.is_bookable(session)})
        before = self.sessions[session].counter
        self.collect(session)
        if self.sessions[session].counter != before:
            self.move(session, 0)
        capacity = self.sessions[session].capacity
        refuse(
            {
                "already_enrolled": self.is_enrolled(session, student),
                "already_waiting": any(
                    w.status in ("waiting", "offered") and w.student.is_same(student)
                    for w in self.of(self.entries, session)
                ),
                "seats_available": self.fits(session, seats),
                "session_full": capacity > 0 and seats > capacity,
            }
        )
        entry = self._add(self.entries, Entry(session, student, seats, priority))
        self.move(session, 0)
        return entry

    def leave_waitlist(self, entry: int) -> None:
        own = self.entries[entry]
        refuse({"offer_redeemed": own.status == "redeemed"})
        if own.status in ("waiting", "offered"):
            seats = own.seats if own.status == "offered" else 0
            own.status = "left"
            self.move(own.session, -seats)

    def accept_offer(self, entry: int) -> int:
        own = self.entries[entry]
        if own.enrollment is not None:
            return own.enrollment
        refuse({"offer_expired": own.status == "expired" or self.ran_out(own)})
        refuse({"not_offered": own.status != "offered"})
        refuse(
            {
                "session_closed": not self.is_bookable(own.session),
                "already_enrolled": self.is_enrolled(own.session, own.student),
            }
        )
        assert own.expires is not None
        until = min(max(own.expires, self.now + timedelta(minutes=30)), self.sessions[own.session].starts)
        own.status = "redeemed"
        order = self._add(self.orders, Order(until, None))
        own.enrollment = self._add(
            self.enrollments, Enrollment(own.session, order, own.student, own.seats, "pending", until)
        )
        return own.enrollment

    # What people and applications do to the tables themselves.

    def sit_down_by_hand(self, session: int, student: Student) -> int:
        self.move(session, 1)
        return self._add(self.enrollments, Enrollment(session, None, student, 1, "successful"))

    def stand_up_by_hand(self, enrollment: int) -> None:
        own = self.enrollments[enrollment]
        self.move(own.session, -own.seats)
        own.status, own.expires = "cancelled", None

    def cancel_by_hand(self, session: int) -> None:
        own = self.sessions[session]
        refuse({"illegal_transition": own.status == "completed"})
        own.status = "cancelled"

    def put_back_by_hand(self, session: int) -> None:
        own = self.sessions[session]
        own.status = "upcoming"
        if own.counter:
            self.move(session, 0)

    # What the clock does.

    def tick(self) -> None:
        """What is due is found before anything is done about it."""
        due = [
            (
                key,
                [e for e in self.of(self.enrollments, key) if self.ran_out(e)],
                [w for w in self.of(self.entries, key) if self.ran_out(w)],
                self.is_bookable(key) and bool(queue) and queue[0].seats <= self.free(key),
                session.starts <= self.now,
            )
            for key, session in self.sessions.items()
            for queue in [self.queue(key)]
        ]
        for key, held, offered, has_seats, has_started in due:
            for rows, gone in ((held, "cancelled"), (offered, "expired")):
                for row in rows:
                    row.status = gone
                if rows:
                    self.move(key, -sum(row.seats for row in rows))
            if has_seats:
                self.move(key, 0)
            if has_started:
                for entry in self.queue(key):
                    entry.status, entry.by_clock = "closed", True
            own = self.sessions[key]
            if own.status in LIVE and own.over <= self.now:
                own.status = "completed"

    @staticmethod
    def _add(rows: dict[int, Any], row: Any) -> int:
        key = len(rows)
        rows[key] = row
        return key
