"""What is so, and what happens to a counter, whoever moves it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from support.shop.rows import (
    LIVE,
    OFFER_VALID_FOR,
    Enrollment,
    Entry,
    Order,
    Refused,
    Run,
    Session,
    Student,
    refuse,
    shares,
)


@dataclass
class Seats:
    """A call that is refused leaves a copy behind that is good for nothing: work on copies."""

    now: datetime
    sessions: dict[int, Session]
    runs: dict[int, Run]
    on_sale: bool = True
    enrollments: dict[int, Enrollment] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    # What a key stands for, and the rows that came of it.
    keys: dict[Any, tuple[Any, list[int]]] = field(default_factory=dict)

    def copy(self) -> Self:
        return deepcopy(self)

    def of(self, rows: dict[int, Any], session: int) -> list[Any]:
        return [row for row in rows.values() if row.session == session]

    def queue(self, session: int) -> list[Entry]:
        """Higher priorities first, then as they came: dictionaries keep that order."""
        waiting = [entry for entry in self.of(self.entries, session) if entry.status == "waiting"]
        return sorted(waiting, key=lambda entry: -entry.priority)

    def run_queue(self, run: int) -> list[int]:
        """Those who wait for the whole run, alike."""
        waiting = [key for key, entry in self.entries.items() if entry.run == run and entry.status == "waiting"]
        return sorted(waiting, key=lambda key: -self.entries[key].priority)

    def to_come(self, run: int) -> list[int]:
        """Sessions of a run that a booking of the whole takes, as the database orders them."""
        sessions = [
            key for key, own in self.sessions.items()
            if own.run == run and own.status in LIVE and own.starts > self.now
        ]  # fmt: skip
        return sorted(sessions, key=lambda key: self.sessions[key].id)

    def run_shares(self, run: int, seats: int) -> dict[int, Decimal]:
        """What each session of a whole run costs."""
        sessions = self.to_come(run)
        refuse({"session_closed": not sessions})
        return dict(zip(sessions, shares(self.runs[run].price, seats, len(sessions)), strict=True))

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

    def has_ended(self, session: int) -> bool:
        """So that no hold in it is good for anything."""
        own = self.sessions[session]
        return own.status not in LIVE or own.starts <= self.now

    def is_bookable(self, session: int) -> bool:
        return self.on_sale and self.is_open(session)

    def is_enrolled(self, session: int, student: Student) -> bool:
        return any(
            e.counts and not self.ran_out(e) and e.student.is_same(student)
            for e in self.of(self.enrollments, session)
        )  # fmt: skip

    def is_already_there(self, own: Enrollment, session: int) -> bool:
        """The student; within an order only in another session of a run that was bought whole, or of an offer."""
        if own.order is None:
            return self.is_enrolled(session, own.student)
        return own.run is not None and any(
            e is not own
            and (e.order, e.run) == (own.order, own.run)
            and (e.counts or (e.status == "cancelled" and e.expires is not None))
            for e in self.of(self.enrollments, session)
        )

    def is_too_late(self, session: int) -> bool:
        """To leave it."""
        own = self.sessions[session]
        return self.now >= own.starts or (own.cancel_until is not None and self.now > own.cancel_until)

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

    def offer_run(self, run: int) -> None:
        """What the clock does about those who wait for a whole run."""
        for entry in self.entries.values():
            if entry.run == run and self.ran_out(entry):
                entry.status = "expired"
        sessions = self.to_come(run)
        for key in self.run_queue(run):
            own = self.entries[key]
            if not sessions:
                own.status, own.by_clock = "closed", True
                continue
            if not all(
                self.is_bookable(session) and not self.queue(session) and own.seats <= self.free(session)
                for session in sessions
            ):
                return
            ends = [min(s.starts, s.closes or s.starts) for s in (self.sessions[session] for session in sessions)]
            own.status, own.expires = "offered", min(self.now + OFFER_VALID_FOR, *ends)
            for session in sessions:
                nobody = Student(None, None)
                held = Entry(session, None, nobody, own.seats, own.priority, "offered", own.expires, parent=key)
                self.add(self.entries, held)
                self.move(session, own.seats)

    def again(self, key: Any, request: Any) -> list[int] | None:
        """The rows that came of a key."""
        if key is None or key not in self.keys:
            return None
        before, rows = self.keys[key]
        refuse({"idempotency_key_reused": request != before})
        return rows

    @staticmethod
    def add(rows: dict[int, Any], row: Any) -> int:
        key = len(rows)
        rows[key] = row
        return key
