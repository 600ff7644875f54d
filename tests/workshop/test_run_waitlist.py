"""Waiting for a whole run: the clock offers it with a seat held in each session, strictly in order."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.clock import set_now
from support.concurrency import Crowd, keys
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.queue import call

NOW = "2027-01-01 00:00+00"
EXPIRED = "2027-01-01 04:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def course(market: Market) -> UUID:
    """Two evenings of two seats for 25; the first one is sold out."""
    workshop = market.workshop(price=10)
    run = market.run(workshop, price=25)
    first, _ = (market.session(workshop, day=day, run_id=run) for day in ("2027-01-04", "2027-01-05"))
    for name in ("A", "B"):
        call(market.conn, "enroll", first, name)
    return run


def join(market: Market, run: UUID, name: str = "Sara", **named: Any) -> UUID:
    named = {"student_phone": f"+965 {name}", **named}
    return call(market.conn, "join_run_waitlist", run, name, f"{name.lower()}@example.org", **named)["id"]


def give_up(market: Market, *names: str) -> None:
    market.conn.execute("select cancel_enrollment(id) from enrollments where student_name = any(%s)", [list(names)])


def tick(market: Market) -> None:
    rows = market.rows("select step, failed from lifecycle.advance('workshop', lifecycle.now(), 5000)")
    assert sum(row["failed"] for row in rows) == 0
    assert market.rows("select * from seat_audit") == []


def statuses(market: Market) -> dict[str, str]:
    rows = market.rows("select student_name, status from waitlist_entries where run_id is not null order by joined_at")
    return {row["student_name"]: row["status"] for row in rows}


def taken(market: Market) -> list[int]:
    return market.one("select array_agg(current_attendees order by starts_at) from workshop_sessions")


def test_an_offer_holds_a_seat_in_each_session(market: Market, course: UUID) -> None:
    entry = join(market, course)
    tick(market)
    assert (statuses(market), taken(market)) == ({"Sara": "waiting"}, [2, 0])
    give_up(market, "A")
    tick(market)
    assert (statuses(market), taken(market)) == ({"Sara": "offered"}, [2, 1])
    row = call(market.conn, "accept_offer", entry)
    assert (row["status"], taken(market)) == ("pending", [2, 1])
    assert market.row("select status, total_amount from orders") == {"status": "pending", "total_amount": 25}
    assert market.one("select count(*) from enrollments where run_booking_id = %s", row["run_booking_id"]) == 2
    assert call(market.conn, "accept_offer", entry) == row
    market.conn.execute("select record_payment(id, 25) from orders")
    tick(market)
    assert market.one("select array_agg(distinct status::text) from waitlist_entries") == ["redeemed"]
    assert market.one("select status from workshop_runs") == "active"


def test_what_is_free_is_taken_at_once(market: Market, course: UUID) -> None:
    market.conn.execute("update workshops set is_free = true")
    entry = join(market, course, student_phone=None)
    give_up(market, "A")
    tick(market)
    # Any of the rows of the offer stands for it.
    held = market.one("select id from waitlist_entries where run_entry_id = %s limit 1", entry)
    row = call(market.conn, "accept_offer", held)
    assert (row["status"], row["order_id"]) == ("successful", None)
    assert market.one("select count(*) from enrollments where run_booking_id = %s", row["run_booking_id"]) == 2


def test_the_queue_is_strict_and_nobody_passes_it(market: Market, course: UUID) -> None:
    join(market, course, "Sara", seats=2)
    join(market, course, "Dana")
    join(market, course, "Omar", priority=1)
    give_up(market, "A")
    with raises_key("PT409", "session_full"):
        call(market.conn, "enroll_run", course, "Noor", "noor@example.org")
    with raises_key("PT409", "session_full"):
        call(market.conn, "create_order", market.creator, "N", "1", json.dumps([{"run_id": str(course)}]))
    tick(market)
    assert statuses(market) == {"Sara": "waiting", "Dana": "waiting", "Omar": "offered"}
    give_up(market, "B")
    tick(market)
    assert statuses(market)["Sara"] == "waiting"


def test_an_offer_that_runs_out_goes_to_the_next(market: Market, course: UUID) -> None:
    entry = join(market, course, "Sara")
    join(market, course, "Dana")
    give_up(market, "A")
    tick(market)
    set_now(market.conn, EXPIRED)
    with raises_key("PT409", "offer_expired"):
        call(market.conn, "accept_offer", entry)
    tick(market)
    assert (statuses(market), taken(market)) == ({"Sara": "expired", "Dana": "offered"}, [2, 1])


def test_leaving_gives_all_seats_back(market: Market, course: UUID) -> None:
    entry = join(market, course, "Sara")
    join(market, course, "Dana")
    give_up(market, "A")
    tick(market)
    assert call(market.conn, "leave_waitlist", entry)["status"] == "left"
    assert taken(market) == [1, 0]
    tick(market)
    assert (statuses(market), taken(market)) == ({"Sara": "left", "Dana": "offered"}, [2, 1])
    waits = join(market, course, "Omar")
    assert call(market.conn, "leave_waitlist", waits)["status"] == "left"


def test_one_session_cancelled_leaves_the_offer_of_the_rest(market: Market, course: UUID) -> None:
    entry = join(market, course)
    give_up(market, "A")
    tick(market)
    told = market.rows(
        "select c.* from workshop_sessions as s, cancel_session(s.id) as c where s.starts_at < '2027-01-05'"
    )
    assert [(row["entry_id"], row["student_email"]) for row in told if row["kind"] == "waitlist"] == [
        (entry, "sara@example.org")
    ]
    call(market.conn, "accept_offer", entry)
    tick(market)
    assert taken(market) == [0, 1]


def test_a_cancelled_run_tells_those_who_wait(market: Market, course: UUID) -> None:
    entry = join(market, course)
    told = market.rows("select kind, entry_id from cancel_run(%s)", course)
    assert {"kind": "waitlist", "entry_id": entry} in told
    assert statuses(market) == {"Sara": "closed"}


def test_a_run_that_has_ended_closes_its_list(market: Market, course: UUID) -> None:
    join(market, course)
    set_now(market.conn, "2027-01-05 07:00+00")
    tick(market)
    assert statuses(market) == {"Sara": "closed"}


def test_a_run_that_is_waited_for_is_not_deleted(market: Market, course: UUID) -> None:
    join(market, course)
    market.conn.execute("update workshop_sessions set run_id = null")
    with raises_key("PT409", "has_bookings"):
        market.conn.execute("delete from workshop_runs")


@pytest.mark.parametrize(
    ("code", "key", "before", "named"),
    [
        ("PT404", "run_not_found", "select", {"run_id": uuid4()}),
        ("PT400", "seats_not_positive", "select", {"seats": 0}),
        ("PT400", "name_missing", "select", {"student_name": ""}),
        ("PT409", "session_full", "select", {"seats": 3}),
        ("PT409", "seats_available", "select cancel_enrollment(id) from enrollments", {}),
        ("PT409", "session_closed", "update workshops set is_active = false", {}),
        ("PT409", "session_closed", "update workshop_sessions set booking_closes_at = '2026-12-31'", {}),
        ("PT409", "already_enrolled", "update enrollments set student_email = 'SARA@example.org'", {}),
        ("PT409", "already_waiting", "select join_run_waitlist(id, 'S', 'SARA@example.org') from workshop_runs", {}),
    ],
)
def test_who_cannot_wait(market: Market, course: UUID, code: str, key: str, before: str, named: dict[str, Any]) -> None:
    market.conn.execute(before.encode())
    with raises_key(code, key):
        call(
            market.conn,
            "join_run_waitlist",
            **{"run_id": course, "student_name": "Sara", "student_email": "sara@example.org", **named},
        )


def test_as_the_application_to_its_commit(market: Market, course: UUID, connect: Connect) -> None:
    conn = connect(role="sessionbook_app")
    set_now(conn, NOW)
    entry = call(conn, "join_run_waitlist", course, "Sara", None, "+965 1")["id"]
    give_up(market, "A")
    tick(market)
    assert call(conn, "accept_offer", entry)["status"] == "pending"


def test_a_rush_for_runs_and_sessions_with_the_clock_between(market: Market, database: str, course: UUID) -> None:
    """Nothing deadlocks, nothing is oversold, and every offer is held in all sessions or in none."""
    market.conn.execute("update workshops set is_free = true")
    sessions = [row["id"] for row in market.rows("select id from workshop_sessions order by id")]

    def act(conn: psycopg.Connection, i: int, turn: int) -> None:
        me = f"{turn}-{i}@example.org"
        entry = conn.execute(
            "select id from workshop.waitlist_entries where status in ('offered', 'waiting') order by random() limit 1"
        ).fetchone()
        if i % 6 == 0:
            conn.execute("select from lifecycle.advance('workshop', lifecycle.now(), 100)")
        elif i % 6 == 1:
            conn.execute("select from workshop.join_run_waitlist(%s, 'S', %s)", [course, me])
        elif i % 6 == 2 and entry:
            conn.execute("select from workshop.accept_offer(%s)", entry)
        elif i % 6 == 3 and entry:
            conn.execute("select from workshop.leave_waitlist(%s)", entry)
        elif i % 6 == 4:
            conn.execute("select from workshop.enroll(%s, 'S', %s)", [sessions[i % 2], me])
        else:
            conn.execute(
                "select workshop.cancel_enrollment(id) from (select id from workshop.enrollments"
                " where status = 'successful' order by random() limit 1) as e"
            )

    with Crowd(database, 24) as crowd:
        crowd.race(lambda conn, _: set_now(conn, NOW))
        for turn in range(8):
            outcome = crowd.race(lambda conn, i, turn=turn: act(conn, i, turn))
            assert keys(outcome) <= {
                ("PT409", key)
                for key in ("session_full", "seats_available", "not_offered", "offer_redeemed", "already_enrolled")
            } | {("55P03", "offered_meanwhile")}
            assert market.rows("select * from seat_audit") == []
            assert market.rows("select * from failed_steps") == []
            held = market.rows(
                "select count(c.id) as held from waitlist_entries as w left join waitlist_entries as c"
                " on c.run_entry_id = w.id and c.status = 'offered' where w.run_id is not null and w.status = 'offered'"
                " group by w.id"
            )
            assert {row["held"] for row in held} <= {2}
