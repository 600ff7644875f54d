"""Triggers on workshops, orders and enrollments."""

from __future__ import annotations

from uuid import UUID

import pytest

from support.errors import raises_key
from support.market import Market


def order(market: Market, status: str = "pending") -> UUID:
    return market.one(
        "insert into orders (creator_id, order_number, customer_name, customer_phone, status)"
        " values (%s, gen_random_uuid(), 'Sara', '+965 5555 0000', %s) returning id",
        market.creator,
        status,
    )


def move(market: Market, order_id: UUID, status: str) -> None:
    market.conn.execute("update orders set status = %s where id = %s", [status, order_id])


@pytest.mark.parametrize("way", [["paid"], ["cancelled"], ["paid", "refunded"], ["paid", "cancelled"]])
def test_order_moves_by_the_rules_and_each_move_is_recorded(market: Market, way: list[str]) -> None:
    number = order(market)
    for status in way:
        move(market, number, status)
    moves = market.rows("select to_status, cause from status_changes where subject_id = %s::text order by id", number)
    assert [tuple(row.values()) for row in moves] == [(status, "person") for status in way]


@pytest.mark.parametrize(
    ("start", "end"),
    [("pending", "refunded"), ("cancelled", "paid"), ("refunded", "paid"), ("cancelled", "pending")],
)
def test_order_refuses_other_moves(market: Market, start: str, end: str) -> None:
    number = order(market, start)
    with raises_key("PT409", "illegal_transition"):
        move(market, number, end)
    assert market.one("select status from orders") == start


def test_order_refuses_an_unknown_status(market: Market) -> None:
    with raises_key("PT400", "unknown_status"):
        order(market, "shipped")


def test_order_says_its_status_in_arabic(market: Market) -> None:
    number = order(market)
    words = [market.one("select status_ar from orders")]
    move(market, number, "paid")
    words.append(market.one("select status_ar from orders"))
    assert words == ["قيد الانتظار", "مدفوع"]


def test_enrollment_says_its_status_in_arabic(market: Market) -> None:
    enrollment = market.enroll(market.session(market.workshop()))
    market.conn.execute("update enrollments set status = 'cancelled', status_ar = 'x' where id = %s", [enrollment])
    assert market.one("select status_ar from enrollments") == "ملغى"


def test_enrollments_do_not_count_seats(market: Market) -> None:
    session = market.session(market.workshop())
    market.enroll(session)
    assert market.one("select current_attendees from workshop_sessions") == 0


def test_workshop_without_a_title_takes_its_name(market: Market) -> None:
    plain, titled = market.workshop("Pottery"), market.workshop("Glazing", title="Glazing for beginners")
    assert market.one("select title from workshops where id = %s", plain) == "Pottery"
    assert market.one("select title from workshops where id = %s", titled) == "Glazing for beginners"


@pytest.mark.parametrize("table", ["creators", "workshops", "workshop_runs", "orders", "enrollments"])
def test_updated_at_moves_with_a_real_change_only(market: Market, table: str) -> None:
    workshop = market.workshop()
    market.run(workshop)
    order(market)
    market.enroll(market.session(workshop))
    column = {
        "creators": "name",
        "workshops": "description",
        "workshop_runs": "run_name",
        "orders": "notes",
        "enrollments": "notes",
    }[table]
    market.conn.execute("set lifecycle.fake_now = '2030-01-01 00:00+00'")
    moved = f"select updated_at = lifecycle.now() from {table}"
    market.conn.execute(f"update {table} set {column} = {column}")
    assert market.one(moved) is False
    market.conn.execute(f"update {table} set {column} = 'other'")
    assert market.one(moved) is True


@pytest.mark.every_server
def test_workshop_with_enrollments_is_not_deleted(market: Market) -> None:
    market.enroll(market.session(market.workshop()), status="cancelled")
    # PostgreSQL 18 tells restrict (23001) from a reference that is not there (23503).
    with raises_key("23001" if market.conn.info.server_version >= 180000 else "23503", "enrollments_workshop_id_fkey"):
        market.conn.execute("delete from workshops")


def test_deleted_session_keeps_its_enrollments(market: Market) -> None:
    market.enroll(market.session(market.workshop()), status="cancelled")
    market.conn.execute("delete from workshop_sessions")
    assert market.row("select student_name, session_id from enrollments") == {
        "student_name": "Noor",
        "session_id": None,
    }
