"""Sessions that move take everything along; a completion can be taken back; nothing is deleted under people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def session(market: Market) -> UUID:
    """10 to 12 in Kuwait, with windows."""
    workshop = market.workshop(price=10)
    return market.session(
        workshop, day="2027-01-10", run_id=market.run(workshop), timezone="Asia/Kuwait",
        booking_opens_at="2027-01-02 06:00+00", booking_closes_at="2027-01-09 07:00+00",
        cancel_until="2027-01-08 07:00+00", session_dates=json.dumps(["2027-01-10", "2027-01-12"]),
        end_date="2027-01-12",
    )  # fmt: skip


def move(market: Market, session: UUID, *args: Any, **named: Any) -> list[dict[str, Any]]:
    more = "".join(f", p_{key} => %s" for key in named)
    marks = ", %s" * len(args)
    return market.rows(f"select * from reschedule_session(%s{marks}{more})", session, *args, *named.values())


def shown(market: Market, *columns: str) -> dict[str, str]:
    row = market.row("select * from workshop_sessions")
    return {name: str(row[name]) for name in columns or ("status",)}


def utc(market: Market, column: str) -> str:
    return market.one(f"select to_char({column} at time zone 'UTC', 'MM-DD HH24:MI') from workshop_sessions")


def test_everything_moves_along(market: Market, session: UUID) -> None:
    move(market, session, "2027-01-20", "11:30")
    assert shown(market, "session_date", "start_time", "end_time", "end_date", "session_dates") == {
        "session_date": "2027-01-20",
        "start_time": "11:30:00",
        "end_time": "13:30:00",
        "end_date": "2027-01-22",
        "session_dates": "['2027-01-20', '2027-01-22']",
    }
    instants = [utc(market, name) for name in ("starts_at", "booking_opens_at", "booking_closes_at", "cancel_until")]
    assert instants == ["01-20 08:30", "01-12 07:30", "01-19 08:30", "01-18 08:30"]
    assert str(market.one("select start_date from workshop_runs")) == "2027-01-20"


def test_what_is_open_stays_open(market: Market, session: UUID) -> None:
    set_now(market.conn, "2027-01-03 00:00+00")
    move(market, session, "2027-01-04")
    assert market.one("select booking_opens_at is null from workshop_sessions")
    move(market, session, "2027-01-20")
    market.conn.execute("select enroll(%s, 'Noor')", [session])


def test_people_are_told_as_often_as_asked(market: Market) -> None:
    session = market.session(market.workshop(), max_attendees=1)
    seat = market.one("select id from enroll(%s, 'Noor', 'noor@example.org')", session)
    entry = market.one("select id from join_waitlist(%s, 'Dana', null)", session)
    for _ in range(2):
        told = move(market, session, "2027-01-06")
        assert [(row["kind"], row["enrollment_id"], row["entry_id"]) for row in told] == [
            ("enrollment", seat, None),
            ("waitlist", None, entry),
        ]


def test_offers_and_holds_do_not_outlast_the_start(market: Market) -> None:
    session = market.session(market.workshop(price=1), max_attendees=5, day="2027-01-10", timezone="UTC")
    market.offer(session, "2027-01-05 00:00+00")
    item = json.dumps([{"workshop_id": market.one("select id from workshops"), "session_id": session}], default=str)
    market.conn.execute("select create_order(%s, 'S', '1', %s, p_hold => '5 days')", [market.creator, item])
    move(market, session, "2027-01-02")
    starts = market.one("select starts_at from workshop_sessions")
    assert market.one("select offer_expires_at from waitlist_entries") == starts
    assert market.one("select expires_at from enrollments") == starts


@pytest.mark.parametrize("day", ["2026-12-31", "2025-01-01"])
def test_the_past_is_refused_unless_it_is_meant(market: Market, session: UUID, day: str) -> None:
    with raises_key("PT400", "time_is_over"):
        move(market, session, day)
    assert shown(market, "session_date") == {"session_date": "2027-01-10"}
    move(market, session, day, allow_past=True)
    assert shown(market, "session_date") == {"session_date": day}


def test_a_mistyped_date_can_be_taken_back(market: Market) -> None:
    """The clock has completed it and sent away those who waited: all of it comes back."""
    session = market.session(market.workshop(), day="2027-01-10", max_attendees=1)
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    entry = market.one("select id from join_waitlist(%s, 'Dana', null)", session)
    move(market, session, "2026-12-10", allow_past=True)
    market.tick()
    assert shown(market) == {"status": "completed"}
    with raises_key("PT400", "time_is_over"):
        market.conn.execute("select reopen_session(%s)", [session])
    move(market, session, "2027-01-10")
    for _ in range(2):
        row = market.row("select * from reopen_session(%s)", session)
        assert (row["status"], row["is_completed"], row["waiting_count"]) == ("full", False, 1)
    assert market.one("select status from waitlist_entries where id = %s", entry) == "waiting"
    causes = market.rows("select to_status, cause from status_changes where machine = 'workshop.session' order by id")
    assert [(row["to_status"], row["cause"]) for row in causes] == [
        ("full", "seats"),
        ("completed", "clock"),
        ("upcoming", "person"),
        ("full", "seats"),
    ]
    market.conn.execute("select cancel_session(%s)", [session])
    assert market.rows("select * from seat_audit") == []


def test_list_closed_at_a_mistyped_start_is_open_again(market: Market) -> None:
    """Not in the list: begun by mistake, not over yet."""
    session = market.session(market.workshop(), day="2027-01-10", max_attendees=1, timezone="UTC")
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    market.conn.execute("select join_waitlist(%s, 'Dana', null)", [session])
    set_now(market.conn, "2027-01-02 11:00+00")
    move(market, session, "2027-01-02", allow_past=True)
    market.tick()
    assert (market.one("select status from waitlist_entries"), market.status(session)) == ("closed", "full")
    move(market, session, "2027-01-10")
    assert market.one("select status from waitlist_entries") == "waiting"
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    assert market.one("select status from waitlist_entries") == "offered"
    assert market.rows("select * from seat_audit") == []


def test_who_left_does_not_come_back(market: Market) -> None:
    session = market.session(market.workshop(), day="2027-01-10", max_attendees=1)
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    market.conn.execute("select leave_waitlist((join_waitlist(%s, 'Dana', null)).id)", [session])
    move(market, session, "2026-12-10", allow_past=True)
    market.tick()
    move(market, session, "2027-01-10")
    market.conn.execute("select reopen_session(%s)", [session])
    assert market.one("select status from waitlist_entries") == "left"


def test_cancelled_session_is_not_moved(market: Market, session: UUID) -> None:
    market.conn.execute("select cancel_session(%s)", [session])
    with raises_key("PT409", "session_closed"):
        move(market, session, "2027-01-20")


@pytest.mark.parametrize("call", ["reschedule_session", "reopen_session"])
def test_lost_update_is_refused(market: Market, session: UUID, call: str) -> None:
    seen = market.one("select updated_at from workshop_sessions")
    market.conn.execute(f"select {call}(%s, p_expected_updated_at => %s)", [session, seen])
    with raises_key("PT409", "changed_meanwhile"):
        market.conn.execute(f"select {call}(%s, p_expected_updated_at => '2020-01-01')", [session])
    with raises_key("PT404", "session_not_found"):
        market.conn.execute(f"select {call}(%s)", [uuid4()])


def test_day_that_never_comes(market: Market, session: UUID) -> None:
    with raises_key("PT400", "invalid_session_dates"):
        move(market, session, "infinity")


def test_application_moves_to_the_commit(market: Market, session: UUID, connect: Connect) -> None:
    conn = connect(role="sessionbook_app", autocommit=False)
    conn.execute("select workshop.reschedule_session(%s, '2027-02-01')", [session])
    conn.execute("select workshop.reopen_session(%s)", [session])
    conn.commit()
    assert str(market.one("select start_date from workshop_runs")) == "2027-02-01"


# Deleting.


@pytest.mark.parametrize("table", ["workshop_sessions", "workshop_runs", "workshops"])
@pytest.mark.parametrize("waits", [False, True])
def test_nothing_is_deleted_under_people(market: Market, table: str, waits: bool) -> None:
    workshop = market.workshop()
    session = market.session(workshop, run_id=market.run(workshop), max_attendees=1)
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    if waits:
        market.conn.execute("select join_waitlist(%s, 'Dana', null)", [session])
        market.conn.execute("select cancel_enrollment(id) from enrollments")
        market.conn.execute("delete from enrollments")
    with raises_key("PT409", "has_bookings"):
        market.conn.execute(f"delete from {table}")
    assert market.one("select count(*) from workshop_sessions where run_id is not null") == 1
    market.conn.execute("select cancel_session(%s)", [session])
    market.conn.execute("delete from enrollments")
    market.conn.execute(f"delete from {table}")


def test_application_that_deletes_by_hand_is_refused_too(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop())
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    conn = connect(role="sessionbook_writer")
    with raises_key("PT409", "has_bookings"):
        conn.execute("delete from workshop.workshop_sessions")


@pytest.mark.parametrize(
    ("change", "held_until", "offered_until"),
    [
        ("session_date = '2027-01-01', start_time = '03:10'", "00:10", "00:10"),
        ("booking_closes_at = '2027-01-01 00:10+00'", "00:30", "00:10"),
        ("session_date = '2027-02-01'", "00:30", "04:00"),
    ],
)
def test_dates_that_are_written_by_hand_shorten_holds_and_offers(
    market: Market, change: str, held_until: str, offered_until: str
) -> None:
    """Not in the list."""
    set_now(market.conn, "2027-01-01 00:00+00")
    workshop = market.workshop(price=10)
    session = market.session(workshop, run_id=market.run(workshop), max_attendees=1)
    own = market.one("select id from enroll(%s, 'A')", session)
    market.conn.execute("select join_waitlist(%s, 'B', 'b@b.b')", [session])
    market.conn.execute("select cancel_enrollment(%s)", [own])
    market.conn.execute("update workshop_sessions set max_attendees = 2 where id = %s", [session])
    items = json.dumps([{"workshop_id": str(workshop), "session_id": str(session)}])
    market.conn.execute("select create_order(%s, 'C', '1', %s)", [market.creator, items])
    market.conn.execute(f"update workshop_sessions set {change} where id = %s".encode(), [session])
    assert market.row(
        "select o.expires_at as ordered, e.expires_at as held, w.offer_expires_at as offered"
        " from orders as o, enrollments as e, waitlist_entries as w where e.order_id = o.id"
    ) == {
        "ordered": datetime.fromisoformat(f"2027-01-01 {held_until}+00:00"),
        "held": datetime.fromisoformat(f"2027-01-01 {held_until}+00:00"),
        "offered": datetime.fromisoformat(f"2027-01-01 {offered_until}+00:00"),
    }


def test_a_move_is_made_once_a_key(market: Market, session: UUID) -> None:
    seen = market.one("select updated_at from workshop_sessions")

    def move(day: str, key: str) -> None:
        market.conn.execute(
            "select from reschedule_session(%s, %s, p_expected_updated_at => %s, p_idempotency_key => %s)",
            [session, day, seen, key],
        )

    move("2027-01-20", "k")
    # Its answer was lost; meanwhile somebody else moves it on.
    market.conn.execute("select from reschedule_session(%s, '2027-01-21')", [session])
    move("2027-01-20", "k")
    assert str(market.one("select session_date from workshop_sessions")) == "2027-01-21"
    with raises_key("PT409", "idempotency_key_reused"):
        move("2027-01-22", "k")
    with raises_key("PT400", "text_too_long"):
        move("2027-01-22", "k" * 201)


def test_a_move_that_waited_moves_what_stands_there(market: Market, session: UUID, connect: Connect) -> None:
    """Only the hour was asked for: the day that somebody else gave it meanwhile stays, and so do the distances."""
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, NOW)
        conn.commit()
    one.execute("select workshop.reschedule_session(%s, '2027-01-20')", [session])
    waiting = Waiting(
        two, lambda conn: conn.execute("select workshop.reschedule_session(%s, null, '11:00')", [session])
    )
    one.commit()
    waiting.result()
    assert shown(market, "session_date", "start_time", "end_date", "session_dates") == {
        "session_date": "2027-01-20",
        "start_time": "11:00:00",
        "end_date": "2027-01-22",
        "session_dates": "['2027-01-20', '2027-01-22']",
    }
    assert (utc(market, "booking_closes_at"), utc(market, "cancel_until")) == ("01-19 08:00", "01-18 08:00")
