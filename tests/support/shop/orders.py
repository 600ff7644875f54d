"""Orders, and their money."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from support.shop.rows import MOVES, PRICE, Enrollment, Order, Refused, Student, refuse
from support.shop.seats import Seats

# A session, None (the soonest that takes it), or a run; and seats.
Item = tuple[str, int | None, int]


class Orders(Seats):
    def create_order(
        self, student: Student, items: list[Item], hold: timedelta, key: str | None, paid: int | None = None
    ) -> list[Any]:
        """The order and its enrollments, by their sessions, runs last; again, the order alone."""
        request = (student.as_asked, sorted(items, key=str))
        own = key and ("order", key)
        made = self.again(own, request)
        if made is not None:
            before = self.orders[made[0]]
            refuse({"idempotency_key_reused": paid is not None and paid not in before.payments})
            return [before]
        refuse({"invalid_item": not self.on_sale})
        # By session and run; None: the session alone.
        wanted: dict[tuple[int, int | None], tuple[int, Decimal]] = {}

        def want(session: int, run: int | None, seats: int, price: Decimal) -> None:
            before = wanted.get((session, run), (0, Decimal(0)))
            wanted[session, run] = before[0] + seats, before[1] + price

        def in_all(session: int) -> int:
            return sum(seats for (own, _), (seats, _) in wanted.items() if own == session)

        for kind, which, seats in items:
            if kind == "session" and which is not None:
                want(which, None, seats, PRICE * seats)
            elif kind == "run" and which is not None:
                for session, price in self.run_shares(which, seats).items():
                    want(session, which, seats, price)
        for _, which, seats in items:
            if which is None:
                soonest = self._soonest(seats, in_all)
                want(soonest, None, seats, PRICE * seats)
        sessions = {session for session, _ in wanted}
        refuse(
            {
                "session_closed": not all(self.is_bookable(session) for session in sessions),
                "session_full": any(run is not None and self.run_queue(run) for _, run in wanted)
                or not all(self.fits(session, in_all(session)) for session in sessions),
            }
        )
        until: datetime | None = min(self.now + hold, *(self.sessions[session].starts for session in sessions))
        order = self.add(self.orders, Order(until, request))
        status = "pending"
        if paid is not None:
            self.pay(order, Decimal(paid))
            if paid >= sum(price for _, price in wanted.values()):
                self.orders[order].status, status, until = "paid", "successful", None
                self.orders[order].expires = None
        for session in sessions:
            self.move(session, in_all(session))
        rows = []
        for (session, run), (seats, price) in wanted.items():
            row = Enrollment(session, order, student, seats, price, status, until, run)
            rows.append(self.add(self.enrollments, row))
        if own:
            self.keys[own] = request, [order]
        return [self.orders[order], *self.by_session(rows)]

    def by_session(self, rows: list[int]) -> list[Enrollment]:
        """As the database is asked for them."""
        return sorted(
            (self.enrollments[row] for row in rows), key=lambda e: (self.sessions[e.session].id, e.run is not None)
        )

    def _soonest(self, seats: int, in_all: Any) -> int:
        for session, own in sorted(self.sessions.items(), key=lambda s: (s[1].starts, s[1].number, s[1].id)):
            if self.is_bookable(session) and self.fits(session, seats + in_all(session)):
                return session
            del own
        raise Refused("session_full")

    def seated(self, order: int | None) -> list[Enrollment]:
        """What it has, and what a late payment takes anew."""
        return [e for e in self.enrollments.values() if e.order == order and (e.counts or e.expires is not None)]

    def payable(self, order: int | None) -> Decimal:
        return sum((e.price for e in self.seated(order)), Decimal(0))

    def due(self, order: int) -> Decimal:
        if self.orders[order].status in ("cancelled", "refunded"):
            return Decimal(0)
        return sum((e.price for e in self.seated(order) if e.counts and not self.ran_out(e)), Decimal(0))

    def settle(self, order: int | None) -> None:
        """Paid, if nothing more is due."""
        if order is None or self.orders[order].status != "pending":
            return
        rest = [e for e in self.enrollments.values() if e.order == order]
        held = [e for e in rest if e.status == "pending" and not self.ran_out(e)]
        is_late = any(e.expires is not None and e.expires <= self.now for e in rest)
        if held and not is_late and self.payable(order) <= self.orders[order].paid:
            self.orders[order].status = "paid"
            for e in held:
                e.status, e.expires = "successful", None

    def pay(self, order: int, amount: Decimal) -> None:
        self.orders[order].paid += amount
        self.orders[order].payments.append(amount)

    def record_payment(self, order: int, amount: int) -> None:
        own = self.orders[order]
        self.pay(order, Decimal(amount))
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

    def set_order_status(self, order: int, status: str) -> None:
        own = self.orders[order]
        if own.status == status:
            return
        refuse({"illegal_transition": (own.status, status) not in MOVES})
        own.status = status
        seated = self.seated(order)
        if status != "paid":
            for e in seated:
                if e.counts:
                    self.move(e.session, -e.seats)
                e.status, e.expires = "cancelled", None
            if status == "refunded":
                own.paid = Decimal(0)
            return
        refuse({"order_without_seats": not seated})
        late = [
            (e.session, 0 if e.counts else e.seats)
            for e in seated
            if not e.counts or (e.expires is not None and (self.ran_out(e) or self.has_ended(e.session)))
        ]
        for e in seated:
            e.status, e.expires = "successful", None
        wanted: dict[int, int] = {}
        for session, seats in late:
            wanted[session] = wanted.get(session, 0) + seats
        refuse(
            {
                "session_closed": not all(self.is_bookable(session) for session in wanted),
                "session_full": not all(self.fits(session, seats) for session, seats in wanted.items()),
            }
        )
        for session, seats in wanted.items():
            self.move(session, seats)
        if self.payable(order) > own.paid:
            self.pay(order, self.payable(order) - own.paid)
