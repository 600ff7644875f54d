"""enroll, cancel_enrollment and restore_enrollment: seat and row together, or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.rows import dict_row

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting

SOON = "2027-01-01 00:30+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")


@pytest.fixture
def session(market: Market) -> UUID:
    """Two seats on 4 January."""
    return market.session(market.workshop(price="12.500"))


def enroll(conn: psycopg.Connection, session: UUID, name: str = "Noor", **named: Any) -> dict[str, Any]:
    more = "".join(f", p_{key} => %s" for key in named)
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(f"select * from workshop.enroll(%s, %s{more})", [session, name, *named.values()])
        (row,) = cursor.fetchall()
    return row


def call(market: Market, function: str, enrollment: UUID) -> dict[str, Any]:
    return market.row(f"select * from {function}(%s)", enrollment)


def taken(market: Market) -> int:
    assert market.rows("select * from seat_drift") == []
    return market.one("select sum(current_attendees) from workshop_sessions")


def test_seats_and_row_are_there_together(market: Market, session: UUID) -> None:
    row = enroll(market.conn, session, student_email="noor@example.org", student_phone="+965 1", seats=2)
    expected = {
        "session_id": session,
        "workshop_id": market.one("select id from workshops"),
        "student_name": "Noor",
        "student_email": "noor@example.org",
        "student_phone": "+965 1",
        "seats": 2,
        "total_price": Decimal("25.000"),
        "status": "successful",
        "status_ar": "ناجح",
        "order_id": None,
        "expires_at": None,
    }
    assert {key: row[key] for key in expected} == expected
    assert (taken(market), market.status(session)) == (2, "full")


def test_free_workshop_costs_nothing(market: Market) -> None:
    session = market.session(market.workshop(price=9, is_free=True))
    assert enroll(market.conn, session)["total_price"] == 0


def test_unlimited_session_takes_any_number(market: Market) -> None:
    session = market.session(market.workshop(), max_attendees=None)
    enroll(market.conn, session, seats=1000)
    assert taken(market) == 1000


def test_full_session_is_refused_and_nothing_changes(market: Market, session: UUID) -> None:
    enroll(market.conn, session, seats=1)
    with raises_key("PT409", "session_full"):
        enroll(market.conn, session, "Sara", seats=2)
    assert taken(market) == 1
    assert market.one("select count(*) from enrollments") == 1


@pytest.mark.parametrize("most", [0, None])
def test_more_seats_than_can_be_counted(market: Market, most: int | None) -> None:
    session = market.session(market.workshop(), max_attendees=most, current_attendees=2**31 - 1000)
    with raises_key("PT409", "session_full"):
        enroll(market.conn, session, seats=1000)
    assert market.one("select current_attendees from workshop_sessions") == 2**31 - 1000


def test_more_seats_than_one_booking_may_take(market: Market) -> None:
    session = market.session(market.workshop(), max_attendees=0)
    with raises_key("PT400", "too_many"):
        enroll(market.conn, session, seats=10_001)
    assert enroll(market.conn, session, seats=10_000)["seats"] == 10_000


def test_expired_hold_makes_room(market: Market, session: UUID) -> None:
    market.hold(session, SOON, seats=2)
    with raises_key("PT409", "session_full"):
        enroll(market.conn, session)
    set_now(market.conn, SOON)
    enroll(market.conn, session)
    assert taken(market) == 1


def test_nobody_passes_the_queue(market: Market) -> None:
    session = market.session(market.workshop(), waiting_count=1)
    with raises_key("PT409", "session_full"):
        enroll(market.conn, session)
    assert taken(market) == 0


@pytest.mark.parametrize(
    ("sale", "columns"),
    [
        ({}, {"status": "cancelled"}),
        ({}, {"status": "completed"}),
        ({}, {"day": "2026-12-31"}),
        ({}, {"day": "2027-01-01", "start_time": "03:00"}),
        ({}, {"booking_opens_at": SOON}),
        ({}, {"booking_closes_at": "2027-01-01 00:00+00"}),
        ({"is_active": False}, {}),
        ({"is_active": False}, {"current_attendees": 2}),
    ],
)
def test_closed_session_says_so(market: Market, sale: dict[str, Any], columns: dict[str, Any]) -> None:
    session = market.session(market.workshop(**sale), **columns)
    before = market.everything()
    with raises_key("PT409", "session_closed"):
        enroll(market.conn, session)
    assert market.everything() == before


@pytest.mark.parametrize(
    ("named", "key"),
    [({"seats": 0}, "seats_not_positive"), ({"seats": None}, "seats_not_positive"), ({"name": "  "}, "name_missing")],
)
def test_what_cannot_be_right(market: Market, session: UUID, named: dict[str, Any], key: str) -> None:
    with raises_key("PT400", key):
        enroll(market.conn, session, **named)


def test_unknown_session(market: Market) -> None:
    with raises_key("PT404", "session_not_found"):
        enroll(market.conn, uuid4())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"student_email": "noor@example.org"}, {"student_email": "NOOR@example.org"}),
        ({"student_phone": "+965 1"}, {"student_phone": "+965 1"}),
        ({"student_phone": "+965 1", "student_email": "a@example.org"}, {"student_phone": "+965 1"}),
        ({"student_phone": "+965 1"}, {"student_phone": "+965 1", "student_email": "a@example.org"}),
    ],
)
def test_same_student_twice_is_refused(
    market: Market, session: UUID, first: dict[str, Any], second: dict[str, Any]
) -> None:
    enroll(market.conn, session, **first)
    with raises_key("PT409", "already_enrolled"):
        enroll(market.conn, session, **second)
    assert taken(market) == 1


def test_same_student_in_a_full_session_learns_that_they_sit_there(market: Market, session: UUID) -> None:
    enroll(market.conn, session, student_email="noor@example.org", seats=2)
    with raises_key("PT409", "already_enrolled"):
        enroll(market.conn, session, student_email="noor@example.org")


def test_others_are_not_the_same_student(market: Market, session: UUID) -> None:
    """A family shares a phone; blank is nobody's address."""
    enroll(market.conn, session, student_email="a@example.org", student_phone="+965 1")
    enroll(market.conn, session, student_email="b@example.org", student_phone="+965 1")
    elsewhere = market.session(market.workshop())
    enroll(market.conn, elsewhere, student_email="a@example.org")
    enroll(market.conn, elsewhere, student_email=" ", student_phone="")


