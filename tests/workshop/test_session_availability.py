"""View session_availability: seats and status as of lifecycle.now()."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from support.clock import set_now
from support.market import Market


def seen(market: Market, session: UUID) -> tuple[Any, Any]:
    row = market.row(
        "select calculated_status, available_seats from session_availability where session_id = %s", session
    )
    return row["calculated_status"], row["available_seats"]


def test_columns_in_order(market: Market) -> None:
    columns = market.rows(
        "select column_name from information_schema.columns"
        " where table_schema = 'workshop' and table_name = 'session_availability' order by ordinal_position"
    )
    assert [row["column_name"] for row in columns] == [
        "session_id", "workshop_id", "workshop_name", "workshop_name_ar", "session_date", "session_dates", "total_days",
        "start_time", "end_time", "timezone", "starts_at", "ends_at", "max_attendees", "current_attendees",
        "available_seats", "calculated_status", "run_id", "run_name", "creator_name", "creator_username",
        "availability",
    ]  # fmt: skip


def test_row_of_a_session(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")
    workshop = market.workshop(title_ar="فخار")
    run = market.run(workshop, "Winter")
    session = market.session(workshop, run_id=run, current_attendees=1)
    row = market.row("select * from session_availability")
    assert {key: row[key] for key in ("session_id", "workshop_id", "run_id")} == {
        "session_id": session,
        "workshop_id": workshop,
        "run_id": run,
    }
    names = ("workshop_name", "workshop_name_ar", "run_name", "creator_name", "creator_username")
    assert [row[key] for key in names] == ["Pottery", "فخار", "Winter", "Noor", "noor"]
    assert (row["available_seats"], row["calculated_status"]) == (1, "active")


def test_status_and_seats_of_every_kind(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")
    workshop = market.workshop()
    kinds: list[tuple[dict[str, Any], tuple[str, int | None]]] = [
        ({}, ("upcoming", 2)),
        ({"current_attendees": 1}, ("active", 1)),
        ({"current_attendees": 2}, ("full", 0)),
        ({"max_attendees": 0}, ("upcoming", None)),
        ({"max_attendees": None, "current_attendees": 5}, ("active", None)),
        ({"status": "cancelled"}, ("cancelled", 0)),
        ({"status": "cancelled", "max_attendees": 0}, ("cancelled", 0)),
        ({"status": "completed"}, ("completed", 0)),
    ]
    for columns, expected in kinds:
        assert seen(market, market.session(workshop, **columns)) == expected, columns


def test_workshops_that_are_not_on_sale_are_left_out(market: Market) -> None:
    market.session(market.workshop(is_active=False))
    assert market.rows("select * from session_availability") == []


def test_right_to_the_second_between_two_ticks(market: Market) -> None:
    """In Kuwait the fourth of January ends at 21:00 UTC; no tick has run."""
    session = market.session(market.workshop(), current_attendees=2)
    set_now(market.conn, "2027-01-04 20:59:59+00")
    assert seen(market, session) == ("full", 0)
    set_now(market.conn, "2027-01-04 21:00:00+00")
    assert seen(market, session) == ("completed", 0)
    assert market.status(session) == "full"


@pytest.mark.parametrize(
    ("zone", "status"), [("Asia/Kuwait", "completed"), ("UTC", "upcoming"), ("America/New_York", "upcoming")]
)
def test_day_is_over_in_the_sessions_own_zone(market: Market, zone: str, status: str) -> None:
    """At 22:00 UTC it is tomorrow in Kuwait and still today further west."""
    session = market.session(market.workshop(), timezone=zone)
    set_now(market.conn, "2027-01-04 22:00+00")
    assert seen(market, session)[0] == status


def test_cancelled_stays_cancelled_when_its_day_is_over(market: Market) -> None:
    session = market.session(market.workshop(), status="cancelled")
    set_now(market.conn, "2028-01-01 00:00+00")
    assert seen(market, session) == ("cancelled", 0)


def test_one_workshop_is_found_by_index(market: Market) -> None:
    workshop = market.workshop()
    market.conn.execute("set enable_seqscan = off")
    plan = market.rows("explain select * from session_availability where workshop_id = %s", workshop)
    assert any("workshop_sessions_workshop_id_starts_at_idx" in str(row) for row in plan)
