"""Runs follow their sessions."""

from __future__ import annotations

import random
import threading

import psycopg
import pytest
from psycopg import IsolationLevel

from support.concurrency import errors, race, results
from support.connect import Connect
from support.errors import raises_key
from support.market import Market


def tick(market: Market) -> None:
    market.conn.execute("select from lifecycle.advance('workshop')")


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        pytest.param([{}, {}], "upcoming", id="nobody yet"),
        pytest.param([{"current_attendees": 1}, {}], "active", id="some taken"),
        pytest.param([{"current_attendees": 2}, {}], "active", id="one full"),
        pytest.param([{"current_attendees": 2}, {"current_attendees": 2}], "full", id="all full"),
        pytest.param([{"status": "completed"}, {"current_attendees": 2}], "full", id="what is left is full"),
        pytest.param([{"status": "completed", "current_attendees": 1}, {}], "active", id="taken in one that is over"),
        pytest.param([{"status": "completed"}, {"status": "completed"}], "completed", id="all over"),
        pytest.param([{"status": "completed"}, {"status": "cancelled"}], "completed", id="over but for the cancelled"),
        pytest.param([{"status": "cancelled"}, {"status": "cancelled"}], "cancelled", id="all cancelled"),
        pytest.param([{"status": "cancelled", "current_attendees": 1}, {}], "upcoming", id="cancelled seats are none"),
    ],
)
def test_status_of_a_run(market: Market, sessions: list[dict[str, object]], expected: str) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    for columns in sessions:
        market.session(workshop, run_id=run, **columns)
    assert market.run_status(run) == expected


def test_run_follows_seats_cancellation_and_restoration(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    first, second = (market.session(workshop, run_id=run) for _ in range(2))
    seen = []
    for statement, session in (
        ("current_attendees = 2", first),
        ("current_attendees = 2", second),
        ("status = 'cancelled'", second),
        ("status = 'cancelled'", first),
        ("status = 'upcoming'", first),
    ):
        market.conn.execute(f"update workshop_sessions set {statement} where id = %s", [session])
        seen.append(market.run_status(run))
    assert seen == ["active", "full", "full", "cancelled", "full"]


def test_causes_of_a_runs_moves(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    first, second = (market.session(workshop, run_id=run) for _ in range(2))
    market.take(first, 2)
    market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [second])
    market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [first])
    moves = market.rows(
        "select from_status, to_status, cause from status_changes where subject_id = %s::text order by id", run
    )
    assert [tuple(move.values()) for move in moves] == [
        ("upcoming", "active", "seats"),
        ("active", "full", "seats"),
        ("full", "cancelled", "person"),
    ]


def test_a_person_does_not_write_what_seats_make_of_a_run(market: Market) -> None:
    run = market.run(market.workshop())
    with raises_key("PT409", "illegal_transition"):
        market.conn.execute("update workshop_runs set status = 'full' where id = %s", [run])


def test_dates_follow_the_sessions_that_are_not_cancelled(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop, start="2020-01-01")
    dates = "select start_date::text, end_date::text from workshop_runs"
    market.session(workshop, day="2027-01-04", run_id=run)
    last = market.session(workshop, day="2027-01-06", end_date="2027-01-08", run_id=run)
    assert market.row(dates) == {"start_date": "2027-01-04", "end_date": "2027-01-08"}
    market.conn.execute("update workshop_sessions set session_date = session_date + 7, end_date = end_date + 7")
    assert market.row(dates) == {"start_date": "2027-01-11", "end_date": "2027-01-15"}
    market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [last])
    assert market.row(dates) == {"start_date": "2027-01-11", "end_date": "2027-01-11"}


def test_both_runs_follow_a_session_that_changes_its_run(market: Market) -> None:
    workshop = market.workshop()
    old, new = market.run(workshop), market.run(workshop)
    market.session(workshop, run_id=old)
    session = market.session(workshop, run_id=old, current_attendees=2)
    market.conn.execute("update workshop_sessions set run_id = %s where id = %s", [new, session])
    assert (market.run_status(old), market.run_status(new)) == ("upcoming", "full")


