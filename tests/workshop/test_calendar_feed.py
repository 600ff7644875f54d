"""Calendars of a shop: sessions, workshops, and what one student has booked."""

from __future__ import annotations

from typing import Any

import pytest

from support.calendars import events
from support.errors import raises_key
from support.market import Market


def feed(market: Market, scope: str, key: object) -> list[dict[str, Any]]:
    return events(market.one("select calendar_feed(%s, %s)", scope, str(key)))


def test_workshop_in_both_languages(market: Market) -> None:
    workshop = market.workshop("Pottery", title="Pottery, for all", title_ar="فخار؛ للجميع")
    session = market.session(workshop, location="Hall 1", location_ar="القاعة")
    (event,) = feed(market, "workshop", workshop)
    assert (event["uid"], event["summary"]) == (f"{session}@workshop", "Pottery, for all / فخار؛ للجميع")
    assert (event["location"], event["status"], event["sequence"]) == ("Hall 1 / القاعة", "CONFIRMED", 0)
    assert feed(market, "session", session) == [event]


def test_moved_and_cancelled(market: Market) -> None:
    workshop = market.workshop()
    session = market.session(workshop)
    market.conn.execute("select enroll(%s, 'Sara', 'Sara@example.org')", [session])
    market.conn.execute("select reschedule_session(%s, '2031-01-01', '10:00', '12:00')", [session])
    (moved,) = feed(market, "student", "sara@EXAMPLE.org")
    assert (moved["sequence"], moved["status"], moved["start"].year) == (1, "CONFIRMED", 2031)
    market.conn.execute("select cancel_session(%s)", [session])
    for scope, key in (("workshop", workshop), ("session", session)):
        assert [(e["sequence"], e["status"]) for e in feed(market, scope, key)] == [(2, "CANCELLED")]
    assert [e["status"] for e in feed(market, "student", "sara@example.org")] == ["CANCELLED"]


def test_booking_that_is_cancelled_is_cancelled_for_its_student_alone(market: Market) -> None:
    session = market.session(market.workshop())
    for name in ("sara", "huda"):
        market.conn.execute("select enroll(%s, %s, %s)", [session, name, f"{name}@example.org"])
    (before,) = feed(market, "student", "sara@example.org")
    market.conn.execute("select cancel_enrollment(id) from enrollments where student_name = 'sara'")
    (after,) = feed(market, "student", "sara@example.org")
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]
    market.conn.execute("select enroll(%s, 'sara', 'sara@example.org')", [session])
    (again,) = feed(market, "student", "sara@example.org")
    assert (again["status"], again["sequence"] > after["sequence"]) == ("CONFIRMED", True)
    assert [e["status"] for e in feed(market, "student", "huda@example.org")] == ["CONFIRMED"]
    assert feed(market, "student", "nobody@example.org") == []


def test_seats_do_not_raise_it(market: Market) -> None:
    session = market.session(market.workshop(), max_attendees=1)
    market.conn.execute("select enroll(%s, 'Sara')", [session])
    assert market.status(session) == "full"
    assert [e["sequence"] for e in feed(market, "session", session)] == [0]


def test_tokens(market: Market) -> None:
    market.conn.execute(
        "select enroll(%s, 'Sara', 'sara@example.org')", [market.session(market.workshop(), day="2031-01-01")]
    )
    token = market.one("select create_calendar_token('student', 'sara@example.org')")
    assert len(events(market.one("select calendar_feed_by_token(%s)", token))) == 1
    assert market.one("select revoke_calendar_tokens('student', 'sara@example.org')") == 1
    with raises_key("PT404", "calendar_not_found"):
        market.one("select calendar_feed_by_token(%s)", token)


@pytest.mark.parametrize(
    ("scope", "key", "code", "error"),
    [
        ("tutor", "1", "PT400", "unknown_scope"),
        ("session", "x", "PT404", "calendar_not_found"),
        ("student", "sara", "PT404", "calendar_not_found"),
        ("workshop", "00000000-0000-0000-0000-000000000000", "PT404", "calendar_not_found"),
    ],
)
def test_calendars_that_there_are_not(market: Market, scope: str, key: str, code: str, error: str) -> None:
    with raises_key(code, error):
        feed(market, scope, key)
