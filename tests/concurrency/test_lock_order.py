"""Sessions are locked in id order, then runs in id order: those who meet halfway wait, and nobody deadlocks."""

from __future__ import annotations

import json
import time
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


def buy(conn: psycopg.Connection, creator: UUID, *items: tuple[UUID, UUID]) -> UUID:
    """An order of a seat in each session, given with its workshop."""
    wanted = [{"workshop_id": workshop, "session_id": session} for workshop, session in items]
    row = conn.execute(
        "select id from workshop.create_order(%s, 'Sara', '+965 1', %s)", [creator, json.dumps(wanted, default=str)]
    ).fetchone()
    assert row is not None
    return row[0]


def wait_until(market: Market, conn: psycopg.Connection, other: psycopg.Connection) -> None:
    """Until the other one keeps this one waiting, or this one is through."""
    while not market.one(
        "select %s = any(pg_blocking_pids(a.pid)) or a.state like 'idle%%' from pg_stat_activity as a where a.pid = %s",
        other.info.backend_pid,
        conn.info.backend_pid,
    ):
        time.sleep(0.01)


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


def test_two_cancels_between_whose_locks_orders_are_made(market: Market, workshop_id: UUID, connect: Connect) -> None:
    """Of these orders one cancels all that is due, so it lets their other seats be paid; the other one takes those."""
    free = market.workshop(is_free=True)
    mine, yours, last = (UUID(int=number) for number in (1, 2, 3))
    market.conn.execute("update workshops set price = 10 where id = %s", [workshop_id])
    market.session(workshop_id, id=mine, run_id=market.run(workshop_id), max_attendees=9)
    run = market.run(free)
    for session in (yours, last):
        market.session(free, id=session, run_id=run, max_attendees=9)
    market.conn.execute("create table gates (id integer)")
    market.conn.execute("insert into gates values (1), (2)")
    market.conn.execute(
        "create function pass_gate() returns trigger language plpgsql as"
        " $$ begin perform from workshop.gates where id = 1 for update; return new; end $$"
    )
    market.conn.execute(
        "create trigger pass_gate before update on enrollments for each row"
        f" when (new.session_id = '{last}') execute function pass_gate()"
    )
    buyer, gates, between, one, two = (connect(autocommit=False) for _ in range(5))
    for conn in (buyer, one, two):
        set_now(conn, NOW)
        conn.commit()
    # Orders are paid by their ids, enrollments cancelled as they lie: the other way round.
    bought: list[UUID] = []
    while not bought or bought[0] < bought[1]:
        buyer.rollback()
        shop = ((workshop_id, mine), (free, yours), (free, last))
        bought = [buy(buyer, market.creator, *shop) for _ in range(2)]

    def cancel(conn: psycopg.Connection, session: UUID) -> None:
        conn.execute("select from workshop.cancel_session(%s)", [session])

    def hold(conn: psycopg.Connection) -> None:
        lock(conn, yours)
        conn.execute("select from workshop.gates where id = 2 for update")

    gates.execute("select from workshop.gates where id = 1 for update")
    gates.execute("savepoint second")
    gates.execute("select from workshop.gates where id = 2 for update")
    first = Waiting(one, lambda conn: cancel(conn, mine))
    held = Waiting(between, hold)
    second = Waiting(two, lambda conn: cancel(conn, yours))
    buyer.commit()
    wait_until(market, one, gates)
    gates.execute("rollback to savepoint second")
    held.result()
    wait_until(market, two, one)
    gates.commit()
    # Who is asked to call again depends on which of those that wait for the session gets it first.
    for waiting, session in ((first, mine), (second, yours)):
        try:
            waiting.result()
        except psycopg.errors.LockNotAvailable as error:
            if error.diag.constraint_name != "order_made_meanwhile":
                raise
            cancel(market.conn, session)
    assert market.rows("select distinct status from orders") == [{"status": "paid"}]
    assert market.statuses("enrollments") == ["cancelled"] * 4 + ["successful"] * 2
    assert market.rows("select * from seat_audit") == []
