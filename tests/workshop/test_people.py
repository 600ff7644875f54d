"""Who is the same person, who came, and who is to be in two places."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.queue import call

NOW = "2027-01-01 00:00+00"
BEGUN = "2027-01-04 08:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def session(market: Market) -> UUID:
    """On 4 January, 10:00 to 12:00 in Kuwait: from 07:00 UTC on."""
    return market.session(market.workshop(title_ar="فخار"), max_attendees=9)


def enroll(market: Market, session: UUID, phone: str | None = None, email: str | None = None) -> UUID:
    return call(market.conn, "enroll", session, "Sara", email, phone)["id"]


@pytest.mark.parametrize(
    ("country", "first", "second"),
    [
        (None, "+965 5000-1234", "0096550001234"),
        (None, "+965 5000 1234", "٠٠٩٦٥ ٥٠٠٠ ١٢٣٤"),  # noqa: RUF001
        (None, "050001234", "5000 1234"),
        ("965", "5000 1234", "+965 5000 1234"),
        ("965", "00965-50001234", "(05000) 1234"),
        ("965", "96550001234", "5000 1234"),
    ],
)
def test_the_same_number_is_the_same_person(
    market: Market, session: UUID, country: str | None, first: str, second: str
) -> None:
    market.conn.execute("update settings set country_code = %s", [country])
    for one, other in ((first, second), (second, first)):
        own = enroll(market, session, one)
        with raises_key("PT409", "already_enrolled"):
            enroll(market, session, other)
        # As it was written.
        assert market.one("select student_phone from enrollments where id = %s", own) == one
        call(market.conn, "cancel_enrollment", own)


@pytest.mark.parametrize(
    ("country", "first", "second"),
    [
        (None, "+965 5000 1234", "5000 1234"),
        ("965", "+1 5000 1234", "5000 1234"),
        ("965", "+965 5000 1234", "5000 1235"),
    ],
)
def test_another_number_is_somebody_else(
    market: Market, session: UUID, country: str | None, first: str, second: str
) -> None:
    market.conn.execute("update settings set country_code = %s", [country])
    enroll(market, session, first)
    enroll(market, session, second)


def test_numbers_without_digits_are_nobodys(market: Market, session: UUID) -> None:
    enroll(market, session, "-")
    enroll(market, session, "-")
    assert market.rows("select * from seat_audit") == []


def test_who_waits_is_known_by_the_number_too(market: Market, session: UUID) -> None:
    market.conn.execute("update workshop_sessions set max_attendees = 1")
    enroll(market, session)
    call(market.conn, "join_waitlist", session, "Dana", None, "+965 1")
    with raises_key("PT409", "already_waiting"):
        call(market.conn, "join_waitlist", session, "Dana", None, "009651")


def test_the_audit_finds_the_same_number(market: Market, session: UUID) -> None:
    market.take(session, 2)
    market.enroll(session, student_phone="+965 1")
    market.enroll(session, student_phone="00965 1")
    assert [row["problem"] for row in market.rows("select * from seat_audit")] == ["double_enrollment"]


def test_one_person_in_two_places(market: Market, session: UUID) -> None:
    workshop = market.one("select id from workshops")
    other = market.session(workshop, start_time="11:59", end_time="13:00")
    later = market.session(workshop, start_time="12:00", end_time="13:00")
    for own in (session, other, later):
        enroll(market, own, "+965 1", None if own == other else "sara@example.org")
        enroll(market, own, "+965 2")
    call(market.conn, "cancel_enrollment", market.one(
        "select id from enrollments where session_id = %s and student_phone = '+965 2'", other
    ))  # fmt: skip
    rows = market.rows("select session_id, other_session_id from attendee_conflicts")
    assert {tuple(row.values()) for row in rows} == {
        (session, other), (other, session), (other, later), (later, other)
    }  # fmt: skip
    market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [other])
    assert market.rows("select * from attendee_conflicts") == []


def test_sessions_over_several_days_meet_on_a_day_that_both_have(market: Market, session: UUID) -> None:
    workshop = market.one("select id from workshops")
    spread = market.session(
        workshop, day="2027-01-03", session_dates=json.dumps(["2027-01-03", "2027-01-05"]), max_attendees=9
    )
    week = market.session(workshop, day="2027-01-03", end_date="2027-01-06")
    for own in (session, spread, week):
        enroll(market, own, None, "sara@example.org")
    rows = market.rows("select session_id, other_session_id from attendee_conflicts")
    assert {frozenset(row.values()) for row in rows} == {frozenset((spread, week)), frozenset((session, week))}


def mark(market: Market, session: UUID, *marks: dict[str, Any]) -> list[str]:
    text = json.dumps(list(marks), default=str)
    return [row["completion_status"] for row in market.rows("select * from mark_attendance(%s, %s)", session, text)]


def test_who_came_on_all_days_completed_it(market: Market) -> None:
    session = market.session(market.workshop(title_ar="فخار"), end_date="2027-01-06", max_attendees=9)
    own = enroll(market, session)
    set_now(market.conn, BEGUN)
    assert mark(market, session, {"enrollment_id": own, "status": "attended"}) == ["in_progress"]
    set_now(market.conn, "2027-01-06 08:00+00")
    days = [{"enrollment_id": own, "day": f"2027-01-0{n}", "status": "attended"} for n in (5, 6)]
    assert mark(market, session, days[0]) == ["in_progress"]
    assert mark(market, session, *days) == ["completed"]
    assert market.row(
        "select student_name, title, title_ar, creator_name, days, days_attended, first_day, last_day"
        " from certificates"
    ) | {"first_day": None, "last_day": None} == {
        "student_name": "Sara", "title": "Pottery", "title_ar": "فخار", "creator_name": "Noor", "days": 3,
        "days_attended": 3, "first_day": None, "last_day": None,
    }  # fmt: skip
    assert mark(market, session, {**days[0], "status": "absent"}) == ["in_progress"]
    assert market.rows("select * from certificates") == []
    assert market.one("select array_agg(status order by day) from attendance") == ["attended", "absent", "attended"]


def test_a_share_of_the_days_may_do(market: Market) -> None:
    market.conn.execute("update settings set completion_share = 0.5")
    session = market.session(market.workshop(), session_dates=json.dumps(["2027-01-04", "2027-01-11"]), max_attendees=9)
    own, gone = enroll(market, session), enroll(market, session)
    market.conn.execute("update enrollments set completion_status = 'dropped' where id = %s", [gone])
    set_now(market.conn, BEGUN)
    marks = [{"enrollment_id": one, "status": "attended"} for one in (own, gone)]
    mark(market, session, *marks)
    assert market.one("select completion_status from enrollments where id = %s", own) == "completed"
    assert market.one("select completion_status from enrollments where id = %s", gone) == "dropped"


def test_today_is_no_day(market: Market) -> None:
    """It would be the server's."""
    set_now(market.conn, None)
    today = str(market.one("select (now() at time zone 'UTC')::date"))
    session = market.session(market.workshop(), day=today, start_time="00:00", end_time="24:00", timezone="UTC")
    own = market.enroll(session)
    with raises_key("PT400", "invalid_mark"):
        mark(market, session, {"enrollment_id": own, "status": "attended", "day": "today"})
    mark(market, session, {"enrollment_id": own, "status": "attended", "day": today})


