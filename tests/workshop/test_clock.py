"""What time does to workshop sessions."""

from __future__ import annotations

from uuid import UUID

from support.connect import Connect
from support.market import Market

STEPS = [
    "release_holds",
    "expire_offers",
    "offer_seats",
    "offer_runs",
    "close_waitlists",
    "ask_minimums",
    "complete_sessions",
    "follow_runs",
]


def steps(market: Market, now: str, limit: int = 5000) -> dict[str, int]:
    """What moved, by step, without the steps that had nothing to do."""
    rows = market.rows("select step, moved, failed from lifecycle.advance('workshop', %s, %s)", now, limit)
    assert [row["step"] for row in rows] == STEPS
    assert [row["failed"] for row in rows] == [0] * len(STEPS)
    return {row["step"]: row["moved"] for row in rows if row["moved"]}


def advance(market: Market, now: str, limit: int = 5000) -> int:
    moved = steps(market, now, limit)
    assert moved.keys() <= {"complete_sessions"}
    return moved.get("complete_sessions", 0)


def statuses(market: Market, sessions: list[UUID]) -> list[str]:
    return [market.status(session) for session in sessions]


def test_completes_what_is_over_in_its_own_zone_and_nothing_else(market: Market) -> None:
    workshop = market.workshop()
    sessions = [
        market.session(workshop, timezone="Asia/Kuwait"),
        market.session(workshop, timezone="UTC"),
        market.session(workshop, current_attendees=2, timezone="Asia/Kuwait"),
        market.session(workshop, end_date="2027-01-05"),
        market.session(workshop, status="cancelled"),
    ]
    assert advance(market, "2027-01-04 22:00+00") == 2
    assert statuses(market, sessions) == ["completed", "upcoming", "completed", "upcoming", "cancelled"]


def test_again_moves_nothing(market: Market) -> None:
    market.session(market.workshop())
    assert [advance(market, "2028-01-01 00:00+00") for _ in range(2)] == [1, 0]
    assert market.one("select count(*) from status_changes") == 1


def test_runs_follow_and_every_move_has_cause_clock(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, run_id=run, current_attendees=1)
    market.session(workshop, run_id=run, day="2027-01-05", current_attendees=2)
    assert advance(market, "2027-01-05 00:00+00") == 1
    assert market.run_status(run) == "full"
    assert advance(market, "2027-01-06 00:00+00") == 1
    assert market.run_status(run) == "completed"
    clock = market.rows("select to_status from status_changes where cause = 'clock' order by id")
    assert [row["to_status"] for row in clock] == ["completed", "completed", "completed"]


def test_oldest_first_within_the_limit(market: Market) -> None:
    workshop = market.workshop()
    sessions = [market.session(workshop, day=f"2027-01-0{day}") for day in (3, 1, 2)]
    assert advance(market, "2028-01-01 00:00+00", 2) == 2
    assert statuses(market, sessions) == ["upcoming", "completed", "completed"]


def test_session_that_somebody_holds_is_left_for_the_next_tick(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop())
    holder = connect(autocommit=False)
    holder.execute("select 1 from workshop.workshop_sessions where id = %s for update", [session])
    assert advance(market, "2028-01-01 00:00+00") == 0
    holder.rollback()
    assert advance(market, "2028-01-01 00:00+00") == 1


def test_cause_of_the_clock_ends_with_its_pass(market: Market) -> None:
    session = market.session(market.workshop())
    with market.conn.transaction():
        advance(market, "2027-01-01 00:00+00")
        market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [session])
    assert market.one("select cause from status_changes") == "person"


def test_due_sessions_are_found_by_the_partial_index(market: Market) -> None:
    market.conn.execute("set enable_seqscan = off")
    plan = market.rows(
        "explain select id from workshop_sessions where status in ('upcoming', 'active', 'full')"
        " and over_at <= now() order by over_at, id limit 10"
    )
    assert any("workshop_sessions_over_at_idx" in str(row) for row in plan)
