"""A whole run in one booking: seats in all of its sessions that are still to come, or in none, at one price."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.clock import set_now
from support.concurrency import Crowd, errors, keys
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.queue import call

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def pottery(market: Market) -> UUID:
    return market.workshop(price="10.000", title_ar="فخار")


@pytest.fixture
def course(market: Market, pottery: UUID) -> UUID:
    """Three evenings for 25 in all."""
    return evenings(market, pottery, 2, 2, 2, price="25.000")


def evenings(market: Market, workshop: UUID, *seats: int, **columns: Any) -> UUID:
    run = market.run(workshop, **columns)
    for day, most in enumerate(seats, start=4):
        market.session(workshop, day=f"2027-01-{day:02}", run_id=run, max_attendees=most)
    return run


def book(market: Market, run: UUID, email: str | None = "sara@example.org", **named: Any) -> list[dict[str, Any]]:
    more = "".join(f", p_{name} => %s" for name in named)
    return market.rows(f"select * from enroll_run(%s, 'Sara', %s{more})", run, email, *named.values())


def order(market: Market, *items: dict[str, Any], key: str | None = None) -> UUID:
    return market.one(
        "select id from create_order(%s, 'Sara', '+965 1', %s, p_idempotency_key => %s)",
        market.creator,
        json.dumps(list(items), default=str),
        key,
    )


def taken(market: Market, run: UUID) -> list[int]:
    assert market.rows("select * from seat_audit") == []
    rows = market.rows("select current_attendees as n from workshop_sessions where run_id = %s order by starts_at", run)
    return [row["n"] for row in rows]


def test_a_seat_in_every_session_at_the_price_of_the_run(market: Market, course: UUID) -> None:
    rows = book(market, course)
    assert len({row["run_booking_id"] for row in rows} - {None}) == 1
    assert len({row["session_id"] for row in rows}) == 3
    assert {(row["status"], row["seats"]) for row in rows} == {("successful", 1)}
    # What does not divide is not lost.
    assert sorted(row["total_price"] for row in rows) == [Decimal("8.333"), Decimal("8.333"), Decimal("8.334")]
    assert taken(market, course) == [1, 1, 1]


def test_without_a_price_of_its_own_a_run_costs_what_the_workshop_costs(market: Market, pottery: UUID) -> None:
    run = evenings(market, pottery, 5, 5)
    assert [row["total_price"] for row in book(market, run, seats=3)] == [Decimal(15), Decimal(15)]
    market.conn.execute("update workshops set is_free = true; update workshop_runs set price = 7")
    assert [row["total_price"] for row in book(market, run, "noor@example.org")] == [0, 0]
    assert market.row("select seat_price, currency from workshop_run_summary") == {"seat_price": 0, "currency": "KWD"}


def test_what_is_over_or_cancelled_is_left_out(market: Market, pottery: UUID) -> None:
    run = evenings(market, pottery, 2, 2, 2, price=9)
    market.conn.execute("update workshop_sessions set status = 'cancelled' where session_date = '2027-01-05'")
    set_now(market.conn, "2027-01-04 07:00+00")
    (only,) = book(market, run)
    assert (only["total_price"], taken(market, run)) == (9, [0, 0, 1])
    set_now(market.conn, "2027-01-06 07:00+00")
    with raises_key("PT409", "session_closed"):
        book(market, run, "noor@example.org")


@pytest.mark.parametrize(
    ("code", "key", "change"),
    [
        ("PT409", "session_full", "select enroll(id, 'A', null, null, 2) from workshop_sessions"),
        ("PT409", "session_closed", "update workshop_sessions set booking_closes_at = '2026-12-31'"),
        ("PT409", "already_enrolled", "select enroll(id, 'A', 'SARA@example.org') from workshop_sessions"),
    ],
)
def test_one_session_that_cannot_be_had_refuses_all(
    market: Market, course: UUID, code: str, key: str, change: str
) -> None:
    market.conn.execute(f"{change} where session_date = '2027-01-05'")
    before = taken(market, course)
    with raises_key(code, key):
        book(market, course)
    assert taken(market, course) == before


@pytest.mark.parametrize(
    "change",
    [
        "update workshops set is_active = false",
        "update workshops set status = 'draft'",
        "update creators set is_active = false",
    ],
)
def test_what_is_not_on_sale_is_not_sold_as_a_run(market: Market, course: UUID, change: str) -> None:
    market.conn.execute(change)
    with raises_key("PT409", "session_closed"):
        book(market, course)
    assert taken(market, course) == [0, 0, 0]


@pytest.mark.parametrize(
    ("code", "key", "named"),
    [
        ("PT404", "run_not_found", {"run_id": uuid4()}),
        ("PT400", "seats_not_positive", {"seats": 0}),
        ("PT400", "too_many", {"seats": 10001}),
        ("PT400", "name_missing", {"student_name": " "}),
        ("PT400", "text_too_long", {"student_email": "x" * 256}),
    ],
)
def test_what_cannot_be_booked(market: Market, course: UUID, code: str, key: str, named: dict[str, Any]) -> None:
    with raises_key(code, key):
        call(market.conn, "enroll_run", **{"run_id": course, "student_name": "S", "student_email": None, **named})


def test_too_much_money_is_refused(market: Market, pottery: UUID) -> None:
    run = evenings(market, pottery, 0, price="9999.999")
    with raises_key("PT400", "amount_too_large"):
        book(market, run, seats=10000)


def test_the_same_key_gives_the_same_rows(market: Market, course: UUID) -> None:
    first = book(market, course, idempotency_key="k")
    assert [row["id"] for row in book(market, course, idempotency_key="k")] == sorted(
        (row["id"] for row in first), key=lambda own: [row["session_id"] for row in first if row["id"] == own]
    )
    assert taken(market, course) == [1, 1, 1]
    with raises_key("PT409", "idempotency_key_reused"):
        book(market, course, idempotency_key="k", seats=2)
    keyed = market.one("select session_id from enrollments where idempotency_key = 'k'")
    with raises_key("PT409", "idempotency_key_reused"):
        call(market.conn, "enroll", keyed, "Sara", "sara@example.org", idempotency_key="k")


def test_the_same_key_gives_the_same_rows_wherever_they_are_by_now(market: Market, pottery: UUID, course: UUID) -> None:
    first = book(market, course, idempotency_key="k")
    for row in first:
        elsewhere = market.session(pottery, day="2027-02-01")
        market.conn.execute("select transfer_enrollment(%s, %s)", [row["id"], elsewhere])
    assert {row["id"] for row in book(market, course, idempotency_key="k")} == {row["id"] for row in first}


def test_an_order_of_a_run(market: Market, course: UUID) -> None:
    made = order(market, {"run_id": course, "quantity": 2})
    assert market.row("select total_amount, currency, status from orders") == {
        "total_amount": 50,
        "currency": "KWD",
        "status": "pending",
    }
    assert market.row("select price, quantity, subtotal, session_id, run_id, workshop_name_ar from order_items") == {
        "price": 25,
        "quantity": 2,
        "subtotal": 50,
        "session_id": None,
        "run_id": course,
        "workshop_name_ar": "فخار",
    }
    assert taken(market, course) == [2, 2, 2]
    market.conn.execute("select set_order_status(%s, 'paid')", [made])
    # A third of it is given up: a third is to be given back.
    market.conn.execute("select cancel_enrollment((select id from enrollments order by session_id offset 1 limit 1))")
    assert market.row("select total, cancelled, due, paid, refundable from order_balance") == {
        "total": 50,
        "cancelled": Decimal("16.666"),
        "due": Decimal("33.334"),
        "paid": 50,
        "refundable": Decimal("16.666"),
    }


def test_a_run_beside_a_session_of_it(market: Market, pottery: UUID, course: UUID) -> None:
    alone = market.one("select id from workshop_sessions where session_date = '2027-01-05'")
    order(market, {"workshop_id": pottery, "session_id": alone}, {"run_id": course})
    assert taken(market, course) == [1, 2, 1]
    assert market.one("select total_amount from orders") == 35
    with raises_key("PT409", "session_full"):
        order(market, {"run_id": course})
    assert taken(market, course) == [1, 2, 1]


def test_a_chosen_session_leaves_room_for_the_run(market: Market, pottery: UUID) -> None:
    course = evenings(market, pottery, 1, 2)
    order(market, {"workshop_id": pottery}, {"run_id": course, "workshop_id": pottery})
    assert taken(market, course) == [1, 2]


def test_the_same_run_twice_is_one_item(market: Market, course: UUID) -> None:
    order(market, {"run_id": course}, {"run_id": course})
    assert market.rows("select quantity, subtotal from order_items") == [{"quantity": 2, "subtotal": 50}]
    assert market.one("select count(*) from enrollments") == 3


def test_an_order_of_a_run_is_repeated_by_its_key(market: Market, course: UUID) -> None:
    first = order(market, {"run_id": course}, key="k")
    market.conn.execute("update workshops set is_active = false")
    assert order(market, {"run_id": course}, key="k") == first
    with raises_key("PT409", "idempotency_key_reused"):
        order(market, {"run_id": uuid4()}, key="k")


@pytest.mark.parametrize("item", [{"run_id": str(uuid4())}, {"run_id": "RUN", "session_id": str(uuid4())}])
def test_a_run_that_is_none(market: Market, course: UUID, item: dict[str, str]) -> None:
    with raises_key("PT400", "invalid_item"):
        order(market, {key: course if own == "RUN" else own for key, own in item.items()})


def test_a_run_of_another_workshop(market: Market, course: UUID) -> None:
    with raises_key("PT400", "invalid_item"):
        order(market, {"run_id": course, "workshop_id": market.workshop()})


def test_as_the_application_to_its_commit(market: Market, course: UUID, connect: Connect) -> None:
    conn = connect(role="sessionbook_app")
    conn.execute("select from workshop.enroll_run(%s, 'Sara', 'sara@example.org')", [course])
    items = json.dumps([{"run_id": str(course)}])
    conn.execute("select from workshop.create_order(%s, 'Sara', '+965 1', %s)", [market.creator, items])
    assert taken(market, course) == [2, 2, 2]


def test_64_connections_over_runs_that_share_the_order_of_their_sessions(market: Market, database: str) -> None:
    """All or none, and no deadlock, also against single seats and orders of both runs in either order."""
    workshop = market.workshop(price=10)
    runs = [market.run(workshop, price=25), market.run(workshop)]
    sessions = [market.session(workshop, day=f"2027-01-0{n + 4}", max_attendees=50) for n in range(6)]
    for place, session in enumerate(sorted(sessions)):
        market.conn.execute("update workshop_sessions set run_id = %s where id = %s", [runs[place % 2], session])
    with Crowd(database, 64) as crowd:
        crowd.race(lambda conn, _: set_now(conn, NOW))

        def rush(conn: psycopg.Connection, i: int, turn: int) -> None:
            me = f"{turn}-{i}@example.org"
            if i % 4 == 3:
                session = sessions[i % 6]
                conn.execute("select from workshop.enroll(%s, 'S', %s)", [session, me])
            elif i % 4 == 2:
                items = json.dumps([{"run_id": str(runs[n % 2])} for n in (i // 4, i // 4 + 1)])
                conn.execute("select from workshop.create_order(%s, 'S', %s, %s)", [market.creator, str(i), items])
            else:
                conn.execute("select from workshop.enroll_run(%s, 'S', %s)", [runs[i % 2], me])

        refused = 0
        for turn in range(3):
            outcome = crowd.race(lambda conn, i, turn=turn: rush(conn, i, turn))
            assert keys(outcome) <= {("PT409", "session_full")}
            assert market.rows("select * from seat_audit") == []
            refused += len(errors(outcome))
    assert refused
    for run in runs:
        assert max(taken(market, run)) == 50
    assert market.one("select count(*) from enrollments where run_booking_id is not null") % 3 == 0
