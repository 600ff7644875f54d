"""One session that cannot be completed does not hold up the rest, and is not forgotten."""

from __future__ import annotations

from uuid import UUID

import pytest

from support.clock import set_now
from support.errors import raises_key
from support.market import Market

OVER = "2027-01-05 00:00+00"


@pytest.fixture
def poisoned(market: Market) -> UUID:
    """A session that a constraint of the application's own does not let complete, among two sound ones of its run."""
    workshop = market.workshop()
    run = market.run(workshop)
    for location in ("Room 1", "nowhere", "Room 2"):
        market.session(workshop, run_id=run, location=location)
    market.conn.execute(
        "alter table workshop_sessions add constraint placed check (status <> 'completed' or location <> 'nowhere')"
    )
    return market.one("select id from workshop_sessions where location = 'nowhere'")


def advance(market: Market, now: str) -> tuple[int, int]:
    row = market.row("select moved, failed from advance_sessions(%s, 5000)", now)
    return row["moved"], row["failed"]


def test_the_rest_moves_and_the_failure_is_kept(market: Market, poisoned: UUID) -> None:
    assert advance(market, OVER) == (2, 1)
    assert advance(market, OVER) == (0, 0)
    row = market.row("select step, subject_id, sqlstate, tries from failed_steps")
    assert row == {"step": "complete_sessions", "subject_id": poisoned, "sqlstate": "23514", "tries": 1}


def test_given_up_after_five_tries(market: Market, poisoned: UUID) -> None:
    now = OVER
    for tries in range(1, 6):
        assert advance(market, now)[1] == 1
        row = market.row("select tries, next_try_at from failed_steps")
        assert row["tries"] == tries
        if row["next_try_at"] is not None:
            now = row["next_try_at"].isoformat()
    assert row["next_try_at"] is None
    assert advance(market, "2028-01-01 00:00+00") == (0, 0)


def test_retry_moves_it_once_mended_and_its_run_follows(market: Market, poisoned: UUID) -> None:
    advance(market, OVER)
    set_now(market.conn, OVER)
    assert market.one("select retry_failed_step(id) from failed_steps") is False
    market.conn.execute("update workshop_sessions set location = 'Room 3' where id = %s", [poisoned])
    assert market.one("select retry_failed_step(id) from failed_steps") is True
    assert market.status(poisoned) == "completed"
    assert market.one("select status from workshop_runs") == "completed"
    with raises_key("PT404", "failed_step_not_found"):
        market.conn.execute("select retry_failed_step(id) from failed_steps")


def test_mended_row_moves_by_itself_at_its_next_try(market: Market, poisoned: UUID) -> None:
    advance(market, OVER)
    market.conn.execute("alter table workshop_sessions drop constraint placed")
    assert advance(market, "2027-01-05 00:01+00") == (1, 0)
