"""cancel_session and cancel_run: everybody out, and the people to inform."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")


def order(market: Market, *sessions: UUID) -> dict[str, Any]:
    items = [
        {"workshop_id": str(market.one("select workshop_id from workshop_sessions where id = %s", one)),
         "session_id": str(one), "quantity": 2}
        for one in sessions
    ]  # fmt: skip
    return market.row(
        "select * from create_order(%s, 'Sara', '+965 1', %s, p_customer_email => 'sara@example.org')",
        market.creator,
        json.dumps(items),
    )


def wait(market: Market, session: UUID) -> UUID:
    market.conn.execute("update workshop_sessions set waiting_count = waiting_count + 1 where id = %s", [session])
    return market.one(
        "insert into waitlist_entries (session_id, student_name, student_phone) values (%s, 'Ali', '+965 3')"
        " returning id",
        session,
    )


def test_cancelled_session_says_whom_to_tell(market: Market) -> None:
    session = market.session(market.workshop(price=5), max_attendees=9)
    bought = order(market, session)
    enrollment = market.row("select * from enroll(%s, 'Noor', 'noor@example.org')", session)["id"]
    offered = market.offer(session, "2027-01-02 00:00+00")
    waiting = wait(market, session)
    told = market.rows("select * from cancel_session(%s)", session)
    assert {(row["kind"], row["enrollment_id"] or row["entry_id"], row["student_name"]) for row in told} == {
        ("enrollment", market.one("select id from enrollments where order_id is not null"), "Sara"),
        ("enrollment", enrollment, "Noor"),
        ("waitlist", offered, "Dana"),
        ("waitlist", waiting, "Ali"),
    }
    (sara,) = (row for row in told if row["student_name"] == "Sara")
    names = (
        "session_id", "order_id", "order_number", "order_status", "student_email", "student_phone", "seats", "amount"
    )  # fmt: skip
    assert [sara[name] for name in names] == [
        session, bought["id"], "000001", "pending", "sara@example.org", "+965 1", 2, 10
    ]  # fmt: skip
    row = market.row("select status, current_attendees, waiting_count from workshop_sessions")
    assert row == {"status": "cancelled", "current_attendees": 0, "waiting_count": 0}
    assert market.rows("select distinct status from enrollments") == [{"status": "cancelled"}]
    assert market.rows("select distinct status from waitlist_entries") == [{"status": "closed"}]
    assert market.one("select status from orders") == "pending"
    assert market.rows("select * from seat_audit") == []


def test_cancelling_again_tells_nobody(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    assert len(market.rows("select * from cancel_session(%s)", session)) == 1
    before = market.everything()
    assert market.rows("select * from cancel_session(%s)", session) == []
    assert market.everything() == before


def test_session_cancelled_by_hand_is_cleared(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    market.conn.execute("update workshop_sessions set status = 'cancelled'")
    assert len(market.rows("select * from cancel_session(%s)", session)) == 1
    assert market.one("select current_attendees from workshop_sessions") == 0


@pytest.mark.parametrize("collected", [False, True])
def test_hold_that_ran_out_is_not_told_and_cannot_be_paid(market: Market, collected: bool) -> None:
    """The same whether or not somebody collected it before."""
    session = market.session(market.workshop(price=1))
    bought = order(market, session)
    set_now(market.conn, "2027-01-01 01:00+00")
    if collected:
        market.take(session)
        market.take(session, -1)
    assert market.rows("select * from cancel_session(%s)", session) == []
    with raises_key("PT409", "order_without_seats"):
        market.conn.execute("select set_order_status(%s, 'paid')", [bought["id"]])


def test_order_keeps_its_seats_in_other_sessions(market: Market) -> None:
    workshop = market.workshop(price=1)
    off, on = market.session(workshop), market.session(workshop)
    bought = order(market, off, on)
    market.conn.execute("select cancel_session(%s)", [off])
    market.conn.execute("select set_order_status(%s, 'paid')", [bought["id"]])
    statuses = market.rows("select session_id, status from enrollments")
    assert {row["session_id"]: row["status"] for row in statuses} == {off: "cancelled", on: "successful"}
    assert market.rows("select * from seat_audit") == []


def test_completed_session_is_not_cancelled(market: Market) -> None:
    session = market.session(market.workshop(), status="completed")
    with raises_key("PT409", "illegal_transition"):
        market.conn.execute("select cancel_session(%s)", [session])


def test_cancelled_run_takes_its_sessions_along(market: Market) -> None:
    workshop = market.workshop()
    run, other = market.run(workshop), market.run(workshop)
    sessions = [market.session(workshop, run_id=run) for _ in range(2)]
    spared = market.session(workshop, run_id=other)
    for session in (*sessions, spared):
        market.conn.execute("select enroll(%s, 'Noor')", [session])
    told = market.rows("select session_id from cancel_run(%s)", run)
    assert {row["session_id"] for row in told} == set(sessions)
    assert (market.run_status(run), market.run_status(other)) == ("cancelled", "active")
    assert [market.status(session) for session in (*sessions, spared)] == ["cancelled", "cancelled", "active"]
    assert market.rows("select * from cancel_run(%s)", run) == []


def test_what_took_place_stays_when_its_run_is_cancelled(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    over = market.session(workshop, run_id=run, status="completed")
    market.session(workshop, run_id=run)
    market.conn.execute("select cancel_run(%s)", [run])
    assert (market.status(over), market.run_status(run)) == ("completed", "completed")


def test_run_without_sessions_is_cancelled(market: Market) -> None:
    run = market.run(market.workshop())
    market.conn.execute("select cancel_run(%s)", [run])
    assert market.run_status(run) == "cancelled"


def test_unknown_session_and_run(market: Market) -> None:
    with raises_key("PT404", "session_not_found"):
        market.conn.execute("select cancel_session(%s)", [uuid4()])
    with raises_key("PT404", "run_not_found"):
        market.conn.execute("select cancel_run(%s)", [uuid4()])


def test_seat_taken_while_the_session_is_cancelled(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop())
    one, two = connect(autocommit=False), connect(autocommit=False)
    one.execute("select workshop.cancel_session(%s)", [session])
    waiting = Waiting(two, lambda conn: conn.execute("select workshop.enroll(%s, 'Noor')", [session]))
    one.commit()
    with raises_key("PT409", "session_closed"):
        waiting.result()
    assert market.rows("select * from seat_audit") == []


def test_session_cancelled_while_a_seat_is_taken(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop())
    one, two = connect(autocommit=False), connect(autocommit=False)
    one.execute("select workshop.enroll(%s, 'Noor')", [session])
    cancel = "select student_name from workshop.cancel_session(%s)"
    waiting = Waiting(two, lambda conn: conn.execute(cancel, [session]).fetchall())
    one.commit()
    assert waiting.result() == [("Noor",)]
    assert market.rows("select * from seat_audit") == []


@pytest.mark.parametrize(
    "change", ["status = 'completed'", "run_id = (select id from workshop.workshop_runs where run_name = 'Other')"]
)
def test_session_that_is_over_or_moved_while_its_run_is_cancelled(
    market: Market, connect: Connect, change: str
) -> None:
    """The clock, or a person, was at it: it is over, or of another run, and the others are cancelled all the same."""
    workshop = market.workshop()
    run = market.run(workshop)
    market.run(workshop, "Other")
    spared, cancelled = (market.session(workshop, run_id=run) for _ in range(2))
    one, two = connect(autocommit=False), connect(autocommit=False)
    one.execute(f"update workshop.workshop_sessions set {change} where id = %s", [spared])
    waiting = Waiting(two, lambda conn: conn.execute("select workshop.cancel_run(%s)", [run]))
    one.commit()
    waiting.result()
    assert market.status(spared) != "cancelled"
    assert market.status(cancelled) == "cancelled"
