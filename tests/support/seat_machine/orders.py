"""Calls about an order and its money."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.seat_machine.machine import Call, Machine, buyers, ids, keys, looks, places, value
from support.shop.orders import Item
from support.shop.rows import Student

named = st.tuples(st.just("session"), st.integers(0, 3), st.integers(1, 2))
chosen = st.tuples(st.just("session"), st.none() | st.integers(0, 3), st.integers(1, 2))
whole = st.tuples(st.just("run"), st.integers(0, 1), st.integers(1, 2))
holds = st.sampled_from([30, 90, 300])
# What is there already, of 10 a seat.
money = st.sampled_from([None, None, None, 10, 20, 60])


class Orders(Machine):
    @rule(student=buyers, items=st.lists(named, min_size=1, max_size=3), hold=holds, key=keys, paid=money)
    def create_order(self, student: Student, items: list[Item], hold: int, key: str | None, paid: int | None) -> None:
        self.order(student, items, hold, key, paid)

    # Not while another transaction is open: what it will commit cannot be seen, so others may be chosen.
    @precondition(lambda self: self.open is None)
    @rule(student=buyers, items=st.lists(chosen | whole, min_size=1, max_size=3), hold=holds, key=keys, paid=money)
    def create_order_of_any(
        self, student: Student, items: list[Item], hold: int, key: str | None, paid: int | None
    ) -> None:
        self.order(student, items, hold, key, paid)

    def order(self, student: Student, items: list[Item], hold: int, key: str | None, paid: int | None) -> None:
        def item(kind: str, which: int | None, seats: int) -> dict[str, Any]:
            if kind == "run" and which is not None:
                return {"run_id": self.shop.runs[which].id, "quantity": seats}
            # A session says by itself what it is of.
            of = {"workshop_id": self.workshop} if which is None or seats == 1 else {}
            return {**of, "quantity": seats, **({} if which is None else {"session_id": self.id(which)})}

        wanted = json.dumps([item(*own) for own in items], default=str)

        def buy(conn: psycopg.Connection) -> list[Any]:
            own = value(
                conn,
                "select id from create_order(%s, 'S', %s, %s, 'direct', make_interval(mins => %s), %s, %s, %s)",
                self.creator,
                student.phone,
                wanted,
                hold,
                student.email,
                key,
                paid,
            )
            return [own, *of_order(conn, own)]

        self.make(Call(lambda shop: shop.create_order(student, items, timedelta(minutes=hold), key, paid), buy))

    @precondition(lambda self: self.shop.orders)
    @rule(place=places, status=st.sampled_from(["paid", "paid", "paid", "cancelled", "refunded"]), look=looks)
    def set_order_status(self, place: int, status: str, look: str | None) -> None:
        key = self.pick(self.shop.orders, place, "pending")
        own = self.shop.orders[key]
        self.make(
            self.change(
                "set_order_status", "orders", own, look, lambda shop: shop.set_order_status(key, status), status
            )
        )

    @precondition(lambda self: self.shop.orders)
    @rule(place=places, amount=st.sampled_from([10, 10, 20, 60]))
    def record_payment(self, place: int, amount: int) -> None:
        key = self.pick(self.shop.orders, place, "pending")
        own = self.shop.orders[key].id
        self.make(
            Call(
                lambda shop: shop.record_payment(key, amount),
                lambda conn: ids(conn, "select id from record_payment(%s, %s)", own, amount),
            )
        )

    @precondition(lambda self: any(own.paid for own in self.shop.orders.values()))
    @rule(place=places, amount=st.sampled_from([10, 10, 20]))
    def record_refund(self, place: int, amount: int) -> None:
        key = self.pick(self.shop.orders, place, "paid", "cancelled")
        own = self.shop.orders[key].id
        self.make(
            Call(
                lambda shop: shop.record_refund(key, amount),
                lambda conn: ids(conn, "select id from record_refund(%s, %s)", own, amount),
            )
        )


def of_order(conn: psycopg.Connection, order: Any) -> list[Any]:
    """Enrollments of an order, as the shop puts them."""
    query = "select id from enrollments where order_id = %s order by session_id, run_booking_id is not null"
    return ids(conn, query, order)
