"""View workshop_run_summary: a run in one row."""

from __future__ import annotations

from support.clock import set_now
from support.market import Market


def test_columns_in_order(market: Market) -> None:
    columns = market.rows(
        "select column_name from information_schema.columns"
        " where table_schema = 'workshop' and table_name = 'workshop_run_summary' order by ordinal_position"
    )
    assert [row["column_name"] for row in columns][:13] == [
        "run_id", "workshop_id", "workshop_name", "workshop_name_ar", "run_name", "start_date", "end_date",
        "total_sessions", "total_capacity", "total_enrolled", "full_sessions", "status", "creator_id",
    ]  # fmt: skip


def test_counts_of_a_mixed_run(market: Market) -> None:
    set_now(market.conn, "2027-01-04 22:00+00")
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, day="2027-01-04", run_id=run, current_attendees=1)
    market.session(workshop, day="2027-01-05", run_id=run, current_attendees=2)
    market.session(workshop, day="2027-01-06", run_id=run, current_attendees=1, max_attendees=5)
    market.session(workshop, day="2027-01-07", run_id=run)
    market.session(workshop, day="2027-01-08", run_id=run, status="cancelled", current_attendees=2)
    row = market.row("select * from workshop_run_summary")
    assert {key: row[key] for key in row if key.endswith("sessions")} == {
        "total_sessions": 5,
        "full_sessions": 1,
        "upcoming_sessions": 1,
        "active_sessions": 1,
        "completed_sessions": 1,
        "cancelled_sessions": 1,
    }
    assert (row["total_capacity"], row["total_enrolled"], row["seats_left"]) == (11, 4, 6)
    assert row["status"] == "active"
    assert row["next_session_at"].isoformat() == "2027-01-05T07:00:00+00:00"


def test_unlimited_run_has_no_capacity(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, run_id=run)
    market.session(workshop, run_id=run, max_attendees=0, current_attendees=40)
    row = market.row("select total_capacity, seats_left, total_enrolled from workshop_run_summary")
    assert row == {"total_capacity": None, "seats_left": None, "total_enrolled": 40}


def test_cancelled_unlimited_session_limits_nothing(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, run_id=run)
    market.session(workshop, run_id=run, max_attendees=0, status="cancelled")
    assert market.row("select total_capacity, seats_left from workshop_run_summary") == {
        "total_capacity": 2,
        "seats_left": 2,
    }


def test_run_is_completed_between_two_ticks(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, run_id=run)
    set_now(market.conn, "2027-01-04 21:00+00")
    row = market.row("select status, seats_left, next_session_at from workshop_run_summary")
    assert row == {"status": "completed", "seats_left": 0, "next_session_at": None}
    assert market.run_status(run) == "upcoming"


def test_run_without_sessions(market: Market) -> None:
    market.run(market.workshop())
    row = market.row("select total_sessions, total_capacity, total_enrolled, status from workshop_run_summary")
    assert row == {"total_sessions": 0, "total_capacity": 0, "total_enrolled": 0, "status": "upcoming"}


def test_stored_status_agrees_while_no_day_has_passed(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")
    workshop = market.workshop()
    for seats in ([0, 0], [1, 0], [2, 2]):
        run = market.run(workshop)
        for taken in seats:
            market.session(workshop, run_id=run, current_attendees=taken)
    differing = market.rows(
        "select s.run_id from workshop_run_summary as s inner join workshop_runs as r on r.id = s.run_id"
        " where r.status <> s.status"
    )
    assert differing == []
