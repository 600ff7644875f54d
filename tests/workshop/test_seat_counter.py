"""View seat_drift and recount_seats: counter against enrollments."""

from __future__ import annotations

import threading
from uuid import uuid4

from support.connect import Connect
from support.errors import raises_key
from support.market import Market


def test_drift_shows_where_counter_and_enrollments_disagree(market: Market) -> None:
    workshop = market.workshop()
    agreed = market.session(workshop, current_attendees=1)
    ahead = market.session(workshop, current_attendees=2)
    behind = market.session(workshop)
    for session in (agreed, ahead, behind):
        market.enroll(session)
    rows = market.rows("select session_id, current_attendees, enrolled, drift from seat_drift")
    assert {row.pop("session_id"): row for row in rows} == {
        ahead: {"current_attendees": 2, "enrolled": 1, "drift": 1},
        behind: {"current_attendees": 0, "enrolled": 1, "drift": -1},
    }


def test_rejected_and_cancelled_enrollments_take_no_seat(market: Market) -> None:
    session = market.session(market.workshop(), current_attendees=2)
    for status in ("successful", "pending", "rejected", "cancelled"):
        market.enroll(session, status=status)
    assert market.rows("select * from seat_drift") == []


def test_recount_mends_the_drift_and_the_status_follows(market: Market) -> None:
    session = market.session(market.workshop(), current_attendees=2)
    market.enroll(session)
    assert market.one("select recount_seats(%s)", session) == 1
    assert market.status(session) == "active"
    assert market.rows("select * from seat_drift") == []


def test_recount_never_oversells(market: Market) -> None:
    session = market.session(market.workshop())
    for name in ("Noor", "Sara", "Dana"):
        market.enroll(session, name)
    before = market.everything()
    with raises_key("PT409", "session_full"):
        market.conn.execute("select recount_seats(%s)", [session])
    assert market.everything() == before


def test_recount_of_an_unknown_session(market: Market) -> None:
    with raises_key("PT404", "session_not_found"):
        market.conn.execute("select recount_seats(%s)", [uuid4()])


def test_recount_sees_a_seat_taken_while_it_waited(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop(), max_attendees=5)
    other = connect(autocommit=False)
    other.execute("set search_path = workshop")
    other.execute("update workshop_sessions set current_attendees = 1 where id = %s", [session])
    other.execute(
        "insert into enrollments (workshop_id, session_id, student_name) select workshop_id, id, 'Sara'"
        " from workshop_sessions where id = %s",
        [session],
    )
    counted = threading.Thread(target=lambda: market.conn.execute("select recount_seats(%s)", [session]))
    counted.start()
    other.commit()
    counted.join(10)
    assert market.one("select current_attendees from workshop_sessions") == 1
