"""One row that the application refuses does not hold up the rest; it is tried again, and given up in the end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

DEFERRED = (
    "create function refuse() returns trigger language plpgsql as"
    " $$ begin raise exception using errcode = 'PT409', message = 'not today'; end $$;"
    "create constraint trigger _999_refuse after update on workshop_sessions deferrable initially deferred"
    " for each row when (new.notes = 'poison' and new.status = 'completed') execute function refuse()"
)
CHECK = (
    "alter table workshop_sessions add constraint no_poison"
    " check (not (status = 'completed' and notes = 'poison')) not valid"
)
REMEDY = {DEFERRED: "drop trigger _999_refuse on workshop_sessions",
          CHECK: "alter table workshop_sessions drop constraint no_poison"}  # fmt: skip


@pytest.fixture(params=[CHECK, DEFERRED], ids=["check", "deferred trigger"])
def poison(request: pytest.FixtureRequest, market: Market) -> str:
    """What refuses sessions with the note poison; returns the statement that mends it."""
    market.conn.execute(request.param)
    return REMEDY[request.param]


def fill(market: Market, sound: int = 9) -> tuple[UUID, UUID]:
    """Due sessions of one run, one of them poisoned: the poisoned one and the run."""
    workshop = market.workshop()
    run = market.run(workshop)
    for n in range(sound):
        market.session(workshop, run_id=run, day=f"2020-01-{n + 1:02}", timezone="UTC")
    return market.session(workshop, run_id=run, day="2020-01-05", timezone="UTC", notes="poison"), run


def advance(market: Market, now: str) -> tuple[int, int]:
    row = market.row("select sum(moved) as moved, sum(failed) as failed from lifecycle.advance('workshop', %s)", now)
    return row["moved"], row["failed"]


def failures(market: Market) -> list[dict[str, Any]]:
    return market.rows("select * from failed_steps order by id")


def test_sound_rows_move_and_the_bad_one_is_recorded(market: Market, poison: str) -> None:
    bad, run = fill(market)
    assert advance(market, "2021-01-01 00:00+00") == (9, 1)
    [failure] = failures(market)
    assert (failure["step"], failure["subject_id"], failure["attempts"]) == ("complete_sessions", str(bad), 1)
    assert failure["sqlstate"] in ("23514", "PT409")
    assert failure["message"]
    assert market.status(bad) == "upcoming"
    assert market.run_status(run) == "upcoming"
    assert market.one("select count(*) from status_changes where cause = 'clock'") == 9


def test_it_is_left_out_until_its_next_try(market: Market, poison: str) -> None:
    fill(market)
    advance(market, "2021-01-01 00:00+00")
    assert advance(market, "2021-01-01 00:00:59+00") == (0, 0)
    assert advance(market, "2021-01-01 00:01+00") == (0, 1)
    assert advance(market, "2021-01-01 00:04:59+00") == (0, 0)
    assert failures(market)[0]["attempts"] == 2


def test_given_up_after_five_tries_and_shown_in_health(market: Market, poison: str) -> None:
    bad, run = fill(market)
    market.conn.execute("call lifecycle.run_tick()")
    for minutes in (5, 10, 30, 100, 1000, 2000):
        market.conn.execute(
            "update failed_steps set next_attempt_at = next_attempt_at - %s * interval '1 minute'", [minutes]
        )
        market.conn.execute("call lifecycle.run_tick()")
    [failure] = failures(market)
    assert (failure["attempts"], failure["next_attempt_at"]) == (5, None)
    health = market.row("select * from lifecycle.health")
    assert (health["steps_given_up"], health["sessions_overdue"], health["healthy"]) == (1, 0, False)
    assert health["reason"] == "workshop: 1 steps given up"
    market.conn.execute(poison)
    assert market.one("select retry_failed_step(%s)", failure["id"]) is True
    assert (market.status(bad), market.run_status(run)) == ("completed", "completed")
    assert failures(market) == []
    assert market.one("select healthy from lifecycle.health")
    assert market.one("select cause from status_changes where subject_id = %s", str(bad)) == "clock"


def test_mended_in_time_it_moves_by_itself(market: Market, poison: str) -> None:
    bad, _ = fill(market)
    advance(market, "2021-01-01 00:00+00")
    market.conn.execute(poison)
    assert advance(market, "2021-01-01 00:01+00") == (1, 0)
    assert (market.status(bad), failures(market)) == ("completed", [])


def test_retry_of_what_is_still_refused_counts_from_the_start(market: Market, poison: str) -> None:
    fill(market)
    advance(market, "2021-01-01 00:00+00")
    market.conn.execute("update failed_steps set attempts = 5, next_attempt_at = null")
    [failure] = failures(market)
    assert market.one("select retry_failed_step(%s)", failure["id"]) is False
    [failure] = failures(market)
    assert (failure["attempts"], failure["next_attempt_at"] is not None) == (1, True)


def test_retry_of_what_moved_otherwise_forgets_it(market: Market, poison: str) -> None:
    bad, _ = fill(market)
    advance(market, "2021-01-01 00:00+00")
    market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [bad])
    assert market.one("select retry_failed_step(%s)", failures(market)[0]["id"]) is True
    assert failures(market) == []


def test_tick_forgets_what_is_no_longer_due(market: Market, poison: str) -> None:
    bad, _ = fill(market)
    advance(market, "2021-01-01 00:00+00")
    market.conn.execute("delete from workshop_sessions where id = %s", [bad])
    assert advance(market, "2021-01-01 00:00:01+00") == (0, 0)
    assert failures(market) == []


def test_unknown_failed_step(market: Market) -> None:
    with raises_key("PT404", "failed_step_not_found"):
        market.conn.execute("select retry_failed_step(1)")


def test_application_may_retry(market: Market, poison: str, connect: Connect) -> None:
    fill(market)
    advance(market, "2021-01-01 00:00+00")
    app = connect(role="sessionbook_app")
    row = app.execute("select workshop.retry_failed_step(id) from workshop.failed_steps").fetchone()
    assert row == (False,)
    market.conn.execute(poison)
    row = app.execute("select workshop.retry_failed_step(id) from workshop.failed_steps").fetchone()
    assert row == (True,)


def test_one_in_a_thousand_holds_up_nobody(market: Market, poison: str) -> None:
    workshop = market.workshop()
    market.conn.execute(
        "insert into workshop_sessions (workshop_id, session_date, start_time, notes)"
        " select %s, date '2020-01-01' + n %% 100, '10:00', case when n = 500 then 'poison' end"
        " from generate_series(1, 1000) as n",
        [workshop],
    )
    market.conn.execute("call lifecycle.run_tick()")
    tick = market.row("select moved, failed, error, finished_at from lifecycle.ticks")
    assert (tick["moved"], tick["failed"]) == ({"workshop": {"complete_sessions": 999}}, 1)
    assert tick["finished_at"] is not None
    assert "failed_steps" in tick["error"]


def test_more_poison_than_a_batch_holds_up_nobody(market: Market, poison: str) -> None:
    workshop = market.workshop()
    for day in range(1, 6):
        market.session(workshop, day=f"2020-01-0{day}", notes="poison")
    sound = market.session(workshop, day="2020-02-01")
    for _ in range(3):
        market.conn.execute("select * from lifecycle.tick(null, 3)")
    assert market.status(sound) == "completed"
    assert len(failures(market)) == 5


def test_two_ticks_count_one_failure_once(market: Market, poison: str, connect: Connect) -> None:
    fill(market)
    first, second = connect(autocommit=False), connect()
    first.execute("select * from lifecycle.tick()")
    second.execute("set statement_timeout = '5s'")
    second.execute("select * from lifecycle.advance('workshop')")
    first.commit()
    assert [failure["attempts"] for failure in failures(market)] == [1]


def test_cause_does_not_leak_from_a_failure(market: Market, poison: str) -> None:
    fill(market)
    other = market.session(market.workshop(), day="2099-01-01")
    with market.conn.transaction():
        advance(market, "2021-01-01 00:00+00")
        market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [other])
    assert market.one("select cause from status_changes where subject_id = %s", str(other)) == "person"


def test_clock_set_back_an_hour_fires_nothing_twice(market: Market) -> None:
    session = market.session(market.workshop(), timezone="UTC")
    set_now(market.conn, "2027-01-05 00:30+00")
    market.conn.execute("call lifecycle.run_tick()")
    for instant in ("2027-01-04 23:30+00", "2027-01-05 00:00+00", "2027-01-05 00:30+00", "2027-01-05 00:31+00"):
        set_now(market.conn, instant)
        market.conn.execute("call lifecycle.run_tick()")
    assert market.status(session) == "completed"
    assert market.one("select count(*) from status_changes where subject_id = %s", str(session)) == 1


def test_deferred_trigger_costs_no_tick(market: Market, poison: str) -> None:
    """An error at commit would end the whole run; the next one would meet it again."""
    fill(market)
    market.conn.execute("call lifecycle.run_tick()")
    assert market.one("select finished_at is not null from lifecycle.ticks")


def test_functions_are_the_copys_own(market: Market, empty_database: str) -> None:
    """A second copy writes its own failed_steps."""
    from sessionbook.deploy import apply

    apply(empty_database, units=["workshop"], schemas={"workshop": "acme"})
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("call lifecycle.run_tick()")
        row = conn.execute("select healthy, reason from lifecycle.health").fetchone()
    assert row == (True, "")
