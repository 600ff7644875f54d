"""Calendars as text, read by another library; secret addresses."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from support.calendars import events
from support.connect import Connect
from support.errors import raises_key
from support.school import School

TEXTS = [
    "plain",
    "a, b; c\\d",
    "one\ntwo\r\nthree\rfour",
    "درس الرياضيات، الفصل الأول; نعم",
    "é" * 150,
    "م" * 150,
    "x" * 255,
    "🎓" * 75,
    "\\n is no line break, nor is \\\\,",
]


def feed(school: School, scope: str, key: object) -> list[dict[str, Any]]:
    return events(school.one("select calendar_feed(%s, %s)", scope, str(key)))


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_as_they_were(school: School, text: str) -> None:
    school.conn.execute("update enrolled_courses set course_name = %s", [text])
    school.session(location=text[:255])
    (event,) = feed(school, "student", school.student)
    # Whatever breaks a line is one line break in a calendar.
    expected = "\n".join(text.splitlines())
    assert (event["summary"], event["location"]) == (expected, expected)


def test_random_texts_come_back(school: School) -> None:
    dice = random.Random(4)
    school.session()
    for _ in range(100):
        text = "".join(dice.choice("a,;\\\n :مé🎓\"'=") for _ in range(dice.randint(1, 250)))
        school.conn.execute("update enrolled_courses set course_name = %s", [text])
        (event,) = feed(school, "course", school.course)
        assert event["summary"] == text


def test_times_are_instants_and_everybody_sees_their_own(school: School) -> None:
    session = school.session(timezone="Asia/Kuwait", location="Room 2")
    other = school.new_student("Huda")
    school.new_course(student_id=other)
    (event,) = feed(school, "tutor", school.tutor)
    assert (event["start"], event["end"]) == (datetime(2027, 1, 4, 7, tzinfo=UTC), datetime(2027, 1, 4, 9, tzinfo=UTC))
    assert (event["sequence"], event["status"], event["location"]) == (0, "CONFIRMED", "Room 2")
    assert event["description"].splitlines() == ["Student: Sara", "Tutor: Noor", "Mode: online"]
    assert feed(school, "session", session) == [event]
    assert feed(school, "student", other) == []


def test_moved_raises_sequence_and_cancelled_stays(school: School) -> None:
    session = school.session()
    (before,) = feed(school, "student", school.student)
    school.conn.execute("select reschedule_session(%s, '2027-01-05', '11:00', '12:00')", [session])
    (moved,) = feed(school, "student", school.student)
    assert moved["uid"] == before["uid"]
    assert (moved["sequence"], moved["start"]) == (1, datetime(2027, 1, 5, 11, tzinfo=UTC))
    school.conn.execute("update sessions set topics = '[\"x\"]'")
    school.conn.execute("select cancel_session(%s)", [session])
    (cancelled,) = feed(school, "student", school.student)
    assert (cancelled["sequence"], cancelled["status"], cancelled["uid"]) == (2, "CANCELLED", before["uid"])
    school.conn.execute("select restore_session(%s)", [session])
    (back,) = feed(school, "student", school.student)
    assert (back["sequence"], back["status"]) == (3, "CONFIRMED")
    school.conn.execute("select delete_session(%s)", [session])
    (deleted,) = feed(school, "student", school.student)
    assert (deleted["sequence"], deleted["status"]) == (4, "CANCELLED")


def test_what_the_clock_does_is_no_change_of_the_calendar(school: School) -> None:
    session = school.session()
    school.advance("2027-01-04 13:00+00")
    assert school.status(session) == "completed"
    assert [event["sequence"] for event in feed(school, "student", school.student)] == [0]


def test_what_is_long_over_goes_and_what_was_cancelled_lately_stays(school: School) -> None:
    session = school.session("2027-01-04")
    school.at("2027-04-01 00:00+00")
    assert len(feed(school, "student", school.student)) == 1
    school.at("2027-04-10 00:00+00")
    assert feed(school, "student", school.student) == []
    school.conn.execute("select cancel_session(%s)", [session])
    assert [event["status"] for event in feed(school, "student", school.student)] == ["CANCELLED"]
    school.at("2027-07-20 00:00+00")
    assert feed(school, "student", school.student) == []


def test_two_installations_have_uids_of_their_own(school: School) -> None:
    school.session()
    (event,) = feed(school, "student", school.student)
    name, _, place = event["uid"].partition("@")
    assert name.startswith("session-")
    assert place == str(school.one("select calendar_id from settings"))


@pytest.mark.parametrize(
    ("scope", "key", "code", "error"),
    [
        ("venue", "1", "PT400", "unknown_scope"),
        (None, "1", "PT400", "unknown_scope"),
        ("student", "77", "PT404", "calendar_not_found"),
        ("student", "x", "PT404", "calendar_not_found"),
        ("student", "99999999999", "PT404", "calendar_not_found"),
        ("student", None, "PT404", "calendar_not_found"),
    ],
)
def test_calendars_that_there_are_not(school: School, scope: str, key: str, code: str, error: str) -> None:
    for function in ("calendar_feed", "create_calendar_token"):
        with raises_key(code, error):
            school.one(f"select {function}(%s, %s)", scope, key)


def test_tokens_open_one_calendar_until_they_are_revoked(school: School, connect: Connect) -> None:
    school.session()
    app = connect(role="sessionbook_app", autocommit=False)
    app.execute("set search_path = tutoring")

    def one(query: str, *params: object) -> Any:
        row = app.execute(query, params).fetchone()
        app.commit()
        assert row is not None
        return row[0]

    student = str(school.student)
    first = one("select create_calendar_token('student', %s)", student)
    second = one("select create_calendar_token('student', %s)", student)
    other = one("select create_calendar_token('tutor', %s)", str(school.tutor))
    assert len({first, second, other}) == 3
    assert all(len(token) == 64 for token in (first, second, other))
    assert len(events(one("select calendar_feed_by_token(%s)", first))) == 1
    kept = school.rows("select t::text as row from calendar_tokens as t")
    assert not any(token in row["row"] for row in kept for token in (first, second, other))
    assert one("select revoke_calendar_tokens('student', %s)", student) == 2
    assert one("select revoke_calendar_tokens('student', %s)", student) == 0
    for token in (first, second, "", "x" * 64, None):
        with raises_key("PT404", "calendar_not_found"):
            one("select calendar_feed_by_token(%s)", token)
        app.rollback()
    assert len(events(one("select calendar_feed_by_token(%s)", other))) == 1