def test_refused_mark_is_not_repeated(market: Market) -> None:
    """It may be a name, which is for no log."""
    session = market.session(market.workshop(), day="2020-01-04")
    with pytest.raises(psycopg.Error) as told:
        mark(market, session, {"enrollment_id": "Sara", "status": "attended"})
    assert told.value.diag.constraint_name == "invalid_mark"
    assert "Sara" not in str(told.value)


@pytest.mark.parametrize(
    ("code", "key", "marks"),
    [
        ("PT400", "invalid_marks", "{}"),
        ("PT400", "too_many", json.dumps([{}] * 1001)),
        ("PT400", "invalid_mark", "[1]"),
        ("PT400", "invalid_mark", '[{"enrollment_id": "OWN", "status": "late"}]'),
        ("PT400", "invalid_mark", '[{"enrollment_id": "OWN", "status": "attended", "note": 1}]'),
        ("PT400", "invalid_mark", '[{"enrollment_id": "OWN", "status": "attended", "day": "tomorrow-ish"}]'),
        ("PT400", "invalid_mark", '[{"enrollment_id": "OWN", "status": "attended", "day": "2027-01-07"}]'),
        ("PT400", "invalid_mark", '[{"enrollment_id": "x", "status": "attended"}]'),
        (
            "PT404",
            "attendee_not_found",
            '[{"enrollment_id": "70000000-0000-4000-8000-000000000001", "status": "attended"}]',
        ),
        ("PT404", "attendee_not_found", '[{"status": "attended"}]'),
    ],
)
def test_a_mark_that_is_none_leaves_all_as_it_was(
    market: Market, session: UUID, code: str, key: str, marks: str
) -> None:
    own = enroll(market, session)
    set_now(market.conn, BEGUN)
    good = json.dumps({"enrollment_id": str(own), "status": "attended"})
    with raises_key(code, key):
        market.conn.execute(
            "select mark_attendance(%s, %s)", [session, marks.replace("OWN", str(own)).replace("[", f"[{good}, ", 1)]
        )
    assert market.rows("select * from attendance") == []


