"""Races for the last seats where holds run out, people wait, capacity changes and enrollments come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from support.clock import set_now
from support.concurrency import Crowd, keys, results
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

NOW = "2027-01-01 10:00+00"
LATER = "2027-01-01 11:00+00"
ROUNDS = 5
FULL = {("PT409", "session_full")}


@pytest.fixture
def workshop_id(market: Market) -> UUID:
    set_now(market.conn, NOW)
    return market.workshop(price=10)


@pytest.fixture
def session(market: Market, workshop_id: UUID) -> UUID:
    """Two seats."""
    return market.session(workshop_id, run_id=market.run(workshop_id))


@pytest.fixture
def pair(database: str) -> Iterator[Crowd]:
    with Crowd(database, 2) as crowd:
        crowd.race(lambda conn, _: set_now(conn, LATER))
        yield crowd


def enroll(conn: psycopg.Connection, session: UUID, name: str, seats: int = 1) -> UUID:
    row = conn.execute(
        "select id from workshop.enroll(%s, %s, %s, null, %s)", [session, name, f"{name}@example.org", seats]
    ).fetchone()
    assert row is not None
    return row[0]


def order(market: Market, session: UUID, seats: int = 1) -> UUID:
    items = [
        {
            "workshop_id": market.one("select workshop_id from workshop_sessions where id = %s", session),
            "session_id": session,
            "quantity": seats,
        }
    ]
    return market.one(
        "select id from create_order(%s, 'Sara', '+965 1', %s)", market.creator, json.dumps(items, default=str)
    )


def pay(conn: psycopg.Connection, order_id: UUID) -> Any:
    return conn.execute("select from workshop.set_order_status(%s, 'paid')", [order_id])


def wait(market: Market, session: UUID, name: str, seats: int = 1, priority: int = 0) -> UUID:
    return market.one(
        "select id from join_waitlist(%s, %s, %s, null, %s, %s)", session, name, f"{name}@example.org", seats, priority
    )


def well(market: Market) -> None:
    assert market.rows("select * from seat_audit") == []


def test_expired_hold_gives_no_way_past_the_queue(market: Market, session: UUID) -> None:
    """Also not to applications that write the counter themselves."""
    enroll(market.conn, session, "dana")
    order(market, session)
    wait(market, session, "omar")
    set_now(market.conn, LATER)
    with raises_key("PT409", "session_full"):
        market.take(session)


def test_offer_accepted_meanwhile_is_seen_by_an_older_snapshot(market: Market, session: UUID, connect: Connect) -> None:
    enroll(market.conn, session, "dana", 2)
    waiting = wait(market, session, "omar")
    market.conn.execute("update workshop_sessions set max_attendees = 4")
    old = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    set_now(old, NOW)
    old.execute("select from workshop.workshops")
    market.conn.execute("select accept_offer(%s, '+965 1')", [waiting])
    with pytest.raises(psycopg.errors.SerializationFailure):
        enroll(old, session, "omar")


def test_two_expired_holds_check_out_for_the_last_seat(market: Market, workshop_id: UUID, pair: Crowd) -> None:
    """Nobody took the holds away yet; a walk-in has the other seat."""
    for _ in range(ROUNDS):
        set_now(market.conn, NOW)
        session = market.session(workshop_id)
        orders = [order(market, session), order(market, session)]
        set_now(market.conn, LATER)
        enroll(market.conn, session, "dana")
        outcome = pair.race(lambda conn, i, orders=orders: pay(conn, orders[i]))
        assert (len(results(outcome)), keys(outcome)) == (1, FULL)
        well(market)


def test_expired_hold_checks_out_while_a_walk_in_wants_its_seat(market: Market, workshop_id: UUID, pair: Crowd) -> None:
    for _ in range(ROUNDS):
        set_now(market.conn, NOW)
        session = market.session(workshop_id, max_attendees=1)
        held = order(market, session)
        outcome = pair.race(
            lambda conn, i, session=session, held=held: pay(conn, held) if i else enroll(conn, session, "dana")
        )
        assert (len(results(outcome)), keys(outcome)) == (1, FULL)
        well(market)


def test_two_late_payments_for_one_seat(market: Market, workshop_id: UUID, pair: Crowd) -> None:
    for _ in range(ROUNDS):
        set_now(market.conn, NOW)
        session = market.session(workshop_id, max_attendees=1)
        first = order(market, session)
        market.conn.execute("select lifecycle.advance('workshop', %s, 10)", [LATER])
        orders = [first, order(market, session)]
        set_now(market.conn, LATER)
        outcome = pair.race(lambda conn, i, orders=orders: pay(conn, orders[i]))
        assert (len(results(outcome)), keys(outcome)) == (1, FULL)
        well(market)


def test_enrollment_comes_back_while_a_walk_in_wants_its_seat(market: Market, workshop_id: UUID, pair: Crowd) -> None:
    for _ in range(ROUNDS):
        session = market.session(workshop_id, max_attendees=1)
        away = enroll(market.conn, session, "dana")
        market.conn.execute("select cancel_enrollment(%s)", [away])

        def want(conn: psycopg.Connection, i: int, session: UUID = session, away: UUID = away) -> Any:
            if i:
                return enroll(conn, session, "omar")
            return conn.execute("select from workshop.restore_enrollment(%s)", [away])

        outcome = pair.race(want)
        assert (len(results(outcome)), keys(outcome)) == (1, FULL)
        well(market)


@pytest.mark.parametrize("isolation", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_parties_get_all_of_their_seats_or_none(
    market: Market, workshop_id: UUID, database: str, isolation: IsolationLevel
) -> None:
    session = market.session(workshop_id, max_attendees=10)
    left = set(range(8))
    with Crowd(database, 8, isolation) as crowd:
        crowd.race(lambda conn, _: set_now(conn, NOW))
        while left:
            outcome = crowd.race(lambda conn, i, left=left: enroll(conn, session, f"s{i}", 3) if i in left else None)
            left -= {i for i, one in enumerate(outcome) if not isinstance(one, psycopg.errors.SerializationFailure)}
            assert keys(outcome) <= {*FULL, ("40001", None)}
    assert market.rows("select seats from enrollments") == [{"seats": 3}] * 3
    well(market)


def test_bulk_over_the_limit_fails_whole(market: Market, workshop_id: UUID, session: UUID) -> None:
    enroll(market.conn, session, "dana", 2)
    market.session(workshop_id, max_attendees=5)
    before = market.everything()
    with raises_key("PT409", "session_full"):
        market.conn.execute("update workshop_sessions set current_attendees = current_attendees + 1")
    assert market.everything() == before


def test_lowered_capacity_evicts_nobody_while_seats_are_taken(market: Market, workshop_id: UUID, database: str) -> None:
    session = market.session(workshop_id, max_attendees=20)

    def work(conn: psycopg.Connection, i: int) -> None:
        if i % 2:
            conn.execute("update workshop.workshop_sessions set max_attendees = %s where id = %s", [20 - i, session])
        else:
            enroll(conn, session, f"s{i}")

    with Crowd(database, 16) as crowd:
        crowd.race(lambda conn, _: set_now(conn, NOW))
        outcome = crowd.race(work)
    assert keys(outcome) <= FULL
    assert len(results(outcome[::2])) == market.one("select count(*) from enrollments where status = 'successful'")
    well(market)


def test_raised_capacity_is_offered_in_order_whoever_comes_by(market: Market, workshop_id: UUID, database: str) -> None:
    session = market.session(workshop_id, max_attendees=1)
    enroll(market.conn, session, "first")
    queue = [wait(market, session, f"w{n}", priority=-n) for n in (3, 1, 2, 0, 5, 4)]
    by_rank = [queue[3], queue[1], queue[2], queue[0], queue[5], queue[4]]

    def work(conn: psycopg.Connection, i: int) -> None:
        if i < 4:
            conn.execute(
                "update workshop.workshop_sessions set max_attendees = max_attendees + 1 where id = %s", [session]
            )
        else:
            enroll(conn, session, f"s{i}")

    with Crowd(database, 16) as crowd:
        crowd.race(lambda conn, _: set_now(conn, NOW))
        outcome = crowd.race(work)
    assert len(results(outcome[:4])) == 4
    assert results(outcome[4:]) == []
    assert keys(outcome) == FULL
    offered = market.rows("select id from waitlist_entries where status = 'offered' order by priority desc")
    assert [row["id"] for row in offered] == by_rank[:4]
    well(market)
