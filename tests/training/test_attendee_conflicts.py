"""One person in two sessions at the same time: a warning wherever lists are made or looked at."""

from __future__ import annotations

from typing import Any

import pytest

from support.department import END, START, Department

LATER = "2027-01-04 15:00+00"
LONG_BEFORE = "2026-12-01 00:00+00"


@pytest.fixture
def person(training: Department) -> str:
    training.at(LONG_BEFORE)
    return training.person()


def elsewhere(training: Department, **columns: Any) -> str:
    """A session in the calendar with another trainer in another room."""
    return training.scheduled(trainer_id=training.new_trainer(), venue_id=training.new_venue(), **columns)


def pairs(training: Department) -> set[tuple[str, str, str]]:
    rows = training.rows("select personnel_id, session_id, other_session_id from attendee_conflicts")
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    return {tuple(row.values()) for row in rows}


def test_added_person_who_is_in_another_session_then(training: Department, person: str) -> None:
    training.conn.execute("set timezone = 'UTC'")
    one, other = training.scheduled(), elsewhere(training, start_time="2027-01-04 11:59+00", end_time=LATER)
    training.attend(other, person)
    free = training.person()
    row = training.row("select * from add_attendees(%s, %s)", one, [person, free])
    assert (row["added"], row["warning"]) == (2, None)
    assert row["conflicts"] == [
        {
            "personnel_id": person,
            "session_id": other,
            "course_id": training.course,
            "status": "SCHEDULED",
            "start_time": "2027-01-04T11:59:00+00:00",
            "end_time": "2027-01-04T15:00:00+00:00",
        }
    ]
    assert pairs(training) == {(person, one, other), (person, other, one)}
    assert training.row("select * from add_attendees(%s, %s)", one, [free])["conflicts"] == []


@pytest.mark.parametrize("status", ["DRAFT", "COMPLETED"])
def test_drafts_and_completed_sessions_count_too(training: Department, person: str, status: str) -> None:
    one, other = training.draft(start_time=START, end_time=END), training.planned(status=status)
    training.attend(one, person)
    training.attend(other, person)
    assert pairs(training) == {(person, one, other), (person, other, one)}


@pytest.mark.parametrize(
    "columns",
    [
        {"start_time": END, "end_time": LATER},
        {"status": "CANCELLED"},
        {"deleted_at": START},
        {"status": "DRAFT", "start_time": None},
        {"status": "DRAFT", "start_time": "2027-01-04 11:00+00", "end_time": "2027-01-04 10:00+00"},
    ],
    ids=["back to back", "cancelled", "deleted", "no start", "ends before its start"],
)
def test_what_is_no_conflict(training: Department, person: str, columns: dict[str, str | None]) -> None:
    training.attend(training.scheduled(), person)
    other = {"trainer_id": training.new_trainer(), "venue_id": training.new_venue(), "status": "SCHEDULED", **columns}
    training.attend(training.planned(**other), person)
    assert pairs(training) == set()


def test_who_did_not_come_was_not_in_two_places(training: Department, person: str) -> None:
    training.attend(training.scheduled(), person, status="NO_SHOW")
    training.attend(elsewhere(training), person)
    assert pairs(training) == set()


def test_session_that_moves_into_another_alerts_both(training: Department, person: str) -> None:
    one, other = training.scheduled(), training.scheduled(start_time=END, end_time=LATER)
    for session in (one, other):
        training.attend(session, person)
    assert training.rows("select 1 from session_alerts") == []
    training.conn.execute(
        "update sessions set trainer_id = %s, venue_id = %s, start_time = %s where id = %s",
        [training.new_trainer(teaches=training.course), training.new_venue(), START, other],
    )
    rows = training.rows("select session_id, alert, details from session_alerts")
    assert {(row["session_id"], row["alert"], row["details"]["conflicts"][0]["session_id"]) for row in rows} == {
        (one, "attendee_conflict", other),
        (other, "attendee_conflict", one),
    }
    training.at(LATER)
    assert "attendee_conflict" not in {row["alert"] for row in training.rows("select alert from session_alerts")}


def test_one_session_that_is_made_longer_takes_in_two_others(training: Department, person: str) -> None:
    """The application edits it; one of the others lies wholly inside."""
    one = training.scheduled(end_time="2027-01-04 10:00+00")
    inside = elsewhere(training, start_time="2027-01-04 10:30+00", end_time="2027-01-04 11:00+00")
    last = elsewhere(training, start_time="2027-01-04 11:59+00", end_time=LATER)
    for session in (one, inside, last):
        training.attend(session, person)
    assert pairs(training) == set()
    training.conn.execute("set role sessionbook_app")
    training.conn.execute("select update_session(%s, jsonb_build_object('end_time', %s::timestamptz))", [one, END])
    assert pairs(training) == {(person, *pair) for other in (inside, last) for pair in ((one, other), (other, one))}
    (alert,) = training.rows("select details from session_alerts where session_id = %s", one)
    assert {conflict["session_id"] for conflict in alert["details"]["conflicts"]} == {inside, last}


def test_one_session_is_looked_up_without_reading_all_lists(training: Department, person: str) -> None:
    session = training.scheduled()
    training.attend(session, person)
    training.conn.execute(
        "insert into personnel (id, first_name, last_name) select 'cperson' || lpad(n::text, 5, '0'), 'P', n::text"
        " from generate_series(1, 3000) as n"
    )
    other = elsewhere(training, start_time="2028-01-01", end_time="2028-01-02")
    training.conn.execute(
        "insert into session_attendees select %s, p.id from personnel as p where p.first_name = 'P'", [other]
    )
    training.conn.execute("analyze")
    rows_read = "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
    with training.conn.transaction():
        before = training.one(rows_read)
        training.conn.execute("select from attendee_conflicts where session_id = %s", [session])
        assert training.one(rows_read) - before < 100
