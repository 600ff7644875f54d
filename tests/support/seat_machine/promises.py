"""What must be so after every step."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import invariant
from psycopg.rows import tuple_row

from support.seat_machine.machine import Machine

QUERIES = {
    "audit": "select * from seat_audit",
    "sessions": "select id, status, current_attendees, waiting_count from workshop_sessions",
    "runs": "select id, status from workshop_runs",
    "enrollments": "select id, status, expires_at, total_price, completion_status from enrollments",
    "orders": "select id, status, expires_at from orders",
    "entries": "select id, status, offer_expires_at from waitlist_entries",
    "shown": "select session_id, available_seats, calculated_status, availability from session_availability",
    "money": (
        "select order_id, sum(due), sum(paid), sum(refundable), sum(total)"
        " = (select o.total_amount from orders as o where o.id = b.order_id)"
        " and bool_and(total = cancelled + due and least(cancelled, due, paid, refundable) >= 0)"
        " from order_balance as b group by order_id"
    ),
    "numbers": "select order_number from orders order by 1",
}


class Promises(Machine):
    @invariant()
    def all_is_as_in_the_shop(self) -> None:
        with self.watch.pipeline():
            cursors = {name: self.watch.cursor(row_factory=tuple_row) for name in QUERIES}
            for name, query in QUERIES.items():
                cursors[name].execute(query.encode())
        found = {name: cursor.fetchall() for name, cursor in cursors.items()}
        shop = self.shop
        assert found["audit"] == []
        self.same(
            found["sessions"],
            {own.id: (own.status, own.counter, len(shop.queue(key))) for key, own in shop.sessions.items()},
        )
        self.same(
            found["enrollments"],
            {own.id: (own.status, own.expires, own.price, own.completion) for own in shop.enrollments.values()},
        )
        self.same(found["orders"], {own.id: (own.status, own.expires) for own in shop.orders.values()})
        self.same(found["entries"], {own.id: (own.status, own.expires) for own in shop.entries.values()})
        on_sale = shop.sessions if shop.on_sale else {}
        self.same(found["shown"], {own.id: shop.availability(key) for key, own in on_sale.items()})
        self.same(
            found["money"],
            {
                own.id: (due, own.paid, max(own.paid - due, 0), True)
                for key, own in shop.orders.items()
                for due in [shop.due(key)]
            },
        )
        runs = {own.id: key for key, own in shop.runs.items()}
        assert len(runs) == len(found["runs"])
        for own, status in found["runs"]:
            # They follow moves of their sessions, and seats given back in one that is over are none.
            if not any(s.run == runs[own] and s.status == "completed" for s in shop.sessions.values()):
                assert status == shop.run_status(runs[own])
        # Without gaps.
        assert [number for (number,) in found["numbers"]] == [f"{n:06}" for n in range(1, len(shop.orders) + 1)]

    @staticmethod
    def same(found: list[tuple[Any, ...]], rows: dict[Any, tuple[Any, ...]]) -> None:
        assert {own: tuple(rest) for own, *rest in found} == rows