def test_expired_hold_of_the_same_student_does_not_count(market: Market, session: UUID) -> None:
    market.hold(session, SOON)
    market.conn.execute("update enrollments set student_email = 'noor@example.org'")
    with raises_key("PT409", "already_enrolled"):
        enroll(market.conn, session, student_email="noor@example.org")
    set_now(market.conn, SOON)
    enroll(market.conn, session, student_email="noor@example.org")


def test_same_key_gives_the_same_row(market: Market, session: UUID) -> None:
    first = enroll(market.conn, session, student_email="noor@example.org", idempotency_key="k")
    assert enroll(market.conn, session, student_email="NOOR@example.org", idempotency_key="k") == first
    assert taken(market) == 1


def test_key_answers_when_the_session_is_closed_and_the_enrollment_cancelled(market: Market, session: UUID) -> None:
    first = enroll(market.conn, session, idempotency_key="k")
    call(market, "cancel_enrollment", first["id"])
    set_now(market.conn, "2028-01-01 00:00+00")
    again = enroll(market.conn, session, idempotency_key="k")
    assert (again["id"], again["status"]) == (first["id"], "cancelled")


@pytest.mark.parametrize("named", [{"name": "Sara"}, {"student_email": "s@example.org"}, {"seats": 2}])
def test_key_is_of_one_booking(market: Market, session: UUID, named: dict[str, Any]) -> None:
    enroll(market.conn, session, idempotency_key="k")
    with raises_key("PT409", "idempotency_key_reused"):
        enroll(market.conn, session, idempotency_key="k", **named)


