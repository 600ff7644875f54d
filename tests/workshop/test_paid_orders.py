"""Orders that are made and paid in one call: as made, and then paid at once."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.clock import set_now
from support.concurrency import errors, race, results
from support.errors import raises_key
from support.market import Market

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def session(market: Market) -> UUID:
    """Two seats of 10.000 each."""
    workshop = market.workshop(price="10.000")
    return market.session(workshop, run_id=market.run(workshop))


def order(market: Market, session: UUID, paid: object, **named: Any) -> dict[str, Any]:
    items = json.dumps([{"session_id": str(session), "quantity": named.pop("quantity", 1)}])
    more = "".join(f", p_{name} => %s" for name in named)
    return market.row(
        f"select * from create_order(%s, 'Sara', '+965 1', %s, p_paid => %s{more})",
        market.creator, items, paid, *named.values(),
    )  # fmt: skip


def balance(market: Market) -> tuple[int, int, int]:
    """Due, paid and refundable."""
    assert market.rows("select * from seat_audit") == []
    row = market.row("select sum(due) as due, sum(paid) as paid, sum(refundable) as refundable from order_balance")
    return int(row["due"]), int(row["paid"]), int(row["refundable"])


def payments(market: Market) -> list[tuple[Any, ...]]:
    rows = market.rows("select kind, amount, method, reference from payments order by amount")
    return [(row["kind"], int(row["amount"]), row["method"], row["reference"]) for row in rows]


def test_made_and_paid(market: Market, session: UUID) -> None:
    made = order(market, session, 10, payment_method="knet", payment_reference=" r1 ")
    assert (made["status"], made["status_ar"], made["expires_at"]) == ("paid", "مدفوع", None)
    assert (made["payment_method"], made["payment_reference"]) == ("knet", "r1")
    assert payments(market) == [("payment", 10, "knet", "r1")]
    enrollment = market.row("select status, status_ar, expires_at, total_price from enrollments")
    assert enrollment == {
        "status": "successful", "status_ar": "ناجح", "expires_at": None, "total_price": Decimal(10)
    }  # fmt: skip
    assert balance(market) == (10, 10, 0)


def test_it_is_as_if_it_was_made_and_then_paid(market: Market, session: UUID) -> None:
    """But for the moves of the order and of its enrollment, of which there are none: they began so."""
    order(market, session, 10, payment_method="knet", payment_reference="r1")
    moves = "select count(*) from status_changes where machine in ('workshop.order', 'workshop.enrollment')"
    assert market.one(moves) == 0
    made = order(market, session, None)
    market.conn.execute("select record_payment(%s, 10, 'knet', 'r1')", [made["id"]])
    assert market.one(moves) == 2
    keys = ["id", "order_id", "order_item_id", "order_number", "created_at", "updated_at", "enrollment_date"]
    for table, more in (("orders", ["expires_at"]), ("order_items", []), ("enrollments", []), ("payments", [])):
        one, two = market.rows(f"select to_jsonb(t) - %s::text[] as row from {table} as t", keys + more)
        assert one == two


def test_events_say_so(market: Market, session: UUID) -> None:
    order(market, session, 10)
    rows = market.rows(
        "select kind, payload ->> 'status' as status from pending_events where kind ~ '^(order|enrollment|payment)[.]'"
    )
    assert {row["kind"]: row["status"] for row in rows} == {
        "order.created": "paid",
        "enrollment.created": "successful",
        "payment.recorded": None,
    }


def test_less_than_it_costs_is_a_part_payment(market: Market, session: UUID) -> None:
    made = order(market, session, 5)
    assert made["status"] == "pending"
    assert made["expires_at"] is not None
    assert balance(market) == (10, 5, 0)
    assert market.one("select status from record_payment(%s, 5)", made["id"]) == "paid"
    assert balance(market) == (10, 10, 0)


def test_more_than_it_costs_is_to_be_given_back(market: Market, session: UUID) -> None:
    assert order(market, session, 12)["status"] == "paid"
    assert balance(market) == (10, 12, 2)


def test_cancelled_afterwards_it_is_to_be_given_back(market: Market, session: UUID) -> None:
    order(market, session, 10)
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    assert balance(market) == (0, 10, 10)


def test_a_free_order_that_was_paid_for(market: Market, session: UUID) -> None:
    market.conn.execute("update workshops set is_free = true")
    assert order(market, session, 3)["status"] == "paid"
    assert balance(market) == (0, 3, 3)


def test_whole_runs_too(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop, price="25.000")
    for day in ("2027-01-04", "2027-01-05", "2027-01-06"):
        market.session(workshop, day=day, run_id=run)
    items = json.dumps([{"run_id": str(run)}])
    call = "select status from create_order(%s, 'Sara', '+965 1', %s, p_paid => 25)"
    assert market.one(call, market.creator, items) == "paid"
    assert market.one("select count(*) from enrollments where status = 'successful'") == 3
    assert balance(market) == (25, 25, 0)


@pytest.mark.parametrize(
    ("paid", "named", "key"),
    [
        (0, {}, "invalid_amount"),
        (-1, {}, "invalid_amount"),
        ("NaN", {}, "invalid_amount"),
        ("1.0001", {}, "invalid_amount"),
        (10_000_000, {}, "invalid_amount"),
        (None, {"payment_method": "knet"}, "invalid_amount"),
        (None, {"payment_reference": "r"}, "invalid_amount"),
        (10, {"payment_method": "x" * 51}, "text_too_long"),
        (10, {"payment_reference": "x" * 256}, "text_too_long"),
    ],
)
def test_money_that_cannot_be(market: Market, session: UUID, paid: object, named: dict[str, Any], key: str) -> None:
    with raises_key("PT400", key):
        order(market, session, paid, **named)
    assert market.one("select count(*) from orders") == 0


def test_a_full_session_takes_no_money(market: Market, session: UUID) -> None:
    market.conn.execute("select enroll(%s, 'Dana', p_seats => 2)", [session])
    with raises_key("PT409", "session_full"):
        order(market, session, 10)
    assert market.one("select count(*) from payments") == 0


def test_the_same_call_again_records_nothing_more(market: Market, session: UUID) -> None:
    for reference in (None, "r1"):
        one, two = (
            order(market, session, 10, payment_reference=reference, idempotency_key=f"k{reference}") for _ in range(2)
        )
        assert one == two
    assert payments(market) == [("payment", 10, None, None), ("payment", 10, None, "r1")]


@pytest.mark.parametrize(("paid", "reference"), [(9, "r1"), (10, "r2"), (10, None)])
def test_a_key_for_other_money_is_refused(market: Market, session: UUID, paid: int, reference: str | None) -> None:
    """It must not be lost because the order is there."""
    order(market, session, 10, payment_reference="r1", idempotency_key="k")
    with raises_key("PT409", "idempotency_key_reused"):
        order(market, session, paid, payment_reference=reference, idempotency_key="k")
    assert balance(market) == (10, 10, 0)


def test_a_key_of_an_order_that_was_not_paid_is_refused(market: Market, session: UUID) -> None:
    order(market, session, None, idempotency_key="k")
    with raises_key("PT409", "idempotency_key_reused"):
        order(market, session, 10, idempotency_key="k")


def test_one_call_sent_twice_at_once(market: Market, session: UUID, database: str) -> None:
    items = json.dumps([{"session_id": str(session)}])

    def send(conn: psycopg.Connection, _: int) -> Any:
        set_now(conn, NOW)
        call = (
            "select id from workshop.create_order("
            "%s, 'Sara', '+965 1', %s, p_idempotency_key => 'k', p_paid => 10, p_payment_reference => 'r1')"
        )
        return conn.execute(call, [market.creator, items]).fetchone()

    outcome = race(database, 4, send)
    assert errors(outcome) == []
    assert len(set(results(outcome))) == 1
    assert balance(market) == (10, 10, 0)


def test_a_rush_of_paid_orders(market: Market, session: UUID, database: str) -> None:
    items = json.dumps([{"session_id": str(session)}])

    def buy(conn: psycopg.Connection, i: int) -> str:
        set_now(conn, NOW)
        call = "select status from workshop.create_order(%s, 'Sara', %s, %s, p_paid => 10)"
        (status,) = conn.execute(call, [market.creator, f"+965 {i}", items]).fetchone() or ("",)
        return status

    outcome = race(database, 8, buy)
    assert results(outcome) == ["paid"] * 2
    assert {error.diag.constraint_name for error in errors(outcome)} == {"session_full"}
    assert payments(market) == [("payment", 10, None, None)] * 2
    assert balance(market) == (20, 20, 0)
