"""What a shop's day leaves in events."""

from __future__ import annotations

from typing import Any

import psycopg

from support.connect import Connect
from support.market import Market


def kinds(market: Market) -> list[tuple[str, Any]]:
    rows = market.rows("select kind, payload from read_events() where kind not like 'session.%%' order by position")
    return [(row["kind"], row["payload"]) for row in rows]


def test_bookings_and_their_cancellation_are_events(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop())
    app: psycopg.Connection = connect(role="sessionbook_app", autocommit=False)
    app.execute("set search_path = workshop")
    app.execute("set sessionbook.actor = 'desk 2'")
    row = app.execute("select id from enroll(%s, 'Sara', 'sara@example.org', p_seats => 2)", [session]).fetchone()
    app.commit()
    assert row is not None
    app.execute("select cancel_enrollment(%s)", [row[0]])
    app.commit()
    assert kinds(market) == [
        (
            "enrollment.created",
            {"session_id": str(session), "seats": 2, "status": "successful", "order_id": None},
        ),
        ("enrollment.cancelled", {"from": "successful", "to": "cancelled", "cause": "person"}),
    ]
    assert market.rows("select distinct actor from read_events() where kind like 'enroll%%'") == [{"actor": "desk 2"}]


def test_what_is_taken_back_is_no_event(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop())
    app = connect(role="sessionbook_app", autocommit=False)
    app.execute("select workshop.enroll(%s, 'Sara')", [session])
    app.rollback()
    assert kinds(market) == []


def test_session_that_moves_is_an_event_and_one_that_fills_up_moves_its_status_only(market: Market) -> None:
    session = market.session(market.workshop(), max_attendees=1)
    market.conn.execute("select reschedule_session(%s, '2031-01-01', '10:00', '12:00')", [session])
    market.conn.execute("select enroll(%s, 'Sara')", [session])
    rows = market.rows("select kind from read_events() where subject_id = %s order by position", str(session))
    assert [row["kind"] for row in rows] == ["session.created", "session.moved", "session.full"]
