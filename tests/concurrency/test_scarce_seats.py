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
from support.concurrency import Crowd
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 10:00+00"
LATER = "2027-01-01 11:00+00"
ROUNDS = 5
FULL = {("PT409", "session_full")}


@pytest.fixture
def workshop_id(market: Market) -> UUID:
    set_now(market.conn, NOW)
    return market.workshop()


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
    market.conn.execute("select accept_offer(%s)", [waiting])
    with pytest.raises(psycopg.errors.SerializationFailure):
        enroll(old, session, "omar")


def test_order_that_finds_another_session_meanwhile_takes_no_lock_out_of_order(
    market: Market, workshop_id: UUID, connect: Connect
) -> None:
    """It goes for the session without a run, is kept waiting, and then has the choice of an earlier one."""
    later, earlier = UUID(int=2), UUID(int=1)
    market.session(workshop_id, id=later, day="2027-01-05")
    market.session(workshop_id, id=earlier, run_id=market.run(workshop_id), max_attendees=1)
    seat = enroll(market.conn, earlier, "dana")
    first, second, third = (connect(autocommit=False) for _ in range(3))
    for conn in (first, second, third):
        set_now(conn, NOW)
        conn.commit()
    first.execute("select from workshop.workshop_sessions where id = %s for no key update", [later])
    free = json.dumps([{"workshop_id": workshop_id}], default=str)
    call = "select from workshop.create_order(%s, 'Sara', '+965 1', %s)"
    choosing = Waiting(second, lambda conn: conn.execute(call, [market.creator, free]))
    market.conn.execute("select cancel_enrollment(%s)", [seat])
    third.execute("select from workshop.workshop_sessions where id = %s for no key update", [earlier])
    both = Waiting(
        third,
        lambda conn: conn.execute("select from workshop.workshop_sessions where id = %s for no key update", [later]),
    )
    first.commit()
    choosing.result()
    both.result()
    well(market)
