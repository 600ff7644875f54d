"""Every statement of the session tracking guide, as it stands there; only its placeholders are filled in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.market import Market


@pytest.fixture
def pottery(market: Market) -> UUID:
    """A workshop on sale with a run of two days that lie ahead."""
    workshop = market.workshop()
    run = market.run(workshop)
    for day in (7, 8):
        date = market.one("select (current_date + %s)::text", day)
        market.session(workshop, day=date, run_id=run)
    return workshop


def run(market: Market, statement: str, **placeholders: Any) -> list[dict[str, Any]]:
    for placeholder, value in placeholders.items():
        filled = statement.replace(placeholder.replace("_", "-"), str(value))
        assert filled != statement
        statement = filled
    return market.rows(statement)


def run_with_parameters(market: Market, statement: str, *parameters: str) -> list[Any]:
    cursor = psycopg.RawCursor(market.conn)
    return cursor.execute(statement, parameters).fetchall()


def test_clone_an_existing_workshop_for_a_new_date(market: Market, pottery: UUID) -> None:
    rows = run(
        market,
        """
        SELECT * FROM clone_workshop_sessions(
            'workshop-uuid-here'::uuid,  -- workshop_id
            '2025-07-01'::date,          -- new start date
            'Summer 2025 Session'        -- optional run name
        );
        """,
        workshop_uuid_here=pottery,
    )
    assert [row["sessions_created"] for row in rows] == [2]
    assert (
        market.one("select run_name from workshop_runs where id = %s", rows[0]["new_run_id"]) == "Summer 2025 Session"
    )


def test_use_the_session_availability_view(market: Market, pottery: UUID) -> None:
    full, _ = market.rows("select id from workshop_sessions order by session_date")
    market.take(full["id"], 2)
    rows = run(
        market,
        """
        SELECT * FROM session_availability
        WHERE workshop_id = 'workshop-uuid-here'
        AND calculated_status != 'full'
        ORDER BY session_date;
        """,
        workshop_uuid_here=pottery,
    )
    assert [row["available_seats"] for row in rows] == [2]


def test_status_updates_when_attendance_changes(market: Market, pottery: UUID) -> None:
    session = market.one("select id from workshop_sessions order by session_date limit 1")
    statement = """
        UPDATE workshop_sessions
        SET current_attendees = current_attendees + 1
        WHERE id = 'session-uuid-here'
        RETURNING status;
        """
    seen = [run(market, statement, session_uuid_here=session)[0]["status"] for _ in range(2)]
    assert seen == ["active", "full"]


def test_get_available_sessions_for_a_workshop(market: Market, pottery: UUID) -> None:
    rows = run_with_parameters(
        market,
        """
        SELECT * FROM workshop_sessions
        WHERE workshop_id = $1
        AND status != 'cancelled'
        AND (max_attendees = 0 OR current_attendees < max_attendees)
        AND session_date >= CURRENT_DATE
        ORDER BY session_date, start_time
        """,
        str(pottery),
    )
    assert len(rows) == 2


def test_clone_workshop_for_a_new_run(market: Market, pottery: UUID) -> None:
    rows = run_with_parameters(
        market, "SELECT * FROM clone_workshop_sessions($1, $2, $3)", str(pottery), "2025-07-01", "July 2025 Batch"
    )
    assert [row[1] for row in rows] == [2]


def test_create_an_enrollment_and_an_order_item_for_a_session(market: Market, pottery: UUID) -> None:
    session = market.row("select id, run_id from workshop_sessions order by session_date limit 1")
    market.enroll(session["id"])
    order = market.one(
        "insert into orders (creator_id, order_number, customer_name, customer_phone)"
        " values (%s, 'N-1', 'Sara', '+965 5555 0000') returning id",
        market.creator,
    )
    market.conn.execute(
        "insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, session_id, run_id)"
        " values (%s, %s, 'Pottery', 10, 10, %s, %s)",
        [order, pottery, session["id"], session["run_id"]],
    )
    assert market.row("select session_id, run_id from order_items") == {
        "session_id": session["id"],
        "run_id": session["run_id"],
    }


def test_get_workshops_with_available_sessions(market: Market, pottery: UUID) -> None:
    sold_out = market.workshop("Glazing")
    market.session(sold_out, day=market.one("select (current_date + 7)::text"), current_attendees=2)
    rows = run(
        market,
        """
        SELECT DISTINCT w.*,
               COUNT(DISTINCT s.id) as available_sessions
        FROM workshops w
        JOIN workshop_sessions s ON w.id = s.workshop_id
        WHERE w.is_active = true
        AND s.status NOT IN ('full', 'cancelled', 'completed')
        AND s.session_date >= CURRENT_DATE
        GROUP BY w.id;
        """,
    )
    assert [(row["id"], row["available_sessions"]) for row in rows] == [(pottery, 2)]


def test_get_enrollment_count_by_session(market: Market, pottery: UUID) -> None:
    market.enroll(market.one("select id from workshop_sessions order by session_date limit 1"))
    rows = run(
        market,
        """
        SELECT ws.*,
               COUNT(e.id) as enrollment_count
        FROM workshop_sessions ws
        LEFT JOIN enrollments e ON ws.id = e.session_id
        WHERE ws.workshop_id = 'workshop-uuid'
        GROUP BY ws.id
        ORDER BY ws.session_date;
        """,
        workshop_uuid=pottery,
    )
    assert [row["enrollment_count"] for row in rows] == [1, 0]
