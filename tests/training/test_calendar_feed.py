"""Calendars of a training department: trainers, venues, people on the lists."""

from __future__ import annotations

from typing import Any

import pytest

from support.calendars import events
from support.department import Department
from support.errors import raises_key


def feed(training: Department, scope: str, key: object) -> list[dict[str, Any]]:
    return events(training.one("select calendar_feed(%s, %s)", scope, str(key)))


def test_everybody_has_the_session(training: Department) -> None:
    session = training.scheduled()
    person = training.person()
    training.conn.execute("select add_attendees(%s, %s)", [session, [person]])
    found = [
        feed(training, scope, key)
        for scope, key in (
            ("session", session),
            ("trainer", training.trainer),
            ("venue", training.venue),
            ("person", person),
        )
    ]
    assert all(len(events) == 1 for events in found)
    assert {events[0]["uid"] for events in found} == {f"{session}@training"}
    assert (found[0][0]["sequence"], found[0][0]["status"]) == (0, "CONFIRMED")


def test_drafts_are_in_no_calendar(training: Department) -> None:
    training.draft()
    assert feed(training, "trainer", training.trainer) == []


def test_moved_raises_sequence_and_cancelled_stays(training: Department) -> None:
    session = training.scheduled()
    training.conn.execute("update sessions set end_time = end_time + interval '1 hour' where id = %s", [session])
    (moved,) = feed(training, "trainer", training.trainer)
    assert moved["sequence"] == 1
    training.conn.execute("select cancel_session(%s)", [session])
    (cancelled,) = feed(training, "trainer", training.trainer)
    assert (cancelled["sequence"], cancelled["status"], cancelled["uid"]) == (2, "CANCELLED", moved["uid"])


def test_tokens(training: Department) -> None:
    training.scheduled()
    token = training.one("select create_calendar_token('venue', %s)", training.venue)
    assert len(events(training.one("select calendar_feed_by_token(%s)", token))) == 1
    assert training.one("select revoke_calendar_tokens('venue', %s)", training.venue) == 1
    with raises_key("PT404", "calendar_not_found"):
        training.one("select calendar_feed_by_token(%s)", token)


@pytest.mark.parametrize(
    ("scope", "code", "error"), [("student", "PT400", "unknown_scope"), ("venue", "PT404", "calendar_not_found")]
)
def test_calendars_that_there_are_not(training: Department, scope: str, code: str, error: str) -> None:
    with raises_key(code, error):
        feed(training, scope, "cnothing0000")
