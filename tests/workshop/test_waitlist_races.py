"""Waiting lists with several connections at once."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from support.concurrency import errors, race, results
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.queue import call, join, queue
from support.together import Waiting


@pytest.fixture
def full(market: Market) -> UUID:
    """A session of two seats, both sold, of a run."""
    workshop = market.workshop()
    session = market.session(workshop, day="2099-01-04", run_id=market.run(workshop))
    for name in ("Guest 0", "Guest 1"):
        call(market.conn, "enroll", session, name)
    return session


def enrollments(market: Market) -> list[UUID]:
    return [
        row["id"] for row in market.rows("select id from enrollments where status = 'successful' order by student_name")
    ]


def advance(conn: psycopg.Connection) -> dict[str, int]:
    rows = conn.execute("select step, moved from lifecycle.advance('workshop', now(), 100)").fetchall()
    return {step: moved for step, moved in rows if moved}


def test_all_join_at_once(market: Market, full: UUID, database: str) -> None:
    outcome = race(database, 16, lambda conn, i: join(conn, full, f"P{i}"))
    assert errors(outcome) == []
    assert set(queue(market, full).values()) == {"waiting"}
    assert market.one("select count(distinct joined_at) from waitlist_entries") == 16
    assert market.one("select waiting_count from workshop_sessions") == 16


def test_one_person_joins_many_times_at_once(market: Market, full: UUID, database: str) -> None:
    outcome = race(database, 8, lambda conn, i: join(conn, full, "Sara"))
    assert len(results(outcome)) == 1
    assert {error.diag.constraint_name for error in errors(outcome)} == {"already_waiting"}


def test_two_cancel_at_once_and_two_are_served(market: Market, full: UUID, connect: Connect) -> None:
    for name in ("A", "B", "C"):
        join(market.conn, full, name)
    seats = enrollments(market)
    one, two = connect(autocommit=False), connect(autocommit=False)
    call(one, "cancel_enrollment", seats[0])
    second = Waiting(two, lambda conn: call(conn, "cancel_enrollment", seats[1]))
    one.commit()
    assert second.result()["status"] == "cancelled"
    assert queue(market, full) == {"A": "offered", "B": "offered", "C": "waiting"}


def test_walk_in_that_comes_while_a_seat_is_freed(market: Market, full: UUID, connect: Connect) -> None:
    join(market.conn, full, "Sara")
    one, two = connect(autocommit=False), connect(autocommit=False)
    call(one, "cancel_enrollment", enrollments(market)[0])
    walk_in = Waiting(two, lambda conn: call(conn, "enroll", full, "Walk-in"))
    one.commit()
    with raises_key("PT409", "session_full"):
        walk_in.result()
    assert queue(market, full) == {"Sara": "offered"}


def test_joining_while_the_last_seat_is_freed_leaves_nobody_waiting_in_vain(
    market: Market, full: UUID, connect: Connect
) -> None:
    """Who joins second finds the seat free, or the seat finds them."""
    one, two = connect(autocommit=False), connect(autocommit=False)
    call(one, "cancel_enrollment", enrollments(market)[0])
    joining = Waiting(two, lambda conn: join(conn, full, "Sara"))
    one.commit()
    with raises_key("PT409", "seats_available"):
        joining.result()
    call(market.conn, "enroll", full, "Guest 2")

    join(one, full, "Sara")
    cancelling = Waiting(two, lambda conn: call(conn, "cancel_enrollment", enrollments(market)[0]))
    one.commit()
    cancelling.result()
    assert queue(market, full) == {"Sara": "offered"}


def test_offer_accepted_many_times_at_once_gives_one_seat(market: Market, full: UUID, database: str) -> None:
    entry = join(market.conn, full, "Sara")
    call(market.conn, "cancel_enrollment", enrollments(market)[0])
    outcome = race(database, 8, lambda conn, i: call(conn, "accept_offer", entry)["id"])
    assert len(set(results(outcome))) == 1
    assert errors(outcome) == []
    assert queue(market, full) == {"Sara": "redeemed"}


def test_accepting_and_leaving_at_once(market: Market, full: UUID, connect: Connect) -> None:
    entry = join(market.conn, full, "Sara")
    join(market.conn, full, "Dana")
    call(market.conn, "cancel_enrollment", enrollments(market)[0])
    one, two = connect(autocommit=False), connect(autocommit=False)
    call(one, "leave_waitlist", entry)
    accepting = Waiting(two, lambda conn: call(conn, "accept_offer", entry))
    one.commit()
    with raises_key("PT409", "not_offered"):
        accepting.result()
    assert queue(market, full) == {"Sara": "left", "Dana": "offered"}


def test_tick_passes_over_an_offer_that_is_being_accepted(market: Market, full: UUID, connect: Connect) -> None:
    entry = join(market.conn, full, "Sara")
    join(market.conn, full, "Dana")
    call(market.conn, "cancel_enrollment", enrollments(market)[0])
    market.conn.execute("update waitlist_entries set offer_expires_at = now() + interval '1 second'")
    one, clock = connect(autocommit=False), connect()
    call(one, "accept_offer", entry)
    clock.execute("set statement_timeout = '5s'; select pg_sleep(1)")
    assert advance(clock) == {}
    one.commit()
    assert advance(clock) == {}
    assert queue(market, full) == {"Sara": "redeemed", "Dana": "waiting"}


def test_accepting_waits_for_the_tick_and_finds_the_offer_gone(market: Market, full: UUID, connect: Connect) -> None:
    entry = join(market.conn, full, "Sara")
    join(market.conn, full, "Dana")
    call(market.conn, "cancel_enrollment", enrollments(market)[0])
    market.conn.execute("update waitlist_entries set offer_expires_at = now() where status = 'offered'")
    clock, two = connect(autocommit=False), connect(autocommit=False)
    assert advance(clock) == {"expire_offers": 1}
    accepting = Waiting(two, lambda conn: call(conn, "accept_offer", entry))
    clock.commit()
    with raises_key("PT409", "offer_expired"):
        accepting.result()
    assert queue(market, full) == {"Sara": "expired", "Dana": "offered"}


@pytest.mark.parametrize("table", ["enrollments", "waitlist_entries"])
def test_tick_waits_for_no_row_that_is_written_by_hand(
    market: Market, full: UUID, connect: Connect, table: str
) -> None:
    """Applications that write the row first and the counter after would deadlock with it."""
    raised = "update workshop_sessions set max_attendees = 4 where id = %s"
    market.conn.execute(raised, [full])
    market.hold(full, "2020-01-01")
    market.offer(full, "2020-01-01")
    app, clock = connect(autocommit=False), connect()
    status = "cancelled" if table == "enrollments" else "left"
    app.execute(f"update workshop.{table} set status = %s where status in ('pending', 'offered')", [status])
    clock.execute("set statement_timeout = '5s'")
    assert advance(clock) == ({"expire_offers": 1} if table == "enrollments" else {"release_holds": 1})
    app.execute("update workshop.workshop_sessions set current_attendees = current_attendees - 1")
    app.commit()
    assert advance(clock) == {}
    assert market.rows("select * from seat_drift") == []
    assert market.one("select current_attendees from workshop_sessions") == 2


def test_tick_closes_a_list_around_an_entry_that_is_written_by_hand(
    market: Market, full: UUID, connect: Connect
) -> None:
    for name in ("Sara", "Dana"):
        join(market.conn, full, name)
    market.conn.execute("update workshop_sessions set session_date = '2020-01-04', status = 'completed'")
    app, clock = connect(autocommit=False), connect()
    app.execute("update workshop.waitlist_entries set status = 'left' where student_name = 'Sara'")
    clock.execute("set statement_timeout = '5s'")
    assert advance(clock) == {"close_waitlists": 1}
    assert advance(clock) == {}
    app.execute("update workshop.workshop_sessions set waiting_count = waiting_count - 1")
    app.commit()
    assert advance(clock) == {}
    assert queue(market, full) == {"Sara": "left", "Dana": "closed"}


def test_tick_passes_over_a_run_that_somebody_holds(market: Market, connect: Connect) -> None:
    """It holds sessions by then, and whoever holds the run may ask for these next."""
    workshop = market.workshop()
    runs = sorted(market.run(workshop) for _ in range(2))
    first, second = (market.session(workshop, day="2099-01-04", run_id=run) for run in runs)
    market.hold(second, "2020-01-01", seats=2)
    market.offer(first, "2020-01-01", seats=2)
    person = connect(autocommit=False)
    person.execute("select id from workshop.workshop_runs where id = %s for no key update", [runs[0]])
    assert advance(market.conn) == {"release_holds": 1, "expire_offers": 1}
    assert [market.run_status(run) for run in runs] == ["full", "upcoming"]
    assert advance(market.conn) == {}
    person.commit()
    assert advance(market.conn) == {"follow_runs": 1}
    assert [market.run_status(run) for run in runs] == ["upcoming", "upcoming"]


def test_two_ticks_at_once_release_each_seat_once(market: Market, full: UUID, database: str) -> None:
    market.conn.execute("update workshop_sessions set max_attendees = 20 where id = %s", [full])
    for _ in range(9):
        market.hold(full, "2020-01-01")
    outcome = race(database, 4, lambda conn, i: advance(conn))
    assert errors(outcome) == []
    assert sum(moved.get("release_holds", 0) for moved in results(outcome)) == 9
    assert market.one("select current_attendees from workshop_sessions") == 2


@pytest.mark.parametrize("seats", [1, 3])
def test_rush_on_seats_that_come_free(market: Market, full: UUID, database: str, seats: int) -> None:
    """People cancel, join, accept, leave and walk in at once; nobody is seated twice, no counter is off."""
    entries = [join(market.conn, full, f"P{i}", seats=1 + i % 2) for i in range(8)]
    taken = enrollments(market)

    def act(conn: psycopg.Connection, i: int) -> object:
        if i < 2:
            return call(conn, "cancel_enrollment", taken[i])
        if i < 6:
            return call(conn, "leave_waitlist", entries[i])
        if i < 10:
            return call(conn, "accept_offer", entries[i - 6])
        if i < 13:
            return join(conn, full, f"Late {i}", seats=min(seats, 2))
        return call(conn, "enroll", full, f"Walk-in {i}")

    outcome = race(database, 16, act)
    assert {error.sqlstate for error in errors(outcome)} <= {"PT409"}
    queue(market, full)
    row = market.row("select current_attendees, max_attendees from workshop_sessions")
    assert row["current_attendees"] <= row["max_attendees"]
