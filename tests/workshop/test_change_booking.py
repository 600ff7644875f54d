"""transfer_enrollment and change_seats: seats, row and money together; and nobody overwrites what he has not seen."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.clock import set_now
from support.concurrency import Crowd, keys
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.queue import call, join, queue
from support.together import Waiting

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def two(market: Market) -> list[UUID]:
    """Two sessions of three seats, of 10.000 a seat."""
    return market.two_days(seats=3)


@pytest.fixture
def glass(market: Market) -> UUID:
    """A session of another workshop of the creator, of 15.000 a seat."""
    workshop = market.workshop("Glass", price=15)
    return market.session(workshop, run_id=market.run(workshop), max_attendees=3)


def book(market: Market, session: UUID, name: str = "Sara", seats: int = 1) -> UUID:
    return call(market.conn, "enroll", session, name, f"{name.lower()}@example.org", None, seats)["id"]


def order(market: Market, session: UUID, seats: int = 1, pay: int = 0) -> UUID:
    """The enrollment of a new order."""
    workshop = market.one("select workshop_id from workshop_sessions where id = %s", session)
    items = json.dumps([{"workshop_id": str(workshop), "session_id": str(session), "quantity": seats}])
    made = market.one("select id from create_order(%s, 'Sara', '+965 1', %s)", market.creator, items)
    if pay:
        market.conn.execute("select record_payment(%s, %s)", [made, pay])
    return market.one("select id from enrollments where order_id = %s", made)


def transfer(market: Market, enrollment: UUID, session: UUID) -> dict[str, Any]:
    return call(market.conn, "transfer_enrollment", enrollment, session)


def change(market: Market, enrollment: UUID, seats: int) -> dict[str, Any]:
    return call(market.conn, "change_seats", enrollment, seats)


def taken(market: Market, *sessions: UUID) -> list[int]:
    assert market.rows("select * from seat_audit") == []
    return [market.one("select current_attendees from workshop_sessions where id = %s", own) for own in sessions]


def balance(market: Market) -> tuple[Any, ...]:
    row = market.row("select total, cancelled, due, paid, refundable from order_balance")
    return tuple(row.values())


def test_a_transfer_takes_row_and_seats_along(market: Market, two: list[UUID]) -> None:
    own = book(market, two[0], seats=2)
    row = transfer(market, own, two[1])
    assert (row["id"], row["session_id"], row["seats"], row["total_price"]) == (own, two[1], 2, 20)
    assert taken(market, *two) == [0, 2]
    before = market.everything()
    assert transfer(market, own, two[1])["id"] == own
    assert market.everything() == before
    assert market.rows(
        "select from_session_id, to_session_id, from_seats, to_seats, from_price, to_price, actor from booking_changes"
    ) == [
        {"from_session_id": two[0], "to_session_id": two[1], "from_seats": 2, "to_seats": 2, "from_price": 20,
         "to_price": 20, "actor": market.conn.info.user},
    ]  # fmt: skip


def test_within_a_workshop_the_price_is_the_one_that_was_booked(market: Market, two: list[UUID]) -> None:
    own = order(market, two[0])
    market.conn.execute("update workshops set price = 99")
    assert transfer(market, own, two[1])["total_price"] == 10
    assert change(market, own, 2)["total_price"] == 20
    assert balance(market) == (20, 0, 20, 0, 0)


def test_another_workshop_costs_what_it_costs(market: Market, two: list[UUID], glass: UUID) -> None:
    own = order(market, two[0], pay=10)
    transfer(market, own, glass)
    assert balance(market) == (15, 0, 15, 10, 0)
    assert market.row("select status, total_amount from orders") == {"status": "paid", "total_amount": 15}
    assert market.row("select session_id, workshop_name, price, subtotal from order_items") == {
        "session_id": glass,
        "workshop_name": "Glass",
        "price": 15,
        "subtotal": 15,
    }
    market.conn.execute("select record_payment(id, 5) from orders")
    transfer(market, own, two[1])
    assert balance(market) == (10, 0, 10, 15, 5)
    assert taken(market, *two, glass) == [0, 1, 0]


def test_a_pending_order_for_which_nothing_more_is_due_is_paid(market: Market, two: list[UUID], glass: UUID) -> None:
    own = order(market, glass, pay=10)
    assert market.one("select status from orders") == "pending"
    assert transfer(market, own, two[0])["status"] == "successful"
    assert market.row("select status, total_amount from orders") == {"status": "paid", "total_amount": 10}


def test_the_old_sessions_queue_is_served(market: Market, two: list[UUID]) -> None:
    own = book(market, two[0], seats=3)
    join(market.conn, two[0], "Dana")
    transfer(market, own, two[1])
    assert queue(market, two[0]) == {"Dana": "offered"}
    assert taken(market, *two) == [1, 3]


def test_a_hold_does_not_outlast_the_new_start(market: Market, two: list[UUID]) -> None:
    own = order(market, two[0])
    market.conn.execute(
        "update workshop_sessions set session_date = '2027-01-01', start_time = '03:10' where id = %s", [two[1]]
    )
    assert transfer(market, own, two[1])["expires_at"].isoformat() == "2027-01-01T00:10:00+00:00"


@pytest.mark.parametrize(
    ("key", "before"),
    [
        ("session_full", "select enroll('{1}', 'A', null, null, 3)"),
        ("session_full", "select enroll('{1}', 'A', null, null, 3); select join_waitlist('{1}', 'B', 'b@b.b');"
                         "update workshop_sessions set max_attendees = 3 where id = '{1}'"),
        ("session_closed", "update workshop_sessions set booking_closes_at = '2026-12-31' where id = '{1}'"),
        ("session_closed", "update workshop_sessions set status = 'cancelled' where id = '{1}'"),
        ("cancel_deadline_passed", "update workshop_sessions set cancel_until = '2026-12-31' where id = '{0}'"),
        ("already_enrolled", "select enroll('{1}', 'Sara', 'SARA@example.org')"),
        ("enrollment_not_active", "select cancel_enrollment(id) from enrollments"),
    ],
)  # fmt: skip
def test_what_cannot_move(market: Market, two: list[UUID], key: str, before: str) -> None:
    own = book(market, two[0])
    for one in before.format(*two).split(";"):
        market.conn.execute(one.encode())
    counted, rows = taken(market, *two), market.rows("select * from enrollments order by id")
    with raises_key("PT409", key):
        transfer(market, own, two[1])
    assert (taken(market, *two), market.rows("select * from enrollments order by id")) == (counted, rows)


def test_not_to_another_shop_or_currency(market: Market, two: list[UUID]) -> None:
    own = book(market, two[0])
    dollars = market.session(market.workshop(currency="USD"))
    market.creator = market.one("insert into creators (name, username, email) values ('B', 'b', 'b@b.b') returning id")
    other = market.session(market.workshop())
    for session in (dollars, other):
        with raises_key("PT409", "other_shop"):
            transfer(market, own, session)


def test_what_is_not_there(market: Market, two: list[UUID]) -> None:
    with raises_key("PT404", "enrollment_not_found"):
        transfer(market, uuid4(), two[0])
    with raises_key("PT404", "session_not_found"):
        transfer(market, book(market, two[0]), uuid4())
    with raises_key("PT404", "enrollment_not_found"):
        change(market, uuid4(), 1)


def test_one_evening_of_a_run_moves_alone(market: Market, two: list[UUID]) -> None:
    run = market.one("select run_id from workshop_sessions where id = %s", two[0])
    third = market.session(market.one("select id from workshops"), day="2027-01-06", max_attendees=3)
    market.conn.execute(
        "select create_order(%s, 'Sara', '+965 1', %s)", [market.creator, json.dumps([{"run_id": str(run)}])]
    )
    transfer(market, market.one("select id from enrollments where session_id = %s", two[0]), third)
    assert taken(market, *two, third) == [0, 1, 1]
    assert balance(market) == (10, 0, 10, 0, 0)
    assert market.row("select run_id, session_id from order_items") == {"run_id": run, "session_id": None}


def test_more_seats_are_taken_and_fewer_given_back(market: Market, two: list[UUID]) -> None:
    own = order(market, two[0], pay=10)
    assert change(market, own, 3)["total_price"] == 30
    assert (taken(market, two[0]), balance(market)) == ([3], (30, 0, 30, 10, 0))
    join(market.conn, two[0], "Dana")
    assert change(market, own, 1)["seats"] == 1
    assert queue(market, two[0]) == {"Dana": "offered"}
    assert (taken(market, two[0]), balance(market)) == ([2], (30, 20, 10, 10, 0))
    assert market.one("select array_agg(to_seats order by id) from booking_changes") == [3, 1]
    # Once for each change.
    assert market.one(
        "select array_agg(kind || ' ' || (payload ->> 'seats') order by id) from pending_events"
        " where kind like 'enrollment.%%' and payload ? 'from_seats'"
    ) == ["enrollment.seats_changed 3", "enrollment.seats_changed 1"]
    assert change(market, own, 1)["seats"] == 1
    assert market.one("select count(*) from booking_changes") == 2


def test_fewer_seats_of_a_paid_order_are_to_be_given_back(market: Market, two: list[UUID]) -> None:
    own = order(market, two[0], seats=3, pay=30)
    change(market, own, 1)
    assert balance(market) == (30, 20, 10, 30, 20)
    change(market, own, 2)
    assert balance(market) == (30, 10, 20, 30, 10)


@pytest.mark.parametrize(
    ("code", "key", "seats", "before"),
    [
        ("PT400", "seats_not_positive", 0, ""),
        ("PT400", "too_many", 10001, ""),
        ("PT409", "session_full", 4, ""),
        ("PT409", "session_closed", 3, "update workshops set is_active = false"),
        ("PT409", "cancel_deadline_passed", 1, "update workshop_sessions set cancel_until = '2026-12-31'"),
        ("PT409", "enrollment_not_active", 1, "select cancel_enrollment(id) from enrollments"),
        ("PT409", "enrollment_not_active", 1, "select set_config('lifecycle.fake_now', '2027-01-01 00:31+00', false)"),
    ],
)
def test_seats_that_cannot_be_had(
    market: Market, two: list[UUID], code: str, key: str, seats: int, before: str
) -> None:
    own = order(market, two[0], seats=2)
    if before:
        market.conn.execute(before.encode())
    with raises_key(code, key):
        change(market, own, seats)
    assert market.one("select seats from enrollments") == 2


@pytest.mark.parametrize(
    "function",
    ["cancel_enrollment(%s", "restore_enrollment(%s", "change_seats(%s, 2", "transfer_enrollment(%s, '{1}'"],
)
def test_nobody_overwrites_what_he_has_not_seen(market: Market, two: list[UUID], function: str) -> None:
    own = book(market, two[0])
    seen = market.one("select updated_at from enrollments")
    set_now(market.conn, "2027-01-01 00:01+00")
    market.conn.execute("update enrollments set notes = 'by somebody else'")
    query = f"select {function.format(*two)}, p_expected_updated_at => %s)"
    with raises_key("PT409", "changed_meanwhile"):
        market.conn.execute(query.encode(), [own, seen])
    market.conn.execute(query.encode(), [own, market.one("select updated_at from enrollments")])


def test_nor_orders_and_sessions(market: Market, two: list[UUID]) -> None:
    order(market, two[0])
    market.run(market.workshop("Glazing"))
    query = "select {}(id, {}p_expected_updated_at => {}) from {}"
    for function, more, table in (
        ("set_order_status", "'cancelled', ", "orders"), ("cancel_session", "", "workshop_sessions"),
        ("cancel_run", "", "workshop_runs"),
    ):  # fmt: skip
        with raises_key("PT409", "changed_meanwhile"):
            market.conn.execute(query.format(function, more, "'2026-01-01'", table).encode())
        market.conn.execute(query.format(function, more, "updated_at", table).encode())


def test_as_the_application_to_its_commit(market: Market, two: list[UUID], connect: Connect) -> None:
    own = book(market, two[0])
    conn = connect(role="sessionbook_app")
    conn.execute("select from workshop.transfer_enrollment(%s, %s)", [own, two[1]])
    conn.execute("select from workshop.change_seats(%s, 2)", [own])
    assert taken(market, *two) == [0, 2]


def test_64_transfers_that_cross_and_seats_that_change(market: Market, two: list[UUID], database: str) -> None:
    """Both directions at once, with and without orders, while seats go up and down: no deadlock, nothing lost."""
    market.conn.execute("update workshop_sessions set max_attendees = 70")
    own = [
        order(market, two[n % 2]) if n % 4 < 2 else book(market, two[n % 2], f"Guest{n}") for n in range(64)
    ]  # fmt: skip
    with Crowd(database, 64) as crowd:
        crowd.race(lambda conn, _: set_now(conn, NOW))

        def move(conn: psycopg.Connection, i: int, turn: int) -> None:
            if i % 8 == 7:
                conn.execute("select from workshop.change_seats(%s, %s)", [own[i], 2 + turn % 2])
            elif i % 8 == 6:
                # Somebody else's, from where it is by then.
                conn.execute("select from workshop.cancel_enrollment(%s)", [own[i - 1]])
            else:
                conn.execute("select from workshop.transfer_enrollment(%s, %s)", [own[i], two[(i + turn + 1) % 2]])

        for turn in range(4):
            outcome = crowd.race(lambda conn, i, turn=turn: move(conn, i, turn))
            assert keys(outcome) <= {
                ("PT409", "enrollment_not_active"), ("PT409", "session_full"), ("55P03", "session_moved_meanwhile"),
            }  # fmt: skip
            assert market.rows("select * from seat_audit") == []
    assert sum(taken(market, *two)) == market.one(
        "select sum(seats) from enrollments where status in ('pending', 'successful')"
    )
    # Both ways, up and down.
    ways = market.rows(
        "select distinct from_session_id = to_session_id as stays, from_session_id < to_session_id as is_on,"
        " from_seats < to_seats as is_more from booking_changes"
    )
    assert {(row["stays"], row["is_on"], row["is_more"]) for row in ways} == {
        (False, True, False), (False, False, False), (True, False, True), (True, False, False),
    }  # fmt: skip


def test_the_key_of_the_booking_stays_its_key(market: Market, two: list[UUID]) -> None:
    def again() -> Any:
        return call(market.conn, "enroll", two[0], "Sara", "sara@example.org", idempotency_key="k")["id"]

    own = again()
    transfer(market, own, two[1])
    change(market, own, 2)
    assert again() == own
    assert taken(market, *two) == [0, 2]


@pytest.mark.parametrize("buy", ["create_order", "enroll_run"])
def test_days_of_a_run_bought_whole_do_not_meet_in_one_session(market: Market, two: list[UUID], buy: str) -> None:
    """Neither by moving one to the other, nor by taking anew the seat of one that the other was moved to.

    Also of a guest without address and number, who is known only by the booking.
    """
    run = market.one("select run_id from workshop_sessions where id = %s", two[0])
    if buy == "create_order":
        items = json.dumps([{"run_id": str(run)}])
        market.conn.execute("select create_order(%s, 'Sara', '+965 1', %s)", [market.creator, items])
    else:
        market.conn.execute("select enroll_run(%s, 'Sara', null)", [run])
    days = [market.one("select id from enrollments where session_id = %s", day) for day in two]
    with raises_key("PT409", "already_enrolled"):
        transfer(market, days[0], two[1])
    call(market.conn, "cancel_enrollment", days[1])
    assert transfer(market, days[0], two[1])["session_id"] == two[1]
    with raises_key("PT409", "already_enrolled"):
        call(market.conn, "restore_enrollment", days[1])
    assert taken(market, *two) == [0, 1]


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_nor_if_both_go_there_at_once(market: Market, two: list[UUID], connect: Connect, ends: str) -> None:
    market.conn.execute("select enroll_run(run_id, 'Sara', null) from workshop_sessions where id = %s", [two[0]])
    days = [market.one("select id from enrollments where session_id = %s", day) for day in two]
    call(market.conn, "cancel_enrollment", days[1])
    mover, other = connect(autocommit=False), connect(autocommit=False)
    for conn in (mover, other):
        conn.execute("set search_path = workshop")
        set_now(conn, NOW)
        conn.commit()
    mover.execute("select transfer_enrollment(%s, %s)", [days[0], two[1]])
    waiting = Waiting(other, lambda conn: call(conn, "restore_enrollment", days[1]))
    getattr(mover, ends)()
    if ends == "commit":
        with raises_key("PT409", "already_enrolled"):
            waiting.result()
    else:
        assert waiting.result()["status"] == "successful"
    assert taken(market, *two) == ([0, 1] if ends == "commit" else [1, 1])