def test_key_is_of_one_session(market: Market, session: UUID) -> None:
    other = market.session(market.one("select id from workshops"))
    enroll(market.conn, session, idempotency_key="k")
    with raises_key("PT409", "idempotency_key_reused"):
        enroll(market.conn, other, idempotency_key="k")
    assert taken(market) == 1


@pytest.mark.parametrize("isolation", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_two_that_want_the_last_seat(market: Market, connect: Connect, isolation: IsolationLevel) -> None:
    session = market.session(market.workshop(), max_attendees=1)
    one, two = (connect(autocommit=False, isolation=isolation) for _ in range(2))
    enroll(one, session)
    second = Waiting(two, lambda conn: enroll(conn, session, "Sara"))
    one.commit()
    with pytest.raises(psycopg.Error) as error:
        second.result()
    assert (error.value.sqlstate, error.value.diag.constraint_name) in {("PT409", "session_full"), ("40001", None)}
    assert taken(market) == 1


def test_second_gets_the_seat_that_the_first_gave_up(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop(), max_attendees=1)
    one, two = connect(autocommit=False), connect(autocommit=False)
    enroll(one, session)
    second = Waiting(two, lambda conn: enroll(conn, session, "Sara"))
    one.rollback()
    assert second.result()["student_name"] == "Sara"
    assert taken(market) == 1


def test_same_key_at_once_for_the_last_seat_is_one_booking(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop(), max_attendees=1)
    one, two = connect(autocommit=False), connect(autocommit=False)
    first = enroll(one, session, idempotency_key="k")
    second = Waiting(two, lambda conn: enroll(conn, session, idempotency_key="k"))
    one.commit()
    assert second.result() == first
    assert taken(market) == 1


def test_same_key_at_once_for_two_sessions_is_refused_once(market: Market, connect: Connect, session: UUID) -> None:
    other = market.session(market.one("select id from workshops"))
    one, two = connect(autocommit=False), connect(autocommit=False)
    enroll(one, session, idempotency_key="k")
    second = Waiting(two, lambda conn: enroll(conn, other, idempotency_key="k"))
    one.commit()
    with raises_key("PT409", "idempotency_key_reused"):
        second.result()
    assert taken(market) == 1


def test_same_student_at_once_is_enrolled_once(market: Market, connect: Connect, session: UUID) -> None:
    one, two = connect(autocommit=False), connect(autocommit=False)
    enroll(one, session, student_email="noor@example.org")
    second = Waiting(two, lambda conn: enroll(conn, session, student_email="noor@example.org"))
    one.commit()
    with raises_key("PT409", "already_enrolled"):
        second.result()
    assert taken(market) == 1


def test_cancelling_frees_the_seats_once(market: Market, session: UUID) -> None:
    enrollment = enroll(market.conn, session, seats=2)["id"]
    first = call(market, "cancel_enrollment", enrollment)
    assert (first["status"], taken(market), market.status(session)) == ("cancelled", 0, "upcoming")
    enroll(market.conn, session, "Sara")
    assert call(market, "cancel_enrollment", enrollment) == first
    assert taken(market) == 1


def test_two_that_cancel_the_same_enrollment(market: Market, connect: Connect, session: UUID) -> None:
    enroll(market.conn, session, "Sara")
    enrollment = enroll(market.conn, session)["id"]
    one, two = connect(autocommit=False), connect(autocommit=False)
    cancel = "select status from workshop.cancel_enrollment(%s)"
    one.execute(cancel, [enrollment])
    second = Waiting(two, lambda conn: conn.execute(cancel, [enrollment]).fetchone())
    one.commit()
    assert second.result() == ("cancelled",)
    assert taken(market) == 1


@pytest.mark.parametrize(
    ("until", "now", "allowed"),
    [
        (None, "2027-01-04 06:59:59+00", True),
        (None, "2027-01-04 07:00:00+00", False),
        ("2027-01-03 07:00+00", "2027-01-03 07:00:00+00", True),
        ("2027-01-03 07:00+00", "2027-01-03 07:00:01+00", False),
        ("2027-01-05 07:00+00", "2027-01-04 07:00:00+00", False),
    ],
)
def test_cancel_deadline(market: Market, until: str | None, now: str, allowed: bool) -> None:
    """The session starts at 10:00 in Kuwait, 07:00 UTC."""
    session = market.session(market.workshop(), cancel_until=until)
    enrollment = enroll(market.conn, session)["id"]
    set_now(market.conn, now)
    if allowed:
        call(market, "cancel_enrollment", enrollment)
    else:
        with raises_key("PT409", "cancel_deadline_passed"):
            call(market, "cancel_enrollment", enrollment)
    assert taken(market) == (0 if allowed else 1)


def test_cancelling_again_after_the_deadline_is_no_error(market: Market, session: UUID) -> None:
    enrollment = enroll(market.conn, session)["id"]
    first = call(market, "cancel_enrollment", enrollment)
    set_now(market.conn, "2028-01-01 00:00+00")
    assert call(market, "cancel_enrollment", enrollment) == first


def test_rejected_enrollment_stays_rejected(market: Market, session: UUID) -> None:
    enrollment = market.enroll(session, status="rejected")
    assert call(market, "cancel_enrollment", enrollment)["status"] == "rejected"


def test_enrollment_that_nobody_counted_can_be_cancelled(market: Market, session: UUID) -> None:
    enrollment = market.enroll(session)
    call(market, "cancel_enrollment", enrollment)
    assert taken(market) == 0


@pytest.mark.parametrize("function", ["cancel_enrollment", "restore_enrollment"])
def test_unknown_enrollment(market: Market, function: str) -> None:
    with raises_key("PT404", "enrollment_not_found"):
        call(market, function, uuid4())


def test_restored_enrollment_takes_its_seats_anew(market: Market, session: UUID) -> None:
    enrollment = enroll(market.conn, session, seats=2)["id"]
    call(market, "cancel_enrollment", enrollment)
    first = call(market, "restore_enrollment", enrollment)
    assert (first["status"], taken(market)) == ("successful", 2)
    assert call(market, "restore_enrollment", enrollment) == first
    assert taken(market) == 2


def test_restoring_into_a_full_session_is_refused(market: Market, session: UUID) -> None:
    enrollment = enroll(market.conn, session)["id"]
    call(market, "cancel_enrollment", enrollment)
    enroll(market.conn, session, "Sara", seats=2)
    with raises_key("PT409", "session_full"):
        call(market, "restore_enrollment", enrollment)
    assert taken(market) == 2


def test_restoring_passes_no_queue(market: Market, session: UUID) -> None:
    enrollment = enroll(market.conn, session)["id"]
    call(market, "cancel_enrollment", enrollment)
    market.conn.execute("update workshop_sessions set waiting_count = 1")
    with raises_key("PT409", "session_full"):
        call(market, "restore_enrollment", enrollment)


def test_restoring_into_a_closed_session_is_refused(market: Market, session: UUID) -> None:
    enrollment = enroll(market.conn, session)["id"]
    call(market, "cancel_enrollment", enrollment)
    set_now(market.conn, "2027-01-04 07:00+00")
    with raises_key("PT409", "session_closed"):
        call(market, "restore_enrollment", enrollment)


def test_restoring_a_student_who_came_back_by_themselves_is_refused(market: Market, session: UUID) -> None:
    enrollment = enroll(market.conn, session, student_email="noor@example.org")["id"]
    call(market, "cancel_enrollment", enrollment)
    enroll(market.conn, session, student_email="noor@example.org")
    with raises_key("PT409", "already_enrolled"):
        call(market, "restore_enrollment", enrollment)


def test_last_seat_between_a_newcomer_and_a_restoration(market: Market, connect: Connect) -> None:
    session = market.session(market.workshop(), max_attendees=1)
    enrollment = enroll(market.conn, session)["id"]
    call(market, "cancel_enrollment", enrollment)
    one, two = connect(autocommit=False), connect(autocommit=False)
    enroll(one, session, "Sara")
    second = Waiting(two, lambda conn: conn.execute("select * from workshop.restore_enrollment(%s)", [enrollment]))
    one.commit()
    with raises_key("PT409", "session_full"):
        second.result()
    assert taken(market) == 1
