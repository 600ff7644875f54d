"""Many at once for few seats: each is sold once, whoever asks, and with whatever isolation."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from support.concurrency import Crowd, keys, results
from support.market import Market

BUYERS = 64
SEATS = 50
# The nightly run plays 100.
ROUNDS = int(os.environ.get("SESSIONBOOK_ROUNDS", "10"))
pytestmark = pytest.mark.timeout(300 + 10 * ROUNDS)


@dataclass(frozen=True)
class Sale:
    """What everybody wants."""

    creator: UUID
    workshop: UUID
    session: UUID


Claim = Callable[[psycopg.Connection, Sale, int], None]


def enroll(conn: psycopg.Connection, sale: Sale, i: int) -> None:
    conn.execute("select from workshop.enroll(%s, 'Sara', %s)", [sale.session, f"{i}@example.org"])


def order(conn: psycopg.Connection, sale: Sale, i: int) -> None:
    items = json.dumps([{"workshop_id": sale.workshop, "session_id": sale.session}], default=str)
    conn.execute("select from workshop.create_order(%s, 'Sara', %s, %s)", [sale.creator, f"+965 {i}", items])


def by_hand(conn: psycopg.Connection, sale: Sale, i: int) -> None:
    """As applications do that know the tables and not the functions."""
    take(conn, sale)
    sit_down(conn, sale, i)


def count_then_insert(conn: psycopg.Connection, sale: Sale, i: int) -> None:
    """What sells seats twice."""
    row = conn.execute(
        "select count(*) from workshop.enrollments where session_id = %s and status = 'successful'", [sale.session]
    ).fetchone()
    if row is not None and row[0] < SEATS:
        take(conn, sale)
        sit_down(conn, sale, i)


def take(conn: psycopg.Connection, sale: Sale) -> None:
    conn.execute(
        "update workshop.workshop_sessions set current_attendees = current_attendees + 1 where id = %s",
        [sale.session],
    )


def sit_down(conn: psycopg.Connection, sale: Sale, i: int) -> None:
    conn.execute(
        "insert into workshop.enrollments (workshop_id, session_id, student_name, student_phone, status)"
        " values (%s, %s, 'Sara', %s, 'successful')",
        [sale.workshop, sale.session, f"+965 {i}"],
    )


def persistent(claim: Claim) -> Claim:
    """Again where PostgreSQL says that somebody was faster, until there is an answer."""

    def again(conn: psycopg.Connection, sale: Sale, i: int) -> None:
        while True:
            try:
                claim(conn, sale, i)
                return conn.commit()
            except psycopg.errors.SerializationFailure:
                conn.rollback()

    return again


def open_sale(market: Market) -> Sale:
    workshop = market.workshop()
    return Sale(market.creator, workshop, market.session(workshop, run_id=market.run(workshop), max_attendees=SEATS))


def sold(market: Market, sale: Sale) -> int:
    return market.one(
        "select sum(seats) from enrollments where session_id = %s and status in ('successful', 'pending')",
        sale.session,
    )


@pytest.mark.parametrize("claim", [enroll, order, by_hand])
@pytest.mark.parametrize("isolation", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_every_seat_is_sold_once(market: Market, database: str, isolation: IsolationLevel, claim: Claim) -> None:
    with Crowd(database, BUYERS, isolation) as crowd:
        for _ in range(ROUNDS):
            sale = open_sale(market)
            outcome = crowd.race(lambda conn, i, sale=sale: persistent(claim)(conn, sale, i))
            assert keys(outcome) == {("PT409", "session_full")}
            assert len(results(outcome)) == sold(market, sale) == SEATS
            assert market.rows("select * from seat_audit") == []


def test_without_the_guard_seats_are_sold_twice(market: Market, database: str) -> None:
    """The race above is one: a shop that counts and then inserts loses it."""
    market.conn.execute("drop trigger zz_100_derive_status on workshop_sessions")
    with Crowd(database, BUYERS) as crowd:
        for _ in range(100):
            sale = open_sale(market)
            crowd.race(lambda conn, i, sale=sale: count_then_insert(conn, sale, i))
            if sold(market, sale) > SEATS:
                break
    assert market.one("select problem from seat_audit") == "overbooked"
