"""Bookings that were wrong once: keys answered with something else, holds too long, numbers and texts too large."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def pottery(market: Market) -> UUID:
    return market.workshop(price="10.000")


@pytest.fixture
def two(market: Market, pottery: UUID) -> list[UUID]:
    run = market.run(pottery)
    return [market.session(pottery, day=day, run_id=run, max_attendees=5) for day in ("2027-01-04", "2027-01-05")]


def order(market: Market, *items: dict[str, Any], phone: str | None = "+965 1", **named: Any) -> dict[str, Any]:
    more = "".join(f", p_{key} => %s" for key in named)
    return market.row(
        f"select * from create_order(%s, 'Sara', %s, %s{more})",
        market.creator, phone, json.dumps(list(items), default=str), *named.values(),
    )  # fmt: skip


# B4: keys.


def test_key_of_an_order_for_another_named_session(market: Market, pottery: UUID, two: list[UUID]) -> None:
    first = order(market, {"workshop_id": pottery, "session_id": two[0]}, idempotency_key="k")
    again = order(market, {"workshop_id": pottery, "session_id": two[0]}, idempotency_key="k")
    assert again["id"] == first["id"]
    for other in ({"session_id": two[1]}, {}, {"session_id": two[0], "quantity": 2}):
        with raises_key("PT409", "idempotency_key_reused"):
            order(market, {"workshop_id": pottery, **other}, idempotency_key="k")
    assert market.one("select count(*) from orders") == 1


def test_items_may_come_in_any_order(market: Market, pottery: UUID, two: list[UUID]) -> None:
    items = [{"workshop_id": pottery, "session_id": session} for session in two]
    first = order(market, *items, idempotency_key="k")
    assert order(market, *reversed(items), idempotency_key="k")["id"] == first["id"]


@pytest.mark.parametrize("phone", [None, "", "  "])
def test_order_without_a_phone_number(market: Market, pottery: UUID, two: list[UUID], phone: str | None) -> None:
    order(market, {"workshop_id": pottery}, idempotency_key="k")
    for named in ({}, {"idempotency_key": "k"}):
        with raises_key("PT400", "phone_missing"):
            order(market, {"workshop_id": pottery}, phone=phone, **named)


# B5: holds.


def test_hold_ends_with_the_start_of_the_session(market: Market, pottery: UUID, two: list[UUID]) -> None:
    items = [{"workshop_id": pottery, "session_id": session} for session in two]
    made = order(market, *items, hold="30 days")
    starts = market.one("select min(starts_at) from workshop_sessions")
    assert made["expires_at"] == starts
    assert {row["expires_at"] for row in market.rows("select expires_at from enrollments")} == {starts}
    set_now(market.conn, starts.isoformat())
    with raises_key("PT409", "session_closed"):
        market.conn.execute("select set_order_status(%s, 'paid')", [made["id"]])


def test_restored_hold_ends_with_the_start_of_the_session(market: Market, pottery: UUID, two: list[UUID]) -> None:
    """Not in the list: a hold that was restored late had no end at all."""
    made = order(market, {"workshop_id": pottery})
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    set_now(market.conn, "2027-01-01 01:00+00")
    row = market.row("select * from restore_enrollment((select id from enrollments))")
    assert (row["status"], row["expires_at"]) == ("pending", market.one("select min(starts_at) from workshop_sessions"))
    set_now(market.conn, row["expires_at"].isoformat())
    market.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 10)")
    assert market.one("select status from enrollments where order_id = %s", made["id"]) == "cancelled"


@pytest.mark.parametrize("hold", ["10000000 years", "-10000000 years", "0"])
def test_hold_of_no_sensible_length(market: Market, pottery: UUID, two: list[UUID], hold: str) -> None:
    with raises_key("PT400", "hold_too_long" if hold == "10000000 years" else "hold_not_positive"):
        order(market, {"workshop_id": pottery}, hold=hold)


# B7: nothing to pay.


@pytest.mark.parametrize("columns", [{"price": 0}, {"price": 10, "is_free": True}])
def test_order_of_nothing_is_paid_at_once(market: Market, columns: dict[str, Any]) -> None:
    workshop = market.workshop("Free", **columns)
    market.session(workshop, run_id=market.run(workshop))
    made = order(market, {"workshop_id": workshop})
    assert (made["status"], made["status_ar"] is None, made["expires_at"]) == ("paid", False, None)
    row = market.row("select status, expires_at from enrollments")
    assert (row["status"], row["expires_at"]) == ("successful", None)
    set_now(market.conn, "2027-01-02 00:00+00")
    market.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 10)")
    assert market.one("select status from enrollments") == "successful"
    assert market.rows("select * from seat_audit") == []


# B9: nothing that is too large comes back as an error of PostgreSQL's own.


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("select enroll(%s, %s)", "x" * 256),
        ("select enroll(%s, 'S', %s)", "x" * 256),
        ("select enroll(%s, 'S', null, %s)", "1" * 51),
        ("select enroll(%s, 'S', p_idempotency_key => %s)", "k" * 201),
        ("select join_waitlist(%s, %s, null)", "x" * 256),
        ("select join_waitlist(%s, 'S', %s)", "x" * 256),
        ("select join_waitlist(%s, 'S', null, %s)", "1" * 51),
    ],
)
def test_texts_that_are_too_long(market: Market, two: list[UUID], call: str, value: str) -> None:
    with raises_key("PT400", "text_too_long") as raised:
        market.conn.execute(call, [two[0], value])
    assert len(raised.message) < 200


@pytest.mark.parametrize(
    "named",
    [{"customer_email": "x" * 256}, {"phone": "1" * 51}, {"idempotency_key": "k" * 201}],
)
def test_order_with_texts_that_are_too_long(market: Market, two: list[UUID], named: dict[str, Any]) -> None:
    with raises_key("PT400", "text_too_long"):
        order(market, {"workshop_id": market.one("select id from workshops")}, **named)


def test_run_name_that_is_too_long(market: Market, two: list[UUID]) -> None:
    """Not in the list."""
    with raises_key("PT400", "text_too_long"):
        market.conn.execute("select clone_workshop_sessions(id, '2027-02-01', %s) from workshops", ["x" * 256])


def test_price_that_is_too_large(market: Market) -> None:
    session = market.session(market.workshop(price="9999999.999"), max_attendees=0)
    with raises_key("PT400", "amount_too_large"):
        market.conn.execute("select enroll(%s, 'S', p_seats => 2)", [session])
    assert market.one("select current_attendees from workshop_sessions") == 0
    assert market.row("select * from enroll(%s, 'S')", session)["status"] == "successful"


def test_offer_of_a_price_that_is_too_large(market: Market) -> None:
    workshop = market.workshop(price=1)
    session = market.session(workshop, max_attendees=2)
    market.conn.execute("select enroll(%s, 'A', p_seats => 2)", [session])
    entry = market.one("select id from join_waitlist(%s, 'B', null, null, 2)", session)
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    market.conn.execute("update workshops set price = 9999999")
    with raises_key("PT400", "amount_too_large"):
        market.conn.execute("select accept_offer(%s)", [entry])
    assert market.one("select status from waitlist_entries") == "offered"


# B10: dates.


@pytest.mark.parametrize(
    "dates", [["tomorrow"], ["infinity"], ["2027-01-04", "now"], [20270104], [None], {"a": "b"}, "x"]
)
def test_session_dates_that_are_none(market: Market, dates: Any) -> None:
    with raises_key("PT400", "invalid_session_dates"):
        market.session(market.workshop(), session_dates=json.dumps(dates))


@pytest.mark.parametrize("columns", [{"day": "infinity"}, {"day": "-infinity"}, {"end_date": "infinity"}])
def test_days_that_never_come(market: Market, columns: dict[str, Any]) -> None:
    """Not in the list: the same words in the columns beside it."""
    with raises_key("PT400", "invalid_session_dates"):
        market.session(market.workshop(), **columns)


def test_dates_as_programs_write_them(market: Market) -> None:
    dates = json.dumps(["2027-01-04", "2027-01-06T00:00:00Z"])
    market.session(market.workshop(), session_dates=dates)
    assert str(market.one("select last_date from workshop_sessions")) == "2027-01-06"


@pytest.mark.parametrize("day", ["infinity", "-infinity"])
def test_clone_to_a_day_that_never_comes(market: Market, two: list[UUID], day: str) -> None:
    with raises_key("PT400", "invalid_start_date"):
        market.conn.execute("select clone_workshop_sessions(id, %s) from workshops", [day])


# B11: clones.


def test_same_clone_twice_is_one(market: Market, pottery: UUID, two: list[UUID]) -> None:
    call = "select * from clone_workshop_sessions(%s, %s, %s, null, 'k')"
    first = market.row(call, pottery, "2027-02-01", None)
    assert market.row(call, pottery, "2027-02-01", None) == first
    assert market.row(call, pottery, "2027-02-01", "") == first
    for day, name in (("2027-02-02", None), ("2027-02-01", "Evening")):
        with raises_key("PT409", "idempotency_key_reused"):
            market.row(call, pottery, day, name)
    assert market.one("select count(*) from workshop_runs") == 2


def test_clone_of_sessions_that_move_meanwhile(
    market: Market, pottery: UUID, two: list[UUID], connect: Connect
) -> None:
    """It waits with what it has read, and copies that."""
    one, other = connect(autocommit=False), connect(autocommit=False)
    one.execute("select from workshop.workshops for update")
    waiting = Waiting(
        other, lambda conn: conn.execute("select * from workshop.clone_workshop_sessions(%s, '2027-04-15')", [pottery])
    )
    one.execute("update workshop.workshop_sessions set session_date = session_date + 7")
    one.commit()
    waiting.result()
    other.commit()
    days = market.rows("select session_date from workshop_sessions order by session_date desc limit 2")
    assert [str(row["session_date"]) for row in days] == ["2027-04-16", "2027-04-15"]


# B13: what becomes of an enrollment is held to rules, and kept.


def test_enrollment_moves_are_kept(market: Market, pottery: UUID, two: list[UUID]) -> None:
    market.conn.execute("select cancel_enrollment((enroll(%s, 'A')).id)", [two[0]])
    order(market, {"workshop_id": pottery})
    set_now(market.conn, "2027-01-01 01:00+00")
    market.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 10)")
    moves = market.rows("select * from status_changes where machine = 'workshop.enrollment' order by id")
    assert [(row["from_status"], row["to_status"], row["cause"]) for row in moves] == [
        ("successful", "cancelled", "person"),
        ("pending", "cancelled", "clock"),
    ]


@pytest.mark.parametrize(("old", "new"), [("successful", "pending"), ("cancelled", "rejected")])
def test_enrollment_cannot_move_as_it_likes(market: Market, two: list[UUID], old: str, new: str) -> None:
    enrollment = market.enroll(two[0], status=old)
    with raises_key("PT409", "illegal_transition"):
        market.conn.execute("update enrollments set status = %s where id = %s", [new, enrollment])


def test_enrollment_of_an_unknown_status(market: Market, two: list[UUID]) -> None:
    with raises_key("PT400", "unknown_status"):
        market.enroll(two[0], status="sitting")
