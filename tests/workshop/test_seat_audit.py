"""View seat_audit: each broken promise is found, and a sound shop shows none."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from support.clock import set_now
from support.connect import Connect
from support.market import Market


def problems(market: Market) -> list[tuple[UUID, str, list[UUID]]]:
    rows = market.rows("select session_id, problem, ids from seat_audit order by problem")
    return [(row["session_id"], row["problem"], row["ids"]) for row in rows]


def problems_of_all(market: Market) -> set[str]:
    return {row["problem"] for row in market.rows("select problem from audit_seats(true)")}


def untriggered(market: Market, statement: str, *params: object) -> None:
    market.conn.execute("alter table workshop_sessions disable trigger user")
    market.conn.execute(statement, params)
    market.conn.execute("alter table workshop_sessions enable trigger user")


@pytest.fixture
def session(market: Market) -> UUID:
    """A session with all kinds of sound rows."""
    session = market.session(market.workshop(price=1), max_attendees=20)
    market.conn.execute("select enroll(%s, 'Noor', 'noor@example.org')", [session])
    item = {"workshop_id": str(market.one("select id from workshops")), "session_id": str(session), "quantity": 3}
    for name in ("Sara", "Dana"):
        made = market.row("select * from create_order(%s, %s, '+965 1', %s)", market.creator, name, json.dumps([item]))
        if name == "Dana":
            market.conn.execute("select set_order_status(%s, 'paid')", [made["id"]])
    market.offer(session, "2027-01-04 00:00+00", seats=2)
    market.offer(session, "2020-01-04 00:00+00", seats=2)
    return session


def test_sound_shop_shows_nothing(market: Market, session: UUID) -> None:
    assert problems(market) == []


def test_overbooked(market: Market, session: UUID) -> None:
    untriggered(market, "update workshop_sessions set max_attendees = 10, status = 'full'")
    assert problems(market) == [(session, "overbooked", [])]


@pytest.mark.parametrize("status", ["upcoming", "full"])
def test_status_that_does_not_follow_the_seats(market: Market, session: UUID, status: str) -> None:
    untriggered(market, "update workshop_sessions set status = %s", status)
    assert problems(market) == [(session, "status_against_counter", [])]


def test_drift(market: Market, session: UUID) -> None:
    market.take(session)
    assert problems(market) == [(session, "drift", [])]


def test_waiting_count(market: Market, session: UUID) -> None:
    untriggered(market, "update workshop_sessions set waiting_count = 1")
    assert problems(market) == [(session, "waiting_count", [])]


@pytest.mark.parametrize("status", ["cancelled", None])
def test_orphan_hold(market: Market, session: UUID, status: str | None) -> None:
    (held,) = (row["id"] for row in market.rows("select id from enrollments where status = 'pending'"))
    if status is None:
        market.conn.execute("update enrollments set order_id = null where id = %s", [held])
    else:
        market.conn.execute("update orders set status = %s where status = 'pending'", [status])
    assert problems(market) == [(session, "orphan_hold", [held])]


@pytest.mark.parametrize(
    ("email", "phone"), [("NOOR@example.org", None), ("noor@example.org", "+965 7"), (None, "+965 9")]
)
def test_double_enrollment(market: Market, session: UUID, email: str | None, phone: str | None) -> None:
    market.conn.execute("update enrollments set student_phone = '+965 9' where student_name = 'Noor'")
    first = market.one("select id from enrollments where student_name = 'Noor'")
    market.take(session)
    second = market.enroll(session, student_email=email, student_phone=phone)
    assert problems(market) == [(session, "double_enrollment", sorted([first, second]))]


def test_student_who_is_enrolled_may_buy_more_seats(market: Market, session: UUID) -> None:
    market.conn.execute("update orders set customer_email = 'noor@example.org'")
    market.conn.execute("update enrollments set student_email = 'noor@example.org' where order_id is not null")
    assert problems(market) == []


@pytest.mark.parametrize("change", ["status = 'waiting'", "enrollment_id = (select id from enrollments limit 1)"])
def test_offer_revived(market: Market, session: UUID, change: str) -> None:
    entry = market.one("select id from waitlist_entries where offer_expires_at > '2027-01-01'")
    # As it would be without the triggers, which refuse the move.
    market.conn.execute("set session_replication_role = replica")
    market.conn.execute(f"update waitlist_entries set {change} where id = %s", [entry])
    market.conn.execute("set session_replication_role = origin")
    assert (session, "offer_revived", [entry]) in problems(market)


@pytest.mark.parametrize("status", ["pending", "cancelled"])
def test_paid_without_seat(market: Market, session: UUID, status: str) -> None:
    """As an application does it that writes the status itself."""
    (held,) = (row["id"] for row in market.rows("select id from enrollments where status = 'pending'"))
    market.conn.execute("update enrollments set status = %s where id = %s", [status, held])
    market.conn.execute("update orders set status = 'paid' where status = 'pending'")
    assert (session, "paid_without_seat", [held]) in problems(market)


def test_person_without_session(market: Market, session: UUID) -> None:
    """As it was when sessions were deleted under the people in them."""
    noor = market.one("select id from enrollments where student_name = 'Noor'")
    market.conn.execute("update enrollments set session_id = null where id = %s", [noor])
    assert (None, "person_without_session", [noor]) in problems(market)


def test_status_against_counter(market: Market, session: UUID) -> None:
    untriggered(market, "update workshop_sessions set status = 'full'")
    assert problems(market) == [(session, "status_against_counter", [])]


def test_paid_less_than_due(market: Market, session: UUID) -> None:
    """Paid by hand: nothing came in."""
    (made,) = (row["id"] for row in market.rows("select id from orders where status = 'pending'"))
    market.conn.execute("update enrollments set status = 'successful', expires_at = null where order_id = %s", [made])
    market.conn.execute("update orders set status = 'paid' where id = %s", [made])
    assert problems(market) == [(None, "paid_less_than_due", [made])]


def test_money_given_back_for_seats_that_stay_is_no_broken_promise(market: Market, session: UUID) -> None:
    """A person decided so, and order_balance shows what is due again."""
    workshop = market.workshop(price=10)
    item = {"workshop_id": str(workshop), "session_id": str(market.session(workshop, run_id=market.run(workshop)))}
    order = "select id from create_order(%s, 'Dana', '+965 5555 0002', %s)"
    made = market.one(order, market.creator, json.dumps([item]))
    market.conn.execute("select record_payment(%s, 10)", [made])
    market.conn.execute("select record_refund(%s, 10)", [made])
    balance = market.row("select due, paid, refundable from order_balance where order_id = %s", made)
    assert tuple(balance.values()) == (10, 0, 0)
    assert problems(market) == []


def test_offer_without_hold(market: Market, session: UUID) -> None:
    untriggered(market, "update workshop_sessions set current_attendees = 1, status = 'active'")
    assert problems(market) == [(session, "drift", []), (session, "offer_without_hold", [])]


def test_seat_of_a_closed_order(market: Market, session: UUID) -> None:
    """Cancelled by hand: the money is to be given back, and the seats are kept."""
    (seat,) = (row["id"] for row in market.rows("select id from enrollments where student_name = 'Dana' and seats = 3"))
    market.conn.execute("update orders set status = 'cancelled' where status = 'paid'")
    assert problems(market) == [(session, "seat_of_closed_order", [seat])]


def test_what_was_bought_in_no_session_is_never_over(market: Market, session: UUID) -> None:
    """As after a session was deleted: only its order shows what is broken."""
    market.conn.execute("update enrollments set session_id = null where order_id is not null")
    market.conn.execute("update orders set status = case status when 'paid' then 'cancelled' else 'paid' end")
    set_now(market.conn, "2028-01-01 00:00+00")
    told = {"paid_without_seat", "person_without_session", "seat_of_closed_order"}
    assert {(place, problem) for place, problem, _ in problems(market)} == {(None, problem) for problem in told}
    assert problems_of_all(market) > told


def test_what_was_bought_without_any_seat_is_never_over(market: Market, session: UUID) -> None:
    (made,) = (row["id"] for row in market.rows("select id from orders where status = 'paid'"))
    untriggered(market, "update order_items set session_id = null, run_id = null")
    untriggered(market, "delete from enrollments")
    untriggered(market, "delete from payments")
    set_now(market.conn, "2028-01-01 00:00+00")
    assert (None, "paid_less_than_due", [made]) in problems(market)


@pytest.mark.parametrize(
    ("problem", "break_it"),
    [
        ("overbooked", "update workshop_sessions set max_attendees = 10"),
        ("drift", "update workshop_sessions set current_attendees = 12"),
        ("waiting_count", "update workshop_sessions set waiting_count = 1"),
        ("status_against_counter", "update workshop_sessions set status = 'full'"),
        ("offer_without_hold", "update workshop_sessions set current_attendees = 1"),
        ("double_enrollment", "update enrollments set order_id = null, order_item_id = null, student_phone = '1'"),
        ("paid_without_seat", "update orders set status = 'paid' where status = 'pending'"),
        ("paid_less_than_due", "delete from payments"),
        ("seat_of_closed_order", "update orders set status = 'cancelled' where status = 'paid'"),
    ],
)
def test_what_is_over_is_told_on_request(
    market: Market, session: UUID, connect: Connect, problem: str, break_it: str
) -> None:
    untriggered(market, break_it)
    told = {row["problem"] for row in market.rows("select problem from seat_audit")}
    assert problem in told
    assert problems_of_all(market) == told
    set_now(market.conn, "2027-01-06 00:00+00")
    assert problem not in {row["problem"] for row in market.rows("select problem from seat_audit")}
    assert problem in problems_of_all(market)
    for role in ("sessionbook_app", "sessionbook_reader"):
        found = connect(role=role).execute("select problem from workshop.audit_seats(true)").fetchall()
        assert (problem,) in found


def test_what_is_over_is_not_read(market: Market, session: UUID) -> None:
    """However much of it there is."""
    market.conn.execute(
        "insert into workshop_sessions (workshop_id, session_date, start_time, current_attendees)"
        " select workshop_id, '2020-01-01'::date + n, '10:00', 20 from workshop_sessions, generate_series(1, 500) as n"
    )
    market.conn.execute(
        "insert into enrollments (workshop_id, session_id, student_name, status)"
        " select s.workshop_id, s.id, 'S', 'successful' from workshop_sessions as s, generate_series(1, 20)"
        " where s.session_date < '2025-01-01'"
    )
    market.conn.execute("analyze workshop_sessions, enrollments")

    def rows_read() -> int:
        return market.one(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables"
            " where relid = 'workshop.enrollments'::regclass"
        )

    with market.conn.transaction():
        before = rows_read()
        assert problems(market) == []
        assert rows_read() - before < 100
        assert problems_of_all(market) == set()
        assert rows_read() - before > 10_000
