"""Sessions are locked in id order, then runs in id order: those who meet halfway wait, and nobody deadlocks."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 10:00+00"


@pytest.fixture
def workshop_id(market: Market) -> UUID:
    set_now(market.conn, NOW)
    return market.workshop()


def lock(conn: psycopg.Connection, session: UUID) -> Any:
    return conn.execute("select from workshop.workshop_sessions where id = %s for no key update", [session])


def order(conn: psycopg.Connection, creator: UUID, workshop: UUID, *sessions: UUID | None) -> Any:
    """A seat of each session; None: of any."""
    items = [{"workshop_id": workshop, **({"session_id": session} if session else {})} for session in sessions]
    return conn.execute(
        "select from workshop.create_order(%s, 'Sara', '+965 1', %s)", [creator, json.dumps(items, default=str)]
    )


def test_order_that_finds_another_session_meanwhile(market: Market, workshop_id: UUID, connect: Connect) -> None:
    """It goes for the session without a run, is kept waiting, and then has the choice of an earlier one."""
    earlier, later = UUID(int=1), UUID(int=2)
    market.session(workshop_id, id=later, day="2027-01-05")
    market.session(workshop_id, id=earlier, run_id=market.run(workshop_id), max_attendees=1)
    seat = market.one("select id from enroll(%s, 'Dana')", earlier)
    first, second, third = (connect(autocommit=False) for _ in range(3))
    for conn in (first, second, third):
        set_now(conn, NOW)
        conn.commit()
    lock(first, later)
    choosing = Waiting(second, lambda conn: order(conn, market.creator, workshop_id, None))
    market.conn.execute("select cancel_enrollment(%s)", [seat])
    lock(third, earlier)
    both = Waiting(third, lambda conn: lock(conn, later))
    first.commit()
    choosing.result()
    both.result()
    assert market.rows("select * from seat_audit") == []


def test_order_that_gathers_a_session_under_a_default_run_that_is_there(
    market: Market, workshop_id: UUID, connect: Connect
) -> None:
    """Whoever makes the order holds a session of another run, and will lock that run at the end."""
    run = market.run(workshop_id, id=UUID(int=1))
    mine, yours = (market.session(workshop_id, run_id=run) for _ in range(2))
    gathered = market.session(workshop_id)
    market.conn.execute("select ensure_default_workshop_run(%s)", [workshop_id])
    paid = market.one("select id from enroll(%s, 'Dana')", gathered)
    new = market.session(workshop_id)
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, NOW)
        conn.commit()
    two.execute("set local lock_timeout = '5s'")
    order(one, market.creator, workshop_id, mine, new)
    two.execute("select from workshop.enroll(%s, 'Omar')", [yours])
    two.execute("select from workshop.cancel_enrollment(%s)", [paid])
    two.commit()
    one.commit()
    assert market.rows("select * from seat_audit") == []


def test_session_that_loses_its_run_while_an_order_gathers_others(
    market: Market, workshop_id: UUID, connect: Connect
) -> None:
    lost, wanted = UUID(int=1), UUID(int=2)
    market.session(workshop_id, id=lost, run_id=market.run(workshop_id))
    market.session(workshop_id, id=wanted)
    first, second, third = (connect(autocommit=False) for _ in range(3))
    for conn in (first, second, third):
        set_now(conn, NOW)
        conn.commit()
    lock(first, wanted)
    ordering = Waiting(second, lambda conn: order(conn, market.creator, workshop_id, wanted))
    market.conn.execute("update workshop_sessions set run_id = null where id = %s", [lost])
    lock(third, lost)
    both = Waiting(third, lambda conn: lock(conn, wanted))
    first.commit()
    ordering.result()
    both.result()
    assert market.rows("select * from seat_audit") == []