def test_not_before_it_begins_and_not_if_it_is_cancelled(market: Market, session: UUID) -> None:
    own = enroll(market, session)
    with raises_key("PT409", "session_not_started"):
        mark(market, session, {"enrollment_id": own, "status": "attended"})
    with raises_key("PT404", "session_not_found"):
        mark(market, uuid4())
    call(market.conn, "cancel_session", session)
    with raises_key("PT409", "session_closed"):
        mark(market, session, {"enrollment_id": own, "status": "attended"})


def test_as_the_application_to_its_commit(market: Market, session: UUID, connect: Connect) -> None:
    own = enroll(market, session)
    conn = connect(role="sessionbook_app")
    set_now(market.conn, BEGUN)
    set_now(conn, BEGUN)
    marks = json.dumps([{"enrollment_id": str(own), "status": "attended"}])
    conn.execute("select from workshop.mark_attendance(%s, %s)", [session, marks])
    conn.execute("select from workshop.certificates, workshop.attendee_conflicts")
    assert market.one("select actor from attendance") == conn.execute("select session_user::text").fetchone()[0]


def test_the_clock_asks_whether_enough_come(market: Market, session: UUID) -> None:
    def tick(now: str) -> list[UUID]:
        set_now(market.conn, now)
        rows = market.rows("select failed from lifecycle.advance('workshop', lifecycle.now(), 5000)")
        assert sum(row["failed"] for row in rows) == 0
        return [row["session_id"] for row in market.rows("select * from sessions_below_minimum")]

    market.conn.execute("update workshop_sessions set min_attendees = 2, decide_at = '2027-01-03'")
    own = enroll(market, session)
    assert tick(NOW) == []
    assert tick("2027-01-03 00:00+00") == [session]
    assert market.status(session) == "active"
    assert market.row("select subject_id, payload from pending_events where kind = 'session.below_minimum'") == {
        "subject_id": str(session),
        "payload": {"min_attendees": 2, "attendees": 1},
    }
    # More time, and somebody else.
    market.conn.execute("update workshop_sessions set decide_at = '2027-01-03 12:00+00'")
    enroll(market, session)
    assert tick("2027-01-03 12:00+00") == []
    assert market.one("select minimum_asked_at from workshop_sessions").isoformat() == "2027-01-03T12:00:00+00:00"
    # It falls back, and is moved with its time to decide.
    call(market.conn, "cancel_enrollment", own)
    assert tick("2027-01-03 13:00+00") == [session]
    market.conn.execute("select from reschedule_session(%s, '2027-01-05')", [session])
    assert market.one("select decide_at from workshop_sessions").isoformat() == "2027-01-04T12:00:00+00:00"
    call(market.conn, "cancel_session", session)
    assert tick("2027-01-05 00:00+00") == []


def test_a_copy_has_the_minimum_and_a_time_of_its_own(market: Market, session: UUID) -> None:
    workshop = market.one("select id from workshops")
    market.conn.execute("update workshop_sessions set min_attendees = 2, decide_at = '2027-01-03'")
    market.conn.execute("select clone_workshop_sessions(%s, '2027-02-04')", [workshop])
    rows = market.rows(
        "select min_attendees, decide_at::text, minimum_asked_at from workshop_sessions where id <> %s", session
    )
    assert rows == [{"min_attendees": 2, "decide_at": "2027-02-03 00:00:00+00", "minimum_asked_at": None}]
