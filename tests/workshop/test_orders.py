"""create_order and set_order_status: seats held for a basket, paid, given back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.rows import dict_row

from support.clock import set_now
from support.concurrency import errors, race, results
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 00:00+00"
LATE = "2027-01-01 00:30+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def pottery(market: Market) -> UUID:
    return market.workshop(price="10.000", title_ar="فخار")


def sessions(market: Market, workshop: UUID, *seats: int, **columns: Any) -> list[UUID]:
    """Sessions of one run, one a day, with these many seats."""
    run = market.run(workshop)
    return [
        market.session(workshop, day=f"2027-01-{day:02}", run_id=run, max_attendees=most, **columns)
        for day, most in enumerate(seats, start=4)
    ]


def order(conn: psycopg.Connection, creator: UUID, *items: dict[str, Any], **named: Any) -> dict[str, Any]:
    more = "".join(f", p_{key} => %s" for key in named)
    text = json.dumps(list(items), default=str)
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            f"select * from workshop.create_order(%s, 'Sara', '+965 1', %s{more})", [creator, text, *named.values()]
        )
        (row,) = cursor.fetchall()
    return row


def move(conn: psycopg.Connection, number: UUID, status: str) -> Any:
    row = conn.execute("select status from workshop.set_order_status(%s, %s)", [number, status]).fetchone()
    return row and row[0]


def well(market: Market) -> None:
    assert market.rows("select * from seat_audit") == []


def seats(market: Market) -> list[int]:
    well(market)
    rows = market.rows("select current_attendees from workshop_sessions order by session_date, id")
    return [row["current_attendees"] for row in rows]


def enrolled(market: Market) -> list[tuple[Any, ...]]:
    rows = market.rows("select status, seats, expires_at is not null from enrollments order by session_id")
    return [tuple(row.values()) for row in rows]


def test_order_holds_its_seats(market: Market, pottery: UUID) -> None:
    (session,) = sessions(market, pottery, 5)
    row = order(
        market.conn,
        market.creator,
        {"workshop_id": pottery, "session_id": session, "quantity": 3},
        customer_email="sara@example.org",
        order_source="qr",
    )
    expected = {
        "creator_id": market.creator,
        "order_number": "000001",
        "customer_name": "Sara",
        "customer_phone": "+965 1",
        "customer_email": "sara@example.org",
        "total_amount": Decimal("30.000"),
        "currency": "KWD",
        "status": "pending",
        "order_source": "qr",
    }
    assert {key: row[key] for key in expected} == expected
    assert row["expires_at"].isoformat() == "2027-01-01T00:30:00+00:00"
    item = market.row("select * from order_items")
    run = market.one("select run_id from workshop_sessions")
    expected = {
        "order_id": row["id"],
        "workshop_id": pottery,
        "workshop_name": "Pottery",
        "workshop_name_ar": "فخار",
        "price": Decimal("10.000"),
        "quantity": 3,
        "subtotal": Decimal("30.000"),
        "session_id": session,
        "run_id": run,
    }
    assert {key: item[key] for key in expected} == expected
    held = market.row("select * from enrollments")
    expected = {
        "order_id": row["id"],
        "session_id": session,
        "student_name": "Sara",
        "student_email": "sara@example.org",
        "student_phone": "+965 1",
        "seats": 3,
        "total_price": Decimal("30.000"),
        "status": "pending",
        "expires_at": row["expires_at"],
    }
    assert {key: held[key] for key in expected} == expected
    assert seats(market) == [3]


def test_item_without_session_gets_the_soonest_that_takes_it(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 1, 2, 9)
    order(market.conn, market.creator, {"workshop_id": pottery, "quantity": 2})
    assert seats(market) == [0, 2, 0]
    order(market.conn, market.creator, {"workshop_id": pottery})
    assert seats(market) == [1, 2, 0]


def test_items_of_one_workshop_make_room_for_each_other(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 2, 2)
    order(market.conn, market.creator, {"workshop_id": pottery, "quantity": 2}, {"workshop_id": pottery})
    assert seats(market) == [2, 1]


def test_items_of_one_session_are_one_enrollment(market: Market, pottery: UUID) -> None:
    (session,) = sessions(market, pottery, 3)
    item = {"workshop_id": pottery, "session_id": session}
    order(market.conn, market.creator, item, {**item, "quantity": 2})
    assert enrolled(market) == [("pending", 3, True)]
    assert market.one("select quantity from order_items") == 3
    assert seats(market) == [3]


def test_free_workshop_costs_nothing(market: Market) -> None:
    workshop = market.workshop(price=9, is_free=True)
    sessions(market, workshop, 3)
    assert order(market.conn, market.creator, {"workshop_id": workshop})["total_amount"] == 0


def test_order_of_a_full_session_takes_nothing(market: Market, pottery: UUID) -> None:
    first, second = sessions(market, pottery, 5, 1)
    with raises_key("PT409", "session_full"):
        order(
            market.conn,
            market.creator,
            {"workshop_id": pottery, "session_id": first},
            {"workshop_id": pottery, "session_id": second, "quantity": 2},
        )
    assert seats(market) == [0, 0]
    assert market.one("select count(*) from orders") == 0


def test_order_where_no_session_takes_it(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 1, 1)
    with raises_key("PT409", "session_full"):
        order(market.conn, market.creator, {"workshop_id": pottery, "quantity": 2})


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("quantities", [[1000], [999, 1], [1, 999]])
def test_order_of_more_seats_than_can_be_counted(market: Market, quantities: list[int], named: bool) -> None:
    workshop = market.workshop(price=0)
    (session,) = sessions(market, workshop, 0, current_attendees=2**31 - 1000)
    item = {"workshop_id": workshop, **({"session_id": session} if named else {})}
    with raises_key("PT409", "session_full"):
        order(market.conn, market.creator, *({**item, "quantity": quantity} for quantity in quantities))
    assert market.one("select current_attendees from workshop_sessions") == 2**31 - 1000


def test_item_of_more_seats_than_one_booking_may_take(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 0)
    with raises_key("PT400", "invalid_item"):
        order(market.conn, market.creator, {"workshop_id": pottery, "quantity": 10_001})


def test_workshop_without_sessions_is_full(market: Market, pottery: UUID) -> None:
    with raises_key("PT409", "session_full"):
        order(market.conn, market.creator, {"workshop_id": pottery})


@pytest.mark.parametrize("columns", [{"status": "cancelled"}, {"booking_closes_at": NOW}, {"booking_opens_at": LATE}])
def test_order_of_a_closed_session(market: Market, pottery: UUID, columns: dict[str, Any]) -> None:
    (session,) = sessions(market, pottery, 5, **columns)
    with raises_key("PT409", "session_closed"):
        order(market.conn, market.creator, {"workshop_id": pottery, "session_id": session})
    assert seats(market) == [0]


def test_order_passes_no_queue(market: Market, pottery: UUID) -> None:
    (session,) = sessions(market, pottery, 5, waiting_count=1)
    with raises_key("PT409", "session_full"):
        order(market.conn, market.creator, {"workshop_id": pottery, "session_id": session})


@pytest.mark.parametrize("named", [False, True])
def test_sessions_without_a_run_are_gathered(market: Market, pottery: UUID, named: bool) -> None:
    session = market.session(pottery)
    order(market.conn, market.creator, {"workshop_id": pottery, **({"session_id": session} if named else {})})
    run = market.one("select id from workshop_runs where is_default")
    assert market.row("select session_id, run_id from order_items") == {"session_id": session, "run_id": run}


def test_expired_holds_make_room_for_an_order(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 1)
    order(market.conn, market.creator, {"workshop_id": pottery})
    set_now(market.conn, LATE)
    order(market.conn, market.creator, {"workshop_id": pottery})
    assert seats(market) == [1]
    assert market.one("select count(*) from orders where status = 'pending'") == 2


@pytest.mark.parametrize(
    "items", [None, "{}", "[]", "7", "[7]", '[{"workshop_id": "x"}]', '[{"quantity": 1}]', '[{"colour": "red"}]']
)
def test_items_that_are_none(market: Market, items: str | None) -> None:
    key = "invalid_items" if items in (None, "{}", "[]", "7") else "invalid_item"
    with raises_key("PT400", key):
        market.conn.execute("select create_order(%s, 'Sara', '1', %s)", [market.creator, items])


def test_item_that_is_wrong_is_named(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 5)
    good = {"workshop_id": pottery}
    other = open_market_of(market, "Dana")
    elsewhere = market.session(market.workshop("Glazing"))
    for wrong in (
        {"workshop_id": uuid4()},
        {"workshop_id": other.workshop()},
        {"workshop_id": market.workshop(is_active=False)},
        {"workshop_id": market.workshop(currency="AED")},
        {"workshop_id": pottery, "quantity": 0},
        {"workshop_id": pottery, "quantity": None},
        {"workshop_id": pottery, "quantity": "two"},
        {"workshop_id": pottery, "quantity": 2_000_000_000},
        {"workshop_id": pottery, "session_id": uuid4()},
        {"workshop_id": pottery, "session_id": elsewhere},
    ):
        with raises_key("PT400", "invalid_item") as error:
            order(market.conn, market.creator, good, wrong)
        assert error.message.startswith("item 2 of 2 "), wrong
    assert market.one("select count(*) from orders") == 0


def test_order_that_costs_more_than_can_be_written_down(market: Market, pottery: UUID) -> None:
    """Each of the two does not."""
    dear = market.workshop(price=9_999_995)
    for workshop in (pottery, dear):
        sessions(market, workshop, 5)
    with raises_key("PT400", "invalid_item") as error:
        order(market.conn, market.creator, {"workshop_id": pottery}, {"workshop_id": dear})
    assert error.message.startswith("item 2 of 2 ")
    assert seats(market) == [0, 0]


def open_market_of(market: Market, name: str) -> Market:
    creator = market.one(
        "insert into creators (name, username, email) values (%s, %s, %s) returning id", name, name, name
    )
    return Market(market.conn, creator)


@pytest.mark.parametrize("hold", ["0", "-1 minute", "-178000000 years", None])
def test_hold_must_be_some_time(market: Market, pottery: UUID, hold: str | None) -> None:
    sessions(market, pottery, 5)
    with raises_key("PT400", "hold_not_positive"):
        order(market.conn, market.creator, {"workshop_id": pottery}, hold=hold)


@pytest.mark.parametrize("hold", ["367 days", "100000 years", "178000000 years"])
def test_hold_has_an_end(market: Market, pottery: UUID, hold: str) -> None:
    sessions(market, pottery, 5)
    with raises_key("PT400", "hold_too_long"):
        order(market.conn, market.creator, {"workshop_id": pottery}, hold=hold)


def test_customer_must_have_a_name(market: Market) -> None:
    with raises_key("PT400", "name_missing"):
        market.conn.execute("select create_order(%s, ' ', '1', '[]')", [market.creator])


def test_customer_is_the_same_student_with_spaces_around_the_number(market: Market, pottery: UUID) -> None:
    (session,) = sessions(market, pottery, 5)
    item = json.dumps([{"workshop_id": str(pottery)}])
    for number in (" +965 1", "+965 1 "):
        market.conn.execute("select create_order(%s, 'Sara', %s, %s, p_idempotency_key => 'k')", [
            market.creator, number, item,
        ])  # fmt: skip
    assert market.row("select customer_phone from orders") == {"customer_phone": "+965 1"}
    with raises_key("PT409", "already_enrolled"):
        market.conn.execute("select enroll(%s, 'Sara', null, '+965 1')", [session])


def test_unknown_creator(market: Market, pottery: UUID) -> None:
    with raises_key("PT404", "creator_not_found"):
        order(market.conn, uuid4(), {"workshop_id": pottery})


def test_numbers_are_counted_per_creator_without_gaps(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 0)
    other = open_market_of(market, "Dana")
    sessions(other, elsewhere := other.workshop(), 0)
    item = {"workshop_id": pottery}
    numbers = [order(market.conn, market.creator, item)["order_number"]]
    with market.conn.transaction(force_rollback=True):
        order(market.conn, market.creator, item)
    numbers.append(order(market.conn, market.creator, item)["order_number"])
    assert numbers == ["000001", "000002"]
    assert order(market.conn, other.creator, {"workshop_id": elsewhere})["order_number"] == "000001"


def test_numbers_go_on_after_those_of_the_application(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 0)
    by_hand = (
        "insert into orders (creator_id, order_number, customer_name, customer_phone)"
        " select %s, n, 'Ali', '1' from unnest(%s::text[]) as n"
    )
    market.conn.execute(by_hand, [market.creator, ["999997", "A-1", "17", "W20991231-7"]])
    item = {"workshop_id": pottery}
    numbers = [order(market.conn, market.creator, item)["order_number"]]
    market.conn.execute(by_hand, [market.creator, ["999999"]])
    numbers += [order(market.conn, market.creator, item)["order_number"] for _ in range(2)]
    assert numbers == ["999998", "1000000", "1000001"]


def test_number_that_the_application_takes_at_this_moment(market: Market, pottery: UUID, connect: Connect) -> None:
    sessions(market, pottery, 0)
    hand, ours = connect(autocommit=False), connect(autocommit=False)
    hand.execute(
        "insert into workshop.orders (creator_id, order_number, customer_name, customer_phone)"
        " values (%s, '000001', 'Ali', '1')",
        [market.creator],
    )
    waiting = Waiting(ours, lambda conn: order(conn, market.creator, {"workshop_id": pottery}))
    hand.commit()
    assert waiting.result()["order_number"] == "000002"
    assert seats(market) == [1]


def test_first_two_orders_of_a_creator_at_once(market: Market, pottery: UUID, connect: Connect) -> None:
    sessions(market, pottery, 1, 1)
    one, two = connect(autocommit=False), connect(autocommit=False)
    first, second = (row["id"] for row in market.rows("select id from workshop_sessions"))
    numbers = [order(one, market.creator, {"workshop_id": pottery, "session_id": first})["order_number"]]
    waiting = Waiting(two, lambda conn: order(conn, market.creator, {"workshop_id": pottery, "session_id": second}))
    one.commit()
    assert [*numbers, waiting.result()["order_number"]] == ["000001", "000002"]


def test_same_key_gives_the_same_order(market: Market, pottery: UUID, connect: Connect) -> None:
    sessions(market, pottery, 2)
    item = {"workshop_id": pottery, "quantity": 2}
    first = order(market.conn, market.creator, item, idempotency_key="k")
    assert order(market.conn, market.creator, item, idempotency_key="k") == first
    # A caller that lost its connection asks again as the first thing on the next.
    again = connect()
    set_now(again, NOW)
    assert order(again, market.creator, item, idempotency_key="k") == first
    assert seats(market) == [2]


@pytest.mark.parametrize(
    "change",
    [
        "update workshops set is_active = false",
        "update workshops set currency = 'AED' where name = 'Glazing'",
        "update workshops set price = 9999999",
        "select cancel_session(id) from workshop_sessions",
    ],
)
def test_key_answers_whatever_has_changed_since(market: Market, pottery: UUID, change: str) -> None:
    (session,) = sessions(market, pottery, 5)
    glazing = market.workshop("Glazing")
    sessions(market, glazing, 5)
    items = [{"workshop_id": pottery, "session_id": session, "quantity": 2}, {"workshop_id": glazing}]
    first = order(market.conn, market.creator, *items, idempotency_key="k")
    market.conn.execute(change)
    assert order(market.conn, market.creator, *items, idempotency_key="k")["id"] == first["id"]
    assert market.one("select count(*) from orders") == 1
    with raises_key("PT409", "idempotency_key_reused"):
        order(market.conn, market.creator, items[0], idempotency_key="k")
    with raises_key("PT400", "invalid_item"):
        order(market.conn, market.creator, {**items[0], "quantity": 0}, idempotency_key="k")


def test_key_is_of_one_order(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 5)
    order(market.conn, market.creator, {"workshop_id": pottery}, idempotency_key="k")
    with raises_key("PT409", "idempotency_key_reused"):
        order(market.conn, market.creator, {"workshop_id": pottery, "quantity": 2}, idempotency_key="k")
    market.conn.execute("update orders set customer_phone = '+965 2'")
    with raises_key("PT409", "idempotency_key_reused"):
        order(market.conn, market.creator, {"workshop_id": pottery}, idempotency_key="k")


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("most", [1, 5])
# To PostgreSQL they are the same, and have different names.
@pytest.mark.parametrize("isolation", [IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED])
def test_same_key_at_once_is_one_order(
    market: Market, pottery: UUID, connect: Connect, isolation: IsolationLevel, named: bool, most: int
) -> None:
    """Also for the last seat, where the second finds nothing left; and where it could have another session."""
    first, _ = sessions(market, pottery, most, most)
    item = {"workshop_id": pottery, **({"session_id": first} if named else {})}
    one, two = (connect(autocommit=False, isolation=isolation) for _ in range(2))
    for conn in (one, two):
        set_now(conn, NOW)
    made = order(one, market.creator, item, idempotency_key="k")
    waiting = Waiting(two, lambda conn: order(conn, market.creator, item, idempotency_key="k"))
    one.commit()
    assert waiting.result() == made
    assert seats(market) == [1, 0]


def test_second_chooses_again_when_the_first_took_the_last_seat(
    market: Market, pottery: UUID, connect: Connect
) -> None:
    sessions(market, pottery, 1, 1)
    one, two = connect(autocommit=False), connect(autocommit=False)
    order(one, market.creator, {"workshop_id": pottery})
    waiting = Waiting(two, lambda conn: order(conn, market.creator, {"workshop_id": pottery}))
    one.commit()
    waiting.result()
    assert seats(market) == [1, 1]


@pytest.mark.parametrize("isolation", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
@pytest.mark.parametrize("named", [False, True])
def test_two_orders_for_the_seat_of_an_expired_hold(
    market: Market, pottery: UUID, connect: Connect, isolation: IsolationLevel, named: bool
) -> None:
    (session,) = sessions(market, pottery, 1)
    market.hold(session, "2020-01-01")
    item = {"workshop_id": pottery, **({"session_id": session} if named else {})}
    one, two = (connect(autocommit=False, isolation=isolation) for _ in range(2))
    order(one, market.creator, item)
    waiting = Waiting(two, lambda conn: order(conn, market.creator, item))
    one.commit()
    with pytest.raises(psycopg.Error) as error:
        waiting.result()
    assert (error.value.sqlstate, error.value.diag.constraint_name) in {("PT409", "session_full"), ("40001", None)}
    assert seats(market) == [1]


def test_orders_of_the_same_sessions_in_opposite_order_do_not_deadlock(
    market: Market, pottery: UUID, database: str
) -> None:
    chosen = sessions(market, pottery, 100, 100, 100)
    items = [{"workshop_id": pottery, "session_id": session} for session in chosen]

    def buy(conn: psycopg.Connection, i: int) -> None:
        for turn in range(3):
            mine = items[turn:] + items[:turn]
            order(conn, market.creator, *(mine if i % 2 else mine[::-1]))
            conn.commit()

    outcome = race(database, 8, buy)
    assert errors(outcome) == []
    assert seats(market) == [24, 24, 24]


def test_free_choice_at_once_fills_every_seat_once(market: Market, pottery: UUID, database: str) -> None:
    sessions(market, pottery, 1, 2, 1, 3)

    def buy(conn: psycopg.Connection, _: int) -> dict[str, Any]:
        return order(conn, market.creator, {"workshop_id": pottery})

    outcome = race(database, 10, buy)
    assert len(results(outcome)) == 7
    assert {(e.sqlstate, e.diag.constraint_name) for e in errors(outcome)} == {("PT409", "session_full")}
    assert seats(market) == [1, 2, 1, 3]
    assert sorted(row["order_number"] for row in results(outcome)) == [f"{n:06}" for n in range(1, 8)]


def test_paid_order_keeps_its_seats_for_good(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery, "quantity": 2})
    assert move(market.conn, made["id"], "paid") == "paid"
    assert enrolled(market) == [("successful", 2, False)]
    set_now(market.conn, "2027-01-02 00:00+00")
    with raises_key("PT409", "session_full"):
        order(market.conn, market.creator, {"workshop_id": pottery})
    assert seats(market) == [2]


def test_payment_reported_twice_is_one_payment(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    for _ in range(2):
        assert move(market.conn, made["id"], "paid") == "paid"
    assert seats(market) == [1]
    assert market.one("select count(*) from status_changes where subject_id = %s::text", made["id"]) == 1


@pytest.mark.parametrize("way", [["cancelled"], ["paid", "cancelled"], ["paid", "refunded"]])
def test_order_given_up_frees_its_seats_once(market: Market, pottery: UUID, way: list[str]) -> None:
    sessions(market, pottery, 5, 5)
    other = order(market.conn, market.creator, {"workshop_id": pottery})
    made = order(market.conn, market.creator, {"workshop_id": pottery}, {"workshop_id": pottery, "quantity": 5})
    for status in [*way, way[-1]]:
        move(market.conn, made["id"], status)
    assert seats(market) == [1, 0]
    assert market.one("select status from orders where id = %s", other["id"]) == "pending"


def test_cancelled_order_cannot_be_paid(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 5)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    move(market.conn, made["id"], "cancelled")
    with raises_key("PT409", "illegal_transition"):
        move(market.conn, made["id"], "paid")


def test_unknown_order_and_status(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 5)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    with raises_key("PT404", "order_not_found"):
        move(market.conn, uuid4(), "paid")
    with raises_key("PT400", "unknown_status"):
        move(market.conn, made["id"], "shipped")


@pytest.mark.parametrize("collected", [False, True])
def test_late_payment_takes_the_seat_that_nobody_took(market: Market, pottery: UUID, collected: bool) -> None:
    (session,) = sessions(market, pottery, 1)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    set_now(market.conn, LATE)
    if collected:
        market.take(session)
        market.take(session, -1)
    assert move(market.conn, made["id"], "paid") == "paid"
    assert enrolled(market) == [("successful", 1, False)]
    assert seats(market) == [1]


def test_late_payment_for_a_seat_that_is_gone_is_refused(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 1)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    set_now(market.conn, LATE)
    order(market.conn, market.creator, {"workshop_id": pottery})
    with raises_key("PT409", "session_full"):
        move(market.conn, made["id"], "paid")
    assert market.one("select status from orders where id = %s", made["id"]) == "pending"
    assert seats(market) == [1]


def test_late_payment_of_two_sessions_is_all_or_nothing(market: Market, pottery: UUID) -> None:
    _, second = sessions(market, pottery, 1, 1)
    made = order(market.conn, market.creator, {"workshop_id": pottery}, {"workshop_id": pottery})
    set_now(market.conn, LATE)
    market.conn.execute("select enroll(%s, 'Dana')", [second])
    before = enrolled(market)
    with raises_key("PT409", "session_full"):
        move(market.conn, made["id"], "paid")
    assert enrolled(market) == before


def test_late_payment_makes_room_by_other_holds_that_ran_out(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    set_now(market.conn, LATE)
    order(market.conn, market.creator, {"workshop_id": pottery, "quantity": 2}, hold="1 minute")
    set_now(market.conn, "2027-01-01 01:00+00")
    move(market.conn, made["id"], "paid")
    assert seats(market) == [1]


@pytest.mark.parametrize(
    ("now", "columns", "key"),
    [
        ("2027-01-04 07:00+00", {}, "session_closed"),
        (LATE, {"booking_closes_at": LATE}, "session_closed"),
        (LATE, {"waiting_count": 1}, "session_full"),
    ],
)
def test_late_payment_is_a_booking_like_any_other(
    market: Market, pottery: UUID, now: str, columns: dict[str, Any], key: str
) -> None:
    """Swept or not: after the start, after sales closed, or with people waiting, what ran out is lost."""
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    for name, value in columns.items():
        market.conn.execute(f"update workshop_sessions set {name} = %s", [value])
    set_now(market.conn, now)
    with raises_key("PT409", key):
        move(market.conn, made["id"], "paid")
    assert market.one("select status from orders") == "pending"


@pytest.mark.parametrize("collected", [False, True])
def test_late_payment_for_a_session_that_is_gone_is_refused(market: Market, pottery: UUID, collected: bool) -> None:
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    set_now(market.conn, LATE)
    if collected:
        market.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 10)")
    market.conn.execute("delete from workshop_sessions")
    with raises_key("PT404", "session_not_found"):
        move(market.conn, made["id"], "paid")
    assert market.one("select status from orders") == "pending"


def test_payment_in_time_needs_no_open_session(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 2, booking_closes_at="2027-01-02 00:00+00")
    made = order(market.conn, market.creator, {"workshop_id": pottery}, hold="30 days")
    set_now(market.conn, "2027-01-03 08:00+00")
    assert move(market.conn, made["id"], "paid") == "paid"
    assert seats(market) == [1]


def test_order_whose_seats_were_all_cancelled_is_not_paid(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    with raises_key("PT409", "order_without_seats"):
        move(market.conn, made["id"], "paid")


def test_columns_without_equality_are_left_alone(market: Market, pottery: UUID) -> None:
    for table in ("orders", "order_items", "enrollments", "workshop_sessions"):
        market.conn.execute(
            f"alter table {table} add column theirs json default '{{}}', add column place point".encode()
        )
    sessions(market, pottery, 1)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    with raises_key("PT409", "session_full"):
        order(market.conn, market.creator, {"workshop_id": pottery})
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    with raises_key("PT409", "order_without_seats"):
        move(market.conn, made["id"], "paid")
    order(market.conn, market.creator, {"workshop_id": pottery})
    assert seats(market) == [1]


def test_hold_given_up_by_a_person_does_not_come_back_by_late_payment(market: Market, pottery: UUID) -> None:
    (session,) = sessions(market, pottery, 1)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    set_now(market.conn, LATE)
    market.conn.execute("select enroll(%s, 'Dana')", [session])
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    with raises_key("PT409", "order_without_seats"):
        move(market.conn, made["id"], "paid")


def test_order_of_the_applications_own_is_paid_without_enrollments(market: Market) -> None:
    made = market.one(
        "insert into orders (creator_id, order_number, customer_name, customer_phone) values (%s, 'A-1', 'Ali', '1')"
        " returning id",
        market.creator,
    )
    assert move(market.conn, made, "paid") == "paid"


@pytest.mark.parametrize(
    ("now", "order_status", "status", "kept"),
    [(NOW, "pending", "pending", True), (LATE, "pending", "pending", True), (NOW, "paid", "successful", False)],
)
def test_restored_enrollment_is_as_its_order(
    market: Market, pottery: UUID, now: str, order_status: str, status: str, kept: bool
) -> None:
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    if order_status == "paid":
        move(market.conn, made["id"], "paid")
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    set_now(market.conn, now)
    market.conn.execute("select restore_enrollment(id) from enrollments")
    assert enrolled(market) == [(status, 1, kept)]
    assert seats(market) == [1]


def test_enrollment_does_not_come_back_without_its_order(market: Market, pottery: UUID) -> None:
    sessions(market, pottery, 2)
    made = order(market.conn, market.creator, {"workshop_id": pottery})
    move(market.conn, made["id"], "cancelled")
    with raises_key("PT409", "order_closed"):
        market.conn.execute("select restore_enrollment(id) from enrollments")


def test_two_late_payments_for_one_seat(market: Market, pottery: UUID, connect: Connect) -> None:
    sessions(market, pottery, 1)
    made = []
    for minutes in ("1 minute", "2 minutes"):
        made.append(order(market.conn, market.creator, {"workshop_id": pottery}, hold=minutes)["id"])
        set_now(market.conn, "2027-01-01 00:01+00")
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, LATE)
    assert move(one, made[0], "paid") == "paid"
    waiting = Waiting(two, lambda conn: move(conn, made[1], "paid"))
    one.commit()
    with raises_key("PT409", "session_full"):
        waiting.result()
    assert seats(market) == [1]
    assert [market.one("select status from orders where id = %s", one) for one in made] == ["paid", "pending"]


def test_payment_and_cancellation_at_once(market: Market, pottery: UUID, connect: Connect) -> None:
    sessions(market, pottery, 1)
    made = order(market.conn, market.creator, {"workshop_id": pottery})["id"]
    one, two = connect(autocommit=False), connect(autocommit=False)
    move(one, made, "cancelled")
    waiting = Waiting(two, lambda conn: move(conn, made, "paid"))
    one.commit()
    with raises_key("PT409", "illegal_transition"):
        waiting.result()
    assert seats(market) == [0]


def test_payment_while_somebody_takes_the_expired_hold(market: Market, pottery: UUID, connect: Connect) -> None:
    (session,) = sessions(market, pottery, 1)
    made = order(market.conn, market.creator, {"workshop_id": pottery})["id"]
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, LATE)
    one.execute("select workshop.enroll(%s, 'Dana')", [session])
    waiting = Waiting(two, lambda conn: move(conn, made, "paid"))
    one.commit()
    with raises_key("PT409", "session_full"):
        waiting.result()
    assert seats(market) == [1]


def test_order_that_cannot_be_had_is_not_tried_again_and_again(market: Market, pottery: UUID) -> None:
    """One item is free to choose and finds a seat; the other names a session that is full and stays so."""
    full, _ = sessions(market, pottery, 1, 1)
    order(market.conn, market.creator, {"workshop_id": pottery, "session_id": full})
    market.conn.execute(
        "create function tell() returns trigger language plpgsql as 'begin raise notice ''tried''; return new; end'"
    )
    market.conn.execute("create trigger tell before update on workshop_sessions for each row execute function tell()")
    tries: list[str | None] = []
    market.conn.add_notice_handler(lambda notice: tries.append(notice.message_primary))
    with raises_key("PT409", "session_full"):
        order(market.conn, market.creator, {"workshop_id": pottery}, {"workshop_id": pottery, "session_id": full})
    assert len(tries) <= 2