def test_run_follows_when_a_session_is_deleted(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    free = market.session(workshop, run_id=run)
    market.session(workshop, run_id=run, current_attendees=2)
    market.conn.execute("delete from workshop_sessions where id = %s", [free])
    assert market.run_status(run) == "full"


def test_run_without_sessions_stays_as_it_is(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    session = market.session(workshop, run_id=run, current_attendees=2)
    market.conn.execute("delete from workshop_sessions where id = %s", [session])
    assert market.run_status(run) == "full"


def test_deleted_run_leaves_its_sessions_without_one(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, run_id=run)
    market.conn.execute("delete from workshop_runs")
    assert market.row("select run_id, workshop_id from workshop_sessions") == {"run_id": None, "workshop_id": workshop}


def test_run_follows_the_last_of_two_that_fill_it_at_once(market: Market, connect: Connect) -> None:
    """Each transaction sees the other's session not yet full; whoever commits last must see both."""
    workshop = market.workshop()
    run = market.run(workshop)
    sessions = [market.session(workshop, run_id=run) for _ in range(2)]
    one, two = connect(autocommit=False), connect(autocommit=False)
    fill = "update workshop.workshop_sessions set current_attendees = 2 where id = %s"
    one.execute(fill, [sessions[0]])
    two.execute(fill, [sessions[1]])
    one.commit()
    two.commit()
    assert market.run_status(run) == "full"


@pytest.mark.parametrize("first", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
@pytest.mark.parametrize("second", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE])
def test_run_is_left_to_the_clock_by_whoever_keeps_a_snapshot(
    market: Market, connect: Connect, first: IsolationLevel, second: IsolationLevel
) -> None:
    """The run stays "active" for the first of the two that fill it, and the second cannot see that one's session."""
    workshop = market.workshop()
    run = market.run(workshop)
    sessions = [market.session(workshop, run_id=run, max_attendees=2, current_attendees=1) for _ in range(2)]
    fill = "update workshop.workshop_sessions set current_attendees = 2 where id = %s"
    one = connect(autocommit=False, isolation=first)
    old = connect(autocommit=False, isolation=second)
    old.execute("select from workshop.workshop_sessions")
    one.execute(fill, [sessions[0]])
    old.execute(fill, [sessions[1]])
    one.commit()
    old.commit()
    assert market.one("select status from workshop_run_summary") == "full"
    tick(market)
    assert market.run_status(run) == "full"
    assert market.one("select count(*) from stale_runs") == 0


def test_session_inserted_meanwhile_does_not_leave_a_run_full(market: Market, connect: Connect) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    session = market.session(workshop, run_id=run, max_attendees=1)
    old = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    old.execute("select from workshop.workshop_sessions")
    market.session(workshop, run_id=run)
    old.execute("update workshop.workshop_sessions set current_attendees = 1 where id = %s", [session])
    old.commit()
    assert market.one("select status from workshop_run_summary") == "active"
    tick(market)
    assert market.run_status(run) == "active"


def test_sessions_of_one_run_updated_one_after_the_other_do_not_deadlock(market: Market, connect: Connect) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    first, second = (market.session(workshop, run_id=run, max_attendees=9) for _ in range(2))
    one, two = connect(autocommit=False), connect(autocommit=False)
    take = "update workshop.workshop_sessions set current_attendees = current_attendees + 1 where id = %s"
    one.execute(take, [first])
    two.execute(take, [second])
    done = threading.Thread(target=lambda: (one.execute(take, [second]), one.commit()))
    done.start()
    two.commit()
    done.join(10)
    assert not done.is_alive()
    assert market.run_status(run) == "active"
    assert market.one("select sum(current_attendees) from workshop_sessions") == 3


@pytest.mark.parametrize("column", ["current_attendees = 2", "status = 'cancelled'", "session_date = '2027-02-01'"])
def test_nobody_who_changes_sessions_waits_for_whoever_holds_their_runs(
    market: Market, connect: Connect, column: str
) -> None:
    workshop = market.workshop()
    runs = [market.run(workshop) for _ in range(2)]
    ways = [[market.session(workshop, run_id=run) for run in order] for order in (runs, runs[::-1])]
    holder = connect(autocommit=False)
    holder.execute("select from workshop.workshop_runs for no key update")
    for way in ways:
        conn = connect(autocommit=False)
        conn.execute("set lock_timeout = '5s'")
        for session in way:
            conn.execute(f"update workshop.workshop_sessions set {column} where id = %s", [session])
        conn.commit()
    holder.commit()
    stale = market.rows(
        "select r.id from workshop_runs as r inner join workshop_run_summary as s on s.run_id = r.id"
        " where (r.status, r.start_date, r.end_date) is distinct from (s.status, s.start_date, s.end_date)"
    )
    assert len(stale) == 2
    tick(market)
    assert (
        market.rows(
            "select r.id from workshop_runs as r inner join workshop_run_summary as s on s.run_id = r.id"
            " where (r.status, r.start_date, r.end_date) is distinct from (s.status, s.start_date, s.end_date)"
        )
        == []
    )


def test_many_that_change_sessions_of_several_runs_do_not_deadlock(market: Market, database: str) -> None:
    workshop = market.workshop()
    runs = [market.run(workshop) for _ in range(4)]
    sessions = [[market.session(workshop, run_id=run, max_attendees=1) for run in runs] for _ in range(32)]

    def fill(conn: psycopg.Connection, i: int) -> None:
        own = sessions[i][:]
        random.Random(i).shuffle(own)
        for session in own:
            conn.execute("update workshop.workshop_sessions set current_attendees = 1 where id = %s", [session])

    outcome = race(database, 32, fill)
    assert errors(outcome) == []
    assert len(results(outcome)) == 32
    tick(market)
    assert [market.run_status(run) for run in runs] == ["full"] * 4


def test_runs_follow_what_a_savepoint_left(market: Market) -> None:
    """What was rolled back with a savepoint is not followed; what came before and after it is."""
    workshop = market.workshop()
    runs = [market.run(workshop) for _ in range(3)]
    sessions = [market.session(workshop, run_id=run) for run in runs]
    with market.conn.transaction():
        market.take(sessions[0])
        with market.conn.transaction(force_rollback=True):
            market.take(sessions[1])
        market.take(sessions[2])
    assert [market.run_status(run) for run in runs] == ["active", "upcoming", "active"]


def test_runs_follow_again_after_constraints_were_checked_early(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    session = market.session(workshop, run_id=run)
    with market.conn.transaction():
        market.take(session)
        market.conn.execute("set constraints all immediate; set constraints all deferred")
        assert market.run_status(run) == "active"
        market.take(session)
    assert market.run_status(run) == "full"
